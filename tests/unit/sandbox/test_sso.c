/* Single sign-on: unsigned requests through the gateway, device codes and sessions over time. */
#include "tests/unit/unit.h"

#include <string.h>

#include "core/base/json.h"
#include "tests/sandbox/identity/sso_control.h"
#include "tests/sandbox/identity/sso_page.h"
#include "tests/sandbox/sandbox.h"
#include "tests/sandbox/wire/api.h"

static struct sandbox sandbox;
static struct http_response response;

static int begin(void **state)
{
    struct options options;
    char *argv[] = {"sandbox", "--world", "accounts=8,resources=0,seed=7", NULL};
    (void)state;
    api_load();
    if (options_parse(3, argv, &options, NULL) != OK)
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

static void clear_response(void)
{
    buf_done(&response.body);
    response = (struct http_response){0};
}

static void send(const char *method, const char *target, const char *token, const char *body)
{
    const struct http_header headers[] = {{SV("Content-Type"), SV("application/json")},
                                          {SV("x-amz-sso_bearer_token"), sv_of(token)}};
    const struct http_request request = {.method = sv_of(method),
                                         .target = sv_of(target),
                                         .headers = headers,
                                         .n_headers = token ? 2 : 1,
                                         .body = sv_of(body)};
    clear_response();
    if (sv_eq_cstr(http_path(&request), SSO_PAGE_PATH))
        sso_page_answer(&sandbox, &request, &response);
    else
        gateway_answer(&sandbox, &request, &response);
}

/* The value of a member of the answer. */
static char *answered(const char *key)
{
    AUTO(json_free_at) cJSON *tree = NULL;
    assert_int_equal(json_parse(buf_sv(&response.body), "answer", &tree, NULL), OK);
    return sv_dup(json_sv(tree, key));
}

/* type "": none was sent; else it is what stands before the name space. */
#define assert_answer(expected_status, type, part)               \
    do {                                                         \
        struct sv sent = sv_of(response.error_type);             \
        assert_int_equal(response.status, expected_status);      \
        assert_true(sv_eq_cstr(sv_split(&sent, ':'), type));     \
        assert_non_null(strstr(buf_cstr(&response.body), part)); \
    } while (0)

static void tells_rest_requests_by_their_path(void **state)
{
    (void)state;
    send("GET", "/assignment/accounts", NULL, "");
    assert_answer(401, "UnauthorizedException",
                  "{\"message\":\"Session token not found or invalid\"}");
    send("POST", "/assignment/accounts", NULL, "");
    assert_int_equal(response.status, 403);
    send("POST", "/token", NULL, "{\"accessToken\":1}");
    assert_answer(400, "InvalidRequestException", "{\"error\":\"invalid_request\",");
    send("POST", "/token", NULL, "{\"clientId\":1}");
    assert_answer(400, "InvalidRequestException", "NUMBER_VALUE can not be converted to String");
}

static void reads_members_from_query_and_headers(void **state)
{
    const struct sso_client *client = sso_register(sandbox.sso, true, 0);
    (void)state;
    const struct sso_session *s = sso_open(sandbox.sso, client, INT64_C(4102444800000));
    send("GET", "/assignment/accounts?max_result=many", s->access_token, "");
    assert_answer(400, "InvalidRequestException", "max_result is not a number");
    send("GET", "/assignment/accounts?max_result=0", s->access_token, "");
    assert_answer(400, "InvalidRequestException", "'maxResults' failed to satisfy constraint");
    send("GET", "/assignment/accounts?max%5Fresult=2", s->access_token, "{\"maxResults\":0}");
    assert_answer(200, "", "\"nextToken\":");
    send("GET", "/federation/credentials?account_id=1&role_name=ReadOnlyAccess", s->access_token,
         "");
    assert_answer(403, "ForbiddenException", "No access");
}

static void logs_in_by_the_page(void **state)
{
    char body[400];
    (void)state;
    send("POST", "/client/register", NULL, "{\"clientName\":\"x\",\"clientType\":\"public\"}");
    AUTO_FREE char *id = answered("clientId"), *secret = answered("clientSecret");
    snprintf(body, sizeof body,
             "{\"clientId\":\"%s\",\"clientSecret\":\"%s\",\"startUrl\":\"%s/#\"}", id, secret,
             sso_start_url(sandbox.sso));
    send("POST", "/device_authorization", NULL, body);
    assert_int_equal(response.status, 200);
    AUTO_FREE char *device = answered("deviceCode"), *user = answered("userCode");
    snprintf(body, sizeof body, "user_code=%s&action=approve", user);
    send("POST", SSO_PAGE_PATH, NULL, body);
    assert_int_equal(response.status, 200);
    snprintf(body, sizeof body,
             "{\"clientId\":\"%s\",\"clientSecret\":\"%s\",\"deviceCode\":\"%s\","
             "\"grantType\":\"urn:ietf:params:oauth:grant-type:device_code\"}",
             id, secret, device);
    send("POST", "/token", NULL, body);
    assert_answer(200, "", "\"tokenType\":\"Bearer\"");
    AUTO_FREE char *token = answered("accessToken");
    send("GET", "/assignment/accounts", token, "");
    assert_answer(200, "", "\"accountList\":[{");
    send("POST", "/logout", token, "");
    assert_answer(200, "", "");
    send("GET", "/assignment/accounts", token, "");
    assert_int_equal(response.status, 401);
}

static void polls_are_counted(void **state)
{
    struct sso_device *d = sso_start_device(sandbox.sso, NULL, 0);
    (void)state;
    assert_true(sso_poll(d, 0));
    assert_true(sso_poll(d, 1000));
    assert_false(sso_poll(d, 1800));
    assert_int_equal(d->interval_s, 6);
    assert_false(sso_poll(d, 7000));
    assert_true(sso_poll(d, 17000));
}

static void sessions_bound_their_tokens(void **state)
{
    struct sso *sso = sso_new(1, "us-east-1");
    const struct sso_client *client = sso_register(sso, true, 0);
    (void)state;
    sso_settings(sso)->session_s = 5400;
    struct sso_session *s = sso_open(sso, client, 0);
    assert_int_equal(s->token_expires_at_ms, 3600000);
    char old[80];
    str_copy(old, s->refresh_token);
    assert_ptr_equal(sso_refresh(sso, client, old, 4000000), s);
    assert_int_equal(s->token_expires_at_ms, 5400000);
    assert_null(sso_refresh(sso, client, old, 4000001));
    assert_null(sso_refresh(sso, client, s->refresh_token, 5400000));
    assert_null(sso_refresh(sso, client, "", 0));
    assert_int_equal(sso_n_sessions(sso, 5399999), 1);
    sso_revoke_all(sso);
    assert_int_equal(sso_n_sessions(sso, 0), 0);
    sso_free(sso);
}

static void control(const char *body)
{
    clear_response();
    sso_control_post(&sandbox, sv_of(body), &response);
}

static void is_set_from_outside(void **state)
{
    (void)state;
    control("{\"token_s\":60,\"no_such_s\":1}");
    assert_int_equal(response.status, 400);
    assert_int_equal(sso_settings(sandbox.sso)->token_s, 3600);
    control("{\"token_s\":60}");
    assert_answer(200, "", "\"token_s\":60");
    control("{\"user_code\":\"AAAA-AAAA\",\"action\":\"approve\"}");
    assert_int_equal(response.status, 404);
    control("{");
    assert_int_equal(response.status, 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_rest_requests_by_their_path),
        cmocka_unit_test(reads_members_from_query_and_headers),
        cmocka_unit_test(logs_in_by_the_page),
        cmocka_unit_test(polls_are_counted),
        cmocka_unit_test(sessions_bound_their_tokens),
        cmocka_unit_test(is_set_from_outside),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
