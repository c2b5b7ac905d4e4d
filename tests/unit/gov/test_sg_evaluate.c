/* Saved rules are judged group by group and told in the order of the file. */
#include <string.h>

#include "core/base/mem.h"
#include "core/gov/security_group/sg_evaluate.h"
#include "tests/unit/unit.h"

/* A rule as `aws ec2 describe-security-group-rules` prints it. */
static void add_rule(struct buf *text, const char *id, const char *group, const char *rest)
{
    buf_addf(text, "%s{\"SecurityGroupRuleId\":\"%s\",\"GroupId\":\"%s\",\"IsEgress\":false,%s}",
             text->len > 30 ? "," : "", id, group, rest);
}

static void evaluate(struct buf *rules, const char *expected, enum severity worst)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    enum severity found;
    struct err err = ERR_NONE;

    buf_add_cstr(rules, "]}");
    if (sg_evaluate(&sg_policy_default, buf_sv(rules), "rules.json", &out, &found, &err) != OK)
        fail_msg("%s", err.message);
    assert_string_equal(buf_cstr(&out), expected);
    assert_int_equal(found, worst);
}

static void test_order_and_members(void **state)
{
    AUTO(buf_done) struct buf rules = BUF_NONE;

    (void)state;
    buf_add_cstr(&rules, "{\"SecurityGroupRules\":[");
    add_rule(&rules, "sgr-3", "sg-b",
             "\"IpProtocol\":\"tcp\",\"FromPort\":20,\"ToPort\":6000,\"CidrIpv4\":\"0.0.0.0/0\"");
    add_rule(&rules, "sgr-1", "sg-a",
             "\"IpProtocol\":\"tcp\",\"FromPort\":443,\"ToPort\":443,\"CidrIpv6\":\"::/0\"");
    add_rule(&rules, "sgr-2", "sg-a",
             "\"IpProtocol\":\"tcp\",\"FromPort\":22,\"ToPort\":22,\"CidrIpv4\":\"10.0.0.0/8\"");
    evaluate(&rules,
             "{\"violations\":["
             "{\"security_group_rule_id\":\"sgr-3\",\"group_id\":\"sg-b\",\"type\":"
             "\"unrestricted_dangerous_port\",\"severity\":\"HIGH\",\"ports\":[22,1433,3306,3389,"
             "5432]},"
             "{\"security_group_rule_id\":\"sgr-1\",\"group_id\":\"sg-a\",\"type\":\"world_web\","
             "\"severity\":\"INFO\",\"ports\":[]}]}",
             SEVERITY_HIGH);
}

/* Two halves of the world are one hole in one group, and none in two. */
static void test_groups_are_judged_apart(void **state)
{
    static const char low[] =
        "\"IpProtocol\":\"tcp\",\"FromPort\":22,\"ToPort\":22,\"CidrIpv4\":\"0.0.0.0/1\"";
    static const char high[] =
        "\"IpProtocol\":\"tcp\",\"FromPort\":22,\"ToPort\":22,\"CidrIpv4\":\"128.0.0.0/1\"";
    AUTO(buf_done) struct buf rules = BUF_NONE;

    (void)state;
    buf_add_cstr(&rules, "{\"SecurityGroupRules\":[");
    add_rule(&rules, "sgr-1", "sg-a", low);
    add_rule(&rules, "sgr-2", "sg-b", low);
    add_rule(&rules, "sgr-3", "sg-a", high);
    evaluate(&rules,
             "{\"violations\":["
             "{\"security_group_rule_id\":\"sgr-1\",\"group_id\":\"sg-a\",\"type\":"
             "\"unrestricted_dangerous_port\",\"severity\":\"HIGH\",\"ports\":[22]},"
             "{\"security_group_rule_id\":\"sgr-2\",\"group_id\":\"sg-b\",\"type\":"
             "\"broad_source\",\"severity\":\"MEDIUM\",\"ports\":[22]},"
             "{\"security_group_rule_id\":\"sgr-3\",\"group_id\":\"sg-a\",\"type\":"
             "\"unrestricted_dangerous_port\",\"severity\":\"HIGH\",\"ports\":[22]}]}",
             SEVERITY_HIGH);
}

static void test_nothing_to_say(void **state)
{
    AUTO(buf_done) struct buf rules = BUF_NONE;

    (void)state;
    buf_add_cstr(&rules, "{\"SecurityGroupRules\":[");
    evaluate(&rules, "{\"violations\":[]}", SEVERITY_NONE);
}

static void test_bad_input(void **state)
{
    static const struct {
        const char *text;
        enum err_code code;
        const char *message;
    } rows[] = {
        {"{\"SecurityGroupRules\":[", ERR_PARSE, ""},
        {"[]", ERR_USAGE, "SecurityGroupRules"},
        {"{\"SecurityGroupRules\":{}}", ERR_USAGE, "SecurityGroupRules"},
        {"{\"SecurityGroupRules\":[{}]}", ERR_USAGE, "rule 1"},
        {"{\"SecurityGroupRules\":[{\"SecurityGroupRuleId\":\"sgr-1\",\"IpProtocol\":\"tcp\","
         "\"FromPort\":1,\"ToPort\":1,\"CidrIpv4\":\"0.0.0.0/0\"}]}",
         ERR_USAGE, "GroupId"},
        {"{\"SecurityGroupRules\":[{\"SecurityGroupRuleId\":\"sgr-1\",\"GroupId\":\"sg-1\","
         "\"IpProtocol\":\"tcp\",\"FromPort\":1,\"ToPort\":1,\"CidrIpv4\":\"world\"}]}",
         ERR_USAGE, "sgr-1"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(buf_done) struct buf out = BUF_NONE;
        enum severity worst;
        struct err err = ERR_NONE;

        assert_int_equal(
            sg_evaluate(&sg_policy_default, sv_of(rows[i].text), "rules.json", &out, &worst, &err),
            rows[i].code);
        assert_string_equal(err.where, "rules.json");
        assert_true(sv_contains(sv_of(err.message), sv_of(rows[i].message)));
        assert_int_equal(out.len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_and_members),
        cmocka_unit_test(test_groups_are_judged_apart),
        cmocka_unit_test(test_nothing_to_say),
        cmocka_unit_test(test_bad_input),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
