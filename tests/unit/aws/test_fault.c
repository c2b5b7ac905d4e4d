/*
 * What replies that are no success mean, for each protocol's way of saying it.
 */
#include <stdlib.h>
#include <string.h>

#include "core/aws/wire/fault.h"
#include "core/base/json.h"
#include "core/base/os.h"
#include "tests/unit/unit.h"

static struct err err;

static enum fault read_fault(enum aws_op_id op, int status, const char *headers, const char *body,
                             int64_t skew_ms)
{
    struct http_reply reply = {.status = status};
    buf_add_cstr(&reply.headers, headers);
    buf_add_cstr(&reply.body, body);
    enum fault fault = fault_read(aws_op(op), &reply, skew_ms, &err);
    http_reply_done(&reply);
    return fault;
}

static enum fault json_fault(const char *body)
{
    return read_fault(OP_config_DescribeConfigRules, 400, "", body, 0);
}

static enum fault json_code(const char *code, int64_t skew_ms)
{
    AUTO(buf_done) struct buf body = BUF_NONE;
    buf_addf(&body, "{\"__type\":\"%s\",\"message\":\"m\"}", code);
    return read_fault(OP_config_DescribeConfigRules, 400, "", buf_cstr(&body), skew_ms);
}

static void test_success(void **state)
{
    (void)state;
    assert_int_equal(read_fault(OP_config_DescribeConfigRules, 200, "", "{}", 0), FAULT_NONE);
    assert_int_equal(err.code, OK);
}

/* What was sent and is too long is not told in full: what is wrong with it stands behind. */
static void test_long_values(void **state)
{
    static const struct {
        const char *value, *shown;
    } cases[] = {
        {"short", "Value 'short' at 'reason' failed"},
        {"0123456789012345678901234567890123456789", /* as long as may be */
         "Value '0123456789012345678901234567890123456789' at 'reason' failed"},
        {"01234567890123456789012345678901234567890",
         "Value '0123456789012345678901234567890123456789…' at 'reason' failed"},
        {"012345678901234567890123456789012345678äöü",
         "Value '012345678901234567890123456789012345678…' at 'reason' failed"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(buf_done) struct buf body = BUF_NONE;
        buf_addf(&body,
                 "{\"__type\":\"ValidationException\",\"message\":\"Value '%s' at 'reason' "
                 "failed\"}",
                 cases[i].value);
        assert_int_equal(json_fault(buf_cstr(&body)), FAULT_FINAL);
        assert_string_equal(err.message, cases[i].shown);
    }
}

static void test_json(void **state)
{
    (void)state;
    assert_int_equal(read_fault(OP_config_DescribeConfigRules, 400, "x-amzn-requestid: r-1\n",
                                "{\"__type\":\"com.amazon.x#NoSuchConfigRuleException:http://y/\","
                                "\"Message\":\"none such\"}",
                                0),
                     FAULT_FINAL);
    assert_int_equal(err.code, ERR_AWS);
    assert_int_equal(err.http_status, 400);
    assert_string_equal(err.aws_code, "NoSuchConfigRuleException");
    assert_string_equal(err.message, "none such");
    assert_string_equal(err.request_id, "r-1");
    assert_string_equal(err.where, "config:DescribeConfigRules");
    assert_string_equal(err.iam_action, "");
}

static void test_type_in_the_header(void **state)
{
    (void)state;
    read_fault(OP_config_DescribeConfigRules, 400,
               "x-amzn-errortype: ns#AccessDeniedException:http://x/\n", "{\"message\":\"no\"}", 0);
    assert_string_equal(err.aws_code, "AccessDeniedException");
    assert_int_equal(err.code, ERR_DENIED);
}

static void test_xml_families(void **state)
{
    (void)state;
    assert_int_equal(read_fault(OP_sts_AssumeRole, 403, "",
                                "<ErrorResponse xmlns=\"x\"><Error><Type>Sender</Type>"
                                "<Code>AccessDenied</Code><Message>User: arn:aws:iam::1:user/a is "
                                "not authorized to perform: sts:AssumeRole on resource: "
                                "r</Message></Error><RequestId>r-2</RequestId></ErrorResponse>",
                                0),
                     FAULT_FINAL);
    assert_int_equal(err.code, ERR_DENIED);
    assert_string_equal(err.request_id, "r-2");
    assert_string_equal(err.iam_action, "sts:AssumeRole");

    read_fault(OP_ec2_DescribeSecurityGroups, 400, "",
               "<Response><Errors><Error><Code>InvalidGroup.NotFound</Code><Message>gone</Message>"
               "</Error></Errors><RequestID>r-3</RequestID></Response>",
               0);
    assert_string_equal(err.aws_code, "InvalidGroup.NotFound");
    assert_string_equal(err.request_id, "r-3");
    assert_int_equal(err.code, ERR_AWS);

    read_fault(OP_sts_AssumeRole, 400, "", "<Error><Code>Bare</Code><Message>m</Message></Error>",
               0);
    assert_string_equal(err.aws_code, "Bare");
}

static void test_denied_names_the_action(void **state)
{
    (void)state;
    read_fault(OP_ec2_RevokeSecurityGroupIngress, 403, "",
               "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not "
               "authorized to perform this operation. User: arn:aws:sts::1:assumed-role/a/b is not "
               "authorized to perform: ec2:RevokeSecurityGroupIngress on resource: x with an "
               "explicit deny in a service control policy. Encoded authorization failure message: "
               "AAAABBBB</Message></Error></Errors></Response>",
               0);
    assert_int_equal(err.code, ERR_DENIED);
    assert_string_equal(err.iam_action, "ec2:RevokeSecurityGroupIngress");
    assert_null(strstr(err.message, "AAAABBBB"));
    assert_non_null(strstr(err.message, "service control policy"));

    json_fault("{\"__type\":\"AccessDeniedException\",\"message\":\"no\"}");
    assert_string_equal(err.iam_action, "config:DescribeConfigRules");
    json_fault("{\"__type\":\"AccessDeniedException\",\"message\":\"to perform: \\u001b[2J:x\"}");
    assert_string_equal(err.iam_action, "config:DescribeConfigRules");
}

static void test_dry_run(void **state)
{
    (void)state;
    assert_int_equal(read_fault(OP_ec2_RevokeSecurityGroupIngress, 412, "",
                                "<Response><Errors><Error><Code>DryRunOperation</Code><Message>ok"
                                "</Message></Error></Errors></Response>",
                                0),
                     FAULT_DRY_RUN);
    assert_int_equal(err.code, OK);
}

static void test_status_alone(void **state)
{
    (void)state;
    assert_int_equal(read_fault(OP_ec2_DescribeVolumes, 503, "", "<html>busy</html>", 0),
                     FAULT_TRANSIENT);
    assert_int_equal(err.code, ERR_SERVICE);
    assert_int_equal(read_fault(OP_ec2_DescribeVolumes, 502, "", "", 0), FAULT_TRANSIENT);
    assert_int_equal(read_fault(OP_ec2_DescribeVolumes, 429, "", "", 0), FAULT_THROTTLED);
    assert_int_equal(read_fault(OP_ec2_DescribeVolumes, 404, "", "<html>no</html>", 0),
                     FAULT_FINAL);
    assert_int_equal(err.code, ERR_HTTP);
    assert_int_equal(read_fault(OP_ec2_DescribeVolumes, 302, "location: https://x/\n", "", 0),
                     FAULT_FINAL);
    assert_int_equal(err.code, ERR_HTTP);
    assert_int_equal(json_fault("not json \x1b[2J"), FAULT_FINAL);
    assert_null(strchr(err.message, '\x1b'));
}

/* A code of AWS counts more than the status it comes with. */
static void test_throttled_with_503(void **state)
{
    (void)state;
    assert_int_equal(read_fault(OP_ec2_DescribeVolumes, 503, "",
                                "<Response><Errors><Error><Code>RequestLimitExceeded</Code>"
                                "</Error></Errors></Response>",
                                0),
                     FAULT_THROTTLED);
    assert_int_equal(err.code, ERR_THROTTLED);
}

static void test_clocks_and_credentials(void **state)
{
    (void)state;
    const int64_t hour_ms = 3600 * 1000;
    assert_int_equal(json_code("RequestTimeTooSkewed", 0), FAULT_SKEW);
    assert_int_equal(err.code, ERR_SKEW);
    assert_int_equal(json_code("AuthFailure", hour_ms), FAULT_SKEW);
    assert_int_equal(json_code("AuthFailure", -hour_ms), FAULT_SKEW);
    assert_int_equal(json_code("AuthFailure", 1000), FAULT_EXPIRED);
    assert_int_equal(json_code("RequestExpired", 0), FAULT_EXPIRED);
    assert_int_equal(json_code("ExpiredTokenException", hour_ms), FAULT_EXPIRED);
    assert_int_equal(json_code("UnrecognizedClientException", 0), FAULT_EXPIRED);
    assert_int_equal(err.code, ERR_CREDENTIALS);
    assert_int_equal(json_code("SignatureDoesNotMatch", hour_ms), FAULT_FINAL);
    assert_int_equal(err.code, ERR_CREDENTIALS);
    assert_int_equal(json_fault("{\"__type\":\"InvalidSignatureException\",\"message\":"
                                "\"Signature expired: 20260101T000000Z is now earlier\"}"),
                     FAULT_SKEW);
    assert_int_equal(json_code("InvalidNextTokenException", 0), FAULT_PAGE_TOKEN);
}

static void test_transport(void **state)
{
    struct http_reply reply = {.code = ERR_CONNECT};
    (void)state;
    err_set(&reply.err, ERR_CONNECT, "host:1", "cannot connect");
    assert_int_equal(fault_read(aws_op(OP_sts_AssumeRole), &reply, 0, &err), FAULT_TRANSIENT);
    assert_string_equal(err.where, "sts:AssumeRole");
    assert_string_equal(err.message, "cannot connect");
    reply.code = ERR_TIMEOUT;
    assert_int_equal(fault_read(aws_op(OP_sts_AssumeRole), &reply, 0, &err), FAULT_TIMEOUT);
    reply.code = ERR_DNS; /* the resolver has tried again itself */
    assert_int_equal(fault_read(aws_op(OP_sts_AssumeRole), &reply, 0, &err), FAULT_FINAL);
    reply.code = ERR_TLS;
    assert_int_equal(fault_read(aws_op(OP_sts_AssumeRole), &reply, 0, &err), FAULT_FINAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_success),
        cmocka_unit_test(test_long_values),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_type_in_the_header),
        cmocka_unit_test(test_xml_families),
        cmocka_unit_test(test_denied_names_the_action),
        cmocka_unit_test(test_dry_run),
        cmocka_unit_test(test_status_alone),
        cmocka_unit_test(test_throttled_with_503),
        cmocka_unit_test(test_clocks_and_credentials),
        cmocka_unit_test(test_transport),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
