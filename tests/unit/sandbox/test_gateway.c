/* Whole requests, signed and not, through authentication, routing, policy and handler. */
#include "tests/unit/unit.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "tests/sandbox/sandbox.h"
#include "tests/sandbox/wire/api.h"
#include "tests/unit/sandbox/helper_request.h"

static struct sandbox sandbox;
static struct http_response response;

static int begin(void **state)
{
    struct options options;
    char *argv[] = {"sandbox",
                    "--world",
                    "accounts=8,resources=0,seed=7",
                    "--fault",
                    "throttle:operation=ListRoots",
                    NULL};
    (void)state;
    api_load();
    if (options_parse(5, argv, &options, NULL) != OK)
        return 1;
    return sandbox_init(&sandbox, &options, NULL);
}

static int end(void **state)
{
    (void)state;
    buf_done(&response.body);
    sandbox_done(&sandbox);
    api_unload();
    return 0;
}

static const struct principal *user(const char *name)
{
    for (size_t i = 0; i < iam_n_users(sandbox.iam); i++)
        if (strcmp(iam_user(sandbox.iam, i)->name, name) == 0)
            return iam_user(sandbox.iam, i);
    return NULL;
}

/* Sends what raw holds; the answer lies in response until the next one. */
static void send(struct raw_request *raw)
{
    buf_done(&response.body);
    buf_done(&response.headers);
    response = (struct http_response){0};
    gateway_answer(&sandbox, &raw->request, &response);
    raw_request_done(raw);
}

static void call(const struct signing *signing, const char *target, const char *body)
{
    struct raw_request raw;
    raw_request_call(&raw, signing, target, body);
    send(&raw);
}

#define IDENTITY "Action=GetCallerIdentity&Version=2011-06-15"
#define REGIONS  "Action=DescribeRegions&Version=2016-11-15"
#define ACCOUNTS "AWSOrganizationsV20161128.ListAccounts"

static struct signing sts(const char *name)
{
    return (struct signing){.who = user(name), .service = "sts"};
}

static struct signing organizations(const char *name)
{
    return (struct signing){.who = user(name), .service = "organizations"};
}

static struct signing ec2(const char *name)
{
    return (struct signing){.who = user(name), .service = "ec2"};
}

#define assert_answer(expected_status, part)                     \
    do {                                                         \
        assert_int_equal(response.status, expected_status);      \
        if (!strstr(buf_cstr(&response.body), part))             \
            assert_string_equal(buf_cstr(&response.body), part); \
    } while (0)

static void answers_each_protocol(void **state)
{
    struct signing s = sts("oncall");
    (void)state;
    call(&s, NULL, IDENTITY);
    assert_answer(200, "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/"
                       "2011-06-15/\"><GetCallerIdentityResult>");
    assert_answer(200, ":user/oncall</Arn>");
    assert_string_equal(response.content_type, "text/xml");
    s = organizations("viewer");
    call(&s, ACCOUNTS, "{\"MaxResults\":2}");
    assert_answer(200, "{\"Accounts\":[{");
    assert_string_equal(response.content_type, "application/x-amz-json-1.1");
    s = ec2("viewer");
    call(&s, NULL, REGIONS);
    assert_answer(200, "<DescribeRegionsResponse xmlns=\"http://ec2.amazonaws.com/doc/"
                       "2016-11-15/\"><requestId>");
    assert_answer(200, response.request_id);
}

static void judges_the_time_of_signing(void **state)
{
    static const struct {
        const char *service;
        int64_t window_min;
        const char *late;
    } cases[] = {{"sts", 15, "<Code>SignatureDoesNotMatch</Code><Message>Signature expired: "},
                 {"organizations", 5, "#InvalidSignatureException\",\"message\":\"Signature expir"},
                 {"ec2", 5, "<Code>AuthFailure</Code>"}};
    const char *targets[] = {NULL, ACCOUNTS, NULL}, *bodies[] = {IDENTITY, "{}", REGIONS};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct signing s = {.who = user("oncall"), .service = cases[i].service};
        int64_t window_ms = cases[i].window_min * 60000;
        s.at_ms = clock_wall_ms() - window_ms + 10000;
        call(&s, targets[i], bodies[i]);
        assert_int_equal(response.status, 200);
        s.at_ms = clock_wall_ms() + window_ms - 10000;
        call(&s, targets[i], bodies[i]);
        assert_int_equal(response.status, 200);
        s.at_ms = clock_wall_ms() + window_ms + 10000;
        call(&s, targets[i], bodies[i]);
        assert_true(response.status >= 400);
        s.at_ms = clock_wall_ms() - window_ms - 10000;
        call(&s, targets[i], bodies[i]);
        assert_answer(response.status, cases[i].late);
    }
}

static void refuses_wrong_signatures(void **state)
{
    struct signing s = sts("oncall");
    (void)state;
    s.secret = "wrong";
    call(&s, NULL, IDENTITY);
    assert_answer(403, "<Code>SignatureDoesNotMatch</Code>");
    s = sts("oncall");
    s.scope_end = "aws5_request";
    call(&s, NULL, IDENTITY);
    assert_answer(403, "Credential should be scoped with a valid terminator: 'aws4_request'");
    static const char *const nowhere[] = {"mars-1", "us-gov-west-1", "us-east", "us-east-x", "-"};
    for (size_t i = 0; i < ARRAY_LEN(nowhere); i++) {
        s = sts("oncall");
        s.region = nowhere[i];
        call(&s, NULL, IDENTITY);
        assert_answer(403, "Credential should be scoped to a valid region, not '");
    }
    s = sts("oncall");
    s.leave_out = "host";
    call(&s, NULL, IDENTITY);
    assert_answer(403, "must be a");
    s = organizations("oncall");
    s.leave_out = "x-amz-target";
    call(&s, ACCOUNTS, "{}");
    assert_answer(400, "were not signed: X-Amz-Target");
}

static void knows_the_regions_of_the_world(void **state)
{
    struct signing s = ec2("oncall");
    (void)state;
    s.region = world_region(sandbox.world, 1);
    call(&s, NULL, REGIONS);
    assert_answer(200, "DescribeRegionsResponse");
    s.region = "sa-east-9";
    call(&s, NULL, REGIONS);
    assert_answer(401, "<Code>AuthFailure</Code>");
    s.service = "organizations";
    call(&s, ACCOUNTS, "{}");
    assert_answer(400, "UnrecognizedClientException");
}

static void refuses_altered_requests(void **state)
{
    struct signing s = sts("oncall");
    struct raw_request raw;
    (void)state;
    raw_request_call(&raw, &s, NULL, IDENTITY);
    raw.request.body = SV("Action=GetCallerIdentity&Version=2011-06-16");
    send(&raw);
    assert_answer(403, "SignatureDoesNotMatch");
    raw_request_call(&raw, &s, NULL, IDENTITY);
    raw_request_replace(&raw, "Host", "127.0.0.1:2");
    send(&raw);
    assert_answer(403, "SignatureDoesNotMatch");
    raw_request_call(&raw, &s, NULL, IDENTITY);
    raw.request.target = SV("/?a=b");
    send(&raw);
    assert_answer(403, "SignatureDoesNotMatch");
    raw_request_init(&raw, "POST", "/", IDENTITY);
    raw_request_header(&raw, "Host", "h");
    send(&raw);
    assert_answer(403, "MissingAuthenticationToken");
}

static void sessions_need_their_token_and_end(void **state)
{
    const struct principal *session =
        iam_open_session(sandbox.iam, iam_role(ROLE_ONCALL), iam_management_account(sandbox.iam),
                         "test", false, clock_wall_ms() + 900000);
    struct principal bare = *session;
    struct signing s = {.who = session, .service = "sts"};
    (void)state;
    call(&s, NULL, IDENTITY);
    assert_answer(200, ":assumed-role/WatchdeckOnCall/test</Arn>");
    bare.session_token = NULL;
    s.who = &bare;
    call(&s, NULL, IDENTITY);
    assert_answer(403, "<Code>InvalidClientTokenId</Code>");
    s.who = session;
    sandbox.advanced_ms = 901000;
    call(&s, NULL, IDENTITY);
    sandbox.advanced_ms = 0;
    assert_answer(403, "<Code>ExpiredToken</Code>");
}

static void policies_decide(void **state)
{
    struct signing s = ec2("viewer");
    const char *account = world_account_id(sandbox.world, 1);
    (void)state;
    call(&s, NULL, "Action=RevokeSecurityGroupIngress&Version=2016-11-15&GroupId=sg-1&DryRun=true");
    assert_answer(403, "<Code>UnauthorizedOperation</Code>");
    s = ec2("oncall");
    call(&s, NULL, "Action=RevokeSecurityGroupIngress&Version=2016-11-15&GroupId=sg-1&DryRun=true");
    assert_answer(412, "<Code>DryRunOperation</Code><Message>Request would have succeeded, but "
                       "DryRun flag is set.</Message>");
    s.who = iam_open_session(sandbox.iam, iam_role(ROLE_ADMIN), account, "x", true,
                             clock_wall_ms() + 900000);
    call(&s, NULL, REGIONS);
    assert_answer(403, "with an explicit deny in a service control policy");
    s.service = "organizations";
    call(&s, ACCOUNTS, "{}");
    assert_answer(400, "\"__type\":\"AccessDeniedException\"");
}

static void refuses_what_it_does_not_know(void **state)
{
    struct signing s = organizations("oncall");
    (void)state;
    call(&s, "AWSOrganizationsV20161128.CloseEverything", "{}");
    assert_answer(400, "com.amazon.coral.service#UnknownOperationException");
    call(&s, "StarlingDoveService.DescribeConfigRules", "{}");
    assert_answer(400, "UnknownOperationException");
    call(&s, "AWSOrganizationsV20161128.ListRoots", "{}");
    assert_answer(400, "\"__type\":\"TooManyRequestsException\"");
    call(&s, ACCOUNTS, "[]");
    assert_answer(400, "com.amazon.coral.service#SerializationException");
    s = sts("oncall");
    call(&s, NULL, "Action=GetCallerIdentity&Version=2011-06-16");
    assert_answer(400, "<Code>InvalidAction</Code>");
    call(&s, NULL, "Action=GetSessionToken&Version=2011-06-15");
    assert_answer(501, "<Code>NotImplemented</Code>");
    s = ec2("oncall");
    call(&s, NULL, REGIONS "&Colour=red");
    assert_answer(400, "<Code>UnknownParameter</Code><Message>The parameter Colour is not "
                       "recognized</Message>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_each_protocol),
        cmocka_unit_test(judges_the_time_of_signing),
        cmocka_unit_test(refuses_wrong_signatures),
        cmocka_unit_test(knows_the_regions_of_the_world),
        cmocka_unit_test(refuses_altered_requests),
        cmocka_unit_test(sessions_need_their_token_and_end),
        cmocka_unit_test(policies_decide),
        cmocka_unit_test(refuses_what_it_does_not_know),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
