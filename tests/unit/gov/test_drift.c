/* Drift from canned replies: policy and baseline side by side, exceptions, and what a reading that
 * failed leaves unsaid. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/gov/queue/item.h"
#include "core/gov/queue/item_type.h"
#include "tests/support/dir.h"
#include "tests/unit/gov/helper_canned.h"

static enum aws_op_id refused; /* AWS_OP_COUNT: none */

/* clang-format off */
#define RULE(id, group, port, source, description)                                              \
    "{\"securityGroupRuleId\":\"" id "\",\"groupId\":\"" group "\",\"isEgress\":\"false\","      \
    "\"ipProtocol\":\"tcp\",\"fromPort\":\"" port "\",\"toPort\":\"" port "\"," source           \
    ",\"description\":\"" description "\"}"
#define CIDR(cidr) "\"cidrIpv4\":\"" cidr "\""
#define LIST(id)   "\"prefixListId\":\"" id "\""

/* An event of CloudTrail about a group. */
#define EVENT(at, name, group, user, more)                                                       \
    "{\"EventTime\":" at ",\"EventName\":\"" name "\",\"Resources\":[{\"ResourceType\":"         \
    "\"AWS::EC2::SecurityGroup\",\"ResourceName\":\"" group "\"}],\"CloudTrailEvent\":"          \
    "\"{\\\"userIdentity\\\":{\\\"userName\\\":\\\"" user "\\\"}" more "}\"}"

static const char rules[] = "{\"securityGroupRuleSet\":["
    RULE("sgr-1", "sg-web", "443", CIDR("0.0.0.0/0"), "as it was approved, in other words") ","
    RULE("sgr-2", "sg-web", "22", CIDR("0.0.0.0/0"), "") ","
    RULE("sgr-3", "sg-web", "8443", CIDR("203.0.113.0/24"), "") ","
    RULE("sgr-4", "sg-db", "5432", LIST("pl-1"), "") ","
    RULE("sgr-5", "sg-free", "9999", CIDR("10.0.0.0/8"), "")
    "]}";

static const char approved[] = "{\"groups\":["
    "{\"account\":\"shop\",\"group\":\"web\",\"rules\":["
    "{\"IpProtocol\":\"tcp\",\"FromPort\":443,\"ToPort\":443,\"CidrIpv4\":\"0.0.0.0/0\","
    " \"Description\":\"web\"},"
    "{\"IpProtocol\":\"tcp\",\"FromPort\":80,\"ToPort\":80,\"CidrIpv4\":\"0.0.0.0/0\"}]},"
    "{\"group\":\"db\",\"rules\":["
    "{\"IpProtocol\":\"tcp\",\"FromPort\":5432,\"ToPort\":5432,\"CidrIpv4\":\"10.0.0.0/8\"}]}]}";
/* clang-format on */

static const struct {
    enum aws_op_id op;
    const char *reply;
} shop[] = {
    {OP_ec2_DescribeSecurityGroupRules, rules},
    {OP_ec2_DescribeSecurityGroups,
     "{\"securityGroupInfo\":[{\"groupId\":\"sg-web\",\"groupName\":\"web\",\"vpcId\":\"vpc-1\","
     "\"tagSet\":[{\"key\":\"Team\",\"value\":\"checkout\"},{\"key\":"
     "\"aws:cloudformation:stack-name\",\"value\":\"front\"}]},"
     "{\"groupId\":\"sg-db\",\"groupName\":\"db\"},{\"groupId\":\"sg-free\",\"groupName\":"
     "\"free\"}]}"},
    {OP_ec2_DescribeNetworkInterfaces,
     "{\"networkInterfaceSet\":[{\"networkInterfaceId\":\"eni-1\",\"groupSet\":["
     "{\"groupId\":\"sg-web\"},{\"groupId\":\"sg-db\"}]}]}"},
    {OP_ec2_GetManagedPrefixListEntries,
     "{\"entrySet\":[{\"cidr\":\"10.0.0.0/9\"},{\"cidr\":\"10.128.0.0/9\"}]}"},
    {OP_cloudtrail_LookupEvents,
     "{\"Events\":[" EVENT("1772300000", "RunInstances", "sg-web", "starter", "") "," EVENT(
         "1772290000", "AuthorizeSecurityGroupIngress", "sg-web", "mallory",
         ",\\\"errorCode\\\":\\\"Client.UnauthorizedOperation\\\"") "," EVENT("1772280000",
                                                                              "AuthorizeSecurityGro"
                                                                              "upIngress",
                                                                              "sg-web", "anna",
                                                                              "") "," EVENT("177227"
                                                                                            "0000",
                                                                                            "Revoke"
                                                                                            "Securi"
                                                                                            "tyGrou"
                                                                                            "pIngre"
                                                                                            "ss",
                                                                                            "sg-"
                                                                                            "web",
                                                                                            "bert",
                                                                                            "") "," EVENT("1772260000",
                                                                                                          "AuthorizeSecurityGroupIngress",
                                                                                                          "sg-other",
                                                                                                          "carl",
                                                                                                          "") "]}"},
    {OP_config_BatchGetResourceConfig, "{\"baseConfigurationItems\":[{\"resourceId\":\"sg-web\","
                                       "\"configurationItemCaptureTime\":1767225600}]}"},
};

static size_t n_lookups; /* of CloudTrail */

static void answer_shop(const struct aws_request *request, struct canned_answer *answer)
{
    n_lookups += request->op == OP_cloudtrail_LookupEvents;
    if (canned_organization(request, answer))
        return;
    if (request->op == refused) {
        err_set(&answer->err, ERR_DENIED, "test", "not authorized");
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(shop); i++)
        if (shop[i].op == request->op)
            answer->pages[0] = shop[i].reply;
}

static cJSON *load_shop(enum aws_op_id refuse, const char *exceptions, struct load_view *view)
{
    struct selection selection = {.accounts = "shop", .regions = "us-east-1"};
    refused = refuse;
    struct gov *gov = canned_gov(answer_shop);
    assert_int_equal(
        sg_baseline_read(file_of("approved.json", sv_of(approved)), &gov->baseline, NULL), OK);
    if (exceptions)
        assert_int_equal(
            exceptions_read(file_of("exceptions.json", sv_of(exceptions)), &gov->exceptions, NULL),
            OK);
    struct load *load = canned_open(gov, &screen_drift, &selection, NULL, 0);
    canned_wait(load, canned_has_ended, view);
    cJSON *rows = canned_rows(&screen_drift, view);
    load_close(load);
    canned_gov_free(gov);
    return rows;
}

static const char *text_of(const cJSON *row, const char *key)
{
    const cJSON *item = json_get(row, key);
    return cJSON_IsString(item) ? item->valuestring : "";
}

static const cJSON *row_of(const cJSON *rows, const char *what)
{
    const cJSON *row;
    cJSON_ArrayForEach (row, rows) {
        if (strcmp(text_of(row, "what"), what) == 0)
            return row;
    }
    return NULL;
}

static void test_policy_and_baseline(void **state)
{
    (void)state;
    struct load_view view;
    cJSON *rows = load_shop(AWS_OP_COUNT, NULL, &view);
    assert_int_equal(cJSON_GetArraySize(rows), 4);
    assert_int_equal(view.coverage.answered, 1);

    const cJSON *ssh = row_of(rows, "tcp 22 from 0.0.0.0/0 in web (sg-web)");
    assert_string_equal(text_of(ssh, "kind"), "sg-policy");
    assert_string_equal(text_of(ssh, "severity"), "HIGH");
    assert_string_equal(text_of(ssh, "note"), "not in the baseline");
    assert_string_equal(text_of(ssh, "owner"), "checkout");
    assert_string_equal(text_of(ssh, "deployed_by"), "CloudFormation stack front");
    assert_string_equal(text_of(ssh, "since"), "2026-01-01T00:00:00Z");
    assert_string_equal(text_of(ssh, "changed_by"), "anna"); /* the newest change that was done */
    assert_string_equal(text_of(ssh, "changed_at"), "2026-02-28T12:00:00Z");
    assert_int_equal(strlen(text_of(ssh, "key")), 64);
    assert_ptr_equal(ssh, rows->child); /* the worst stands first */

    const cJSON *extra = row_of(rows, "not approved: tcp 8443 from 203.0.113.0/24 in web (sg-web)");
    assert_string_equal(text_of(extra, "kind"), "sg-baseline");
    assert_string_equal(text_of(extra, "type"), "baseline_rule_extra");
    assert_string_equal(text_of(extra, "severity"), "MEDIUM");
    assert_string_equal(text_of(extra, "subject"), "sgr-3");
    const cJSON *missing = row_of(rows, "missing: tcp 80 from 0.0.0.0/0 in web (sg-web)");
    assert_string_equal(text_of(missing, "type"), "baseline_rule_missing");
    assert_string_equal(text_of(missing, "subject"), "");
    assert_string_equal(text_of(missing, "state"), "OPEN");
    const cJSON *other =
        row_of(rows, "described otherwise: tcp 443 from 0.0.0.0/0 in web (sg-web)");
    assert_string_equal(text_of(other, "kind"), "sg-metadata");
    assert_string_equal(text_of(other, "type"), "baseline_metadata");
    assert_string_equal(text_of(other, "severity"), "INFO");
    assert_string_equal(text_of(other, "note"),
                        "description \"as it was approved, in other words\", approved \"web\"");
    assert_null(other->next); /* it stands last */
    json_free(rows);
    load_view_done(&view);
}

/* One question for a place, and only where something was found. That nobody may ask it costs no
 * more than the name: nothing is missing from the list, which is whole, and says so. */
static void test_who_has_changed_it(void **state)
{
    (void)state;
    struct load_view view;
    n_lookups = 0;
    cJSON *rows = load_shop(OP_cloudtrail_LookupEvents, NULL, &view);
    assert_int_equal(cJSON_GetArraySize(rows), 4);
    assert_string_equal(text_of(rows->child, "changed_by"), "");
    assert_int_equal(view.coverage.gaps.len, 0);
    assert_int_equal(coverage_exit_status(&view.coverage), 0);
    assert_int_equal(view.coverage.remarks.len, 1);
    assert_string_equal(view.coverage.remarks.ptr[0].operation, "cloudtrail:LookupEvents");
    assert_string_equal(view.coverage.remarks.ptr[0].err.message,
                        "who changed the groups last is not known: not authorized");
    json_free(rows);
    load_view_done(&view);
    assert_int_equal(n_lookups, 1);
    json_free(load_shop(OP_ec2_DescribeSecurityGroupRules, NULL, &view)); /* nothing is found */
    load_view_done(&view);
    assert_int_equal(n_lookups, 1);
}

/* What only says something else lets nobody in: the row is there, nobody is asked about it. */
static void test_metadata_waits_for_nobody(void **state)
{
    (void)state;
    struct selection selection = {.accounts = "shop", .regions = "us-east-1"};
    struct load_view view;
    refused = AWS_OP_COUNT;
    struct gov *gov = canned_gov(answer_shop);
    assert_int_equal(
        sg_baseline_read(file_of("approved.json", sv_of(approved)), &gov->baseline, NULL), OK);
    struct load *load = canned_open(gov, &screen_approvals, &selection, NULL, 0);
    canned_wait(load, canned_has_ended, &view);
    AUTO(json_free_at) cJSON *rows = canned_rows(&screen_approvals, &view);
    const cJSON *row;
    cJSON_ArrayForEach (row, rows)
        assert_string_not_equal(text_of(row, "type"), "baseline_metadata");
    assert_true(cJSON_GetArraySize(rows) > 0);
    load_view_done(&view);
    load_close(load);
    canned_gov_free(gov);
}

/* Of a part nothing is said: no rule is missing because it could not be read. */
static void test_a_part_is_no_drift(void **state)
{
    (void)state;
    static const enum aws_op_id ops[] = {OP_ec2_DescribeSecurityGroupRules,
                                         OP_ec2_DescribeSecurityGroups};
    for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
        struct load_view view;
        cJSON *rows = load_shop(ops[i], NULL, &view), *row;
        assert_int_equal(view.coverage.answered, 0);
        cJSON_ArrayForEach (row, rows) {
            assert_string_equal(text_of(row, "kind"), "sg-policy");
        }
        json_free(rows);
        load_view_done(&view);
    }
}

/* A list that cannot be read leaves its own group alone unsaid. */
static void test_an_unread_list(void **state)
{
    (void)state;
    struct load_view view;
    cJSON *rows = load_shop(OP_ec2_GetManagedPrefixListEntries, NULL, &view), *row;
    assert_int_equal(cJSON_GetArraySize(rows), 4);
    assert_int_equal(view.coverage.gaps.len, 1);
    cJSON_ArrayForEach (row, rows) {
        assert_string_equal(text_of(row, "resource"), "sg-web");
    }
    json_free(rows);
    load_view_done(&view);
}

static void test_exceptions(void **state)
{
    (void)state;
    static const char exceptions[] =
        "{\"exceptions\":["
        "{\"account\":\"shop\",\"resource\":\"sg-web\",\"type\":\"unrestricted_*\","
        "\"owner\":\"checkout\",\"reason\":\"until the move\",\"expires\":\"2199-01-31\"},"
        "{\"type\":\"baseline_rule_extra\",\"owner\":\"checkout\",\"reason\":\"a test\","
        "\"expires\":\"2001-01-31\"}]}";
    struct load_view view;
    cJSON *rows = load_shop(AWS_OP_COUNT, exceptions, &view);
    assert_int_equal(cJSON_GetArraySize(rows), 4);
    const cJSON *ssh = row_of(rows, "tcp 22 from 0.0.0.0/0 in web (sg-web)");
    assert_string_equal(text_of(ssh, "state"), "WAIVED");
    assert_string_equal(text_of(ssh, "exception_owner"), "checkout");
    assert_string_equal(text_of(ssh, "exception_reason"), "until the move");
    assert_string_equal(text_of(ssh, "exception_until"), "2199-02-01T00:00:00Z");
    assert_null(ssh->next); /* behind all that is open */
    const cJSON *over = row_of(rows, "not approved: tcp 8443 from 203.0.113.0/24 in web (sg-web)");
    assert_string_equal(text_of(over, "state"), "OPEN");
    assert_string_equal(text_of(over, "exception_reason"), "a test");
    json_free(rows);
    load_view_done(&view);
}

/* --- exceptions by themselves ------------------------------------------------------------------
 */

static void assert_fault(const char *text, const char *where, const char *message)
{
    struct exceptions *exceptions;
    struct err err = ERR_NONE;
    assert_int_equal(exceptions_read(file_of("e.json", sv_of(text)), &exceptions, &err),
                     ERR_CONFIG);
    assert_null(exceptions);
    assert_string_equal(err.where, where);
    if (!strstr(err.message, message))
        fail_msg("\"%s\" does not say \"%s\"", err.message, message);
}

#define WHO "\"owner\":\"a\",\"reason\":\"b\""

static void test_faults_of_exceptions(void **state)
{
    (void)state;
    assert_fault("{\"exceptions\":[\n{" WHO ",\"expires\":\"2027-01-01\"}]}", "e.json:2",
                 "either key, or some of");
    assert_fault("{\"exceptions\":[\n{\"key\":\"k\",\"type\":\"*\"," WHO
                 ",\"expires\":\"2027-01-01\"}]}",
                 "e.json:2", "either key, or some of");
    assert_fault("{\"exceptions\":[{\"type\":\"*\"," WHO ",\"expires\":\"2027-02-30\"}]}",
                 "e.json:1", "expires: a day");
    assert_fault("{\"exceptions\":[{\"type\":\"*\"," WHO ",\"expires\":\"never\"}]}", "e.json:1",
                 "expires: a day");
    assert_fault("{\"exceptions\":[{\"type\":\"*\",\"owner\":\"a\",\"expires\":\"2027-01-01\"}]}",
                 "e.json:1", "reason: a text is wanted");
    assert_fault("{\"exceptions\":[{\"type\":\"*\",\"owner\":\"a\",\"reason\":\"b\"}]}", "e.json:1",
                 "expires: a text is wanted");
}

static void test_of_several_the_last(void **state)
{
    (void)state;
    struct exceptions *exceptions;
    struct account account = {.id = "333333333333", .name = (char *)"shop"};
    struct exception_subject subject = {&account, "eu-west-1", "sg-1", "broad_source", "k1"};
    assert_int_equal(
        exceptions_read(
            file_of("e.json",
                    SV("{\"exceptions\":["
                       "{\"key\":\"k1\"," WHO ",\"expires\":\"2027-01-31\"},"
                       "{\"region\":\"eu-*\"," WHO ",\"expires\":\"2027-01-31T12:00:00+01:00\"},"
                       "{\"account\":\"dev\"," WHO ",\"expires\":\"2028-01-01\"}]}")),
            &exceptions, NULL),
        OK);
    const struct exception *found = exceptions_find(exceptions, &subject);
    char until[CLOCK_ISO_SIZE];
    clock_iso8601(found->expires_ms, false, until);
    assert_string_equal(until, "2027-02-01T00:00:00Z");
    subject.key = "k2";
    clock_iso8601(exceptions_find(exceptions, &subject)->expires_ms, false, until);
    assert_string_equal(until, "2027-01-31T11:00:00Z");
    subject.region = "us-east-1";
    assert_null(exceptions_find(exceptions, &subject));
    assert_null(exceptions_find(NULL, &subject));
    exceptions_free(exceptions);
}

/* --- what needs nobody --------------------------------------------------------------------------
 */

static void test_what_is_automatic(void **state)
{
    (void)state;
    struct settings settings;
    settings_init(&settings);
    assert_false(item_is_automatic(&settings, "baseline_rule_extra", SEVERITY_LOW));
    str_copy(settings.apply_automatically, "baseline_*, unauthorized_parameter, unrestricted_*");
    assert_true(item_is_automatic(&settings, "baseline_rule_extra", SEVERITY_LOW));
    assert_true(item_is_automatic(&settings, "baseline_rule_missing", SEVERITY_MEDIUM));
    assert_false(item_is_automatic(&settings, "unrestricted_dangerous_port", SEVERITY_HIGH));
    assert_false(item_is_automatic(&settings, "unrestricted_all_ports", SEVERITY_CRITICAL));
    assert_false(item_is_automatic(&settings, "unauthorized_parameter", SEVERITY_LOW));
    assert_false(item_is_automatic(&settings, "broad_source", SEVERITY_LOW));
    assert_false(item_is_automatic(&settings, "unrestricted_port", SEVERITY_INFO));
    assert_false(item_is_automatic(&settings, "unrestricted_of_nobody", SEVERITY_LOW));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_has_changed_it),
        cmocka_unit_test(test_metadata_waits_for_nobody),
        cmocka_unit_test(test_policy_and_baseline),
        cmocka_unit_test(test_a_part_is_no_drift),
        cmocka_unit_test(test_an_unread_list),
        cmocka_unit_test(test_exceptions),
        cmocka_unit_test(test_faults_of_exceptions),
        cmocka_unit_test(test_of_several_the_last),
        cmocka_unit_test(test_what_is_automatic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
