/* A list that looks complete never comes of a reply whose list is none. */
#include "core/aws/wire/page_list.h"

#include <string.h>

#include "core/aws/client.h"
#include "core/base/mem.h"
#include "tests/unit/unit.h"

static enum err_code check(enum aws_op_id op, const char *wire, struct err *err)
{
    AUTO(json_free_at) cJSON *body = NULL;
    enum err_code code = client_parse(op, sv_of(wire), &body, err);
    return code == OK ? page_list_check(aws_op(op), body, err) : code;
}

static void json_lists(void **state)
{
    static const struct {
        const char *wire;
        const char *says; /* NULL: it is one */
    } cases[] = {
        {"{\"ConfigRules\":[]}", NULL},
        {"{\"ConfigRules\":[{}]}", NULL},
        {"{}", NULL},                     /* no model makes it required */
        {"{\"ConfigRules\":null}", NULL}, /* as if it were left out */
        {"{\"ConfigRules\":null,\"NextToken\":\"t\"}", NULL},
        {"{\"ConfigRules\":\"\"}", "ConfigRules is no list"},
        {"{\"ConfigRules\":{\"x\":[1]}}", "ConfigRules is no list"},
        {"{\"ConfigRules\":0}", "ConfigRules is no list"},
        {"{\"ConfigRules\":[{},null]}", "a list with null in it"},
        {"[{}]", "no object"},
        {"null", "no object"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = ERR_NONE;
        enum err_code code = check(OP_config_DescribeConfigRules, cases[i].wire, &err);
        if (code != (cases[i].says != NULL ? ERR_PARSE : OK) ||
            (cases[i].says != NULL && strstr(err.message, cases[i].says) == NULL))
            fail_msg("%s: %s", cases[i].wire, err.message);
    }
}

#define RESPONSE(members) \
    "<DescribeSecurityGroupsResponse>" members "</DescribeSecurityGroupsResponse>"

static void xml_lists(void **state)
{
    static const struct {
        const char *wire;
        enum err_code code;
    } cases[] = {
        {RESPONSE("<securityGroupInfo/>"), OK},
        {RESPONSE("<securityGroupInfo>\n</securityGroupInfo>"), OK},
        {RESPONSE("<requestId>x</requestId>"), OK},
        {RESPONSE("<securityGroupInfo><item><groupId>sg-1</groupId></item></securityGroupInfo>"),
         OK},
        {"<html><body>Sign in to the guest network</body></html>", ERR_PARSE},
        {"<DescribeSecurityGroupsResponses/>", ERR_PARSE},
        {"<DescribeSecurityGroups/>", ERR_PARSE},
        {RESPONSE("<securityGroupInfo>none</securityGroupInfo>"), ERR_PARSE},
        {RESPONSE("<securityGroupInfo><x>1</x></securityGroupInfo>"), ERR_PARSE},
    };
    struct err err;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (check(OP_ec2_DescribeSecurityGroups, cases[i].wire, &err) != cases[i].code)
            fail_msg("%s", cases[i].wire);
}

static void what_has_no_list_is_not_asked(void **state)
{
    struct err err;
    (void)state;
    assert_int_equal(check(OP_ssm_GetDocument, "{\"Name\":null}", &err), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_lists),
        cmocka_unit_test(xml_lists),
        cmocka_unit_test(what_has_no_list_is_not_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
