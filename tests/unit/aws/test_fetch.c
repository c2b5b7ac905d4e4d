/*
 * Exchanges for credentials: what is sent, what is tried again, how they end.
 */
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/aws/cred/fetch.h"
#include "core/base/mem.h"
#include "tests/support/server.h"
#include "tests/unit/unit.h"

#define WAIT_S 60

static struct server *server;
static struct scope *scope;

/* What was sent and what became of it. */
struct seen {
    sem_t ended;
    struct http_reply reply;
    char body[256];
    size_t n_done, n_dropped;
};

/* "/status/503/2" answers 503 to the first two requests, then 200 with the request. */
static enum server_next serve(void *arg, const struct server_request *request)
{
    static size_t n_refused;
    int status = 0;
    size_t n = 0;
    (void)arg;
    if (sscanf(request->head.ptr, "%*s /status/%d/%zu", &status, &n) == 2 && n_refused < n) {
        n_refused++;
        server_reply(request, status, "", SV("refused"));
        return SERVER_KEEP;
    }
    n_refused = 0;
    if (sv_contains(request->head, SV("/moved"))) {
        server_reply(request, 302, "Location: /elsewhere\r\n", SV(""));
        return SERVER_KEEP;
    }
    if (sv_contains(request->head, SV("/large"))) {
        char body[200] = {0};
        memset(body, 'x', sizeof body);
        server_reply(request, 200, "", (struct sv){body, sizeof body});
        return SERVER_KEEP;
    }
    if (sv_contains(request->head, SV("/stall"))) {
        server_stall(request);
        return SERVER_CLOSE;
    }
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct sv token = server_header(request, "x-token");
    struct sv type = server_header(request, "content-type");
    buf_addf(&text, "%.4s|" SV_FMT "|" SV_FMT "|" SV_FMT, request->head.ptr, SV_ARG(token),
             SV_ARG(type), SV_ARG(request->body));
    server_reply(request, 200, "X-Kind: Some\r\n", buf_sv(&text));
    return SERVER_KEEP;
}

static void on_done(void *arg, struct http_reply *reply)
{
    struct seen *seen = arg;
    assert_true(run_is_on(RUN_WORKER));
    sv_copy(buf_sv(&reply->body), seen->body, sizeof seen->body);
    seen->reply = *reply;
    seen->reply.body = seen->reply.headers = BUF_NONE; /* the originals are fetch's to wipe */
    seen->n_done++;
    sem_post(&seen->ended);
}

static void on_drop(void *arg)
{
    struct seen *seen = arg;
    seen->n_dropped++;
    sem_post(&seen->ended);
}

static void begin(struct seen *seen, struct scope *in, const char *path,
                  struct fetch_request *request)
{
    char url[256];
    snprintf(url, sizeof url, "%s%s", server_url(server), path);
    *seen = (struct seen){0};
    sem_init(&seen->ended, 0, 0);
    request->url = url;
    fetch_start(request, in, on_done, on_drop, seen);
}

static void wait_for(struct seen *seen)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_S;
    if (sem_timedwait(&seen->ended, &until) != 0)
        fail_msg("the exchange has not ended within %d s", WAIT_S);
}

static struct seen fetch(const char *path, struct fetch_request request)
{
    struct seen seen;
    begin(&seen, scope, path, &request);
    wait_for(&seen);
    return seen;
}

static void test_sends_what_it_is_given(void **state)
{
    struct secret *token = secret_new(SV("t-1")), *body = secret_new(SV("{\"a\":1}"));
    (void)state;
    struct seen seen =
        fetch("/", (struct fetch_request){.method = "POST",
                                          .headers = {{"X-Token", NULL, token},
                                                      {"Content-Type", "application/json", NULL}},
                                          .body = body});
    assert_int_equal(seen.reply.code, OK);
    assert_int_equal(seen.reply.status, 200);
    assert_string_equal(seen.body, "POST|t-1|application/json|{\"a\":1}");
    seen = fetch("/", (struct fetch_request){.method = "PUT", .headers = {{"X-Token", "p", NULL}}});
    assert_string_equal(seen.body, "PUT |p||");
    secret_unref(token);
    secret_unref(body);
}

static void test_tries_again(void **state)
{
    size_t before = server_n_requests(server);
    (void)state;
    struct seen seen =
        fetch("/status/503/2", (struct fetch_request){.method = "GET", .tries_max = 3});
    assert_int_equal(seen.reply.status, 200);
    assert_int_equal(server_n_requests(server) - before, 3);

    before = server_n_requests(server);
    seen = fetch("/status/429/2", (struct fetch_request){.method = "GET", .tries_max = 2});
    assert_int_equal(seen.reply.status, 429);
    assert_string_equal(seen.body, "refused");
    assert_int_equal(server_n_requests(server) - before, 2);
    fetch("/", (struct fetch_request){.method = "GET"});
}

static void test_a_refusal_is_final(void **state)
{
    size_t before = server_n_requests(server);
    (void)state;
    struct seen seen =
        fetch("/status/403/1", (struct fetch_request){.method = "GET", .tries_max = 3});
    assert_int_equal(seen.reply.status, 403);
    assert_int_equal(server_n_requests(server) - before, 1);
}

static void test_does_not_follow(void **state)
{
    size_t before = server_n_requests(server);
    (void)state;
    struct seen seen = fetch("/moved", (struct fetch_request){.method = "GET"});
    assert_int_equal(seen.reply.status, 302);
    assert_int_equal(server_n_requests(server) - before, 1);
}

static void test_bounds(void **state)
{
    (void)state;
    struct seen seen =
        fetch("/large", (struct fetch_request){.method = "GET", .body_max_bytes = 199});
    assert_int_equal(seen.reply.code, ERR_TOO_BIG);
    seen = fetch("/large", (struct fetch_request){.method = "GET", .body_max_bytes = 200});
    assert_int_equal(seen.reply.status, 200);
    seen = fetch("/stall", (struct fetch_request){.method = "GET", .timeout_ms = 50});
    assert_int_equal(seen.reply.code, ERR_TIMEOUT);
}

static void test_refuses_control_characters(void **state)
{
    static const struct sv bad[] = {{"a\r\nX: y", 7}, {"a\0b", 3}};
    size_t before = server_n_requests(server);
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct secret *token = secret_new(bad[i]);
        struct seen seen =
            fetch("/", (struct fetch_request){
                           .method = "GET", .headers = {{"X-Token", NULL, token}}, .tries_max = 3});
        assert_int_equal(seen.reply.code, ERR_CONFIG);
        secret_unref(token);
    }
    assert_int_equal(server_n_requests(server), before);
}

static void test_is_dropped_with_its_scope(void **state)
{
    struct scope *own = scope_new(NULL, "doomed");
    struct seen seen;
    (void)state;
    begin(&seen, own, "/stall", &(struct fetch_request){.method = "GET"});
    scope_close(own);
    wait_for(&seen);
    assert_int_equal(seen.n_dropped, 1);
    assert_int_equal(seen.n_done, 0);
    scope_unref(own);
}

static int group_setup(void **state)
{
    (void)state;
    server = server_new(serve, NULL);
    run_start(&http_net_loop);
    scope = scope_new(NULL, "test");
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    scope_unref(scope);
    run_stop();
    server_free(server);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sends_what_it_is_given),
        cmocka_unit_test(test_tries_again),
        cmocka_unit_test(test_a_refusal_is_final),
        cmocka_unit_test(test_does_not_follow),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_refuses_control_characters),
        cmocka_unit_test(test_is_dropped_with_its_scope),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
