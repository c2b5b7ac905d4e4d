/* The kinds of change by themselves: what is sent, what counts as success, what undo makes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/gov/proposal/form.h"
#include "core/gov/security_group/sg_change.h"

static cJSON *parse(const char *text)
{
    cJSON *json = NULL;
    struct err err;
    if (json_parse(sv_of(text), "test", &json, &err) != OK)
        fail_msg("%s: %s", text, err.message);
    return json;
}

static struct change_plan *plan_of(const char *rule)
{
    cJSON *json = parse(rule);
    struct change_plan *plan = sg_revoke_plan_new(json);
    json_free(json);
    return plan;
}

static void assert_json(const cJSON *json, const char *expected)
{
    cJSON *wanted = parse(expected);
    char *text = json_print(json);
    if (!cJSON_Compare(json, wanted, true))
        fail_msg("%s instead of %s", text, expected);
    mem_free(text);
    json_free(wanted);
}

#define SSH                                                                                    \
    "{\"securityGroupRuleId\":\"sgr-1\",\"groupId\":\"sg-1\",\"isEgress\":\"false\","          \
    "\"ipProtocol\":\"tcp\",\"fromPort\":\"22\",\"toPort\":\"22\",\"cidrIpv4\":\"0.0.0.0/0\"," \
    "\"description\":\"from everywhere\",\"tagSet\":[{\"key\":\"Owner\",\"value\":\"web\"},"   \
    "{\"key\":\"aws:cloudformation:stack-name\",\"value\":\"prod\"}]}"

static void test_calls(void **state)
{
    (void)state;
    struct change_plan *plan = plan_of(SSH);
    assert_int_equal(plan->calls.len, 1);
    assert_int_equal(plan->calls.ptr[0].op, OP_ec2_RevokeSecurityGroupIngress);
    assert_json(plan->calls.ptr[0].params,
                "{\"GroupId\":\"sg-1\",\"SecurityGroupRuleIds\":[\"sgr-1\"]}");
    assert_int_equal(plan->inverse.ptr[0].op, OP_ec2_AuthorizeSecurityGroupIngress);
    assert_json(plan->inverse.ptr[0].params,
                "{\"GroupId\":\"sg-1\",\"IpPermissions\":[{\"IpProtocol\":\"tcp\",\"FromPort\":22,"
                "\"ToPort\":22,\"IpRanges\":[{\"CidrIp\":\"0.0.0.0/0\","
                "\"Description\":\"from everywhere\"}]}],\"TagSpecifications\":[{\"ResourceType\":"
                "\"security-group-rule\",\"Tags\":[{\"Key\":\"Owner\",\"Value\":\"web\"}]}]}");
    change_plan_free(plan);
}

/* What lets out is closed and opened by other operations, and by other documents. */
static void test_the_other_way(void **state)
{
    (void)state;
    struct err err;
    struct change_plan *plan = plan_of(
        "{\"securityGroupRuleId\":\"sgr-1\",\"groupId\":\"sg-1\",\"isEgress\":\"true\","
        "\"ipProtocol\":\"-1\",\"fromPort\":\"-1\",\"toPort\":\"-1\",\"cidrIpv4\":\"0.0.0.0/0\"}");
    assert_int_equal(plan->calls.ptr[0].op, OP_ec2_RevokeSecurityGroupEgress);
    assert_int_equal(plan->inverse.ptr[0].op, OP_ec2_AuthorizeSecurityGroupEgress);
    assert_ptr_equal(form_of(plan), &form_close_egress_rule);
    struct change_plan *open = change_sg_revoke.undo(plan, &err);
    assert_int_equal(open->calls.ptr[0].op, OP_ec2_AuthorizeSecurityGroupEgress);
    assert_json(open->calls.ptr[0].params,
                "{\"GroupId\":\"sg-1\",\"IpPermissions\":[{\"IpProtocol\":\"-1\",\"IpRanges\":"
                "[{\"CidrIp\":\"0.0.0.0/0\"}]}]}");
    assert_string_equal(open->title, "Open again all traffic to 0.0.0.0/0 in sg-1");
    assert_string_equal(open->diff.ptr[0].text, "egress all traffic to 0.0.0.0/0");
    str_copy(open->undo_of, plan->id);
    assert_true(form_can_be_asked(open));
    assert_ptr_equal(form_of(open), &form_open_egress_rule);
    struct change_plan *close = change_sg_authorize.undo(open, &err);
    assert_int_equal(close->calls.ptr[0].op, OP_ec2_RevokeSecurityGroupEgress);
    cJSON *reply = parse("{\"return\":\"true\",\"unknownIpPermissionSet\":[{}]}");
    assert_int_equal(change_sg_revoke.accept(plan, 0, reply, &err), ERR_AWS);
    assert_string_equal(err.where, "ec2:RevokeSecurityGroupEgress");
    json_free(reply);
    change_plan_free(close);
    change_plan_free(open);
    change_plan_free(plan);
}

/* Each source has a list of its own; protocols without ports are sent without. */
static void test_inverse_of_other_sources(void **state)
{
    (void)state;
    static const struct {
        const char *rule, *permission;
    } rows[] = {
        {"\"ipProtocol\":\"-1\",\"fromPort\":\"-1\",\"toPort\":\"-1\",\"cidrIpv6\":\"::/0\"",
         "{\"IpProtocol\":\"-1\",\"Ipv6Ranges\":[{\"CidrIpv6\":\"::/0\"}]}"},
        {"\"ipProtocol\":\"icmp\",\"fromPort\":\"8\",\"toPort\":\"-1\",\"cidrIpv4\":\"10.0.0.0/8\"",
         "{\"IpProtocol\":\"icmp\",\"FromPort\":8,\"ToPort\":-1,"
         "\"IpRanges\":[{\"CidrIp\":\"10.0.0.0/8\"}]}"},
        {"\"ipProtocol\":\"udp\",\"fromPort\":\"53\",\"toPort\":\"53\",\"prefixListId\":\"pl-1\"",
         "{\"IpProtocol\":\"udp\",\"FromPort\":53,\"ToPort\":53,"
         "\"PrefixListIds\":[{\"PrefixListId\":\"pl-1\"}]}"},
        {"\"ipProtocol\":\"tcp\",\"fromPort\":\"1\",\"toPort\":\"2\",\"referencedGroupInfo\":"
         "{\"groupId\":\"sg-9\",\"userId\":\"999999999999\"}",
         "{\"IpProtocol\":\"tcp\",\"FromPort\":1,\"ToPort\":2,\"UserIdGroupPairs\":"
         "[{\"GroupId\":\"sg-9\",\"UserId\":\"999999999999\"}]}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(buf_done) struct buf rule = BUF_NONE;
        buf_addf(&rule, "{\"securityGroupRuleId\":\"sgr-1\",\"groupId\":\"sg-1\",%s}",
                 rows[i].rule);
        struct change_plan *plan = plan_of(buf_cstr(&rule));
        assert_json(json_items(plan->inverse.ptr[0].params, "IpPermissions"), rows[i].permission);
        change_plan_free(plan);
    }
}

static void test_a_revoke_that_revoked_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *reply;
        enum err_code code;
    } rows[] = {
        {"{\"return\":\"true\",\"revokedSecurityGroupRuleSet\":[{\"securityGroupRuleId\":"
         "\"sgr-1\"}]}",
         OK},
        {"{\"return\":\"true\"}", OK}, /* servers before the list was added; a look follows */
        {"{\"return\":\"false\"}", ERR_AWS},
        {"{\"return\":\"true\",\"unknownIpPermissionSet\":[{\"ipProtocol\":\"tcp\"}]}", ERR_AWS},
        {"{\"return\":\"true\",\"revokedSecurityGroupRuleSet\":[{\"securityGroupRuleId\":"
         "\"sgr-2\"}]}",
         ERR_AWS},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct change_plan *plan = plan_of(SSH);
        struct err err;
        cJSON *reply = parse(rows[i].reply);
        assert_int_equal(change_sg_revoke.accept(plan, 0, reply, &err), rows[i].code);
        json_free(reply);
        change_plan_free(plan);
    }
}

/* Close, open again, close again: the second closing knows the id that the opening was given. */
static void test_undo_and_undo_of_undo(void **state)
{
    (void)state;
    struct err err;
    struct change_plan *revoke = plan_of(SSH);
    str_copy(revoke->severity, "MEDIUM");
    struct change_plan *open = change_sg_revoke.undo(revoke, &err);
    assert_ptr_equal(open->kind, &change_sg_authorize);
    assert_string_equal(open->severity, "HIGH");
    assert_true(cJSON_Compare(open->calls.ptr[0].params, revoke->inverse.ptr[0].params, true));
    assert_int_equal(open->inverse.len, 0);
    assert_non_null(strstr(open->title, "tcp 22 from 0.0.0.0/0"));
    struct change_plan *nameless = change_sg_authorize.undo(open, &err); /* AWS told no id */
    assert_json(nameless->calls.ptr[0].params,
                "{\"GroupId\":\"sg-1\",\"IpPermissions\":[{\"IpProtocol\":\"tcp\",\"FromPort\":22,"
                "\"ToPort\":22,\"IpRanges\":[{\"CidrIp\":\"0.0.0.0/0\"}]}]}");
    cJSON *revoked = parse("{\"return\":\"true\",\"revokedSecurityGroupRuleSet\":"
                           "[{\"securityGroupRuleId\":\"sgr-9\"}]}");
    assert_int_equal(change_sg_revoke.accept(nameless, 0, revoked, &err), OK);
    json_free(revoked);
    change_plan_free(nameless);

    cJSON *reply = parse("{\"return\":\"true\",\"securityGroupRuleSet\":"
                         "[{\"securityGroupRuleId\":\"sgr-77\"}]}");
    assert_int_equal(change_sg_authorize.accept(open, 0, reply, &err), OK);
    json_free(reply);
    assert_int_equal(open->inverse.len, 1);
    struct change_plan *again = change_sg_authorize.undo(open, &err);
    assert_ptr_equal(again->kind, &change_sg_revoke);
    assert_json(again->calls.ptr[0].params,
                "{\"GroupId\":\"sg-1\",\"SecurityGroupRuleIds\":[\"sgr-77\"]}");
    change_plan_free(again);
    change_plan_free(open);
    change_plan_free(revoke);
}

static void test_an_authorize_without_success(void **state)
{
    (void)state;
    struct err err;
    struct change_plan *revoke = plan_of(SSH), *open = change_sg_revoke.undo(revoke, &err);
    cJSON *reply = parse("{\"return\":\"false\"}");
    assert_int_equal(change_sg_authorize.accept(open, 0, reply, &err), ERR_AWS);
    json_free(reply);
    change_plan_free(open);
    change_plan_free(revoke);
}

/* What the journal keeps is enough to go on with. */
static void test_through_the_journal(void **state)
{
    (void)state;
    static const struct change_kind *const kinds[] = {&change_sg_revoke, &change_sg_authorize};
    struct err err;
    struct change_plan *plan = plan_of(SSH), *back = NULL;
    plan->title = mem_strdup("t");
    plan->why = mem_strdup("w");
    change_plan_seal(plan);
    cJSON *json = change_plan_to_json(plan);
    assert_int_equal(change_plan_from_json(json, kinds, 2, &back, &err), OK);
    struct change_plan *open = change_sg_revoke.undo(back, &err);
    assert_true(cJSON_Compare(open->calls.ptr[0].params, plan->inverse.ptr[0].params, true));
    json_free(json);
    change_plan_free(open);
    change_plan_free(back);
    change_plan_free(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_the_other_way),
        cmocka_unit_test(test_inverse_of_other_sources),
        cmocka_unit_test(test_a_revoke_that_revoked_nothing),
        cmocka_unit_test(test_undo_and_undo_of_undo),
        cmocka_unit_test(test_an_authorize_without_success),
        cmocka_unit_test(test_through_the_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
