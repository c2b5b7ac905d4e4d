/* The load engine: coverage, gaps, turns, throttled updates, cancelling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "tests/unit/gov/helper_canned.h"

/* --- a screen of its own ---------------------------------------------------------------------- */

static const struct column columns[] = {
    {.id = "account_id", .title = "ACCOUNT", .type = COL_IDENTITY, .flags = COL_KEY},
    {.id = "region", .title = "REGION", .type = COL_IDENTITY, .flags = COL_KEY},
    {.id = "name", .title = "NAME", .type = COL_IDENTITY, .flags = COL_KEY},
};

static void rules_page(struct load *load, struct aws_page *page, void *arg)
{
    (void)arg;
    const struct aws_target *target = &page->request->target;
    for (const cJSON *item = json_items(page->body, "ConfigRules"); item; item = item->next) {
        table_set_text(load_table(load), 0, sv_of(target->account_id));
        table_set_text(load_table(load), 1, sv_of(target->region));
        table_set_text(load_table(load), 2, json_sv(item, "ConfigRuleName"));
        table_commit(load_table(load));
    }
}

static void rules_target(struct load *load, const struct account *account,
                         const struct aws_target *target, void *arg)
{
    (void)account, (void)arg;
    load_read(load, OP_config_DescribeConfigRules, target, NULL, rules_page, NULL, NULL);
}

static void rules_load(struct load *load)
{
    load_each(load, rules_target, NULL);
}

static const struct screen screen_test = {
    .name = "test",
    .title = "Test",
    .help = "",
    .columns = columns,
    .n_columns = ARRAY_LEN(columns),
    .order = {.column = -1},
    .args = "",
    .regional = true,
    .load = rules_load,
};

#define RULES "{\"ConfigRules\":[{\"ConfigRuleName\":\"a\"},{\"ConfigRuleName\":\"b\"}]}"

/* --- answers ---------------------------------------------------------------------------------- */

static void all_answer(const struct aws_request *request, struct canned_answer *answer)
{
    if (canned_organization(request, answer))
        return;
    answer->pages[0] = RULES;
}

static bool is_vault(const struct aws_request *request)
{
    return strcmp(request->target.account_id, "444444444444") == 0;
}

/* vault's role cannot be entered; dev refuses one operation in one region. */
static void some_refuse(const struct aws_request *request, struct canned_answer *answer)
{
    all_answer(request, answer);
    if (is_vault(request)) {
        answer->pages[0] = NULL;
        err_set(&answer->err, ERR_DENIED, "sts:AssumeRole", "not authorized");
    } else if (strcmp(request->target.account_id, "222222222222") == 0 &&
               strcmp(request->target.region, "eu-west-1") == 0) {
        answer->pages[0] = NULL;
        err_set(&answer->err, ERR_DENIED, "config:DescribeConfigRules", "not authorized");
        str_copy(answer->err.iam_action, "config:DescribeConfigRules");
    }
}

static void vault_hangs(const struct aws_request *request, struct canned_answer *answer)
{
    all_answer(request, answer);
    answer->never = is_vault(request);
}

static void identity_fails(const struct aws_request *request, struct canned_answer *answer)
{
    (void)request;
    err_set(&answer->err, ERR_CREDENTIALS, "sts:GetCallerIdentity", "the token is no good");
}

/* --- tests ------------------------------------------------------------------------------------ */

static void test_everything_answers(void **state)
{
    (void)state;
    struct gov *gov = canned_gov(all_answer);
    struct load *load = canned_open(gov, &screen_test, NULL, NULL, 0);
    struct load_view view;
    canned_wait(load, canned_has_ended, &view);
    assert_int_equal(view.phase, LOAD_DONE);
    assert_int_equal(view.coverage.asked, 8); /* four active accounts, two regions */
    assert_int_equal(view.coverage.answered, 8);
    assert_int_equal(view.coverage.accounts_asked, 4);
    assert_int_equal(view.coverage.accounts_answered, 4);
    assert_int_equal(view.coverage.gaps.len, 0);
    assert_true(view.coverage.complete);
    assert_int_equal(view.calls_done, 8);
    assert_int_equal(view.calls_known, 8);
    assert_int_equal(table_count(view.table), 16);
    assert_int_equal(coverage_exit_status(&view.coverage), 0);
    load_view_done(&view);
    load_close(load);
    canned_gov_free(gov);
}

static void test_gaps_are_named(void **state)
{
    (void)state;
    struct gov *gov = canned_gov(some_refuse);
    struct load *load = canned_open(gov, &screen_test, NULL, NULL, 0);
    struct load_view view;
    AUTO(buf_done) struct buf line = BUF_NONE;
    canned_wait(load, canned_has_ended, &view);
    assert_int_equal(view.coverage.asked, 8);
    assert_int_equal(view.coverage.answered, 5);
    assert_int_equal(view.coverage.accounts_answered, 2);
    assert_int_equal(view.coverage.gaps.len, 2); /* one for the role, however many regions */
    for (size_t i = 0; i < 2; i++) {
        const struct gap *gap = &view.coverage.gaps.ptr[i];
        bool role = strcmp(gap->account_name, "vault") == 0;
        assert_string_equal(gap->operation, role ? "sts:AssumeRole" : "config:DescribeConfigRules");
        assert_string_equal(gap->target.region, role ? "" : "eu-west-1");
        assert_int_equal(gap->err.code, ERR_DENIED);
    }
    coverage_line(&view.coverage, &line);
    assert_non_null(strstr(buf_cstr(&line), "2/4 accounts, 2 denied"));
    assert_int_equal(coverage_exit_status(&view.coverage), 4);
    load_view_done(&view);
    load_close(load);
    canned_gov_free(gov);
}

static void test_selection(void **state)
{
    (void)state;
    static const struct {
        struct selection selection;
        size_t asked;
        enum err_code code;
    } rows[] = {
        {{"shop", ""}, 2, OK},          {{"333333333333, DEV", "us-*"}, 2, OK},
        {{"Workloads", ""}, 4, OK},     {{"Root/Work*", "eu-west-1"}, 2, OK},
        {{"old", ""}, 0, OK}, /* suspended: known, not asked */
        {{"nobody", ""}, 0, ERR_USAGE}, {{"shop,nobody", ""}, 0, ERR_USAGE},
        {{"", "mars-1"}, 0, ERR_USAGE},
    };
    struct gov *gov = canned_gov(all_answer);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct load_view view;
        struct load *load = canned_open(gov, &screen_test, &rows[i].selection, NULL, 0);
        canned_wait(load, canned_has_ended, &view);
        assert_int_equal(view.err.code, rows[i].code);
        assert_int_equal(view.coverage.asked, rows[i].asked);
        load_view_done(&view);
        load_close(load);
    }
    canned_gov_free(gov);
}

static bool three_have_answered(const struct load_view *view)
{
    return view->coverage.accounts_answered == 3;
}

static void test_a_slow_account_delays_nobody(void **state)
{
    (void)state;
    struct gov *gov = canned_gov(vault_hangs);
    gov->settings.concurrency = 8; /* one an account */
    struct load *load = canned_open(gov, &screen_test, NULL, NULL, 0);
    struct load_view view;
    canned_wait(load, three_have_answered, &view);
    assert_int_equal(view.phase, LOAD_RUNNING);
    assert_int_equal(view.calls_known - view.calls_done, 2);
    assert_int_equal(canned_account_max, 1);
    load_view_done(&view);

    load_cancel(load);
    canned_wait(load, canned_has_ended, &view);
    assert_int_equal(view.phase, LOAD_CANCELLED);
    assert_false(view.coverage.complete);
    assert_int_equal(table_count(view.table), 12); /* what has come stays */
    load_view_done(&view);
    load_close(load);
    canned_gov_free(gov);
    assert_int_equal(canned_dropped, 1);
}

static void test_bounds(void **state)
{
    (void)state;
    struct gov *gov = canned_gov(all_answer);
    gov->settings.concurrency = 3;
    struct load *load = canned_open(gov, &screen_test, NULL, NULL, 0);
    struct load_view view;
    canned_wait(load, canned_has_ended, &view);
    assert_int_equal(view.coverage.answered, 8);
    assert_true(canned_in_flight_max <= 3);
    load_view_done(&view);
    load_close(load);
    canned_gov_free(gov);
}

static void test_nobody_knows_who_calls(void **state)
{
    (void)state;
    struct gov *gov = canned_gov(identity_fails);
    struct load *load = canned_open(gov, &screen_test, NULL, NULL, 0);
    struct load_view view;
    canned_wait(load, canned_has_ended, &view);
    assert_int_equal(view.err.code, ERR_CREDENTIALS);
    assert_int_equal(view.coverage.asked, 0);
    load_view_done(&view);
    load_close(load);
    canned_gov_free(gov);
}

/* Closing at any moment leaves nothing behind: the sanitizer is the judge of the memory. */
static void test_closing_early(void **state)
{
    (void)state;
    static const bool never = false;
    for (int turn_ms = 0; turn_ms < 12; turn_ms++) {
        struct gov *gov = canned_gov(vault_hangs);
        struct load *load = canned_open(gov, &screen_test, NULL, NULL, 0);
        run_ui_until(&never, turn_ms);
        load_close(load);
        size_t updates = canned_updates;
        run_ui_until(&never, 5);
        assert_int_equal(canned_updates, updates);
        canned_gov_free(gov);
    }
}

static void delayed(const struct aws_request *request, struct canned_answer *answer)
{
    all_answer(request, answer);
    answer->delay_ms = 1 + (int)(canned_calls * 20);
}

static void test_updates_are_throttled(void **state)
{
    (void)state;
    struct gov *gov = canned_gov(delayed);
    int64_t started_ms = clock_mono_ms();
    struct load *load = canned_open(gov, &screen_test, NULL, NULL, 0);
    struct load_view view;
    canned_wait(load, canned_has_ended, &view);
    int64_t took_ms = clock_mono_ms() - started_ms;
    assert_true(canned_updates >= 2);
    assert_true((int64_t)canned_updates <= took_ms / 50 + 2);
    load_view_done(&view);
    load_close(load);
    canned_gov_free(gov);
}

/* --- reads that make reads -------------------------------------------------------------------- */

static size_t chain_ends;

static void chain_end(struct load *load, const struct aws_request *request, const struct err *err,
                      void *arg)
{
    int *left = arg;
    chain_ends++;
    assert_int_equal(err->code, OK);
    if (--*left > 0)
        load_read(load, OP_config_DescribeConfigRules, &request->target, NULL, rules_page,
                  chain_end, left);
}

static void refused_end(struct load *load, const struct aws_request *request, const struct err *err,
                        void *arg)
{
    (void)arg;
    assert_int_equal(err->code, ERR_DENIED);
    int *left = load_alloc(load, sizeof *left);
    *left = 3;
    load_read(load, OP_config_DescribeConfigRules, &request->target, NULL, rules_page, chain_end,
              left);
}

static void chain_load(struct load *load)
{
    struct aws_target home = load_home(load);
    load_try(load, OP_config_DescribeConfigurationAggregators, &home, NULL, NULL, refused_end,
             NULL);
}

static void aggregators_refuse(const struct aws_request *request, struct canned_answer *answer)
{
    all_answer(request, answer);
    if (request->op == OP_config_DescribeConfigurationAggregators) {
        answer->pages[0] = NULL;
        err_set(&answer->err, ERR_DENIED, "config", "no");
    }
}

static void test_reads_that_make_reads(void **state)
{
    (void)state;
    struct screen screen = screen_test;
    screen.load = chain_load;
    chain_ends = 0;
    struct gov *gov = canned_gov(aggregators_refuse);
    struct load *load = canned_open(gov, &screen, NULL, NULL, 0);
    struct load_view view;
    canned_wait(load, canned_has_ended, &view);
    assert_int_equal(chain_ends, 3);
    assert_int_equal(view.coverage.gaps.len, 0); /* tried, then read */
    assert_int_equal(view.coverage.asked, 1);
    assert_int_equal(view.coverage.answered, 1);
    assert_int_equal(table_count(view.table), 2); /* the same rows thrice */
    load_view_done(&view);
    load_close(load);
    canned_gov_free(gov);
}

/* --- once more -------------------------------------------------------------------------------- */

static bool is_mended;
static size_t asked_elsewhere; /* while mended: of targets that had answered */

static void mended(const struct aws_request *request, struct canned_answer *answer)
{
    if (!is_mended) {
        some_refuse(request, answer);
        return;
    }
    all_answer(request, answer);
    asked_elsewhere += strcmp(request->target.account_id, "333333333333") == 0;
}

static int retries_told;
static bool retry_asked;

static void retry_done_fn(void *arg, bool asked)
{
    (void)arg;
    retries_told++;
    retry_asked = asked;
}

static void retry_one(struct gov *gov, const struct screen *screen, const char *account_id,
                      const char *region, const char *operation)
{
    struct aws_target target = {0};
    int64_t until_ms = clock_mono_ms() + 60000;
    static const bool never = false;
    int told = retries_told;
    str_copy(target.account_id, account_id);
    str_copy(target.region, region);
    gov_retry(gov, screen, &target, operation, gov->scope, retry_done_fn, NULL);
    while (retries_told == told) {
        assert_true(clock_mono_ms() < until_ms);
        run_ui_until(&never, 5);
    }
}

static void retry(struct gov *gov, const struct screen *screen, const char *account_id,
                  const char *region)
{
    retry_one(gov, screen, account_id, region, "config:DescribeConfigRules");
}

static bool dev_has_answered(const struct load_view *view)
{
    return view->phase == LOAD_DONE && view->coverage.answered == 6;
}

static bool all_have_answered(const struct load_view *view)
{
    return view->phase == LOAD_DONE && view->coverage.answered == 8;
}

/* One gap is asked for again, and nothing else; its rows join those that are there. */
static void test_a_gap_is_asked_for_again(void **state)
{
    (void)state;
    is_mended = false;
    asked_elsewhere = 0;
    struct gov *gov = canned_gov(mended);
    struct load *load = canned_open(gov, &screen_test, NULL, NULL, 0);
    struct load_view view;
    canned_wait(load, canned_has_ended, &view);
    assert_int_equal(view.coverage.gaps.len, 2);
    assert_int_equal(table_count(view.table), 10);
    load_view_done(&view);
    is_mended = true;
    size_t calls = canned_calls;

    retry(gov, &screen_test, "222222222222", "eu-west-1");
    assert_true(retry_asked);
    canned_wait(load, dev_has_answered, &view);
    assert_int_equal(canned_calls, calls + 1);
    assert_int_equal(view.coverage.gaps.len, 1);
    assert_int_equal(view.coverage.accounts_answered, 3);
    assert_int_equal(view.coverage.accounts_lacking[GAP_DENIED], 1);
    assert_int_equal(table_count(view.table), 12);
    load_view_done(&view);

    retry(gov, &screen_test, "444444444444", ""); /* its role: all of its regions */
    canned_wait(load, all_have_answered, &view);
    assert_int_equal(canned_calls, calls + 3);
    assert_int_equal(asked_elsewhere, 0);
    assert_int_equal(view.coverage.gaps.len, 0);
    assert_int_equal(view.coverage.accounts_answered, 4);
    assert_int_equal(view.coverage.accounts_lacking[GAP_DENIED], 0);
    assert_int_equal(table_count(view.table), 16);
    assert_int_equal(coverage_exit_status(&view.coverage), 0);
    assert_int_equal(gov->seen.ptr[0].coverage.gaps.len, 0); /* :gaps says so too */
    load_view_done(&view);

    retry(gov, &screen_test, "444444444444", ""); /* it lacks nothing any more */
    assert_false(retry_asked);
    load_close(load);
    canned_gov_free(gov);
}

/* What is still refused is a gap again, told once. */
static void test_a_gap_stays_a_gap(void **state)
{
    (void)state;
    is_mended = false;
    struct gov *gov = canned_gov(mended);
    struct load *load = canned_open(gov, &screen_test, NULL, NULL, 0);
    struct load_view view;
    canned_wait(load, canned_has_ended, &view);
    load_view_done(&view);
    for (int i = 0; i < 3; i++) {
        retry(gov, &screen_test, "444444444444", "");
        assert_true(retry_asked);
    }
    canned_wait(load, canned_has_ended, &view);
    assert_int_equal(view.coverage.gaps.len, 2);
    assert_int_equal(view.coverage.accounts_answered, 2);
    assert_int_equal(view.coverage.answered, 5);
    assert_int_equal(view.coverage.accounts_lacking[GAP_DENIED], 2);
    load_view_done(&view);
    load_close(load);
    retry(gov, &screen_test, "444444444444", ""); /* nobody shows that screen */
    assert_false(retry_asked);
    canned_gov_free(gov);
}

/* --- one operation of several ----------------------------------------------------------------- */

static bool compliance_refused, status_refused;
static size_t asked_again[AWS_OP_COUNT];

static void refuse(const struct aws_request *request, struct canned_answer *answer)
{
    answer->pages[0] = NULL;
    err_set(&answer->err, ERR_DENIED, aws_op(request->op)->iam_action, "not authorized");
}

static void rules_in_three(const struct aws_request *request, struct canned_answer *answer)
{
    bool is_it = strcmp(request->target.account_id, "222222222222") == 0 &&
                 strcmp(request->target.region, "eu-west-1") == 0;
    if (canned_organization(request, answer))
        return;
    asked_again[request->op]++;
    answer->pages[0] = "{}";
    if (request->op == OP_config_DescribeConfigRules)
        answer->pages[0] = RULES;
    if (request->op == OP_config_DescribeComplianceByConfigRule)
        answer->pages[0] = "{\"ComplianceByConfigRules\":[{\"ConfigRuleName\":\"first\","
                           "\"Compliance\":{\"ComplianceType\":\"COMPLIANT\"}}]}";
    if (is_it && compliance_refused && request->op == OP_config_DescribeComplianceByConfigRule)
        refuse(request, answer);
    if (is_it && status_refused && request->op == OP_config_DescribeConfigRuleEvaluationStatus)
        refuse(request, answer);
}

/* How many rules there are, and how many of them have a compliance. */
static size_t count_judged(const struct load_view *view, const struct screen *screen, size_t *n)
{
    size_t n_judged = 0;
    AUTO(json_free_at) cJSON *rows = canned_rows(screen, view);
    *n = 0;
    for (const cJSON *row = rows->child; row; row = row->next) {
        n_judged += json_sv(row, "compliance").len > 0;
        ++*n;
    }
    return n_judged;
}

static bool lacks_one_thing(const struct load_view *view)
{
    return view->phase == LOAD_DONE && view->coverage.gaps.len == 1;
}

/* The others are not asked: what they have said is told again, with what is new beside it. */
static void test_one_operation_is_asked_for_again(void **state)
{
    (void)state;
    const struct screen *screen = screen_find(SV("rules"));
    struct gov *gov = canned_gov(rules_in_three);
    struct load_view view;
    size_t n_before, n_after;
    compliance_refused = status_refused = true;
    struct load *load = canned_open(gov, screen, NULL, NULL, 0);
    canned_wait(load, canned_has_ended, &view);
    assert_int_equal(view.coverage.gaps.len, 2);
    struct op_coverage before = view.coverage.ops[OP_config_DescribeConfigRules];
    size_t n_judged = count_judged(&view, screen, &n_before);
    assert_true(n_judged < n_before);
    load_view_done(&view);

    compliance_refused = false;
    memset(asked_again, 0, sizeof asked_again);
    retry_one(gov, screen, "222222222222", "eu-west-1", "config:DescribeComplianceByConfigRule");
    assert_true(retry_asked);
    canned_wait(load, lacks_one_thing, &view);
    assert_int_equal(asked_again[OP_config_DescribeComplianceByConfigRule], 1);
    assert_int_equal(asked_again[OP_config_DescribeConfigRules], 0);
    assert_int_equal(asked_again[OP_config_DescribeConfigRuleEvaluationStatus], 0);
    assert_int_equal(view.coverage.gaps.len, 1); /* the other operation is still missing */
    assert_string_equal(view.coverage.gaps.ptr[0].operation,
                        "config:DescribeConfigRuleEvaluationStatus");
    n_judged = count_judged(&view, screen, &n_after);
    assert_int_equal(n_judged, n_after);
    assert_int_equal(n_after, n_before); /* no row twice, none left behind */
    struct op_coverage after = view.coverage.ops[OP_config_DescribeConfigRules];
    assert_int_equal(after.asked, before.asked);
    assert_int_equal(after.answered, before.answered);
    load_view_done(&view);

    status_refused = false;
    retry_one(gov, screen, "222222222222", "eu-west-1",
              "config:DescribeConfigRuleEvaluationStatus");
    canned_wait(load, all_have_answered, &view);
    assert_int_equal(asked_again[OP_config_DescribeConfigRules], 0);
    assert_int_equal(asked_again[OP_config_DescribeConfigRuleEvaluationStatus], 1);
    assert_int_equal(view.coverage.gaps.len, 0);
    load_view_done(&view);
    load_close(load);
    canned_gov_free(gov);
}

/* --- the organization once more ----------------------------------------------------------------
 */

static bool accounts_refused;
static size_t asked_of_dev;

static void dev_is_not_listed(const struct aws_request *request, struct canned_answer *answer)
{
    all_answer(request, answer);
    asked_of_dev += strcmp(request->target.account_id, "222222222222") == 0;
    if (accounts_refused && request->op == OP_organizations_ListAccountsForParent)
        refuse(request, answer);
}

static bool lacks_nothing(const struct load_view *view)
{
    return view->phase == LOAD_DONE && view->coverage.gaps.len == 0;
}

/* The organization is asked again; the accounts that turn up are read, and those alone. */
static void test_the_organization_is_asked_again(void **state)
{
    (void)state;
    struct gov *gov = canned_gov(dev_is_not_listed);
    struct load_view view;
    accounts_refused = true;
    struct load *load = canned_open(gov, &screen_test, NULL, NULL, 0);
    canned_wait(load, canned_has_ended, &view);
    assert_true(view.coverage.gaps.len > 0);
    assert_int_equal(view.coverage.accounts_asked, 1); /* its own */
    assert_int_equal(asked_of_dev, 0);
    load_view_done(&view);

    accounts_refused = false;
    retry_one(gov, &screen_test, "111111111111", "us-east-1",
              "organizations:ListAccountsForParent");
    assert_true(retry_asked);
    canned_wait(load, lacks_nothing, &view);
    assert_int_equal(view.coverage.accounts_answered, 4);
    assert_int_equal(view.coverage.answered, 8);
    assert_int_equal(asked_of_dev, 2);
    assert_int_equal(table_count(view.table), 16);
    load_view_done(&view);
    load_close(load);
    canned_gov_free(gov);
}

/* Every screen counts the same after a retry as it would have at first. */
static void test_a_retry_counts_nothing_twice(void **state)
{
    (void)state;
    static const char *const names[] = {"accounts", "triage", "rules", "recorders", "findings"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const struct screen *screen = screen_find(sv_of(names[i]));
        struct gov *gov = canned_gov(mended);
        struct load_view view;
        is_mended = false;
        struct load *load = canned_open(gov, screen, NULL, NULL, 0);
        canned_wait(load, canned_has_ended, &view);
        load_view_done(&view);
        is_mended = true;
        retry_one(gov, screen, "222222222222", "eu-west-1", "");
        retry(gov, screen, "444444444444", "");
        canned_wait(load, all_have_answered, &view);
        cJSON *rows = canned_rows(screen, &view);
        load_view_done(&view);
        load_close(load);

        load = canned_open(gov, screen, NULL, NULL, 0);
        canned_wait(load, canned_has_ended, &view);
        cJSON *fresh = canned_rows(screen, &view);
        assert_true(cJSON_Compare(rows, fresh, true));
        json_free(rows);
        json_free(fresh);
        load_view_done(&view);
        load_close(load);
        canned_gov_free(gov);
    }
}

/* --- sums ------------------------------------------------------------------------------------- */

static void failing_rules(const struct aws_request *request, struct canned_answer *answer)
{
    if (canned_organization(request, answer))
        return;
    answer->never = is_vault(request);
    if (request->op == OP_config_DescribeComplianceByConfigRule)
        answer->pages[0] =
            "{\"ComplianceByConfigRules\":[{\"ConfigRuleName\":\"a\",\"Compliance\":{"
            "\"ComplianceType\":\"NON_COMPLIANT\","
            "\"ComplianceContributorCount\":{\"CappedCount\":2}}}]}";
    else
        answer->pages[0] = "{}";
}

/* The sum of triage, as it stands in the table; empty while there is none. */
static struct sv sum_shown(const struct load_view *view)
{
    const struct column *panel =
        column_find(screen_triage.columns, screen_triage.n_columns, SV("panel"));
    const struct column *what =
        column_find(screen_triage.columns, screen_triage.n_columns, SV("what"));
    struct sv found = SV("");
    for (size_t row = 0; row < table_count(view->table); row++) {
        struct cell cell;
        table_cell(view->table, row, (size_t)(panel - screen_triage.columns), &cell);
        if (!sv_eq_cstr(cell.text, "compliance"))
            continue;
        assert_int_equal(found.len, 0); /* told anew, not once more */
        table_cell(view->table, row, (size_t)(what - screen_triage.columns), &cell);
        found = cell.text;
    }
    return found;
}

static bool has_partial_sum(const struct load_view *view)
{
    return sv_eq_cstr(sum_shown(view), "a: 12 resources in 3 accounts, 6/8 read");
}

/* One account that hangs delays no sum; what is summed up is said to be a part. */
static void test_sums_are_told_while_an_account_hangs(void **state)
{
    (void)state;
    struct gov *gov = canned_gov(failing_rules);
    struct load *load = canned_open(gov, &screen_triage, NULL, NULL, 0);
    struct load_view view;
    canned_wait(load, has_partial_sum, &view);
    assert_int_equal(view.phase, LOAD_RUNNING);
    load_view_done(&view);
    load_cancel(load);
    canned_wait(load, canned_has_ended, &view);
    assert_true(has_partial_sum(&view)); /* it still is */
    load_view_done(&view);
    load_close(load);
    canned_gov_free(gov);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_answers),
        cmocka_unit_test(test_gaps_are_named),
        cmocka_unit_test(test_selection),
        cmocka_unit_test(test_a_slow_account_delays_nobody),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_nobody_knows_who_calls),
        cmocka_unit_test(test_closing_early),
        cmocka_unit_test(test_updates_are_throttled),
        cmocka_unit_test(test_reads_that_make_reads),
        cmocka_unit_test(test_a_gap_is_asked_for_again),
        cmocka_unit_test(test_a_gap_stays_a_gap),
        cmocka_unit_test(test_one_operation_is_asked_for_again),
        cmocka_unit_test(test_the_organization_is_asked_again),
        cmocka_unit_test(test_a_retry_counts_nothing_twice),
        cmocka_unit_test(test_sums_are_told_while_an_account_hangs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
