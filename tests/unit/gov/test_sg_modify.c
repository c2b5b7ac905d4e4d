/* Narrowing a rule by itself: what is sent, what undo makes of it; and what makes a range one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/gov/security_group/cidr.h"
#include "core/gov/security_group/sg_modify.h"

static cJSON *parse(const char *text)
{
    cJSON *json = NULL;
    struct err err;
    if (json_parse(sv_of(text), "test", &json, &err) != OK)
        fail_msg("%s: %s", text, err.message);
    return json;
}

#define RULE "\"securityGroupRuleId\":\"sgr-1\",\"groupId\":\"sg-1\",\"isEgress\":\"false\","
#define SSH  "\"ipProtocol\":\"tcp\",\"fromPort\":\"22\",\"toPort\":\"22\","

static struct change_plan *plan_of(const char *rule, const char *source)
{
    AUTO(json_free_at) cJSON *json = parse(rule);
    return sg_modify_plan_new(json, source);
}

/* The only call of a plan has that SecurityGroupRule. */
static void assert_call(const struct change_call *call, const char *body)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    assert_int_equal(call->op, OP_ec2_ModifySecurityGroupRules);
    buf_addf(&text,
             "{\"GroupId\":\"sg-1\",\"SecurityGroupRules\":[{\"SecurityGroupRuleId\":\"sgr-1\","
             "\"SecurityGroupRule\":{%s}}]}",
             body);
    AUTO(json_free_at) cJSON *wanted = parse(buf_cstr(&text));
    AUTO_FREE char *sent = json_print(call->params);
    if (!cJSON_Compare(call->params, wanted, true))
        fail_msg("%s instead of %s", sent, buf_cstr(&text));
}

/* The whole of the rule goes out, in the source's family; what has no ports goes without. */
static void test_calls(void **state)
{
    (void)state;
    static const struct {
        const char *rule, *source, *before, *after;
    } rows[] = {
        {SSH "\"cidrIpv4\":\"0.0.0.0/0\",\"description\":\"for now\"", "203.0.113.0/24",
         "\"IpProtocol\":\"tcp\",\"FromPort\":22,\"ToPort\":22,\"CidrIpv4\":\"0.0.0.0/0\","
         "\"Description\":\"for now\"",
         "\"IpProtocol\":\"tcp\",\"FromPort\":22,\"ToPort\":22,\"CidrIpv4\":\"203.0.113.0/24\","
         "\"Description\":\"for now\""},
        {"\"ipProtocol\":\"-1\",\"fromPort\":\"-1\",\"toPort\":\"-1\",\"cidrIpv6\":\"::/0\"",
         "2001:db8::/48", "\"IpProtocol\":\"-1\",\"CidrIpv6\":\"::/0\"",
         "\"IpProtocol\":\"-1\",\"CidrIpv6\":\"2001:db8::/48\""},
        {"\"ipProtocol\":\"icmp\",\"fromPort\":\"8\",\"toPort\":\"-1\",\"cidrIpv4\":\"0.0.0.0/0\"",
         "10.0.0.0/8",
         "\"IpProtocol\":\"icmp\",\"FromPort\":8,\"ToPort\":-1,\"CidrIpv4\":\"0.0.0.0/0\"",
         "\"IpProtocol\":\"icmp\",\"FromPort\":8,\"ToPort\":-1,\"CidrIpv4\":\"10.0.0.0/8\""},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char rule[400];
        snprintf(rule, sizeof rule, "{" RULE "%s}", rows[i].rule);
        struct change_plan *plan = plan_of(rule, rows[i].source);
        assert_int_equal(plan->calls.len, 1);
        assert_int_equal(plan->inverse.len, 1);
        assert_call(&plan->calls.ptr[0], rows[i].after);
        assert_call(&plan->inverse.ptr[0], rows[i].before);
        change_plan_free(plan);
    }
}

/* An undo lets in what was let in; that is HIGH at least, and its own undo is as grave as it was.
 */
static void test_undo(void **state)
{
    (void)state;
    struct err err = ERR_NONE;
    struct change_plan *plan =
        plan_of("{" RULE SSH "\"cidrIpv4\":\"0.0.0.0/0\"}", "203.0.113.0/24");
    str_copy(plan->severity, "MEDIUM");
    struct change_plan *back = change_sg_modify.undo(plan, &err);
    assert_string_equal(back->severity, "HIGH");
    assert_string_equal(back->why, "undoes a security fix");
    assert_string_equal(back->title, "Widen again: tcp 22 from 0.0.0.0/0 in sg-1");
    assert_string_equal(back->diff.ptr[0].text, "ingress tcp 22 from 203.0.113.0/24  sgr-1");
    assert_string_equal(back->diff.ptr[1].text, "ingress tcp 22 from 0.0.0.0/0  sgr-1");
    assert_true(cJSON_Compare(back->calls.ptr[0].params, plan->inverse.ptr[0].params, true));
    assert_true(cJSON_Compare(back->inverse.ptr[0].params, plan->calls.ptr[0].params, true));
    struct change_plan *again = change_sg_modify.undo(back, &err);
    assert_string_equal(again->severity, "HIGH");
    assert_string_equal(again->title, "Narrow again: tcp 22 from 203.0.113.0/24 in sg-1");
    str_copy(plan->severity, "CRITICAL");
    struct change_plan *grave = change_sg_modify.undo(plan, &err);
    assert_string_equal(grave->severity, "CRITICAL");
    change_plan_free(grave);
    change_plan_free(again);
    change_plan_free(back);
    change_plan_free(plan);
}

static void test_reply(void **state)
{
    (void)state;
    struct err err = ERR_NONE;
    struct change_plan *plan =
        plan_of("{" RULE SSH "\"cidrIpv4\":\"0.0.0.0/0\"}", "203.0.113.0/24");
    AUTO(json_free_at) cJSON *yes = parse("{\"return\":\"true\"}");
    AUTO(json_free_at) cJSON *no = parse("{\"return\":\"false\"}");
    assert_int_equal(change_sg_modify.accept(plan, 0, yes, &err), OK);
    assert_int_equal(change_sg_modify.accept(plan, 0, no, &err), ERR_AWS);
    assert_string_equal(err.where, "ec2:ModifySecurityGroupRules");
    change_plan_free(plan);
}

static void test_host_bits(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool has;
    } rows[] = {
        {"203.0.113.0/24", false},    {"203.0.113.7/24", true},  {"203.0.113.7/32", false},
        {"0.0.0.0/0", false},         {"1.0.0.0/0", true},       {"2001:db8::/48", false},
        {"2001:DB8:0:0::/48", false}, {"2001:db8::1/48", true},  {"2001:db8::1/128", false},
        {"no range", false},          {"203.0.113.7/33", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (cidr_has_host_bits(sv_of(rows[i].text)) != rows[i].has)
            fail_msg("%s", rows[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_undo),
        cmocka_unit_test(test_reply),
        cmocka_unit_test(test_host_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
