/* Every list against the sandbox: rows, coverage, gaps; what stands behind a row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/gov/describe/describe.h"
#include "tests/unit/gov/helper_canned.h"
#include "tests/unit/gov/helper_sandbox.h"

#define REGIONS 2

static struct sandbox sandbox;
static struct gov *gov; /* one for all tests: they only read */

static struct load_view load_whole(const char *name, const struct selection *selection,
                                   const char *arg)
{
    struct load_view view;
    const struct screen *screen = screen_find(sv_of(name));
    struct load *load = canned_open(gov, screen, selection, &arg, arg ? 1 : 0);
    canned_wait(load, canned_has_ended, &view);
    load_close(load);
    assert_int_equal(view.err.code, OK);
    return view;
}

/* Each list is loaded once: the tests only read it. */
static struct {
    const char *name;
    struct load_view view;
} kept[16];

static const struct load_view *list_of(const char *name)
{
    size_t i = 0;
    while (kept[i].name && strcmp(kept[i].name, name) != 0)
        assert_true(++i < ARRAY_LEN(kept));
    if (!kept[i].name) {
        kept[i].view = load_whole(name, NULL, NULL);
        kept[i].name = name;
    }
    return &kept[i].view;
}

static void forget_lists(void)
{
    for (size_t i = 0; i < ARRAY_LEN(kept) && kept[i].name; i++)
        load_view_done(&kept[i].view);
}

static cJSON *rows_of(const char *name, const struct load_view *view)
{
    return canned_rows(screen_find(sv_of(name)), view);
}

static const char *text_of(const cJSON *row, const char *key)
{
    const cJSON *item = json_get(row, key);
    return cJSON_IsString(item) ? item->valuestring : "";
}

static const cJSON *find_row(const cJSON *rows, const char *key, const char *value)
{
    const cJSON *row;
    cJSON_ArrayForEach (row, rows) {
        if (strcmp(text_of(row, key), value) == 0)
            return row;
    }
    return NULL;
}

/* active: accounts that were asked; lacking: those that did not answer in full. */
static void assert_coverage(const struct coverage *coverage, size_t active, size_t lacking)
{
    assert_true(coverage->complete);
    assert_int_equal(coverage->accounts_asked, active);
    assert_int_equal(coverage->accounts_answered, active - lacking);
    assert_int_equal(coverage->asked, active * REGIONS);
    assert_int_equal(coverage->answered, (active - lacking) * REGIONS);
    assert_int_equal(coverage_exit_status(coverage), lacking > 0 ? 4 : 0);
}

static size_t gaps_of(const struct coverage *coverage, const char *account_name,
                      const char *operation)
{
    size_t n = 0;
    for (size_t i = 0; i < coverage->gaps.len; i++)
        n += strcmp(coverage->gaps.ptr[i].account_name, account_name) == 0 &&
             strcmp(coverage->gaps.ptr[i].operation, operation) == 0;
    return n;
}

/* --- the lists ------------------------------------------------------------------------------- */

/* The sandbox's loyalty has no role, its vault has one that may do nothing, legacy-crm is
 * suspended. */
static void test_accounts(void **state)
{
    (void)state;
    const struct load_view *view = list_of("accounts");
    cJSON *rows = rows_of("accounts", view);
    assert_int_equal(cJSON_GetArraySize(rows), 24);
    assert_coverage(&view->coverage, 23, 2);
    assert_int_equal(gaps_of(&view->coverage, "loyalty", "sts:AssumeRole"), 1);
    assert_int_equal(
        gaps_of(&view->coverage, "vault", "config:DescribeConfigurationRecorderStatus"), REGIONS);

    const cJSON *loyalty = find_row(rows, "name", "loyalty");
    assert_true(cJSON_IsFalse(json_get(loyalty, "reachable")));
    assert_null(json_get(loyalty, "recorder"));
    assert_string_equal(text_of(loyalty, "environment"), "production");
    const cJSON *crm = find_row(rows, "name", "legacy-crm");
    assert_string_equal(text_of(crm, "state"), "SUSPENDED");
    assert_null(json_get(crm, "reachable"));
    const cJSON *dev = find_row(rows, "name", "analytics-dev");
    assert_true(cJSON_IsTrue(json_get(dev, "reachable")));
    assert_string_equal(text_of(dev, "recorder"), "ON");
    assert_true(json_i64(dev, "noncompliant", 0) > 0);

    const char *last = ""; /* the tree: parents first */
    const cJSON *row;
    cJSON_ArrayForEach (row, rows) {
        assert_true(ou_path_compare(last, text_of(row, "ou")) <= 0);
        last = text_of(row, "ou");
    }
    json_free(rows);
}

static void test_rules(void **state)
{
    (void)state;
    const struct load_view *view = list_of("rules");
    cJSON *rows = rows_of("rules", view);
    assert_coverage(&view->coverage, 23, 2);
    bool sound = false, failing = false;
    const cJSON *row;
    cJSON_ArrayForEach (row, rows) {
        bool broken = strcmp(text_of(row, "compliance"), "NON_COMPLIANT") == 0;
        assert_false(broken && sound); /* the broken ones first */
        sound |= !broken;
        failing |= broken;
        assert_int_equal(broken, json_i64(row, "noncompliant", -1) > 0);
        assert_string_not_equal(text_of(row, "identifier"), "");
    }
    assert_true(failing && sound);

    /* What the list counts is what the rule itself says. */
    const cJSON *ssh = find_row(rows, "name", "restricted-ssh");
    struct selection place = {0};
    str_copy(place.accounts, text_of(ssh, "account_id"));
    str_copy(place.regions, text_of(ssh, "region"));
    struct load_view rule = load_whole("rule", &place, "restricted-ssh");
    cJSON *results = rows_of("rule", &rule);
    int64_t broken = 0;
    cJSON_ArrayForEach (row, results)
        broken += strcmp(text_of(row, "compliance"), "NON_COMPLIANT") == 0;
    assert_int_equal(broken, json_i64(ssh, "noncompliant", -1));
    json_free(results);
    load_view_done(&rule);
    json_free(rows);
}

struct refusal {
    struct aws_request request;
    aws_done_fn *on_done;
    void *arg;
};

static void refuse(void *arg)
{
    struct refusal *refusal = arg;
    struct aws_outcome outcome = {.attempts = 1};
    err_set(&outcome.err, ERR_DENIED, "config:DescribeConfigurationAggregators", "no");
    refusal->on_done(refusal->arg, &refusal->request, &outcome);
    mem_free(refusal);
}

static void read_without_aggregator(struct aws_client *client, struct scope *scope,
                                    const struct aws_request *take_request, aws_page_fn *on_page,
                                    aws_done_fn *on_done, void (*drop)(void *arg), void *arg)
{
    if (take_request->op != OP_config_DescribeConfigurationAggregators) {
        client_read(client, scope, take_request, on_page, on_done, drop, arg);
        return;
    }
    struct refusal *refusal = mem_new(struct refusal);
    *refusal = (struct refusal){*take_request, on_done, arg};
    run_call(RUN_WORKER, RUN_NORMAL, scope, refuse, mem_free, refusal);
}

/* Accounts that cannot be entered are seen through the aggregator; what it has lost is said. */
static void test_resources(void **state)
{
    (void)state;
    const struct load_view *view = list_of("resources");
    cJSON *rows = rows_of("resources", view);
    assert_int_equal(cJSON_GetArraySize(rows), 700);
    assert_non_null(find_row(rows, "account", "loyalty"));
    assert_int_equal(view->coverage.accounts_asked, 23);
    size_t outdated = view->coverage.accounts_lacking[GAP_OUTDATED];
    assert_int_equal(outdated, 1);
    assert_true(view->coverage.answered < view->coverage.asked);
    assert_non_null(find_row(rows, "compliance", "NON_COMPLIANT"));
    assert_non_null(find_row(rows, "compliance", "COMPLIANT"));

    /* The accounts themselves say the same as the aggregator. */
    struct selection place = {.accounts = "analytics-dev", .regions = "us-east-1"};
    gov->read = read_without_aggregator;
    struct load_view some = load_whole("resources", &place, NULL);
    gov->read = client_read;
    cJSON *few = rows_of("resources", &some);
    assert_true(cJSON_GetArraySize(few) > 10);
    assert_int_equal(some.coverage.asked, 1);
    size_t judged = 0;
    const cJSON *row;
    cJSON_ArrayForEach (row, few) {
        const cJSON *same = find_row(rows, "resource_id", text_of(row, "resource_id"));
        assert_string_equal(text_of(row, "resource_type"), text_of(same, "resource_type"));
        /* where no rule has data, one of them says so and the other one nothing */
        if (strcmp(text_of(same, "compliance"), "INSUFFICIENT_DATA") != 0)
            assert_string_equal(text_of(row, "compliance"), text_of(same, "compliance"));
        assert_string_equal(text_of(row, "name"), text_of(same, "name"));
        judged += text_of(row, "compliance")[0] != '\0';
    }
    assert_true(judged > 5);
    json_free(few);
    load_view_done(&some);
    json_free(rows);
}

static void test_findings(void **state)
{
    (void)state;
    const struct load_view *view = list_of("findings");
    cJSON *rows = rows_of("findings", view);
    assert_coverage(&view->coverage, 23, 2);
    enum severity last = SEVERITY_CRITICAL;
    const cJSON *row;
    cJSON_ArrayForEach (row, rows) {
        enum severity shown = severity_parse(sv_of(text_of(row, "display_severity")));
        assert_true(shown <= last); /* the worst first */
        last = shown;
        bool moved = strcmp(text_of(row, "display_severity"), text_of(row, "severity")) != 0;
        assert_int_equal(moved, text_of(row, "note")[0] != '\0');
    }
    const cJSON *half = find_row(rows, "source", "0.0.0.0/1");
    assert_true(cJSON_IsTrue(json_get(half, "by_union")));
    assert_string_equal(text_of(half, "type"), "unrestricted_dangerous_port");
    const cJSON *listed = find_row(rows, "group_name", "partner-list");
    assert_string_equal(text_of(listed, "type"), "unrestricted_dangerous_port");
    const cJSON *ports = json_get(listed, "ports");
    assert_int_equal(cJSON_GetArraySize(ports), 1);
    assert_int_equal(cJSON_GetArrayItem(ports, 0)->valueint, 22);
    json_free(rows);
}

/* Each number of the patch panel is that of rows in the list of nodes. */
static void assert_patches_are_those_of_nodes(const cJSON *triage)
{
    const struct load_view *view = list_of("nodes");
    cJSON *rows = rows_of("nodes", view);
    int64_t critical = 0, never = 0, offline = 0;
    const cJSON *row;
    cJSON_ArrayForEach (row, rows) {
        critical += json_i64(row, "critical", 0) > 0;
        never += strcmp(text_of(row, "patch"), "NEVER_REPORTED") == 0;
        offline += strcmp(text_of(row, "ping"), "Online") != 0;
    }
    assert_int_equal(json_i64(find_row(triage, "subject", "critical"), "count", 0), critical);
    assert_int_equal(json_i64(find_row(triage, "subject", "never_reported"), "count", 0), never);
    assert_int_equal(json_i64(find_row(triage, "subject", "offline"), "count", 0), offline);
    json_free(rows);
}

/* The newest of the list of changes, in its order, and how many more there are. */
static void assert_changes_are_the_newest(const cJSON *triage)
{
    const struct load_view *view = list_of("changes");
    cJSON *rows = rows_of("changes", view);
    const cJSON *row, *change = rows->child;
    int64_t shown = 0;
    cJSON_ArrayForEach (row, triage) {
        if (strcmp(text_of(row, "panel"), "change") != 0 ||
            strcmp(text_of(row, "subject"), "older") == 0)
            continue;
        assert_string_equal(text_of(row, "subject"), text_of(change, "event_id"));
        assert_string_equal(text_of(row, "actor"), text_of(change, "actor"));
        assert_string_not_equal(text_of(row, "actor"), "");
        change = change->next;
        shown++;
    }
    assert_int_equal(json_i64(find_row(triage, "subject", "older"), "count", 0) + shown,
                     cJSON_GetArraySize(rows));
    assert_true(shown > 3);
    json_free(rows);
}

static void test_triage(void **state)
{
    (void)state;
    static const char *const panels[] = {"decision",   "drift",    "patch",      "change",
                                         "compliance", "recorder", "aggregator", "coverage"};
    const struct load_view *view = list_of("triage");
    cJSON *rows = rows_of("triage", view);
    for (size_t i = 0; i < ARRAY_LEN(panels); i++)
        assert_non_null(find_row(rows, "panel", panels[i]));
    size_t panel = 0, n_rules = 0;
    const cJSON *row;
    cJSON_ArrayForEach (row, rows) {
        while (strcmp(panels[panel], text_of(row, "panel")) != 0)
            assert_true(++panel < ARRAY_LEN(panels)); /* in this order */
        if (panel > 0)
            continue;
        assert_true(severity_parse(sv_of(text_of(row, "severity"))) >= SEVERITY_HIGH);
        bool is_rule = strcmp(text_of(row, "kind"), "sg-policy") == 0;
        assert_int_equal(strlen(text_of(row, "key")), 64);
        assert_int_equal(text_of(row, "security_group_rule_id")[0] != '\0', is_rule);
        n_rules += is_rule;
        /* Whose age is known has a deadline, by the severity that is not adjusted. */
        bool critical = strcmp(text_of(row, "severity"), "CRITICAL") == 0;
        if (json_get(row, "age_s"))
            assert_in_range(json_i64(row, "left_s", 0) + json_i64(row, "age_s", 0),
                            (critical ? 1 : 7) * 86400 - 1, (critical ? 1 : 7) * 86400);
        else
            assert_null(json_get(row, "left_s"));
    }
    assert_in_range(n_rules, 1, (size_t)cJSON_GetArraySize(rows));
    assert_patches_are_those_of_nodes(rows);
    assert_changes_are_the_newest(rows);
    json_free(rows);
}

/* What waits is what drifts and what somebody has opened, the worst first, each thing once; behind
 * that, in the same order, what nobody could compare. */
static void test_approvals(void **state)
{
    (void)state;
    cJSON *rows = rows_of("approvals", list_of("approvals")), *row;
    size_t n_ops_items = 0, n_automations = 0, n_configs = 0, n_drift = 0;
    enum severity last = SEVERITY_CRITICAL;
    bool behind = false;
    cJSON_ArrayForEach (row, rows) {
        enum severity shown = severity_parse(sv_of(text_of(row, "display_severity")));
        bool is_unknown = strcmp(text_of(row, "state"), "UNKNOWN") == 0;
        assert_true(is_unknown || !behind);
        assert_true(shown <= last || (is_unknown && !behind));
        last = shown;
        behind = is_unknown;
        bool is_ops_item = strcmp(text_of(row, "kind"), "opsitem") == 0;
        bool is_automation = strcmp(text_of(row, "kind"), "automation") == 0;
        n_ops_items += is_ops_item;
        n_automations += is_automation;
        bool is_config = strcmp(text_of(row, "kind"), "config") == 0;
        n_configs += is_config;
        n_drift += !is_ops_item && !is_automation && !is_config;
        if (is_ops_item)
            assert_true(severity_parse(sv_of(text_of(row, "severity"))) >= SEVERITY_HIGH);
    }
    assert_int_equal(n_drift, table_count(list_of("drift")->table));
    assert_true(n_ops_items > 0 && n_automations > 0 && n_configs > 0);
    json_free(rows);
}

static void test_recorders_and_aggregators(void **state)
{
    (void)state;
    const struct load_view *recorders = list_of("recorders"), *aggregators = list_of("aggregators");
    assert_int_equal(table_count(recorders->table), 21 * REGIONS);
    cJSON *rows = rows_of("recorders", recorders);
    assert_string_not_equal(text_of(cJSON_GetArrayItem(rows, 0), "state"), "ON");
    json_free(rows);

    rows = rows_of("aggregators", aggregators);
    assert_non_null(find_row(rows, "status", "OUTDATED"));
    assert_int_equal(coverage_exit_status(&aggregators->coverage), 0);
    json_free(rows);
}

/* The worst first; who has never reported is no compliant one. */
static void test_nodes(void **state)
{
    (void)state;
    static const char *const states[] = {"MISSING_CRITICAL", "FAILED",         "PENDING_REBOOT",
                                         "NON_COMPLIANT",    "NEVER_REPORTED", "COMPLIANT"};
    const struct load_view *view = list_of("nodes");
    cJSON *rows = rows_of("nodes", view);
    assert_coverage(&view->coverage, 23, 2);
    assert_int_equal(gaps_of(&view->coverage, "vault", "ssm:DescribeInstanceInformation"), REGIONS);
    size_t last = 0;
    const cJSON *row;
    cJSON_ArrayForEach (row, rows) {
        size_t at = 0;
        while (strcmp(states[at], text_of(row, "patch")) != 0)
            assert_true(++at < ARRAY_LEN(states));
        assert_true(at >= last);
        last = at;
        bool reported = strcmp(states[at], "NEVER_REPORTED") != 0;
        assert_int_equal(json_get(row, "critical") == NULL, !reported);
        assert_int_equal(json_i64(row, "critical", 0) > 0, at == 0);
    }
    assert_non_null(find_row(rows, "patch", "MISSING_CRITICAL"));
    assert_non_null(find_row(rows, "patch", "NEVER_REPORTED"));
    assert_non_null(find_row(rows, "patch", "COMPLIANT"));
    json_free(rows);
}

/* Those that go on first, then the latest; each with its owner and how long it lasted. */
static void test_sessions(void **state)
{
    (void)state;
    const struct load_view *view = list_of("sessions");
    cJSON *rows = rows_of("sessions", view);
    const char *last_state = "Active", *last_time = "9999";
    const cJSON *row;
    assert_true(cJSON_GetArraySize(rows) > 0);
    cJSON_ArrayForEach (row, rows) {
        const char *state_text = text_of(row, "state"), *began = text_of(row, "started_at");
        if (strcmp(state_text, last_state) != 0)
            last_time = "9999";
        assert_true(strcmp(state_text, last_state) >= 0);
        assert_true(strcmp(began, last_time) <= 0);
        assert_true(text_of(row, "owner")[0] != '\0'); /* as OWNER shows him, and `owner:=` finds */
        assert_null(strchr(text_of(row, "owner"), '/'));
        assert_true(sv_ends(sv_of(text_of(row, "owner_arn")), sv_of(text_of(row, "owner"))));
        assert_true(json_i64(row, "duration_s", -1) >= 0);
        assert_int_equal(json_get(row, "ended_at") == NULL, state_text[0] == 'A');
        last_state = state_text;
        last_time = began;
    }
    json_free(rows);
}

/* Whoever answers first: twice the same rows in the same order. */
static void test_same_order_twice(void **state)
{
    (void)state;
    static const char *const names[] = {"accounts",  "findings", "triage",
                                        "resources", "nodes",    "changes"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct load_view second = load_whole(names[i], NULL, NULL);
        cJSON *a = rows_of(names[i], list_of(names[i])), *b = rows_of(names[i], &second);
        const cJSON *x = a->child, *y = b->child;
        assert_int_equal(cJSON_GetArraySize(a), cJSON_GetArraySize(b));
        for (; x; x = x->next, y = y->next) {
            assert_string_equal(text_of(x, "order"), text_of(y, "order"));
            assert_string_equal(text_of(x, "what"), text_of(y, "what"));
            assert_string_equal(text_of(x, "resource_id"), text_of(y, "resource_id"));
        }
        json_free(a);
        json_free(b);
        load_view_done(&second);
    }
}

static void test_unknown_rule(void **state)
{
    (void)state;
    struct load_view view;
    const char *name = "no-such-rule";
    struct load *load = canned_open(gov, &screen_rule, NULL, &name, 1);
    canned_wait(load, canned_has_ended, &view);
    assert_int_equal(view.err.code, ERR_NOT_FOUND);
    assert_coverage(&view.coverage, 23, 2); /* not to have the rule is an answer */
    assert_int_equal(view.coverage.gaps.len, 1 + REGIONS);
    load_view_done(&view);
    load_close(load);
}

/* --- describe -------------------------------------------------------------------------------- */

static struct description *described;
static bool is_described;

static void on_described(void *arg, struct description *take_description)
{
    (void)arg;
    described = take_description;
    is_described = true;
}

/* The first row with that text in the column; value NULL: with a number above 0. */
static size_t row_number(const struct load_view *view, const char *column_id, const char *value)
{
    size_t n;
    const struct column *columns = table_columns(view->table, &n);
    size_t at = (size_t)(column_find(columns, n, sv_of(column_id)) - columns);
    for (size_t row = 0; row < table_count(view->table); row++) {
        struct cell cell;
        table_cell(view->table, row, at, &cell);
        if (!cell.absent && (value ? sv_eq_cstr(cell.text, value) : cell.number > 0))
            return row;
    }
    fail_msg("no row whose %s is %s", column_id, value ? value : "above 0");
    return 0;
}

static bool has_section(const char *section)
{
    for (size_t i = 0; i < described->lines.len; i++)
        if (strcmp(described->lines.ptr[i].section, section) == 0)
            return true;
    return false;
}

static void test_describe(void **state)
{
    (void)state;
    static const struct {
        const char *screen, *column, *value;
        const char *sections[4];
        bool json;
    } rows[] = {
        {"findings", "interfaces", NULL, {"Group", "Lets in", "Attached to", "Rules"}, true},
        {"resources", "resource_type", "AWS::EC2::VPC", {"Recorded", "Configuration"}, true},
        {"rules", "name", "restricted-ssh", {"Rule", "Source", "Evaluations"}, true},
        {"accounts", "name", "payments", {"Tags"}, false},
        {"recorders", "state", "ON", {NULL}, false},
        {"approvals", "kind", "automation", {"Automation", "Approval", "Steps", "Document"}, true},
        {"approvals", "kind", "opsitem", {"OpsItem", "Changed by"}, true},
        {"approvals", "type", "restricted-ssh", {"Rule", "Remediation", "Steps", "Document"}, true},
        {"approvals", "type", "securityhub-enabled", {"Rule", "Remediation", "Steps"}, false},
        {"approvals", "type", "s3-bucket-versioning-enabled", {"Remediation", "Document"}, true},
        {"drift", "type", "parameter_value_drift", {"Approved", "Current", "Changed by"}, true},
        {"drift", "kind", "sg-policy", {"Group", "Lets in", "Changed by", "Rules"}, true},
        {"parameters", "side", "current", {"Approved", "Current", "Changed by"}, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct load_view *view = list_of(rows[i].screen);
        is_described = false;
        describe_row(gov, gov->scope, screen_find(sv_of(rows[i].screen)), view->table,
                     row_number(view, rows[i].column, rows[i].value), on_described, NULL);
        assert_true(run_ui_until(&is_described, 60000));
        for (size_t s = 0; s < 4 && rows[i].sections[s]; s++)
            if (!has_section(rows[i].sections[s]))
                fail_msg("%s: no section %s: %s", rows[i].screen, rows[i].sections[s],
                         described->unread.len > 0 ? described->unread.ptr[0].message : "");
        assert_int_equal(described->json != NULL, rows[i].json);
        description_free(described);
    }
}

static int start(void **state)
{
    (void)state;
    /* Time stands, ours and the world's: nothing gets too old for a list between two loads. */
    clock_freeze_display(clock_wall_ms());
    sandbox_start_by(&sandbox, "accounts=24,regions=2,resources=700,seed=7", "manual");
    gov = sandbox_gov(&sandbox, NULL);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    forget_lists();
    sandbox_gov_free(gov);
    sandbox_stop(&sandbox);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accounts),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_resources),
        cmocka_unit_test(test_findings),
        cmocka_unit_test(test_triage),
        cmocka_unit_test(test_approvals),
        cmocka_unit_test(test_recorders_and_aggregators),
        cmocka_unit_test(test_nodes),
        cmocka_unit_test(test_sessions),
        cmocka_unit_test(test_same_order_twice),
        cmocka_unit_test(test_unknown_rule),
        cmocka_unit_test(test_describe),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
