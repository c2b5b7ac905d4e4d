/*
 * Calls against a server that answers as each test tells it to.
 */
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/aws/call.h"
#include "core/base/clock.h"
#include "helper_client.h"
#include "tests/support/server.h"
#include "tests/unit/unit.h"

#define OPERATION OP_config_DescribeConfigRules

/* n counts the requests since the test began, 1 is the first. */
typedef enum server_next answer_fn(const struct server_request *request, size_t n);

static struct server *server, *other_server;
static struct aws_client *client;
static _Atomic(answer_fn *) answer;
static atomic_size_t first_request;
static char seen_date[2][64];

static enum server_next serve(void *arg, const struct server_request *request)
{
    (void)arg;
    answer_fn *now = atomic_load(&answer);
    return now(request, request->number - first_request);
}

#define REVOKED                                                                         \
    "<RevokeSecurityGroupIngressResponse><requestId>r</requestId><return>true</return>" \
    "</RevokeSecurityGroupIngressResponse>"

static enum server_next say(const struct server_request *request, int status, const char *body)
{
    server_reply(request, status, "x-amzn-RequestId: r-1\r\n", sv_of(body));
    return SERVER_KEEP;
}

static enum server_next say_code(const struct server_request *request, int status, const char *code)
{
    char body[256];
    snprintf(body, sizeof body, "{\"__type\":\"%s\",\"message\":\"as told\"}", code);
    return say(request, status, body);
}

static enum server_next say_ec2(const struct server_request *request, int status, const char *code)
{
    char body[256];
    snprintf(body, sizeof body,
             "<Response><Errors><Error><Code>%s</Code><Message>as told</Message></Error></Errors>"
             "<RequestID>r-2</RequestID></Response>",
             code);
    return say(request, status, body);
}

static int group_setup(void **state)
{
    (void)state;
    helper_start("AKIDBASE", "secret");
    server = server_new(serve, NULL);
    other_server = server_new(serve, NULL);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    helper_stop();
    server_free(server);
    server_free(other_server);
    return 0;
}

/* Each test has a client of its own, which remembers nothing. */
static int setup(void **state)
{
    (void)state;
    first_request = server_n_requests(server);
    client = helper_client_new(server_url(server));
    return 0;
}

static struct aws_client *used_clients[64];
static size_t n_used_clients;

/* Clients are freed when the runners have stopped. */
static int teardown(void **state)
{
    (void)state;
    used_clients[n_used_clients++] = client;
    return 0;
}

static size_t n_requests(void)
{
    return server_n_requests(server) - first_request;
}

static struct helper_call *read_with(answer_fn *how, const char *account_id)
{
    answer = how;
    return helper_read(client, OPERATION, account_id, "eu-west-1", NULL);
}

static void assert_read(answer_fn *how, enum err_code code, size_t requests)
{
    struct helper_call *call = read_with(how, "");
    if (call->outcome.err.code != code)
        fail_msg("%s: %s", err_name(call->outcome.err.code), call->outcome.err.message);
    assert_int_equal(n_requests(), requests);
    assert_int_equal(call->n_done, 1);
    assert_int_equal(call->n_dropped, 0);
    helper_call_free(call);
}

/* --- reading --------------------------------------------------------------------------------- */

static enum server_next check_signed(const struct server_request *request, size_t n)
{
    (void)n;
    struct sv authorization = server_header(request, "authorization");
    bool good = sv_starts(authorization, SV("AWS4-HMAC-SHA256 Credential=AKIDBASE/")) &&
                sv_contains(authorization, SV("/eu-west-1/config/aws4_request, SignedHeaders="
                                              "content-type;host;x-amz-date;x-amz-target, ")) &&
                sv_eq_cstr(server_header(request, "x-amz-target"),
                           "StarlingDoveService.DescribeConfigRules") &&
                sv_eq_cstr(server_header(request, "content-type"), "application/x-amz-json-1.1") &&
                sv_eq_cstr(request->body, "{}") &&
                server_header(request, "x-amz-security-token").len == 0;
    return say(request, good ? 200 : 418, "{\"ConfigRules\":[{\"ConfigRuleName\":\"a\"}]}");
}

static void test_read(void **state)
{
    (void)state;
    struct helper_call *call = read_with(check_signed, "");
    assert_string_equal(call->outcome.err.message, "");
    assert_int_equal(call->outcome.pages, 1);
    assert_int_equal(call->outcome.attempts, 1);
    assert_true(call->outcome.sent);
    assert_true(call->last_seen);
    assert_sv(json_sv(json_items(call->pages.ptr[0], "ConfigRules"), "ConfigRuleName"), "a");
    helper_call_free(call);
}

static enum server_next throttle_once(const struct server_request *request, size_t n)
{
    return n == 1 ? say_code(request, 400, "ThrottlingException") : say(request, 200, "{}");
}

static void test_throttled_once(void **state)
{
    (void)state;
    struct helper_call *call = read_with(throttle_once, "");
    assert_int_equal(call->outcome.err.code, OK);
    assert_int_equal(call->outcome.attempts, 2);
    assert_true(call->outcome.throttled);
    helper_call_free(call);

    struct aws_attempt attempts[8];
    assert_int_equal(client_attempts(client, 0, attempts, 8), 2);
    assert_int_equal(attempts[0].id, 1);
    assert_int_equal(attempts[0].attempt, 1);
    assert_int_equal(attempts[0].err.code, ERR_THROTTLED);
    assert_int_equal(attempts[0].http_status, 400);
    assert_int_equal(attempts[1].attempt, 2);
    assert_int_equal(attempts[1].err.code, OK);
    assert_string_equal(attempts[1].cli_line,
                        "aws configservice describe-config-rules --region eu-west-1");
    assert_int_equal(client_attempts(client, 1, attempts, 8), 1);
    assert_int_equal(client_attempts(client, 2, attempts, 8), 0);
    assert_int_equal(client_throttle_percent(client) >= 50, true);
}

static enum server_next throttle(const struct server_request *request, size_t n)
{
    (void)n;
    return say_code(request, 400, "ThrottlingException");
}

static enum server_next break_down(const struct server_request *request, size_t n)
{
    (void)n;
    return say(request, 502, "<html><body>\x1b[2J bad gateway</body></html>");
}

static enum server_next deny(const struct server_request *request, size_t n)
{
    (void)n;
    return say_code(request, 400, "AccessDeniedException");
}

static enum server_next reset_once(const struct server_request *request, size_t n)
{
    return n == 1 ? SERVER_RESET : say(request, 200, "{}");
}

static enum server_next garble(const struct server_request *request, size_t n)
{
    (void)n;
    return say(request, 200, "{\"ConfigRules\":[\x1b[2J");
}

static void test_throttled_for_ever(void **state)
{
    (void)state;
    assert_read(throttle, ERR_THROTTLED, 3);
}

static void assert_attempts(enum aws_op_id op, const char *given, size_t expected)
{
    if (given != NULL)
        setenv("AWS_MAX_ATTEMPTS", given, 1);
    struct aws_client *own = used_clients[n_used_clients++] = helper_client_new(server_url(server));
    unsetenv("AWS_MAX_ATTEMPTS");
    own->retry.throttled_scale_ms = 0;
    answer = break_down;
    struct helper_call *call = helper_read(own, op, "", "", NULL);
    assert_int_equal(call->outcome.attempts, expected);
    helper_call_free(call);
}

static void test_attempts(void **state)
{
    (void)state;
    assert_attempts(OPERATION, NULL, 3);
    assert_attempts(OP_organizations_ListRoots, NULL, 5);
    assert_attempts(OPERATION, "2", 2);
    assert_attempts(OP_organizations_ListRoots, "1", 1);
}

static void test_out_of_order(void **state)
{
    (void)state;
    assert_read(break_down, ERR_SERVICE, 3);
}

static void test_denied(void **state)
{
    (void)state;
    assert_read(deny, ERR_DENIED, 1);
}

static void test_reset_once(void **state)
{
    (void)state;
    assert_read(reset_once, OK, 2);
}

static void test_malformed_reply(void **state)
{
    (void)state;
    assert_read(garble, ERR_PARSE, 1);
}

static enum server_next send_elsewhere(const struct server_request *request, size_t n)
{
    char headers[128];
    (void)n;
    snprintf(headers, sizeof headers, "Location: %s/\r\n", server_url(other_server));
    server_reply(request, 307, headers, SV(""));
    return SERVER_KEEP;
}

/* Nobody else gets to see the Authorization header. */
static void test_sent_elsewhere(void **state)
{
    (void)state;
    assert_read(send_elsewhere, ERR_HTTP, 1);
    assert_int_equal(server_n_requests(other_server), 0);
}

static void test_wrong_requests_are_not_sent(void **state)
{
    (void)state;
    answer = deny;
    struct helper_call *call = helper_read(client, OPERATION, "12", "eu-west-1", NULL);
    assert_int_equal(call->outcome.err.code, ERR_USAGE);
    assert_false(call->outcome.sent);
    helper_call_free(call);
    call = helper_read(client, OPERATION, "", "evil.example.com/", NULL);
    assert_int_equal(call->outcome.err.code, ERR_CONFIG);
    helper_call_free(call);
    call = helper_read(client, OP_ec2_RevokeSecurityGroupIngress, "", "", NULL);
    assert_int_equal(call->outcome.err.code, ERR_INTERNAL);
    helper_call_free(call);
    call = helper_read(client, OP_sts_AssumeRole, "", "", NULL);
    assert_int_equal(call->outcome.err.code, ERR_INTERNAL);
    helper_call_free(call);
    assert_int_equal(n_requests(), 0);
}

/* --- clocks and credentials ------------------------------------------------------------------ */

#define AN_HOUR_S 3600

static enum server_next be_an_hour_ahead(const struct server_request *request, size_t n)
{
    char headers[128], date[64];
    time_t ahead = time(NULL) + AN_HOUR_S;
    struct tm tm;
    sv_copy(server_header(request, "x-amz-date"), seen_date[n > 1], sizeof seen_date[0]);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&ahead, &tm));
    snprintf(headers, sizeof headers, "Date: %s\r\n", date);
    bool right = n > 1;
    server_reply(request, right ? 200 : 403, headers,
                 right ? SV("{}") : SV("{\"__type\":\"RequestTimeTooSkewed\"}"));
    return SERVER_KEEP;
}

static void test_wrong_clock(void **state)
{
    (void)state;
    assert_read(be_an_hour_ahead, OK, 2);
    assert_string_not_equal(seen_date[0], seen_date[1]);
    char expected[CLOCK_ISO_SIZE];
    clock_amz_date(clock_wall_ms() + AN_HOUR_S * 1000, expected);
    assert_memory_equal(seen_date[1], expected, strlen("20260301T03"));
    assert_read(be_an_hour_ahead, OK, 3); /* it stays corrected */
}

/* Right again, and strict about it. */
static enum server_next be_on_time(const struct server_request *request, size_t n)
{
    char headers[128], date[64], amz_date[CLOCK_AMZ_DATE_SIZE];
    time_t now = time(NULL);
    struct tm tm;
    bool right = false;
    (void)n;
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &tm));
    snprintf(headers, sizeof headers, "Date: %s\r\n", date);
    for (int64_t off_s = -60; off_s <= 60 && !right; off_s++) {
        clock_amz_date(((int64_t)now + off_s) * 1000, amz_date);
        right = sv_eq_cstr(server_header(request, "x-amz-date"), amz_date);
    }
    server_reply(request, right ? 200 : 403, headers,
                 right ? SV("{}")
                       : SV("{\"__type\":\"InvalidSignatureException\",\"message\":"
                            "\"Signature not yet current: x is still later than y\"}"));
    return SERVER_KEEP;
}

/* The clocks are together again: corrected once, and then for good. */
static void test_clock_jumps_back(void **state)
{
    test_wrong_clock(state);
    assert_read(be_on_time, OK, 5);
    assert_read(be_on_time, OK, 6);
}

static enum server_next call_it_skewed(const struct server_request *request, size_t n)
{
    (void)n;
    return say_code(request, 403, "RequestTimeTooSkewed");
}

static void test_clock_that_cannot_be_put_right(void **state)
{
    (void)state;
    assert_read(call_it_skewed, ERR_SKEW, 1); /* no Date: nothing to correct by */
}

static enum server_next reject_signature(const struct server_request *request, size_t n)
{
    (void)n;
    return say_code(request, 403, "SignatureDoesNotMatch");
}

static void test_wrong_secret(void **state)
{
    (void)state;
    assert_read(reject_signature, ERR_CREDENTIALS, 1);
}

static enum server_next reject_key(const struct server_request *request, size_t n)
{
    (void)n;
    return say_code(request, 400, "UnrecognizedClientException");
}

/* The environment still says the same: once is enough. */
static void test_unknown_key(void **state)
{
    (void)state;
    assert_read(reject_key, ERR_CREDENTIALS, 1);
    assert_read(reject_key, ERR_CREDENTIALS, 1);
}

static enum server_next reject_old_key(const struct server_request *request, size_t n)
{
    (void)n;
    if (sv_contains(server_header(request, "authorization"), SV("AKIDBASE")))
        return say_code(request, 400, "ExpiredTokenException");
    return say(request, 200, "{}");
}

static enum server_next take_any_key(const struct server_request *request, size_t n)
{
    (void)n;
    return say(request, 200, "{}");
}

static void test_renewed_in_the_meantime(void **state)
{
    (void)state;
    assert_read(take_any_key, OK, 1);
    setenv("AWS_ACCESS_KEY_ID", "AKIDNEW", 1);
    assert_read(reject_old_key, OK, 3);
    setenv("AWS_ACCESS_KEY_ID", "AKIDBASE", 1);
}

/* --- member accounts ------------------------------------------------------------------------- */

static atomic_int n_identity_calls, n_assume_calls, n_member_reads, n_base_reads, n_wrong;
static atomic_bool deny_role, expire_first_role, brief_role;

static enum server_next answer_sts(const struct server_request *request)
{
    if (sv_contains(request->body, SV("Action=GetCallerIdentity"))) {
        n_identity_calls++;
        return say(request, 200,
                   "<GetCallerIdentityResponse><GetCallerIdentityResult>"
                   "<Arn>arn:aws:iam::111111111111:user/ops/jane.doe</Arn><UserId>A</UserId>"
                   "<Account>111111111111</Account></GetCallerIdentityResult>"
                   "</GetCallerIdentityResponse>");
    }
    int n = ++n_assume_calls;
    if (!sv_contains(request->body, SV("RoleArn=arn%3Aaws%3Aiam%3A%3A222222222222%3Arole%2F"
                                       "OrganizationAccountAccessRole&RoleSessionName=jane.doe")))
        n_wrong++;
    if (deny_role)
        return say(request, 403,
                   "<ErrorResponse><Error><Code>AccessDenied</Code><Message>User: x is not "
                   "authorized to perform: sts:AssumeRole on resource: y</Message></Error>"
                   "</ErrorResponse>");
    char body[1024], expiration[CLOCK_ISO_SIZE];
    clock_iso8601(clock_wall_ms() + (brief_role ? 1 : 3600) * 1000, false, expiration);
    snprintf(body, sizeof body,
             "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>AKIDROLE%d"
             "</AccessKeyId><SecretAccessKey>role/secret+</SecretAccessKey><SessionToken>"
             "role-token==</SessionToken><Expiration>%s</Expiration></Credentials>"
             "</AssumeRoleResult></AssumeRoleResponse>",
             n, expiration);
    return say(request, 200, body);
}

static enum server_next be_an_organization(const struct server_request *request, size_t n)
{
    struct sv authorization = server_header(request, "authorization");
    (void)n;
    if (sv_starts(request->body, SV("Action=")))
        return answer_sts(request);
    if (sv_contains(authorization, SV("Credential=AKIDBASE/"))) {
        n_base_reads++;
        return say(request, 200, "{}");
    }
    n_member_reads++;
    if (!sv_eq_cstr(server_header(request, "x-amz-security-token"), "role-token==") ||
        !sv_contains(authorization, SV("x-amz-date;x-amz-security-token;x-amz-target")))
        n_wrong++;
    if (expire_first_role && sv_contains(authorization, SV("AKIDROLE1/")))
        return say_code(request, 400, "ExpiredTokenException");
    return say(request, 200, "{}");
}

static void begin_organization(void)
{
    n_identity_calls = n_assume_calls = n_member_reads = n_base_reads = n_wrong = 0;
    deny_role = expire_first_role = brief_role = false;
    answer = be_an_organization;
}

static void test_one_role_for_all_who_wait(void **state)
{
    struct helper_call *calls[50];
    (void)state;
    begin_organization();
    for (size_t i = 0; i < ARRAY_LEN(calls); i++)
        calls[i] =
            helper_begin(client, helper_scope(), OPERATION, "222222222222", "eu-west-1", NULL);
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        helper_wait(calls[i]);
        assert_string_equal(calls[i]->outcome.err.message, "");
        helper_call_free(calls[i]);
    }
    assert_int_equal(n_identity_calls, 1);
    assert_int_equal(n_assume_calls, 1);
    assert_int_equal(n_member_reads, 50);
    assert_int_equal(n_wrong, 0);
}

static void test_home_account_needs_no_role(void **state)
{
    (void)state;
    begin_organization();
    helper_call_free(helper_read(client, OPERATION, "111111111111", "eu-west-1", NULL));
    helper_call_free(helper_read(client, OPERATION, "", "eu-west-1", NULL));
    assert_int_equal(n_assume_calls, 0);
    assert_int_equal(n_identity_calls, 1);
    assert_int_equal(n_base_reads, 2);
}

static void test_known_home_account(void **state)
{
    (void)state;
    begin_organization();
    client_set_home_account(client, "111111111111");
    helper_call_free(helper_read(client, OPERATION, "111111111111", "eu-west-1", NULL));
    assert_int_equal(n_identity_calls, 0);
    assert_int_equal(n_base_reads, 1);
}

static void test_role_is_renewed_when_it_lapses(void **state)
{
    (void)state;
    begin_organization();
    expire_first_role = true;
    struct helper_call *call = helper_read(client, OPERATION, "222222222222", "eu-west-1", NULL);
    assert_int_equal(call->outcome.err.code, OK);
    assert_int_equal(n_assume_calls, 2);
    assert_int_equal(n_member_reads, 2);
    helper_call_free(call);
}

/* Lapsing within the window, each use renews in the background at most once a minute. */
static void test_brief_role_is_used_all_the_same(void **state)
{
    (void)state;
    begin_organization();
    brief_role = true;
    for (int i = 0; i < 5; i++) {
        struct helper_call *call =
            helper_read(client, OPERATION, "222222222222", "eu-west-1", NULL);
        assert_int_equal(call->outcome.err.code, OK);
        helper_call_free(call);
    }
    assert_true(n_assume_calls <= 5);
}

static void test_denied_role_is_remembered(void **state)
{
    (void)state;
    begin_organization();
    deny_role = true;
    for (int i = 0; i < 3; i++) {
        struct helper_call *call =
            helper_read(client, OPERATION, "222222222222", "eu-west-1", NULL);
        assert_int_equal(call->outcome.err.code, ERR_DENIED);
        assert_string_equal(call->outcome.err.iam_action, "sts:AssumeRole");
        assert_string_equal(call->outcome.err.where, "sts:AssumeRole");
        helper_call_free(call);
    }
    assert_int_equal(n_assume_calls, 1);
    assert_int_equal(n_member_reads, 0);
}

static void test_session_names(void **state)
{
    static const struct {
        const char *arn, *name;
    } cases[] = {
        {"arn:aws:iam::1:user/jane", "jane"},
        {"arn:aws:iam::1:user/a/b/jane@x.org", "jane@x.org"},
        {"arn:aws:sts::1:assumed-role/Ops/jane+x", "jane+x"},
        {"arn:aws:iam::1:root", "root"},
        {"arn:aws:sts::1:federated-user/a b\x1b[", "a-b--"},
        {"arn:aws:iam::1:user/j", "watchdeck"},
        {"", "watchdeck"},
    };
    char name[SESSION_NAME_SIZE];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        identity_session_name(sv_of(cases[i].arn), name);
        assert_string_equal(name, cases[i].name);
    }
}

/* --- scopes ---------------------------------------------------------------------------------- */

static sem_t it_came, it_may_go_on;

static enum server_next hold(const struct server_request *request, size_t n)
{
    (void)n;
    sem_post(&it_came);
    server_stall(request);
    return SERVER_CLOSE;
}

static void test_closed_scope_drops(void **state)
{
    struct helper_call *calls[2000]; /* most wait for a place */
    struct scope *scope = scope_new(NULL, "view");
    (void)state;
    sem_init(&it_came, 0, 0);
    answer = hold;
    for (size_t i = 0; i < ARRAY_LEN(calls); i++)
        calls[i] = helper_begin(client, scope, OPERATION, "", "eu-west-1", NULL);
    sem_wait(&it_came);
    int64_t closed_at_ms = clock_mono_ms();
    scope_close(scope);
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        helper_wait(calls[i]);
        assert_int_equal(calls[i]->n_dropped, 1);
        assert_int_equal(calls[i]->n_done, 0);
        helper_call_free(calls[i]);
    }
    assert_true(clock_mono_ms() - closed_at_ms < 1000);
    scope_unref(scope);
    first_request = server_n_requests(server);
    assert_read(check_signed, OK, 1); /* the lane is free again */
}

static enum server_next hold_reads(const struct server_request *request, size_t n)
{
    (void)n;
    if (sv_starts(request->body, SV("Action=")))
        return say(request, 200, "<RevokeSecurityGroupIngressResponse/>");
    sem_post(&it_came);
    sem_wait(&it_may_go_on);
    return say(request, 200, "{}");
}

/* What a person waits for goes before what a screen has queued. */
static void test_change_goes_first(void **state)
{
    struct helper_call *calls[100];
    (void)state;
    sem_init(&it_came, 0, 0);
    sem_init(&it_may_go_on, 0, 0);
    answer = hold_reads;
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        char region[16]; /* a lane each: only the connections are scarce */
        snprintf(region, sizeof region, "r-%zu", i);
        calls[i] = helper_begin(client, helper_scope(), OPERATION, "", region, NULL);
    }
    for (int i = 0; i < http_connections_per_host_max(); i++)
        sem_wait(&it_came);
    struct helper_call *change =
        helper_begin_change(client, helper_scope(), OP_ec2_RevokeSecurityGroupIngress, "", NULL);
    sem_post(&it_may_go_on); /* one place becomes free */
    helper_wait(change);
    assert_int_equal(change->outcome.err.code, OK);
    assert_true(n_requests() <= (size_t)http_connections_per_host_max() + 2);
    for (size_t i = 0; i < ARRAY_LEN(calls); i++)
        sem_post(&it_may_go_on);
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        helper_wait(calls[i]);
        helper_call_free(calls[i]);
    }
    helper_call_free(change);
}

static void test_silence_ends_a_call(void **state)
{
    (void)state;
    sem_init(&it_came, 0, 0);
    client->total_timeout_ms = 50;
    assert_read(hold, ERR_TIMEOUT, 3);
}

/* --- lanes ----------------------------------------------------------------------------------- */

static atomic_int n_at_once, n_at_once_most;

static enum server_next count_at_once(const struct server_request *request, size_t n)
{
    (void)n;
    int now = ++n_at_once;
    if (now > n_at_once_most)
        n_at_once_most = now;
    enum server_next next = say(request, 200, "{}");
    n_at_once--;
    return next;
}

static int most_at_once(enum aws_op_id op)
{
    struct helper_call *calls[60];
    n_at_once = n_at_once_most = 0;
    answer = count_at_once;
    for (size_t i = 0; i < ARRAY_LEN(calls); i++)
        calls[i] = helper_begin(client, helper_scope(), op, "", "us-east-1", NULL);
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        helper_wait(calls[i]);
        assert_int_equal(calls[i]->outcome.err.code, OK);
        helper_call_free(calls[i]);
    }
    return n_at_once_most;
}

static void test_lanes(void **state)
{
    (void)state;
    assert_int_equal(most_at_once(OP_organizations_ListAccounts), 1);
    assert_true(most_at_once(OP_config_SelectResourceConfig) <= 2);
    assert_true(most_at_once(OPERATION) <= 8);
}

/* --- changes --------------------------------------------------------------------------------- */

#define CHANGE OP_ec2_RevokeSecurityGroupIngress

static void assert_change(answer_fn *how, enum err_code code, bool sent, size_t requests)
{
    answer = how;
    struct helper_call *call =
        helper_change(client, CHANGE, "", helper_json("{\"GroupId\":\"sg-1\"}"));
    if (call->outcome.err.code != code)
        fail_msg("%s: %s", err_name(call->outcome.err.code), call->outcome.err.message);
    assert_int_equal(call->outcome.sent, sent);
    assert_int_equal(call->outcome.attempts, requests);
    assert_int_equal(call->n_done, 1);
    assert_int_equal(call->result != NULL, code == OK);
    assert_int_equal(n_requests(), requests);
    first_request = server_n_requests(server);
    helper_call_free(call);
}

static enum server_next do_it(const struct server_request *request, size_t n)
{
    (void)n;
    bool good = sv_eq_cstr(request->body, "Action=RevokeSecurityGroupIngress&Version=2016-11-15"
                                          "&GroupId=sg-1");
    return good ? say(request, 200, REVOKED) : say_ec2(request, 400, "Unexpected");
}

static enum server_next close_it(const struct server_request *request, size_t n)
{
    (void)request, (void)n;
    return SERVER_CLOSE;
}

static enum server_next cut_it(const struct server_request *request, size_t n)
{
    (void)n;
    server_write(request, SV("HTTP/1.1 200 X\r\nContent-Length: 50\r\n\r\n<R>"));
    return SERVER_CLOSE;
}

static enum server_next fail_inside(const struct server_request *request, size_t n)
{
    (void)n;
    return say_ec2(request, 500, "InternalError");
}

static enum server_next limit_it(const struct server_request *request, size_t n)
{
    (void)n;
    return say_ec2(request, 503, "RequestLimitExceeded");
}

static enum server_next refuse_it(const struct server_request *request, size_t n)
{
    (void)n;
    return say_ec2(request, 400, "InvalidPermission.NotFound");
}

static enum server_next forbid_it(const struct server_request *request, size_t n)
{
    (void)n;
    return say_ec2(request, 403, "UnauthorizedOperation");
}

static enum server_next dry_run_it(const struct server_request *request, size_t n)
{
    (void)n;
    bool dry = sv_contains(request->body, SV("&DryRun=true"));
    return dry ? say_ec2(request, 412, "DryRunOperation")
               : say(request, 200, "<RevokeSecurityGroupIngressResponse/>");
}

static enum server_next babble(const struct server_request *request, size_t n)
{
    (void)n;
    return say(request, 200, "<R><unclosed>");
}

static void test_change_is_sent_once(void **state)
{
    (void)state;
    assert_read(check_signed, OK, 1); /* leaves a kept connection */
    first_request = server_n_requests(server);
    assert_change(do_it, OK, true, 1);
    assert_change(close_it, ERR_UNKNOWN_OUTCOME, true, 1);
    assert_change(cut_it, ERR_UNKNOWN_OUTCOME, true, 1);
    assert_change(babble, ERR_UNKNOWN_OUTCOME, true, 1);
    assert_change(fail_inside, ERR_UNKNOWN_OUTCOME, true, 1);
    assert_change(limit_it, ERR_THROTTLED, true, 1);
    assert_change(refuse_it, ERR_AWS, true, 1);
    assert_change(forbid_it, ERR_DENIED, true, 1);
}

static void test_change_that_did_not_leave(void **state)
{
    (void)state;
    struct server *gone = server_new(serve, NULL);
    struct aws_client *lost = helper_client_new(server_url(gone));
    server_free(gone);
    struct helper_call *call = helper_change(lost, CHANGE, "", NULL);
    assert_int_equal(call->outcome.err.code, ERR_CONNECT);
    assert_false(call->outcome.sent);
    helper_call_free(call);
    used_clients[n_used_clients++] = lost;
}

static void test_change_in_a_closed_scope(void **state)
{
    struct scope *scope = scope_new(NULL, "gate");
    (void)state;
    answer = do_it;
    scope_close(scope);
    struct helper_call *call = helper_begin_change(client, scope, CHANGE, "", NULL);
    helper_wait(call);
    assert_int_equal(call->outcome.err.code, ERR_CANCELLED);
    assert_false(call->outcome.sent);
    assert_int_equal(n_requests(), 0);
    helper_call_free(call);
    scope_unref(scope);
}

static enum server_next wait_then_do(const struct server_request *request, size_t n)
{
    (void)n;
    sem_post(&it_came);
    sem_wait(&it_may_go_on);
    return say(request, 200, REVOKED);
}

/* The view has gone, the change has not: its end is told. */
static void test_change_outlives_its_scope(void **state)
{
    struct scope *scope = scope_new(NULL, "gate");
    (void)state;
    sem_init(&it_came, 0, 0);
    sem_init(&it_may_go_on, 0, 0);
    answer = wait_then_do;
    struct helper_call *call = helper_begin_change(client, scope, CHANGE, "", NULL);
    sem_wait(&it_came);
    scope_close(scope);
    sem_post(&it_may_go_on);
    helper_wait(call);
    assert_int_equal(call->outcome.err.code, OK);
    assert_sv(json_sv(call->result, "return"), "true");
    helper_call_free(call);
    scope_unref(scope);
}

static void test_reading_is_no_change(void **state)
{
    (void)state;
    answer = do_it;
    struct helper_call *call = helper_change(client, OPERATION, "", NULL);
    assert_int_equal(call->outcome.err.code, ERR_INTERNAL);
    assert_int_equal(n_requests(), 0);
    helper_call_free(call);
}

static void assert_probe(answer_fn *how, enum err_code code)
{
    answer = how;
    struct helper_call *call = helper_probe(client, CHANGE, "", NULL);
    assert_int_equal(call->outcome.err.code, code);
    assert_int_equal(call->n_done, 1);
    helper_call_free(call);
}

static void test_probe(void **state)
{
    (void)state;
    assert_probe(dry_run_it, OK);
    assert_probe(forbid_it, ERR_DENIED);
    assert_probe(refuse_it, ERR_AWS);
    struct helper_call *call = helper_probe(client, OP_config_StartConfigRulesEvaluation, "", NULL);
    assert_int_equal(call->outcome.err.code, ERR_INTERNAL);
    helper_call_free(call);
}

/* --- speed ----------------------------------------------------------------------------------- */

static enum server_next say_ok(const struct server_request *request, size_t n)
{
    (void)n;
    return say(request, 200, "{}");
}

static void test_many_calls(void **state)
{
    struct helper_call *calls[500];
    (void)state;
    answer = say_ok;
    for (size_t i = 0; i < ARRAY_LEN(calls); i++)
        calls[i] = helper_begin(client, helper_scope(), OPERATION, "", "eu-west-1", NULL);
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        helper_wait(calls[i]);
        assert_int_equal(calls[i]->outcome.err.code, OK);
        helper_call_free(calls[i]);
    }
    assert_int_equal(n_requests(), 500);
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ONE(test_read),
        ONE(test_throttled_once),
        ONE(test_throttled_for_ever),
        ONE(test_attempts),
        ONE(test_out_of_order),
        ONE(test_denied),
        ONE(test_reset_once),
        ONE(test_malformed_reply),
        ONE(test_sent_elsewhere),
        ONE(test_wrong_requests_are_not_sent),
        ONE(test_wrong_clock),
        ONE(test_clock_jumps_back),
        ONE(test_clock_that_cannot_be_put_right),
        ONE(test_wrong_secret),
        ONE(test_unknown_key),
        ONE(test_renewed_in_the_meantime),
        ONE(test_one_role_for_all_who_wait),
        ONE(test_home_account_needs_no_role),
        ONE(test_known_home_account),
        ONE(test_role_is_renewed_when_it_lapses),
        ONE(test_brief_role_is_used_all_the_same),
        ONE(test_denied_role_is_remembered),
        ONE(test_session_names),
        ONE(test_closed_scope_drops),
        ONE(test_change_goes_first),
        ONE(test_silence_ends_a_call),
        ONE(test_lanes),
        ONE(test_change_is_sent_once),
        ONE(test_change_that_did_not_leave),
        ONE(test_change_in_a_closed_scope),
        ONE(test_change_outlives_its_scope),
        ONE(test_reading_is_no_change),
        ONE(test_probe),
        ONE(test_many_calls),
    };
    int failed = cmocka_run_group_tests(tests, group_setup, group_teardown);
    for (size_t i = 0; i < n_used_clients; i++)
        client_free(used_clients[i]);
    return failed;
}
