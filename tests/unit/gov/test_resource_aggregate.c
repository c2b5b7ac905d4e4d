/* Resources in parts: every place once, exact totals, and what is missing is said. */
#include <stdio.h>
#include <string.h>

#include "core/gov/config/resource_part.h"
#include "tests/unit/gov/helper_canned.h"
#include "tests/unit/unit.h"

/* --- cutting --------------------------------------------------------------------------------- */

static struct aws_target target_of(int account, int region)
{
    struct aws_target target;
    snprintf(target.account_id, sizeof target.account_id, "%012d", account);
    snprintf(target.region, sizeof target.region, "region-%d", region);
    return target;
}

/* Small and large accounts, regions and types; a type alone may be beyond the limit. */
static void make_places(struct resource_places *places)
{
    for (int i = 0; i < 4000; i++) {
        struct aws_target target = target_of(i % 160, i / 160 % 5);
        char type[64];
        snprintf(type, sizeof type, "AWS::Service::WithARatherLongNameOfIts%d", i / 800);
        struct resource_place *place = resource_place(places, &target, sv_of(type));
        place->n = i % 160 == 3 ? 900 : i % 160 == 4 ? 4000 : i % 160 == 5 ? 200 : (size_t)i % 7;
        place->judged[VERDICT_COMPLIANT] = place->n / 2;
        place->judged[VERDICT_NON_COMPLIANT] =
            place->n - place->n / 2 - (place->n > 2 && i % 2 != 0);
    }
}

static void assert_described(const struct resource_places *places, const struct resource_part *part)
{
    AUTO(buf_done) struct buf where = BUF_NONE;
    AUTO(buf_done) struct buf judged = BUF_NONE;
    resource_part_where(places, part, &where);
    resource_part_where_judged(places, part, &judged);
    assert_true(where.len < EXPRESSION_MAX - 400);
    assert_true(judged.len < EXPRESSION_MAX - 400);
    for (size_t i = part->first; i < part->end; i++) {
        assert_true(sv_contains(buf_sv(&where), sv_of(places->all.ptr[i]->target.account_id)));
        assert_true(sv_contains(buf_sv(&judged), sv_of(places->all.ptr[i]->target.account_id)));
    }
}

static void parts_hold_every_place_once(void **state)
{
    struct resource_places places = {0};
    resource_parts parts = {0};
    size_t n_rows = 0, n_part_rows = 0, end = 0, n_levels[3] = {0};
    (void)state;
    make_places(&places);
    resource_parts_make(&places, 3000, &parts);
    for (size_t i = 0; i < places.all.len; i++)
        n_rows += places.all.ptr[i]->n;
    for (size_t i = 0; i < parts.len; i++) {
        const struct resource_part *part = &parts.ptr[i];
        for (; end < part->first; end++)
            assert_int_equal(places.all.ptr[end]->n, 0);
        assert_true(part->n <= 3000 || part->end == part->first + 1);
        n_part_rows += part->n;
        end = part->end;
        n_levels[part->level]++;
        assert_described(&places, part);
    }
    assert_int_equal(n_part_rows, n_rows);
    for (int level = 0; level < 3; level++)
        assert_true(n_levels[level] > 0);
    vec_free(&parts);
    resource_places_done(&places);
}

/* A whole account in an expression stands for all of it: no other part may name it too. */
static void no_two_parts_ask_for_the_same(void **state)
{
    struct resource_places places = {0};
    resource_parts parts = {0};
    (void)state;
    make_places(&places);
    resource_parts_make(&places, 3000, &parts);
    for (size_t i = 1; i < parts.len; i++) {
        const struct resource_place *last = places.all.ptr[parts.ptr[i - 1].end - 1];
        const struct resource_place *next = places.all.ptr[parts.ptr[i].first];
        bool same_account = strcmp(last->target.account_id, next->target.account_id) == 0;
        bool same_region = strcmp(last->target.region, next->target.region) == 0;
        bool whole_account =
            parts.ptr[i - 1].level == PART_OF_ACCOUNTS || parts.ptr[i].level == PART_OF_ACCOUNTS;
        bool whole_region =
            parts.ptr[i - 1].level == PART_OF_REGIONS || parts.ptr[i].level == PART_OF_REGIONS;
        assert_false(same_account && whole_account);
        assert_false(same_account && same_region && whole_region);
    }
    vec_free(&parts);
    resource_places_done(&places);
}

/* --- verdicts -------------------------------------------------------------------------------- */

static struct resource_place *judge(struct resource_places *places, int account, const char *type,
                                    size_t n, size_t good, size_t bad)
{
    struct aws_target target = target_of(account, 0);
    struct resource_place *place = resource_place(places, &target, sv_of(type));
    place->n = n;
    place->judged[VERDICT_COMPLIANT] = good;
    place->judged[VERDICT_NON_COMPLIANT] = bad;
    return place;
}

/* Of each type the verdict that most have, where none is without one. */
static void what_most_have_is_not_asked_for(void **state)
{
    AUTO(buf_done) struct buf where = BUF_NONE;
    struct resource_places places = {0};
    resource_parts parts = {0};
    (void)state;
    const struct resource_place *mostly_good = judge(&places, 1, "Good", 10, 6, 4);
    const struct resource_place *all_bad = judge(&places, 1, "Bad", 5, 0, 5);
    const struct resource_place *not_all = judge(&places, 1, "Not::All", 5, 2, 2);
    const struct resource_place *elsewhere = judge(&places, 2, "Good", 3, 0, 3);
    judge(&places, 1, "Gone", 0, 2, 3);
    resource_parts_make(&places, 100, &parts);
    assert_int_equal(parts.len, 1);
    assert_int_equal(mostly_good->rest, VERDICT_NON_COMPLIANT); /* with those elsewhere */
    assert_int_equal(elsewhere->rest, VERDICT_NON_COMPLIANT);
    assert_int_equal(all_bad->rest, VERDICT_NON_COMPLIANT);
    assert_false(all_bad->is_asked);
    assert_int_equal(not_all->rest, VERDICT_NONE);
    resource_part_where_judged(&places, &parts.ptr[0], &where);
    assert_string_equal(buf_cstr(&where),
                        "accountId IN ('000000000001', '000000000002') AND "
                        "((configuration.targetResourceType IN ('Good') AND "
                        "configuration.complianceType IN ('COMPLIANT')) OR "
                        "(configuration.targetResourceType IN ('Not::All') AND "
                        "configuration.complianceType IN ('COMPLIANT', 'NON_COMPLIANT')))");
    vec_free(&parts);
    resource_places_done(&places);
}

/* More types than an expression takes: then the verdicts of all of them are asked for. */
static void many_types_are_not_named(void **state)
{
    AUTO(buf_done) struct buf where = BUF_NONE;
    struct resource_places places = {0};
    resource_parts parts = {0};
    char type[64];
    (void)state;
    for (int i = 0; i < 90; i++) {
        snprintf(type, sizeof type, "AWS::Service::WithARatherLongNameOfIts%d", i);
        judge(&places, 1, type, 4, 1, 3);
    }
    resource_parts_make(&places, 1000, &parts);
    assert_int_equal(parts.len, 1);
    resource_part_where_judged(&places, &parts.ptr[0], &where);
    assert_string_equal(buf_cstr(&where), "accountId IN ('000000000001') AND "
                                          "configuration.complianceType IN ('COMPLIANT')");
    vec_free(&parts);
    resource_places_done(&places);
}

/* --- reading --------------------------------------------------------------------------------- */

#define SHOP "333333333333"
#define DEV  "222222222222"

static bool shop_fails, verdicts_fail;

#define COUNT(account, type, key, n)                                                    \
    "\"{\\\"accountId\\\":\\\"" account "\\\",\\\"awsRegion\\\":\\\"us-east-1\\\"," key \
    "\\\"" type "\\\"" n "}\""
#define OF_TYPE   "\\\"resourceType\\\":"
#define OF_TARGET "\\\"configuration\\\":{\\\"targetResourceType\\\":"
#define NUMBER(n) ",\\\"COUNT(*)\\\":" #n
#define JUDGED(n) "},\\\"COUNT(*)\\\":" #n

/* dev: three volumes, all judged, one badly. shop: 6000, none judged but one. */
static const char resource_counts[] =
    "{\"Results\":[" COUNT(DEV, "AWS::EC2::Volume", OF_TYPE, NUMBER(3)) "," COUNT(
        SHOP, "AWS::EC2::Volume", OF_TYPE, NUMBER(6000)) "]}";
static const char compliant_counts[] =
    "{\"Results\":[" COUNT(DEV, "AWS::EC2::Volume", OF_TARGET, JUDGED(2)) "]}";
static const char other_counts[] =
    "{\"Results\":[" COUNT(DEV, "AWS::EC2::Volume", OF_TARGET, JUDGED(1)) "]}";

#define RESOURCE(account, id)                                                          \
    "\"{\\\"accountId\\\":\\\"" account "\\\",\\\"awsRegion\\\":\\\"us-east-1\\\","    \
    "\\\"resourceType\\\":\\\"AWS::EC2::Volume\\\",\\\"resourceId\\\":\\\"" id "\\\"," \
    "\\\"tags\\\":[{\\\"key\\\":\\\"Owner\\\",\\\"value\\\":\\\"a b\\\"}]}\""
static const char dev_resources[] = "{\"Results\":[" RESOURCE(DEV, "vol-1") "," RESOURCE(
    DEV, "vol-2") "," RESOURCE(DEV, "vol-3") "," RESOURCE(DEV, "vol-3") "]}";
static const char shop_resources[] = "{\"Results\":[" RESOURCE(SHOP, "vol-9") "]}";
static const char dev_verdicts[] =
    "{\"Results\":[\"{\\\"accountId\\\":\\\"" DEV "\\\",\\\"awsRegion\\\":\\\"us-east-1\\\","
    "\\\"configuration\\\":{\\\"targetResourceType\\\":\\\"AWS::EC2::Volume\\\","
    "\\\"targetResourceId\\\":\\\"vol-2\\\",\\\"complianceType\\\":\\\"NON_COMPLIANT\\\"}}\"]}";

static const char sources[] =
    "{\"AggregatedSourceStatusList\":[{\"SourceId\":\"" DEV
    "\",\"SourceType\":\"ACCOUNT\",\"AwsRegion\":\"us-east-1\",\"LastUpdateStatus\":\"SUCCEEDED\"},"
    "{\"SourceId\":\"" SHOP
    "\",\"SourceType\":\"ACCOUNT\",\"AwsRegion\":\"us-east-1\",\"LastUpdateStatus\":\"SUCCEEDED\"}]"
    "}";

static const char *result_of(struct sv expression)
{
    bool counts = sv_contains(expression, SV("COUNT(*)"));
    bool judged = sv_contains(expression, SV("ResourceCompliance"));
    bool of_shop = sv_contains(expression, SV(SHOP));
    if (counts && !judged)
        return resource_counts;
    if (counts)
        return sv_contains(expression, SV("= 'COMPLIANT'"))       ? compliant_counts
               : sv_contains(expression, SV("= 'NON_COMPLIANT'")) ? other_counts
                                                                  : "{\"Results\":[]}";
    if (judged)
        return dev_verdicts;
    return of_shop ? shop_resources : dev_resources;
}

static void throttle(struct canned_answer *answer)
{
    answer->pages[0] = NULL;
    err_set(&answer->err, ERR_THROTTLED, "config:SelectAggregateResourceConfig", "slow down");
}

static void answer(const struct aws_request *request, struct canned_answer *answer)
{
    struct sv expression = json_sv(request->params, "Expression");
    if (canned_organization(request, answer))
        return;
    answer->pages[0] = "{}";
    if (request->op == OP_config_DescribeConfigurationAggregators)
        answer->pages[0] =
            "{\"ConfigurationAggregators\":[{\"ConfigurationAggregatorName\":\"all\"}]}";
    else if (request->op == OP_config_DescribeConfigurationAggregatorSourcesStatus)
        answer->pages[0] = sources;
    else if (request->op == OP_config_SelectAggregateResourceConfig)
        answer->pages[0] = result_of(expression);
    bool counts = sv_contains(expression, SV("COUNT(*)"));
    if (shop_fails && !counts && sv_contains(expression, SV(SHOP)))
        throttle(answer);
    if (verdicts_fail && !counts && sv_contains(expression, SV("ResourceCompliance")))
        throttle(answer);
}

/* The compliance of each resource, as "vol-1 COMPLIANT, ". */
static void tell_rows(const struct screen *screen, const struct load_view *view, struct buf *told)
{
    AUTO(json_free_at) cJSON *rows = canned_rows(screen, view);
    for (const cJSON *row = rows->child; row != NULL; row = row->next) {
        struct sv verdict = json_sv(row, "compliance");
        buf_addf(told, "%s " SV_FMT ", ", json_sv(row, "resource_id").ptr,
                 SV_ARG(verdict.ptr ? verdict : SV("-")));
        assert_sv(json_sv(row, "tags"), "Owner=a b");
    }
}

static void run(struct load_view *view, struct buf *told)
{
    const struct selection some = {.accounts = "dev, shop", .regions = "us-east-1"};
    const struct screen *screen = screen_find(SV("resources"));
    struct gov *gov = canned_gov(answer);
    struct load *load = canned_open(gov, screen, &some, NULL, 0);
    canned_wait(load, canned_has_ended, view);
    tell_rows(screen, view, told);
    load_close(load);
    canned_gov_free(gov);
}

static void all_parts_are_read_and_judged(void **state)
{
    AUTO(buf_done) struct buf told = BUF_NONE;
    struct load_view view;
    (void)state;
    shop_fails = verdicts_fail = false;
    run(&view, &told);
    assert_string_equal(buf_cstr(&told),
                        "vol-9 -, vol-1 COMPLIANT, vol-2 NON_COMPLIANT, vol-3 COMPLIANT, ");
    assert_int_equal(view.coverage.gaps.len, 0);
    assert_int_equal(view.coverage.answered, 2);
    assert_int_equal(view.rows_expected, 6003);
    load_view_done(&view);
}

static void a_part_that_fails_is_a_gap_of_its_own(void **state)
{
    AUTO(buf_done) struct buf told = BUF_NONE;
    struct load_view view;
    (void)state;
    shop_fails = true, verdicts_fail = false;
    run(&view, &told);
    assert_string_equal(buf_cstr(&told), "vol-1 COMPLIANT, vol-2 NON_COMPLIANT, vol-3 COMPLIANT, ");
    assert_int_equal(view.coverage.gaps.len, 1);
    assert_string_equal(view.coverage.gaps.ptr[0].target.account_id, SHOP);
    assert_string_equal(view.coverage.gaps.ptr[0].target.region, "us-east-1");
    assert_int_equal(view.coverage.asked, 2);
    assert_int_equal(view.coverage.answered, 1);
    load_view_done(&view);
}

/* Nothing is said to comply because nobody could be heard. */
static void without_verdicts_nothing_complies(void **state)
{
    AUTO(buf_done) struct buf told = BUF_NONE;
    struct load_view view;
    (void)state;
    shop_fails = false, verdicts_fail = true;
    run(&view, &told);
    assert_string_equal(buf_cstr(&told), "vol-9 -, vol-1 -, vol-2 -, vol-3 -, ");
    assert_int_equal(view.coverage.gaps.len, 1);
    assert_string_equal(view.coverage.gaps.ptr[0].target.account_id, DEV);
    load_view_done(&view);
}

/* --- once more -------------------------------------------------------------------------------- */

static bool retry_told;

static void on_retried(void *arg, bool asked)
{
    (void)arg;
    assert_true(asked);
    retry_told = true;
}

static bool is_whole(const struct load_view *view)
{
    return canned_has_ended(view) && view->coverage.gaps.len == 0;
}

/* What of a target was missed is asked of the aggregator again, and of nobody else. */
static void what_was_missed_is_asked_for_again(void **state)
{
    static const struct {
        bool shop_fails, verdicts_fail;
        const char *account_id;
    } rows[] = {{true, false, SHOP}, {false, true, DEV}};
    const struct selection some = {.accounts = "dev, shop", .regions = "us-east-1"};
    const struct screen *screen = screen_find(SV("resources"));
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct aws_target target = {.region = "us-east-1"};
        AUTO(buf_done) struct buf told = BUF_NONE;
        struct load_view view;
        str_copy(target.account_id, rows[i].account_id);
        shop_fails = rows[i].shop_fails, verdicts_fail = rows[i].verdicts_fail;
        struct gov *gov = canned_gov(answer);
        struct load *load = canned_open(gov, screen, &some, NULL, 0);
        canned_wait(load, canned_has_ended, &view);
        assert_int_equal(view.coverage.gaps.len, 1);
        load_view_done(&view);
        shop_fails = verdicts_fail = retry_told = false;
        size_t calls = canned_calls;
        gov_retry(gov, screen, &target, "config:SelectAggregateResourceConfig", gov->scope,
                  on_retried, NULL);
        assert_true(run_ui_until(&retry_told, 30000));
        canned_wait(load, is_whole, &view);
        assert_int_equal(canned_calls - calls, rows[i].shop_fails ? 1 : 2); /* and verdicts */
        tell_rows(screen, &view, &told);
        assert_true(sv_contains(buf_sv(&told), SV("vol-9 -, ")));
        assert_true(sv_contains(buf_sv(&told),
                                SV("vol-1 COMPLIANT, vol-2 NON_COMPLIANT, vol-3 COMPLIANT, ")));
        assert_int_equal(table_count(view.table), 4);
        load_view_done(&view);
        load_close(load);
        canned_gov_free(gov);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_hold_every_place_once),
        cmocka_unit_test(no_two_parts_ask_for_the_same),
        cmocka_unit_test(what_most_have_is_not_asked_for),
        cmocka_unit_test(many_types_are_not_named),
        cmocka_unit_test(all_parts_are_read_and_judged),
        cmocka_unit_test(a_part_that_fails_is_a_gap_of_its_own),
        cmocka_unit_test(without_verdicts_nothing_complies),
        cmocka_unit_test(what_was_missed_is_asked_for_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
