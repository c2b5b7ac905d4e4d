/*
 * Request bodies and command lines against what botocore makes of the same parameters
 * (boto_requests.py wrote it down).
 */
#include <stdio.h>
#include <string.h>

#include "core/aws/client.h"
#include "core/aws/wire/body.h"
#include "core/base/json.h"
#include "core/base/os.h"
#include "tests/unit/unit.h"

static cJSON *boto;

static int setup(void **state)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    (void)state;
    assert_int_equal(
        os_read_file(SOURCE_DIR "/tests/unit/aws/boto_requests.json", 1 << 20, &text, NULL), OK);
    assert_int_equal(json_parse(buf_sv(&text), "boto", &boto, NULL), OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    json_free(boto);
    return 0;
}

static enum aws_op_id op_id(const struct aws_op *op)
{
    for (enum aws_op_id id = 0; id < AWS_OP_COUNT; id++) {
        if (aws_op(id) == op)
            return id;
    }
    fail();
    return AWS_OP_COUNT;
}

static int hex_digit(char c)
{
    const char *digits = "0123456789ABCDEF", *at = strchr(digits, c);
    assert_non_null(at);
    return (int)(at - digits);
}

static void add_decoded(struct buf *out, struct sv text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '%') {
            assert_true(i + 2 < text.len);
            buf_add_char(out, (char)(hex_digit(text.ptr[i + 1]) << 4 | hex_digit(text.ptr[i + 2])));
            i += 2;
        } else {
            assert_true(text.ptr[i] != '+');
            buf_add_char(out, text.ptr[i]);
        }
    }
}

/* The form as an object of strings. */
static cJSON *read_form(struct sv body)
{
    cJSON *form = cJSON_CreateObject();
    while (body.len > 0) {
        AUTO(buf_done) struct buf name = BUF_NONE;
        AUTO(buf_done) struct buf value = BUF_NONE;
        struct sv pair = sv_split(&body, '&');
        add_decoded(&name, sv_split(&pair, '='));
        add_decoded(&value, pair);
        assert_null(cJSON_GetObjectItemCaseSensitive(form, buf_cstr(&name)));
        cJSON_AddStringToObject(form, buf_cstr(&name), buf_cstr(&value));
    }
    return form;
}

/* botocore keeps numbers and booleans until it encodes the form. */
static cJSON *as_strings(const cJSON *form)
{
    cJSON *strings = cJSON_CreateObject();
    const cJSON *item = NULL;
    cJSON_ArrayForEach (item, form) {
        char *text = cJSON_PrintUnformatted(item);
        cJSON_AddStringToObject(strings, item->string,
                                cJSON_IsString(item) ? item->valuestring : text);
        cJSON_free(text);
    }
    return strings;
}

static void assert_same_tree(const cJSON *ours, const cJSON *theirs, const char *what)
{
    if (cJSON_Compare(ours, theirs, true))
        return;
    char *a = cJSON_Print(ours), *b = cJSON_Print(theirs);
    fail_msg("%s: ours\n%s\nbotocore's\n%s", what, a, b);
}

static void test_bodies_are_botocores(void **state)
{
    (void)state;
    for (const cJSON *c = json_items(boto, "cases"); c != NULL; c = c->next) {
        AUTO(buf_done) struct buf body = BUF_NONE;
        struct err err;
        const struct aws_op *op = aws_op_find(json_sv(c, "service"), json_sv(c, "operation"));
        assert_non_null(op);
        assert_int_equal(
            body_write(op, json_get(c, "params"), &(struct body_extra){0}, &body, &err), OK);
        cJSON *ours = NULL, *theirs = NULL;
        if (op->service->target_prefix != NULL) {
            assert_int_equal(json_parse(buf_sv(&body), "body", &ours, NULL), OK);
            theirs = cJSON_Duplicate(json_get(c, "body"), true);
        } else {
            ours = read_form(buf_sv(&body));
            theirs = as_strings(json_get(c, "body"));
        }
        assert_same_tree(ours, theirs, op->iam_action);
        assert_string_equal(body_content_type(op->service->protocol),
                            json_get(json_get(c, "headers"), "Content-Type")->valuestring);
        json_free(ours);
        json_free(theirs);
    }
}

static void test_targets_are_botocores(void **state)
{
    (void)state;
    for (const cJSON *c = json_items(boto, "cases"); c != NULL; c = c->next) {
        const struct aws_op *op = aws_op_find(json_sv(c, "service"), json_sv(c, "operation"));
        const cJSON *target = json_get(json_get(c, "headers"), "X-Amz-Target");
        char ours[128];
        assert_int_equal(target != NULL, op->service->target_prefix != NULL);
        if (target == NULL)
            continue;
        snprintf(ours, sizeof ours, "%s.%s", op->service->target_prefix, op->name);
        assert_string_equal(ours, target->valuestring);
    }
}

/* Every operation and member name as the CLI spells it. */
static void test_command_lines_have_the_clis_names(void **state)
{
    (void)state;
    for (const cJSON *c = json_items(boto, "cases"); c != NULL; c = c->next) {
        AUTO(buf_done) struct buf line = BUF_NONE;
        const struct aws_op *op = aws_op_find(json_sv(c, "service"), json_sv(c, "operation"));
        const cJSON *names = json_get(boto, "names"), *param = NULL;
        char expected[128];
        aws_cli_line(&line, op_id(op), &(struct aws_target){.region = "eu-west-1"},
                     json_get(c, "params"));
        snprintf(expected, sizeof expected, "aws %s %s --region eu-west-1", op->service->cli,
                 json_get(names, op->name)->valuestring);
        assert_true(sv_starts(buf_sv(&line), sv_of(expected)));
        cJSON_ArrayForEach (param, json_get(c, "params")) {
            if (op->limit != NULL && strcmp(param->string, op->limit) == 0)
                continue;
            snprintf(expected, sizeof expected, " --%s%s", cJSON_IsFalse(param) ? "no-" : "",
                     json_get(names, param->string)->valuestring);
            assert_true(sv_contains(buf_sv(&line), sv_of(expected)));
        }
    }
}

static void assert_command_line(enum aws_op_id op, const char *account_id, const char *params,
                                const char *expected)
{
    AUTO(buf_done) struct buf line = BUF_NONE;
    struct aws_target target = {.region = "eu-west-1"};
    cJSON *tree = NULL;
    str_copy(target.account_id, account_id);
    assert_int_equal(json_parse(sv_of(params), "test", &tree, NULL), OK);
    aws_cli_line(&line, op, &target, tree);
    assert_string_equal(buf_cstr(&line), expected);
    json_free(tree);
}

static void test_command_lines_are_safe_in_a_shell(void **state)
{
    (void)state;
    assert_command_line(OP_config_DescribeConfigRules, "",
                        "{\"ConfigRuleNames\":[\"a\",\"it's $(id)\"]}",
                        "aws configservice describe-config-rules --region eu-west-1 "
                        "--config-rule-names a 'it'\\''s $(id)'");
    assert_command_line(OP_config_DescribeConfigRules, "", "{\"ConfigRuleNames\":[\"--x\"]}",
                        "aws configservice describe-config-rules --region eu-west-1 "
                        "--config-rule-names '[\"--x\"]'");
    assert_command_line(OP_ec2_DescribeSecurityGroups, "111122223333",
                        "{\"Filters\":[{\"Name\":\"a\",\"Values\":[\"b;c\"]}],\"DryRun\":true,"
                        "\"MaxResults\":5,\"NextToken\":\"t\"}",
                        "aws ec2 describe-security-groups --region eu-west-1 --filters "
                        "'[{\"Name\":\"a\",\"Values\":[\"b;c\"]}]' --dry-run"
                        "  # account 111122223333");
}

/* --- what the client adds -------------------------------------------------------------------- */

static void assert_body(enum aws_op_id op, const char *params, const struct body_extra *extra,
                        const char *expected)
{
    AUTO(buf_done) struct buf body = BUF_NONE;
    cJSON *tree = NULL;
    assert_int_equal(json_parse(sv_of(params), "test", &tree, NULL), OK);
    assert_int_equal(body_write(aws_op(op), tree, extra, &body, NULL), OK);
    assert_string_equal(buf_cstr(&body), expected);
    json_free(tree);
}

static void test_token_limit_and_dry_run(void **state)
{
    (void)state;
    const struct body_extra page = {.token = SV("t&\"\x1b="), .limit = 100};
    assert_body(OP_config_ListDiscoveredResources, "{\"nextToken\":\"old\",\"x\":null}", &page,
                "{\"nextToken\":\"t&\\\"\\u001b=\",\"limit\":100}");
    assert_body(OP_config_ListDiscoveredResources, "{\"limit\":7}",
                &(struct body_extra){.limit = 100}, "{\"limit\":7}");
    assert_body(OP_ec2_DescribeSecurityGroups, "{}", &page,
                "Action=DescribeSecurityGroups&Version=2016-11-15&NextToken=t%26%22%1B%3D"
                "&MaxResults=100");
    assert_body(OP_ec2_RevokeSecurityGroupIngress, "{\"DryRun\":false,\"GroupId\":\"sg-1\"}",
                &(struct body_extra){.dry_run = true},
                "Action=RevokeSecurityGroupIngress&Version=2016-11-15&GroupId=sg-1&DryRun=true");
}

static void test_params_are_an_object(void **state)
{
    AUTO(buf_done) struct buf body = BUF_NONE;
    (void)state;
    cJSON *list = cJSON_CreateArray();
    assert_int_equal(body_write(aws_op(OP_config_DescribeConfigRules), list,
                                &(struct body_extra){0}, &body, NULL),
                     ERR_USAGE);
    json_free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies_are_botocores),
        cmocka_unit_test(test_targets_are_botocores),
        cmocka_unit_test(test_command_lines_have_the_clis_names),
        cmocka_unit_test(test_command_lines_are_safe_in_a_shell),
        cmocka_unit_test(test_token_limit_and_dry_run),
        cmocka_unit_test(test_params_are_an_object),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
