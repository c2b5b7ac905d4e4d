/* Findings from canned replies: what is missing costs what depends on it, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/gov/security_group/finding.h"
#include "tests/unit/gov/helper_canned.h"

static enum aws_op_id refused; /* in shop; AWS_OP_COUNT: none */
static bool restarting;        /* every list comes twice: its page token has lapsed */

/* clang-format off */
#define RULE(id, group, port, source)                                                              \
    "{\"securityGroupRuleId\":\"" id "\",\"groupId\":\"" group "\",\"isEgress\":\"false\","         \
    "\"ipProtocol\":\"tcp\",\"fromPort\":\"" port "\",\"toPort\":\"" port "\"," source "}"
#define CIDR(cidr) "\"cidrIpv4\":\"" cidr "\""
#define LIST(id)   "\"prefixListId\":\"" id "\""
#define GROUP(id)  "\"referencedGroupInfo\":{\"groupId\":\"" id "\"}"

static const char rules[] = "{\"securityGroupRuleSet\":["
    RULE("sgr-1", "sg-web", "443", CIDR("0.0.0.0/0")) ","
    RULE("sgr-2", "sg-ssh", "22", CIDR("0.0.0.0/1")) ","
    RULE("sgr-4", "sg-list", "22", LIST("pl-1")) ","
    RULE("sgr-5", "sg-inner", "22", CIDR("10.0.0.0/8")) ","
    RULE("sgr-6", "sg-default", "22", GROUP("sg-1")) ","
    RULE("sgr-7", "sg-list", "22", LIST("pl-2")) ","
    RULE("sgr-8", "sg-list", "22", LIST("pl-3")) ","
    RULE("sgr-9", "sg-list", "22", LIST("pl-4")) ","
    RULE("sgr-3", "sg-ssh", "22", CIDR("128.0.0.0/1"))
    "]}";
/* clang-format on */

static const struct {
    enum aws_op_id op;
    const char *reply;
} shop[] = {
    {OP_ec2_DescribeSecurityGroupRules, rules},
    {OP_ec2_DescribeSecurityGroups,
     "{\"securityGroupInfo\":[{\"groupId\":\"sg-web\",\"groupName\":\"web\",\"vpcId\":\"vpc-1\"},"
     "{\"groupId\":\"sg-ssh\",\"groupName\":\"ssh\"},{\"groupId\":\"sg-list\",\"groupName\":"
     "\"list\"},{\"groupId\":\"sg-inner\",\"groupName\":\"inner\"},"
     "{\"groupId\":\"sg-default\",\"groupName\":\"default\"}]}"},
    {OP_ec2_DescribeNetworkInterfaces,
     "{\"networkInterfaceSet\":[{\"networkInterfaceId\":\"eni-1\",\"groupSet\":["
     "{\"groupId\":\"sg-ssh\"},{\"groupId\":\"sg-web\"}],\"privateIpAddressesSet\":["
     "{\"association\":{\"publicIp\":\"203.0.113.1\"}}]},"
     "{\"networkInterfaceId\":\"eni-2\",\"groupSet\":[{\"groupId\":\"sg-default\"}]}]}"},
    {OP_ec2_DescribeManagedPrefixLists,
     "{\"prefixListSet\":[{\"prefixListId\":\"pl-1\",\"prefixListName\":\"partners\","
     "\"version\":\"7\"}]}"},
    {OP_config_BatchGetResourceConfig, "{\"baseConfigurationItems\":[{\"resourceId\":\"sg-ssh\","
                                       "\"configurationItemCaptureTime\":1767225600.5}]}"},
};

static const struct {
    const char *id, *reply;
} lists[] = {
    {"pl-1", "{\"entrySet\":[{\"cidr\":\"10.0.0.0/8\"},{\"cidr\":\"::/0\"}]}"},
    {"pl-2", "{\"entrySet\":[{\"cidr\":\"10.0.0.0/8\"},{\"cidr\":\"0.0.0.0/1\"}]}"},
    {"pl-4", "{\"entrySet\":[{\"cidr\":\"10.0.0.0/8\"},{\"cidr\":\"fd00::/32\"}]}"},
    {"pl-3", "{\"entrySet\":[{\"cidr\":\"128.0.0.0/1\"},{\"cidr\":\"::/1\"},"
             "{\"cidr\":\"0.0.0.0/1\"}]}"},
};

static void answer_shop(const struct aws_request *request, struct canned_answer *answer)
{
    if (canned_organization(request, answer))
        return;
    if (request->op == refused) {
        err_set(&answer->err, ERR_DENIED, "test", "not authorized");
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(shop); i++)
        if (shop[i].op == request->op)
            answer->pages[0] = answer->pages[restarting] = shop[i].reply;
    answer->restarts = restarting;
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        if (request->op == OP_ec2_GetManagedPrefixListEntries &&
            sv_eq_cstr(json_sv(request->params, "PrefixListId"), lists[i].id))
            answer->pages[0] = lists[i].reply;
}

static cJSON *load_shop(enum aws_op_id refuse, struct load_view *view)
{
    struct selection selection = {.accounts = "shop", .regions = "us-east-1"};
    refused = refuse;
    struct gov *gov = canned_gov(answer_shop);
    struct load *load = canned_open(gov, &screen_findings, &selection, NULL, 0);
    canned_wait(load, canned_has_ended, view);
    cJSON *rows = canned_rows(&screen_findings, view);
    load_close(load);
    canned_gov_free(gov);
    return rows;
}

static const char *text_of(const cJSON *row, const char *key)
{
    const cJSON *item = json_get(row, key);
    return cJSON_IsString(item) ? item->valuestring : "";
}

static const cJSON *row_of(const cJSON *rows, const char *rule_id)
{
    const cJSON *row;
    cJSON_ArrayForEach (row, rows) {
        if (strcmp(text_of(row, "security_group_rule_id"), rule_id) == 0)
            return row;
    }
    return NULL;
}

static void test_all_is_readable(void **state)
{
    (void)state;
    struct load_view view;
    cJSON *rows = load_shop(AWS_OP_COUNT, &view);
    assert_int_equal(view.coverage.answered, 1);
    assert_int_equal(view.coverage.gaps.len, 0);
    assert_int_equal(cJSON_GetArraySize(rows), 7);

    const cJSON *half = row_of(rows, "sgr-2");
    assert_string_equal(text_of(half, "severity"), "HIGH");
    assert_string_equal(text_of(half, "display_severity"), "CRITICAL");
    assert_string_equal(text_of(half, "note"), "raised one step: attached to a public address");
    assert_string_equal(text_of(half, "changed_at"), "2026-01-01T00:00:00Z");
    assert_true(cJSON_IsTrue(json_get(half, "by_union")));
    const cJSON *list = row_of(rows, "sgr-4");
    assert_string_equal(text_of(list, "severity"), "HIGH");
    assert_string_equal(text_of(list, "display_severity"), "MEDIUM"); /* attached to nothing */
    assert_string_equal(
        text_of(list, "note"),
        "pl-1 version 7 holds every address; lowered one step: attached to nothing");
    assert_null(json_get(list, "changed_at"));
    const cJSON *halves = row_of(rows, "sgr-8"); /* its entries are the world only together */
    assert_string_equal(text_of(halves, "type"), "unrestricted_dangerous_port");
    assert_int_equal(strncmp(text_of(halves, "note"), "pl-3 holds every address; ", 26), 0);
    const cJSON *broad = row_of(rows, "sgr-7"); /* as the range in the list would be by itself */
    assert_string_equal(text_of(broad, "type"), "broad_source");
    assert_string_equal(text_of(broad, "severity"), "MEDIUM");
    assert_int_equal(strncmp(text_of(broad, "note"), "pl-2 holds 0.0.0.0/1; ", 22), 0);
    assert_null(row_of(rows, "sgr-9")); /* a list of private ranges */
    assert_string_equal(text_of(row_of(rows, "sgr-6"), "type"), "default_group_rule");
    assert_string_equal(text_of(row_of(rows, "sgr-1"), "display_severity"), "INFO");
    json_free(rows);
    load_view_done(&view);
}

static void forget_time_left(cJSON *rows)
{
    cJSON *row;
    cJSON_ArrayForEach (row, rows)
        cJSON_DeleteItemFromObjectCaseSensitive(row, "left_s");
}

static void test_pages_that_come_twice(void **state)
{
    (void)state;
    struct load_view view, twice;
    cJSON *rows = load_shop(AWS_OP_COUNT, &view);
    restarting = true;
    cJSON *again = load_shop(AWS_OP_COUNT, &twice);
    restarting = false;
    forget_time_left(rows); /* a second may have passed */
    forget_time_left(again);
    assert_true(cJSON_Compare(rows, again, true));
    json_free(rows);
    json_free(again);
    load_view_done(&view);
    load_view_done(&twice);
}

static void test_interfaces_are_not(void **state)
{
    (void)state;
    struct load_view view;
    cJSON *rows = load_shop(OP_ec2_DescribeNetworkInterfaces, &view);
    assert_int_equal(view.coverage.answered, 0);
    assert_int_equal(view.coverage.gaps.len, 1);
    assert_int_equal(cJSON_GetArraySize(rows), 7);
    const cJSON *list = row_of(rows, "sgr-4");
    assert_string_equal(text_of(list, "display_severity"), "HIGH"); /* never lowered unread */
    assert_null(json_get(list, "interfaces"));
    assert_int_equal(coverage_exit_status(&view.coverage), 4);
    json_free(rows);
    load_view_done(&view);
}

static void test_groups_are_not(void **state)
{
    (void)state;
    struct load_view view;
    cJSON *rows = load_shop(OP_ec2_DescribeSecurityGroups, &view);
    assert_int_equal(view.coverage.gaps.len, 1);
    assert_int_equal(cJSON_GetArraySize(rows), 6); /* nobody knows which group is a default one */
    assert_null(json_get(row_of(rows, "sgr-2"), "group_name"));
    json_free(rows);
    load_view_done(&view);
}

static void test_prefix_lists_are_not(void **state)
{
    (void)state;
    struct load_view view;
    cJSON *rows = load_shop(OP_ec2_GetManagedPrefixListEntries, &view);
    assert_int_equal(view.coverage.gaps.len, 4);
    assert_null(row_of(rows, "sgr-4"));
    assert_non_null(row_of(rows, "sgr-2"));
    json_free(rows);
    load_view_done(&view);
}

static void test_versions_are_not(void **state)
{
    (void)state;
    struct load_view view;
    cJSON *rows = load_shop(OP_ec2_DescribeManagedPrefixLists, &view);
    assert_int_equal(view.coverage.gaps.len, 0); /* a courtesy */
    assert_int_equal(
        strncmp(text_of(row_of(rows, "sgr-4"), "note"), "pl-1 holds every address", 24), 0);
    json_free(rows);
    load_view_done(&view);
}

static void test_ages_are_not(void **state)
{
    (void)state;
    struct load_view view;
    cJSON *rows = load_shop(OP_config_BatchGetResourceConfig, &view);
    assert_int_equal(view.coverage.gaps.len, 0); /* a courtesy */
    assert_int_equal(view.coverage.answered, 1);
    assert_null(json_get(row_of(rows, "sgr-2"), "changed_at"));
    json_free(rows);
    load_view_done(&view);
}

/* Left is what the settings give its severity, less its age; of what is not known nothing is said.
 */
static void test_time_left(void **state)
{
    static const struct {
        enum severity severity;
        int64_t changed_at_ms, within_ms, left_ms;
        bool is_known;
    } cases[] = {
        {SEVERITY_HIGH, 1000, 5000, 3000, true},
        {SEVERITY_HIGH, 1000, 1500, -500, true},     /* overdue */
        {SEVERITY_CRITICAL, 9000, 5000, 5000, true}, /* their clock is ahead */
        {SEVERITY_HIGH, 0, 5000, 0, false},
        {SEVERITY_HIGH, 1000, 0, 0, false}, /* for ever */
        {SEVERITY_LOW, 1000, 0, 0, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sg_violation violation = {.severity = cases[i].severity};
        struct finding finding = {.violation = &violation,
                                  .shown = SEVERITY_LOW, /* which does not matter */
                                  .changed_at_ms = cases[i].changed_at_ms};
        struct settings settings;
        int64_t left_ms = 0;
        settings_init(&settings);
        settings.decide_within_ms[cases[i].severity] = cases[i].within_ms;
        assert_int_equal(finding_left(&finding, &settings, 3000, &left_ms), cases[i].is_known);
        if (cases[i].is_known)
            assert_int_equal(left_ms, cases[i].left_ms);
    }
}

static void test_rules_are_not(void **state)
{
    (void)state;
    struct load_view view;
    cJSON *rows = load_shop(OP_ec2_DescribeSecurityGroupRules, &view);
    assert_int_equal(cJSON_GetArraySize(rows), 0);
    assert_int_equal(view.coverage.gaps.len, 1);
    json_free(rows);
    load_view_done(&view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_is_readable),
        cmocka_unit_test(test_pages_that_come_twice),
        cmocka_unit_test(test_interfaces_are_not),
        cmocka_unit_test(test_groups_are_not),
        cmocka_unit_test(test_prefix_lists_are_not),
        cmocka_unit_test(test_versions_are_not),
        cmocka_unit_test(test_ages_are_not),
        cmocka_unit_test(test_rules_are_not),
        cmocka_unit_test(test_time_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
