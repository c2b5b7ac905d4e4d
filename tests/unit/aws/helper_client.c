#include "helper_client.h"

#include <poll.h>
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>

#include "core/aws/call.h"
#include "core/base/clock.h"
#include "tests/unit/unit.h"

#define WAIT_S 60

struct helper_ended {
    sem_t posted;
};

static struct scope *scope;

void helper_clear_credentials(void)
{
    static const char *const variables[] = {"AWS_ACCESS_KEY_ID",
                                            "AWS_SECRET_ACCESS_KEY",
                                            "AWS_SESSION_TOKEN",
                                            "AWS_SECURITY_TOKEN",
                                            "AWS_CREDENTIAL_EXPIRATION",
                                            "AWS_WEB_IDENTITY_TOKEN_FILE",
                                            "AWS_ROLE_ARN",
                                            "AWS_ROLE_SESSION_NAME",
                                            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                                            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                                            "AWS_CONTAINER_AUTHORIZATION_TOKEN",
                                            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                                            "AWS_EC2_METADATA_DISABLED",
                                            "AWS_EC2_METADATA_V1_DISABLED",
                                            "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                                            "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                                            "AWS_METADATA_SERVICE_TIMEOUT",
                                            "AWS_METADATA_SERVICE_NUM_ATTEMPTS"};
    for (size_t i = 0; i < ARRAY_LEN(variables); i++)
        unsetenv(variables[i]);
}

void helper_start(const char *access_key_id, const char *secret_access_key)
{
    static const char *const variables[] = {"AWS_PROFILE",
                                            "AWS_DEFAULT_PROFILE",
                                            "AWS_REGION",
                                            "AWS_DEFAULT_REGION",
                                            "AWS_SESSION_TOKEN",
                                            "AWS_ENDPOINT_URL",
                                            "AWS_CA_BUNDLE",
                                            "AWS_MAX_ATTEMPTS",
                                            "AWS_RETRY_MODE",
                                            "AWS_USE_FIPS_ENDPOINT",
                                            "AWS_USE_DUALSTACK_ENDPOINT",
                                            "AWS_STS_REGIONAL_ENDPOINTS",
                                            "AWS_CREDENTIAL_EXPIRATION",
                                            "http_proxy",
                                            "https_proxy",
                                            "HTTPS_PROXY",
                                            "ALL_PROXY",
                                            "all_proxy"};
    for (size_t i = 0; i < ARRAY_LEN(variables); i++)
        unsetenv(variables[i]);
    setenv("AWS_CONFIG_FILE", "/nonexistent/config", 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials", 1);
    setenv("AWS_ACCESS_KEY_ID", access_key_id, 1);
    setenv("AWS_SECRET_ACCESS_KEY", secret_access_key, 1);
    run_start(&http_net_loop);
    scope = scope_new(NULL, "test");
}

void helper_stop(void)
{
    scope_unref(scope);
    run_stop();
}

struct scope *helper_scope(void)
{
    return scope;
}

static struct aws_client *new_client(const struct aws_options *options)
{
    struct aws_options unlimited = *options;
    struct aws_client *client = NULL;
    struct err err = ERR_NONE;
    unlimited.budget_percent = BUDGET_OFF;
    if (client_new(&unlimited, &client, &err) != OK)
        fail_msg("%s", err.message);
    client->retry.throttled_scale_ms = client->retry.transient_scale_ms = 1;
    return client;
}

struct aws_client *helper_client_new(const char *endpoint_url)
{
    return helper_client_new_tls(endpoint_url, NULL);
}

struct aws_client *helper_client_new_tls(const char *endpoint_url, const char *ca_file)
{
    return new_client(&(struct aws_options){
        .endpoint_url = endpoint_url, .region = "us-east-1", .ca_file = ca_file});
}

struct aws_client *helper_client_new_profile(const char *endpoint_url, const char *profile)
{
    return new_client(&(struct aws_options){
        .endpoint_url = endpoint_url, .region = "us-east-1", .profile = profile});
}

cJSON *helper_json(const char *text)
{
    cJSON *tree = NULL;
    assert_int_equal(json_parse(sv_of(text), "test", &tree, NULL), OK);
    return tree;
}

/* --- calls ----------------------------------------------------------------------------------- */

static struct helper_call *helper_call_new(void)
{
    struct helper_call *call = mem_new(struct helper_call);
    call->ended = mem_new(struct helper_ended);
    sem_init(&call->ended->posted, 0, 0);
    return call;
}

void helper_call_free(struct helper_call *call)
{
    for (size_t i = 0; i < call->pages.len; i++)
        json_free(call->pages.ptr[i]);
    vec_free(&call->pages);
    json_free(call->result);
    sem_destroy(&call->ended->posted);
    mem_free(call->ended);
    mem_free(call);
}

void helper_wait(struct helper_call *call)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_S;
    if (sem_timedwait(&call->ended->posted, &until) != 0)
        fail_msg("the call has not ended within %d s", WAIT_S);
}

void helper_wait_on_ui(struct helper_call *call)
{
    int64_t until_ms = clock_mono_ms() + WAIT_S * 1000;
    while (sem_trywait(&call->ended->posted) != 0) {
        struct pollfd fd = {.fd = run_ui_fd(), .events = POLLIN};
        if (clock_mono_ms() > until_ms)
            fail_msg("the call has not ended within %d s", WAIT_S);
        poll(&fd, 1, 5);
        run_ui_turn(1000);
    }
}

static void take_page(void *arg, struct aws_page *page)
{
    struct helper_call *call = arg;
    vec_push(&call->pages, page->body);
    page->body = NULL;
    call->n_restarts += page->restarted;
    call->last_seen |= page->last;
}

static void note_end(struct helper_call *call, const struct aws_outcome *outcome)
{
    call->outcome = *outcome;
    call->n_done++;
    sem_post(&call->ended->posted);
}

static void read_done(void *arg, const struct aws_request *request,
                      const struct aws_outcome *outcome)
{
    (void)request;
    note_end(arg, outcome);
}

static void change_done(void *arg, const struct aws_request *request, const cJSON *body,
                        const struct aws_outcome *outcome)
{
    struct helper_call *call = arg;
    (void)request;
    call->result = cJSON_Duplicate(body, true);
    note_end(call, outcome);
}

static void dropped(void *arg)
{
    struct helper_call *call = arg;
    call->n_dropped++;
    sem_post(&call->ended->posted);
}

static struct aws_request make_request(enum aws_op_id op, const char *account_id,
                                       const char *region, cJSON *params)
{
    struct aws_request request = {.op = op, .params = params};
    str_copy(request.target.account_id, account_id);
    str_copy(request.target.region, region);
    return request;
}

struct helper_call *helper_begin(struct aws_client *client, struct scope *in_scope,
                                 enum aws_op_id op, const char *account_id, const char *region,
                                 cJSON *params)
{
    struct helper_call *call = helper_call_new();
    struct aws_request request = make_request(op, account_id, region, params);
    client_read(client, in_scope, &request, take_page, read_done, dropped, call);
    return call;
}

struct helper_call *helper_read(struct aws_client *client, enum aws_op_id op,
                                const char *account_id, const char *region, cJSON *params)
{
    struct helper_call *call = helper_begin(client, scope, op, account_id, region, params);
    helper_wait(call);
    return call;
}

struct helper_call *helper_begin_pages(struct aws_client *client, enum aws_op_id op,
                                       size_t pages_max)
{
    struct helper_call *call = helper_call_new();
    struct aws_request request = make_request(op, "", "", NULL);
    request.pages_max = pages_max;
    client_read(client, scope, &request, take_page, read_done, dropped, call);
    return call;
}

struct helper_call *helper_begin_change(struct aws_client *client, struct scope *in_scope,
                                        enum aws_op_id op, const char *account_id, cJSON *params)
{
    struct helper_call *call = helper_call_new();
    struct aws_request request = make_request(op, account_id, "", params);
    client_change(client, in_scope, &request, change_done, call);
    return call;
}

struct helper_call *helper_change(struct aws_client *client, enum aws_op_id op,
                                  const char *account_id, cJSON *params)
{
    struct helper_call *call = helper_begin_change(client, scope, op, account_id, params);
    helper_wait(call);
    return call;
}

struct helper_call *helper_change_secret(struct aws_client *client, enum aws_op_id op,
                                         const char *account_id, cJSON *params, const char *member,
                                         const char *secret)
{
    struct helper_call *call = helper_call_new();
    struct aws_request request = make_request(op, account_id, "", params);
    struct secret *held = secret_new(sv_of(secret));
    client_change_secret(client, scope, &request, member, held, change_done, call);
    secret_unref(held);
    helper_wait(call);
    return call;
}

static void secret_read(void *arg, struct sv body, const struct err *err)
{
    struct helper_call *call = arg;
    const struct aws_outcome outcome = {.err = *err};
    cJSON *tree = NULL;
    if (err->code == OK)
        json_parse(body, "reply", &tree, NULL);
    change_done(call, NULL, tree, &outcome);
    json_free(tree);
}

struct helper_call *helper_read_secret(struct aws_client *client, enum aws_op_id op,
                                       const char *account_id, cJSON *params)
{
    struct helper_call *call = helper_call_new();
    struct aws_request request = make_request(op, account_id, "", params);
    client_read_secret(client, scope, &request, secret_read, NULL, call);
    helper_wait(call);
    return call;
}

struct helper_call *helper_probe(struct aws_client *client, enum aws_op_id op,
                                 const char *account_id, cJSON *params)
{
    struct helper_call *call = helper_call_new();
    struct aws_request request = make_request(op, account_id, "", params);
    client_probe(client, scope, &request, change_done, call);
    helper_wait(call);
    return call;
}
