/* From a row of drift to the plan that mends it: an approved rule is opened, one that nobody has
 * approved is closed, and what is another one meanwhile is left alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/gov/planner.h"
#include "core/gov/proposal/form.h"
#include "core/gov/queue/item.h"
#include "tests/support/dir.h"
#include "tests/unit/gov/helper_canned.h"

static const char approved[] =
    "{\"groups\":[{\"group\":\"web\",\"rules\":["
    "{\"IpProtocol\":\"tcp\",\"FromPort\":80,\"ToPort\":80,\"CidrIpv4\":\"0.0.0.0/0\"},"
    "{\"IpProtocol\":\"tcp\",\"FromPort\":22,\"ToPort\":22,\"ReferencedGroupInfo\":{\"GroupName\":"
    "\"bastion\"}},"
    "{\"IsEgress\":true,\"IpProtocol\":\"tcp\",\"FromPort\":443,\"ToPort\":443,\"CidrIpv4\":"
    "\"198.51.100.0/24\"}]}]}";

static const struct {
    enum aws_op_id op;
    const char *reply;
} shop[] = {
    {OP_ec2_DescribeSecurityGroupRules,
     "{\"securityGroupRuleSet\":[{\"securityGroupRuleId\":\"sgr-3\",\"groupId\":\"sg-web\","
     "\"isEgress\":\"false\",\"ipProtocol\":\"tcp\",\"fromPort\":\"8443\",\"toPort\":\"8443\","
     "\"cidrIpv4\":\"203.0.113.0/24\"},"
     "{\"securityGroupRuleId\":\"sgr-4\",\"groupId\":\"sg-web\",\"isEgress\":\"true\","
     "\"ipProtocol\":\"tcp\",\"fromPort\":\"25\",\"toPort\":\"25\",\"cidrIpv4\":\"10.0.0.0/8\"}]}"},
    {OP_ec2_DescribeSecurityGroups,
     "{\"securityGroupInfo\":[{\"groupId\":\"sg-old\",\"groupName\":\"bastion\",\"vpcId\":\"vpc-"
     "2\"},"
     "{\"groupId\":\"sg-web\",\"groupName\":\"web\",\"vpcId\":\"vpc-1\",\"tagSet\":[{\"key\":"
     "\"aws:cloudformation:stack-name\",\"value\":\"front\"}]},"
     "{\"groupId\":\"sg-bastion\",\"groupName\":\"bastion\",\"vpcId\":\"vpc-1\"}]}"},
    {OP_ec2_DescribeNetworkInterfaces,
     "{\"networkInterfaceSet\":[{\"networkInterfaceId\":\"eni-1\"}]}"},
    {OP_ec2_DescribeInstances, "{\"reservationSet\":[{\"instancesSet\":[{\"instanceId\":\"i-7\","
                               "\"tagSet\":[{\"key\":\"Name\","
                               "\"value\":\"front-1\"}]}]}]}"},
    {OP_organizations_ListTagsForResource, "{\"Tags\":[]}"},
};

static void answer_shop(const struct aws_request *request, struct canned_answer *answer)
{
    if (canned_organization(request, answer))
        return;
    for (size_t i = 0; i < ARRAY_LEN(shop); i++)
        if (shop[i].op == request->op)
            answer->pages[0] = shop[i].reply;
}

struct outcome {
    struct change_plan *plan;
    struct err err;
    bool done;
};

static void on_plan(void *arg, struct change_plan *take_plan, const struct err *err)
{
    struct outcome *outcome = arg;
    *outcome = (struct outcome){take_plan, *err, true};
}

/* What a person is told of it, a line each, in this order. */
static void assert_evidence(const struct change_plan *plan, const char *const *lines, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_string_equal(plan->evidence.ptr[i].text, lines[i]);
    assert_int_equal(plan->evidence.len, n);
}

static const struct aws_target target = {.account_id = "333333333333", .region = "us-east-1"};

/* subject: NULL for a missing rule; value: the rule as the list has shown it. */
static struct outcome plan(const char *planner, const char *subject, const char *type,
                           const char *value)
{
    struct outcome outcome = {0};
    char key[SHA256_HEX_SIZE];
    item_key(&target, "sg-web", type, value, key);
    const char *args[] = {"sg-web", subject ? subject : key, key};
    struct gov *gov = canned_gov(answer_shop);
    assert_int_equal(
        sg_baseline_read(file_of("approved.json", sv_of(approved)), &gov->baseline, NULL), OK);
    planner_find(sv_of(planner))->plan(gov, gov->scope, &target, args, on_plan, &outcome);
    assert_true(run_ui_until(&outcome.done, 30000));
    if (outcome.plan)
        assert_string_equal(outcome.plan->item_key, key);
    canned_gov_free(gov);
    return outcome;
}

static void test_an_approved_rule(void **state)
{
    (void)state;
    struct outcome outcome =
        plan("sg-restore", NULL, "baseline_rule_missing", "tcp 22 from sg-bastion");
    assert_non_null(outcome.plan);
    assert_string_equal(outcome.plan->title, "Open tcp 22 from sg-bastion in web (sg-web)");
    assert_string_equal(outcome.plan->severity, "MEDIUM");
    assert_string_equal(outcome.plan->account_name, "shop");
    assert_int_equal(outcome.plan->calls.len, 1);
    assert_int_equal(outcome.plan->calls.ptr[0].op, OP_ec2_AuthorizeSecurityGroupIngress);
    AUTO_FREE char *params = json_print(outcome.plan->calls.ptr[0].params);
    assert_string_equal(params,
                        "{\"GroupId\":\"sg-web\",\"IpPermissions\":[{\"IpProtocol\":\"tcp\","
                        "\"FromPort\":22,\"ToPort\":22,\"UserIdGroupPairs\":[{\"GroupId\":"
                        "\"sg-bastion\",\"Description\":\"as approved in the baseline\"}]}]}");
    static const char *const lines[] = {
        "attached to 1 network interface, 0 with a public address: eni-1",
        "used by 1 instance: i-7 front-1",
        ("the group is managed by the CloudFormation stack front: change it there too, or the next "
         "deployment takes it away again"),
        "undo closes it again",
    };
    assert_evidence(outcome.plan, lines, ARRAY_LEN(lines));
    assert_true(change_plan_is_sealed(outcome.plan));
    change_plan_free(outcome.plan);
}

/* What a group is to let out is opened by the operation for that, and its undo closes it again; it
 * can be put to somebody else, by the document for that. */
static void test_an_approved_way_out(void **state)
{
    (void)state;
    struct err err;
    struct outcome outcome =
        plan("sg-restore", NULL, "baseline_rule_missing", "tcp 443 to 198.51.100.0/24");
    if (!outcome.plan)
        fail_msg("%s", outcome.err.message);
    assert_string_equal(outcome.plan->title, "Open tcp 443 to 198.51.100.0/24 in web (sg-web)");
    assert_string_equal(outcome.plan->severity, "MEDIUM");
    assert_int_equal(outcome.plan->calls.len, 1);
    assert_int_equal(outcome.plan->calls.ptr[0].op, OP_ec2_AuthorizeSecurityGroupEgress);
    AUTO_FREE char *params = json_print(outcome.plan->calls.ptr[0].params);
    assert_string_equal(params,
                        "{\"GroupId\":\"sg-web\",\"IpPermissions\":[{\"IpProtocol\":\"tcp\","
                        "\"FromPort\":443,\"ToPort\":443,\"IpRanges\":[{\"CidrIp\":"
                        "\"198.51.100.0/24\",\"Description\":\"as approved in the baseline\"}]}]}");
    assert_int_equal(outcome.plan->diff.len, 2); /* of what it lets out alone */
    assert_string_equal(outcome.plan->diff.ptr[1].text, "egress tcp 443 to 198.51.100.0/24");
    assert_ptr_equal(form_of(outcome.plan), &form_open_egress_rule);
    outcome.plan->calls_done = 1;
    struct change_plan *undo = outcome.plan->kind->undo(outcome.plan, &err);
    assert_non_null(undo);
    assert_int_equal(undo->calls.ptr[0].op, OP_ec2_RevokeSecurityGroupEgress);
    change_plan_free(undo);
    change_plan_free(outcome.plan);
}

static void test_a_way_out_that_nobody_has_approved(void **state)
{
    (void)state;
    struct outcome outcome =
        plan("sg-revoke-extra", "sgr-4", "baseline_rule_extra", "tcp 25 to 10.0.0.0/8");
    if (!outcome.plan)
        fail_msg("%s", outcome.err.message);
    assert_int_equal(outcome.plan->calls.ptr[0].op, OP_ec2_RevokeSecurityGroupEgress);
    assert_int_equal(outcome.plan->inverse.ptr[0].op, OP_ec2_AuthorizeSecurityGroupEgress);
    assert_ptr_equal(form_of(outcome.plan), &form_close_egress_rule);
    change_plan_free(outcome.plan);
    outcome =
        plan("sg-revoke", "sgr-4", "", ""); /* without a baseline that says so it is left alone */
    assert_null(outcome.plan);
}

static void test_what_nobody_asks_for(void **state)
{
    (void)state;
    struct outcome outcome =
        plan("sg-restore", NULL, "baseline_rule_missing", "tcp 81 from 0.0.0.0/0");
    assert_null(outcome.plan);
    assert_int_equal(outcome.err.code, ERR_STALE);
}

static void test_what_nobody_has_approved(void **state)
{
    (void)state;
    struct outcome outcome =
        plan("sg-revoke-extra", "sgr-3", "baseline_rule_extra", "tcp 8443 from 203.0.113.0/24");
    assert_non_null(outcome.plan);
    assert_string_equal(outcome.plan->severity, "MEDIUM");
    assert_non_null(strstr(outcome.plan->why, "baseline_rule_extra"));
    assert_int_equal(outcome.plan->calls.ptr[0].op, OP_ec2_RevokeSecurityGroupIngress);
    change_plan_free(outcome.plan);
}

/* The id is the same, the rule is not. */
static void test_another_rule_now(void **state)
{
    (void)state;
    struct outcome outcome =
        plan("sg-revoke-extra", "sgr-3", "baseline_rule_extra", "tcp 8443 from 203.0.113.0/25");
    assert_null(outcome.plan);
    assert_int_equal(outcome.err.code, ERR_STALE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_approved_rule),
        cmocka_unit_test(test_an_approved_way_out),
        cmocka_unit_test(test_a_way_out_that_nobody_has_approved),
        cmocka_unit_test(test_what_nobody_asks_for),
        cmocka_unit_test(test_what_nobody_has_approved),
        cmocka_unit_test(test_another_rule_now),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
