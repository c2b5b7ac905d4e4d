/* A list that looks complete never comes of a reply whose list is none. */
#include "core/aws/page_list.h"

#include <string.h>

#include "core/aws/client.h"
#include "core/base/mem.h"
#include "tests/unit/unit.h"

static enum err_code check(enum aws_op_id op, const char *wire, struct err *err)
{
    AUTO(json_free_at) cJSON *body = NULL;
    assert_int_equal(client_parse(op, sv_of(wire), &body, err), OK);
    return page_list_check(aws_op(op), body, err);
}

static void json_lists(void **state)
{
    static const struct {
        const char *wire;
        const char *says; /* NULL: it is one */
    } cases[] = {
        {"{\"ConfigRules\":[]}", NULL},
        {"{\"ConfigRules\":[{}]}", NULL},
        {"{}", NULL}, /* no model makes it required */
        {"{\"ConfigRules\":null}", "ConfigRules is null"},
        {"{\"ConfigRules\":null,\"NextToken\":\"t\"}", "ConfigRules is null"},
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

static void xml_lists(void **state)
{
    static const struct {
        const char *wire;
        enum err_code code;
    } cases[] = {
        {"<R><securityGroupInfo/></R>", OK},
        {"<R><securityGroupInfo>\n</securityGroupInfo></R>", OK},
        {"<R><requestId>x</requestId></R>", OK},
        {"<R><securityGroupInfo><item><groupId>sg-1</groupId></item></securityGroupInfo></R>", OK},
        {"<R><securityGroupInfo>none</securityGroupInfo></R>", ERR_PARSE},
        {"<R><securityGroupInfo><x>1</x></securityGroupInfo></R>", ERR_PARSE},
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
