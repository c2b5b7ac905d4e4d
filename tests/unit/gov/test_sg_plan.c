/* What a person is told before a rule is closed, or narrowed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/gov/planner.h"
#include "core/gov/security_group/sg_change.h"
#include "tests/unit/gov/helper_canned.h"

static enum aws_op_id refused;
static const char *account_tags;

/* clang-format off */
static const struct {
    enum aws_op_id op;
    const char *reply;
} replies[] = {
    {OP_ec2_DescribeSecurityGroupRules,
     "{\"securityGroupRuleSet\":["
     "{\"securityGroupRuleId\":\"sgr-1\",\"groupId\":\"sg-1\",\"isEgress\":\"false\","
      "\"ipProtocol\":\"tcp\",\"fromPort\":\"22\",\"toPort\":\"22\",\"cidrIpv4\":\"0.0.0.0/0\","
      "\"description\":\"for now\",\"tagSet\":[{\"key\":\"Team\",\"value\":\"web\"}]},"
     "{\"securityGroupRuleId\":\"sgr-2\",\"groupId\":\"sg-1\",\"isEgress\":\"false\","
      "\"ipProtocol\":\"-1\",\"cidrIpv4\":\"0.0.0.0/0\"},"
     "{\"securityGroupRuleId\":\"sgr-3\",\"groupId\":\"sg-1\",\"isEgress\":\"false\","
      "\"ipProtocol\":\"tcp\",\"fromPort\":\"22\",\"toPort\":\"22\",\"cidrIpv4\":\"10.0.0.0/8\"},"
     "{\"securityGroupRuleId\":\"sgr-5\",\"groupId\":\"sg-1\",\"isEgress\":\"false\","
      "\"ipProtocol\":\"tcp\",\"fromPort\":\"25\",\"toPort\":\"25\",\"prefixListId\":\"pl-1\"},"
     "{\"securityGroupRuleId\":\"sgr-6\",\"groupId\":\"sg-1\",\"isEgress\":\"false\","
      "\"ipProtocol\":\"tcp\",\"fromPort\":\"3306\",\"toPort\":\"3306\",\"cidrIpv4\":\"64.0.0.0/2\"},"
     "{\"securityGroupRuleId\":\"sgr-7\",\"groupId\":\"sg-1\",\"isEgress\":\"false\","
      "\"ipProtocol\":\"tcp\",\"fromPort\":\"3306\",\"toPort\":\"3306\",\"prefixListId\":\"pl-2\"},"
     "{\"securityGroupRuleId\":\"sgr-4\",\"groupId\":\"sg-1\",\"isEgress\":\"true\","
      "\"ipProtocol\":\"-1\",\"cidrIpv4\":\"0.0.0.0/0\"}]}"},
    {OP_ec2_DescribeSecurityGroups,
     "{\"securityGroupInfo\":[{\"groupId\":\"sg-1\",\"groupName\":\"web\",\"groupDescription\":"
     "\"web servers\",\"tagSet\":[{\"key\":\"aws:cloudformation:stack-name\",\"value\":\"shop\"},"
     "{\"key\":\"owner\",\"value\":\"anna\"}]}]}"},
    {OP_ec2_GetManagedPrefixListEntries,
     "{\"entrySet\":[{\"cidr\":\"128.0.0.0/1\"},{\"cidr\":\"0.0.0.0/1\"}]}"},
    {OP_ec2_DescribeManagedPrefixLists,
     "{\"prefixListSet\":[{\"prefixListId\":\"pl-1\",\"prefixListName\":\"partners\","
     "\"version\":\"7\"}]}"},
    {OP_ec2_DescribeNetworkInterfaces,
     "{\"networkInterfaceSet\":[{\"networkInterfaceId\":\"eni-1\",\"association\":"
     "{\"publicIp\":\"203.0.113.7\"}},{\"networkInterfaceId\":\"eni-2\"},{\"networkInterfaceId\":"
     "\"eni-3\"},{\"networkInterfaceId\":\"eni-4\"},{\"networkInterfaceId\":\"eni-5\"},"
     "{\"networkInterfaceId\":\"eni-6\"},{\"networkInterfaceId\":\"eni-7\"}]}"},
    {OP_ec2_DescribeInstances,
     "{\"reservationSet\":[{\"instancesSet\":[{\"instanceId\":\"i-1\",\"tagSet\":"
     "[{\"key\":\"Name\",\"value\":\"web-1\"}]}]}]}"},
};
/* clang-format on */

static bool is_default; /* the group */

static void answer(const struct aws_request *request, struct canned_answer *answer)
{
    if (request->op == refused)
        err_set(&answer->err, ERR_DENIED, "test", "not authorized");
    else if (request->op == OP_organizations_ListTagsForResource)
        answer->pages[0] = account_tags;
    else if (is_default && request->op == OP_ec2_DescribeSecurityGroups)
        answer->pages[0] =
            "{\"securityGroupInfo\":[{\"groupId\":\"sg-1\",\"groupName\":\"default\"}]}";
    else if (sv_eq_cstr(json_sv(request->params, "PrefixListId"), "pl-2"))
        answer->pages[0] = "{\"entrySet\":[{\"cidr\":\"128.0.0.0/1\"},{\"cidr\":\"0.0.0.0/2\"}]}";
    else if (!canned_organization(request, answer))
        for (size_t i = 0; i < ARRAY_LEN(replies); i++)
            if (replies[i].op == request->op)
                answer->pages[0] = replies[i].reply;
}

static struct change_plan *planned;
static struct err planned_err;
static bool is_there;

static void on_plan(void *arg, struct change_plan *take_plan, const struct err *err)
{
    (void)arg;
    planned = take_plan;
    planned_err = *err;
    is_there = true;
}

#define DEV  "{\"Tags\":[{\"Key\":\"Environment\",\"Value\":\"dev\"}]}"
#define PROD "{\"Tags\":[{\"Key\":\"environment\",\"Value\":\"Production\"}]}"

static struct change_plan *plan_by(const struct planner *planner, enum aws_op_id refuse,
                                   const char *tags, const char *rule_id, const char *range)
{
    struct aws_target target = {.account_id = "333333333333", .region = "us-east-1"};
    const char *const args[] = {"sg-1", rule_id, range};
    refused = refuse;
    account_tags = tags;
    is_there = false;
    struct gov *gov = canned_gov(answer);
    planner->plan(gov, gov->scope, &target, args, on_plan, NULL);
    assert_true(run_ui_until(&is_there, 60000));
    canned_gov_free(gov);
    return planned;
}

static struct change_plan *plan(enum aws_op_id refuse, const char *tags, const char *rule_id)
{
    return plan_by(&planner_sg_revoke, refuse, tags, rule_id, NULL);
}

static struct change_plan *narrow(const char *rule_id, const char *range)
{
    return plan_by(&planner_sg_narrow, AWS_OP_COUNT, DEV, rule_id, range);
}

static void assert_told(const struct change_plan *of, const char *words, bool told)
{
    bool found = false;
    for (size_t i = 0; i < of->evidence.len; i++)
        found |= strstr(of->evidence.ptr[i].text, words) != NULL;
    if (found != told)
        fail_msg("%s: %s", told ? "not told" : "told", words);
}

static void test_the_whole_sheet(void **state)
{
    (void)state;
    struct change_plan *of = plan(AWS_OP_COUNT, DEV, "sgr-1");
    assert_string_equal(of->title, "Revoke tcp 22 from 0.0.0.0/0 in web (sg-1)");
    assert_string_equal(of->why, "unrestricted_dangerous_port: port 22");
    assert_string_equal(of->severity, "HIGH");
    assert_string_equal(of->account_name, "shop");
    assert_string_equal(of->target.region, "us-east-1");
    assert_int_equal(of->reversible, REVERSIBLE);
    assert_false(of->production);
    assert_told(of, "attached to 7 network interfaces, 1 with a public address: eni-1", true);
    assert_told(of, "eni-6 and 1 more", true);
    assert_told(of, "used by 1 instance: i-1 web-1", true);
    assert_told(of, "managed by the CloudFormation stack shop", true);
    assert_told(of, "the group: owner anna", true);
    assert_told(of, "the rule: team web", true);
    assert_told(of, "stays open through sgr-2", true);
    assert_told(of, "sgr-3", false);
    assert_told(of, "may survive", true);
    assert_int_equal(of->diff.len, 6); /* ingress only */
    assert_told(of, "the list", false);
    assert_int_equal(of->diff.ptr[0].kind, '-');
    assert_string_equal(of->diff.ptr[0].text, "ingress tcp 22 from 0.0.0.0/0 \"for now\"  sgr-1");
    assert_int_equal(of->diff.ptr[1].kind, ' ');
    assert_true(change_plan_is_sealed(of));
    change_plan_free(of);
}

static void test_a_list_that_is_the_world(void **state)
{
    (void)state;
    struct change_plan *of = plan(AWS_OP_COUNT, DEV, "sgr-5");
    assert_string_equal(of->why, "unrestricted_privileged_port");
    assert_told(of, "the list partners: pl-1 version 7 holds every address", true);
    change_plan_free(of);
    of = plan(OP_ec2_DescribeManagedPrefixLists, DEV, "sgr-5");
    assert_told(of, "the list: pl-1 holds every address; its version is not known: not authorized",
                true);
    change_plan_free(of);
}

static void test_the_world_together_with_a_list(void **state)
{
    (void)state;
    static const char why[] =
        "unrestricted_dangerous_port: port 3306, together with other rules of the group";
    static const char *const rules[] = {"sgr-6", "sgr-7"};
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        struct change_plan *of = plan(AWS_OP_COUNT, DEV, rules[i]);
        assert_string_equal(of->why, why);
        change_plan_free(of);
        assert_string_equal(planned_err.message, "");
    }
    struct change_plan *of = plan(OP_ec2_GetManagedPrefixListEntries, DEV, "sgr-1");
    assert_non_null(of); /* open by itself, whatever is in the lists of others */
    change_plan_free(of);
    assert_null(plan(OP_ec2_GetManagedPrefixListEntries, DEV, "sgr-5"));
    assert_int_equal(planned_err.code, ERR_DENIED);
    assert_null(plan(OP_ec2_GetManagedPrefixListEntries, DEV, "sgr-3"));
    assert_int_equal(planned_err.code, ERR_DENIED); /* not "breaks no policy": nobody knows */
}

static void test_what_a_default_group_lets_out(void **state)
{
    (void)state;
    is_default = true;
    struct change_plan *of = plan(AWS_OP_COUNT, DEV, "sgr-4");
    is_default = false;
    assert_non_null(of);
    assert_int_equal(of->calls.ptr[0].op, OP_ec2_RevokeSecurityGroupEgress);
    assert_string_equal(of->title, "Revoke all traffic to 0.0.0.0/0 in default (sg-1)");
    assert_string_equal(of->why, "default_group_rule");
    assert_string_equal(of->severity, "HIGH");
    assert_int_equal(of->diff.len, 1); /* egress only */
    assert_string_equal(of->diff.ptr[0].text, "egress all traffic to 0.0.0.0/0  sgr-4");
    assert_told(of, "a default group", true);
    change_plan_free(of);
}

static void test_production_by_tag(void **state)
{
    (void)state;
    struct change_plan *of = plan(AWS_OP_COUNT, PROD, "sgr-1");
    assert_true(of->production);
    assert_int_equal(change_consent_level(of, 1), CONSENT_NAME_AND_REASON);
    change_plan_free(of);
}

static void test_what_cannot_be_read_is_told(void **state)
{
    (void)state;
    static const struct {
        enum aws_op_id op;
        const char *told;
    } rows[] = {
        {OP_ec2_DescribeNetworkInterfaces, "attached to: not known: not authorized"},
        {OP_ec2_DescribeInstances, "used by instances: not known: not authorized"},
        {OP_ec2_DescribeSecurityGroups, "the group: not known: not authorized"},
        {OP_organizations_ListTagsForResource, "tags could not be read: not authorized"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct change_plan *of = plan(rows[i].op, DEV, "sgr-1");
        assert_told(of, rows[i].told, true);
        change_plan_free(of);
    }
}

static void test_no_plan(void **state)
{
    (void)state;
    static const struct {
        enum aws_op_id refuse;
        const char *rule_id;
        enum err_code code;
    } rows[] = {
        {OP_ec2_DescribeSecurityGroupRules, "sgr-1", ERR_DENIED},
        {AWS_OP_COUNT, "sgr-9", ERR_STALE},
        {AWS_OP_COUNT, "sgr-3", ERR_STALE}, /* breaks nothing */
        {AWS_OP_COUNT, "sgr-4", ERR_UNSUPPORTED},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_null(plan(rows[i].refuse, DEV, rows[i].rule_id));
        assert_int_equal(planned_err.code, rows[i].code);
    }
}

static void test_narrowing(void **state)
{
    (void)state;
    struct change_plan *of = narrow("sgr-1", " 203.0.113.0/24 ");
    if (!of)
        fail_msg("%s", planned_err.message);
    assert_string_equal(of->title, "Narrow tcp 22 from 0.0.0.0/0 to 203.0.113.0/24 in web (sg-1)");
    assert_string_equal(of->why, "unrestricted_dangerous_port: port 22");
    assert_string_equal(of->severity, "HIGH"); /* as grave as what it mends */
    assert_int_equal(of->reversible, REVERSIBLE);
    assert_int_equal(of->diff.len, 7);
    assert_int_equal(of->diff.ptr[0].kind, '-');
    assert_string_equal(of->diff.ptr[0].text, "ingress tcp 22 from 0.0.0.0/0 \"for now\"  sgr-1");
    assert_int_equal(of->diff.ptr[1].kind, '+');
    assert_string_equal(of->diff.ptr[1].text,
                        "ingress tcp 22 from 203.0.113.0/24 \"for now\"  sgr-1");
    assert_told(of, "then it breaks no policy any more", true);
    assert_told(of, "stays open through sgr-2", true);
    assert_told(of, "keeps its id", true);
    assert_told(of, "under a new id", false);
    assert_true(change_plan_is_sealed(of));
    struct change_plan *closing = plan(AWS_OP_COUNT, DEV, "sgr-1");
    assert_string_equal(of->item_key, closing->item_key); /* one finding, whatever is done */
    change_plan_free(closing);
    change_plan_free(of);
}

/* Less may be too much still: that is for a person to see. */
static void test_narrowing_by_little(void **state)
{
    (void)state;
    struct change_plan *of = narrow("sgr-1", "64.0.0.0/4");
    assert_told(of, "it breaks policy still, by less: broad_source, MEDIUM", true);
    change_plan_free(of);
}

static void test_ranges_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *rule_id, *range, *words;
        enum err_code code;
    } rows[] = {
        {"sgr-1", "", "is no address range", ERR_USAGE},
        {"sgr-1", "203.0.113.0", "\"203.0.113.0\" is no address range", ERR_USAGE},
        {"sgr-1", "everybody", "is no address range", ERR_USAGE},
        {"sgr-1", "203.0.113.7/24", "the range is 203.0.113.0/24", ERR_USAGE},
        {"sgr-1", "0.0.0.0/0", "is what the rule lets in as it is", ERR_USAGE},
        {"sgr-1", "::/0", "lets in IPv4 addresses", ERR_USAGE},
        {"sgr-1", "2001:db8::/48", "lets in IPv4 addresses", ERR_USAGE},
        {"sgr-1", "10.0.0.0/8", "by sgr-3 already", ERR_REFUSED},
        {"sgr-6", "0.0.0.0/0", "is not a part of 64.0.0.0/2", ERR_USAGE},
        {"sgr-6", "203.0.113.0/24", "is not a part of 64.0.0.0/2", ERR_USAGE},
        {"sgr-5", "203.0.113.0/24", "is a prefix list", ERR_UNSUPPORTED},
        {"sgr-3", "10.1.0.0/16", "breaks no policy any more", ERR_STALE},
        {"sgr-4", "10.0.0.0/8", "", ERR_UNSUPPORTED},
        {"sgr-9", "10.0.0.0/8", "is not there any more", ERR_STALE},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_null(narrow(rows[i].rule_id, rows[i].range));
        if (planned_err.code != rows[i].code || !strstr(planned_err.message, rows[i].words))
            fail_msg("%s to \"%s\": %s", rows[i].rule_id, rows[i].range, planned_err.message);
    }
}

/* The same finding is the same item, whenever it is planned. */
static void test_item_key(void **state)
{
    (void)state;
    struct change_plan *first = plan(AWS_OP_COUNT, DEV, "sgr-1");
    struct change_plan *again = plan(AWS_OP_COUNT, PROD, "sgr-1");
    struct change_plan *other = plan(AWS_OP_COUNT, DEV, "sgr-2");
    assert_string_equal(first->item_key, again->item_key);
    assert_string_not_equal(first->plan_hash, again->plan_hash);
    assert_string_not_equal(first->item_key, other->item_key);
    assert_string_equal(other->severity, "CRITICAL");
    change_plan_free(first);
    change_plan_free(again);
    change_plan_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_whole_sheet),
        cmocka_unit_test(test_a_list_that_is_the_world),
        cmocka_unit_test(test_the_world_together_with_a_list),
        cmocka_unit_test(test_what_a_default_group_lets_out),
        cmocka_unit_test(test_production_by_tag),
        cmocka_unit_test(test_what_cannot_be_read_is_told),
        cmocka_unit_test(test_no_plan),
        cmocka_unit_test(test_narrowing),
        cmocka_unit_test(test_narrowing_by_little),
        cmocka_unit_test(test_ranges_that_are_refused),
        cmocka_unit_test(test_item_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
