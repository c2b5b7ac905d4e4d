/*
 * Transfers against a server that answers byte for byte as it is told by the path.
 */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "helper_exchange.h"
#include "tests/support/server.h"
#include "tests/unit/unit.h"

static struct scope *scope;
static struct server *server, *other_server;
static atomic_int n_at_once, n_at_once_most;

/* --- what the server does -------------------------------------------------------------------- */

static enum server_next answer_echo(const struct server_request *request)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    buf_add(&text, request->head);
    buf_add(&text, request->body);
    server_reply(request, 200, "X-Test:  Some Value \r\n", buf_sv(&text));
    return SERVER_KEEP;
}

static enum server_next answer_endless(const struct server_request *request)
{
    char block[4096];
    memset(block, 'x', sizeof block);
    server_write(request, SV("HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n"));
    for (int i = 0; i < 100; i++) {
        server_write(request, SV("1000\r\n"));
        server_write(request, (struct sv){block, sizeof block});
        server_write(request, SV("\r\n"));
    }
    return SERVER_CLOSE;
}

static enum server_next answer_many_headers(const struct server_request *request)
{
    server_write(request, SV("HTTP/1.1 200 X\r\n"));
    for (int i = 0; i < 2000; i++)
        server_write(request, SV("X-More: 0123456789012345678901234567890123456789\r\n"));
    server_write(request, SV("Content-Length: 0\r\n\r\n"));
    return SERVER_KEEP;
}

static enum server_next answer_byte_by_byte(const struct server_request *request)
{
    struct sv reply = SV("HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n"
                         "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
    for (size_t i = 0; i < reply.len; i++)
        server_write(request, (struct sv){reply.ptr + i, 1});
    return SERVER_KEEP;
}

static enum server_next answer_counted(const struct server_request *request)
{
    int n = atomic_fetch_add(&n_at_once, 1) + 1;
    for (int most = n_at_once_most;
         n > most && !atomic_compare_exchange_weak(&n_at_once_most, &most, n);)
        ;
    server_reply(request, 200, "", SV("ok"));
    atomic_fetch_sub(&n_at_once, 1);
    return SERVER_KEEP;
}

static enum server_next answer_redirect(const struct server_request *request)
{
    char headers[128];
    snprintf(headers, sizeof headers, "Location: %s/echo\r\n", server_url(other_server));
    server_reply(request, 302, headers, SV(""));
    return SERVER_KEEP;
}

static enum server_next answer_stall(const struct server_request *request)
{
    server_stall(request);
    return SERVER_CLOSE;
}

static enum server_next close_at_once(const struct server_request *request)
{
    (void)request;
    return SERVER_CLOSE;
}

static enum server_next reset_at_once(const struct server_request *request)
{
    (void)request;
    return SERVER_RESET;
}

/* A body that ends before its length. */
static enum server_next cut_body(const struct server_request *request)
{
    server_write(request, SV("HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n{\"half\":"));
    return SERVER_CLOSE;
}

/* A head that ends before its empty line: not an answer without a body. */
static enum server_next cut_head(const struct server_request *request)
{
    server_write(request, SV("HTTP/1.1 200 X\r\nDate: Sat, 28 No"));
    return SERVER_CLOSE;
}

static enum server_next answer_garbage(const struct server_request *request)
{
    server_write(request, SV("\x1b[2J SSH-2.0-garbage\r\n\r\n"));
    return SERVER_CLOSE;
}

static enum server_next answer_twice(const struct server_request *request)
{
    server_write(request, SV("HTTP/1.1 100 Continue\r\nX-First: 1\r\n\r\n"
                             "HTTP/1.1 200 X\r\nX-Second: 2\r\nContent-Length: 2\r\n\r\nok"));
    return SERVER_KEEP;
}

/* A byte each quarter of a second, for as long as the peer listens. */
static enum server_next answer_drip(const struct server_request *request)
{
    struct pollfd peer = {.fd = request->fd, .events = POLLRDHUP};
    server_write(request, SV("HTTP/1.1 200 X\r\nContent-Length: 1000\r\n\r\n"));
    for (int i = 0; i < 1000 && poll(&peer, 1, 250) == 0; i++)
        server_write(request, SV("x"));
    return SERVER_CLOSE;
}

static enum server_next refuse_tunnel(const struct server_request *request)
{
    server_reply(request, 407, "Proxy-Authenticate: Basic\r\n", SV(""));
    return SERVER_CLOSE;
}

static const struct {
    const char *path;
    enum server_next (*answer)(const struct server_request *request);
} answers[] = {
    {"/echo", answer_echo},
    {"/endless", answer_endless},
    {"/headers", answer_many_headers},
    {"/bytes", answer_byte_by_byte},
    {"/counted", answer_counted},
    {"/redirect", answer_redirect},
    {"/stall", answer_stall},
    {"/drip", answer_drip},
    {"/close", close_at_once},
    {"/reset", reset_at_once},
    {"/cut", cut_body},
    {"/cut-head", cut_head},
    {"/garbage", answer_garbage},
    {"example.invalid:443", refuse_tunnel},
    {"/twice", answer_twice},
};

static enum server_next serve(void *arg, const struct server_request *request)
{
    struct sv line = request->head;
    (void)arg;
    sv_split(&line, ' ');
    struct sv path = sv_split(&line, ' ');
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        if (sv_eq_cstr(path, answers[i].path))
            return answers[i].answer(request);
    }
    return SERVER_CLOSE;
}

static int setup(void **state)
{
    (void)state;
    unsetenv("http_proxy");
    unsetenv("https_proxy");
    unsetenv("all_proxy");
    run_start(&http_net_loop);
    scope = scope_new(NULL, "test");
    server = server_new(serve, NULL);
    other_server = server_new(serve, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scope_unref(scope);
    run_stop();
    server_free(server);
    server_free(other_server);
    return 0;
}

static struct exchange *exchange_with(const char *path, const struct http_request *request)
{
    struct exchange *exchange = exchange_begin(scope, server_url(server), path, request);
    exchange_wait(exchange);
    return exchange;
}

static struct exchange *get(const char *path)
{
    return exchange_with(path, &(struct http_request){0});
}

static void assert_fails(const char *path, enum err_code code, bool sent)
{
    struct exchange *exchange = get(path);
    assert_int_equal(exchange->reply.code, code);
    assert_int_equal(exchange->reply.err.code, code);
    assert_int_equal(exchange->reply.sent, sent);
    assert_non_null(strstr(exchange->reply.err.message, "127.0.0.1:"));
    exchange_free(exchange);
}

/* --- whole exchanges ------------------------------------------------------------------------- */

/* Nothing is sent that was not asked for. */
static void test_request_is_sent_as_it_is(void **state)
{
    const struct http_header headers[] = {{"X-Amz-Date", "20260301T030000Z"},
                                          {"Content-Type", "application/x-amz-json-1.1"}};
    (void)state;
    struct exchange *exchange = exchange_with("/echo", &(struct http_request){
                                                           .method = "POST",
                                                           .headers = headers,
                                                           .n_headers = 2,
                                                           .body = SV("{\"a\":1}"),
                                                       });
    char expected[512];
    snprintf(expected, sizeof expected,
             "POST /echo HTTP/1.1\r\nHost: %s\r\nX-Amz-Date: 20260301T030000Z\r\n"
             "Content-Type: application/x-amz-json-1.1\r\nContent-Length: 7\r\n\r\n{\"a\":1}",
             server_url(server) + strlen("http://"));
    assert_int_equal(exchange->reply.code, OK);
    assert_int_equal(exchange->reply.status, 200);
    assert_true(exchange->reply.sent);
    assert_true(exchange->reply.elapsed_us > 0);
    assert_string_equal(buf_cstr(&exchange->reply.body), expected);
    assert_sv(http_reply_header(&exchange->reply, "x-test"), "Some Value");
    assert_null(http_reply_header(&exchange->reply, "x-absent").ptr);
    exchange_free(exchange);
}

static void test_empty_post(void **state)
{
    (void)state;
    struct exchange *exchange = exchange_with("/echo", &(struct http_request){.method = "POST"});
    assert_int_equal(exchange->reply.status, 200);
    assert_non_null(strstr(buf_cstr(&exchange->reply.body), "Content-Length: 0\r\n"));
    exchange_free(exchange);
}

static void test_reply_in_single_bytes(void **state)
{
    (void)state;
    struct exchange *exchange = get("/bytes");
    assert_int_equal(exchange->reply.code, OK);
    assert_string_equal(buf_cstr(&exchange->reply.body), "hello world");
    exchange_free(exchange);
}

static void test_headers_are_those_of_the_last_answer(void **state)
{
    (void)state;
    struct exchange *exchange = get("/twice");
    assert_int_equal(exchange->reply.status, 200);
    assert_null(http_reply_header(&exchange->reply, "x-first").ptr);
    assert_sv(http_reply_header(&exchange->reply, "x-second"), "2");
    exchange_free(exchange);
}

static void test_connections_are_kept(void **state)
{
    (void)state;
    exchange_free(get("/echo"));
    size_t before = server_n_connections(server);
    for (int i = 0; i < 20; i++)
        exchange_free(get("/echo"));
    assert_int_equal(server_n_connections(server), before);
}

/* What was open when the machine went to sleep is not used again. */
static void test_sleep_drops_connections(void **state)
{
    (void)state;
    exchange_free(get("/echo"));
    size_t before = server_n_connections(server);
    clock_pretend_sleep(3600000);
    exchange_free(get("/echo"));
    assert_true(server_n_connections(server) > before);
}

static void test_ipv6(void **state)
{
    (void)state;
    struct server *six = server_new_ipv6(serve, NULL);
    if (six == NULL) {
        print_message("this machine has no IPv6\n");
        skip();
    }
    struct exchange *exchange =
        exchange_begin(scope, server_url(six), "/echo", &(struct http_request){0});
    exchange_wait(exchange);
    assert_int_equal(exchange->reply.status, 200);
    assert_true(sv_contains(buf_sv(&exchange->reply.body), SV("Host: [::1]:")));
    exchange_free(exchange);
    server_free(six);
}

static void test_redirects_are_not_followed(void **state)
{
    (void)state;
    struct exchange *exchange = get("/redirect");
    assert_int_equal(exchange->reply.code, OK);
    assert_int_equal(exchange->reply.status, 302);
    assert_int_equal(server_n_requests(other_server), 0);
    exchange_free(exchange);
}

/* --- once ------------------------------------------------------------------------------------ */

/* libcurl sends a request again when a kept connection closes under it. A change must not be. */
static void test_once_is_sent_once(void **state)
{
    (void)state;
    exchange_free(get("/echo")); /* a kept connection lies ready */
    size_t connections = server_n_connections(server), requests = server_n_requests(server);
    struct exchange *exchange =
        exchange_with("/close", &(struct http_request){.method = "POST", .once = true});
    assert_int_equal(exchange->reply.code, ERR_NET);
    assert_true(exchange->reply.sent);
    assert_int_equal(server_n_requests(server), requests + 1);
    assert_int_equal(server_n_connections(server), connections + 1);
    exchange_free(exchange);
}

static void test_once_leaves_no_connection(void **state)
{
    (void)state;
    size_t before = server_n_connections(server);
    const struct http_request request = {.method = "POST", .once = true};
    exchange_free(exchange_with("/echo", &request));
    exchange_free(exchange_with("/echo", &request));
    assert_int_equal(server_n_connections(server), before + 2);
}

/* --- failures -------------------------------------------------------------------------------- */

static void test_broken_connections(void **state)
{
    (void)state;
    assert_fails("/close", ERR_NET, true);
    assert_fails("/reset", ERR_NET, true);
    assert_fails("/cut", ERR_NET, true);
    assert_fails("/cut-head", ERR_NET, true);
}

static void test_garbage_is_no_http(void **state)
{
    (void)state;
    struct exchange *exchange = get("/garbage");
    assert_int_equal(exchange->reply.code, ERR_HTTP);
    assert_null(strchr(exchange->reply.err.message, '\x1b'));
    exchange_free(exchange);
}

static void test_nobody_listens(void **state)
{
    (void)state;
    struct server *gone = server_new(serve, NULL);
    char url[64];
    str_copy(url, server_url(gone));
    server_free(gone);
    struct exchange *exchange = exchange_begin(scope, url, "/echo", &(struct http_request){0});
    exchange_wait(exchange);
    assert_int_equal(exchange->reply.code, ERR_CONNECT);
    assert_false(exchange->reply.sent);
    exchange_free(exchange);
}

/* TLS to a server that speaks none: no byte of the request leaves. */
static void test_no_tls(void **state)
{
    (void)state;
    char url[64];
    size_t requests = server_n_requests(server);
    snprintf(url, sizeof url, "https%s", server_url(server) + strlen("http"));
    struct exchange *exchange =
        exchange_begin(scope, url, "/garbage", &(struct http_request){.tls_timeout_ms = 300});
    exchange_wait(exchange);
    assert_true(exchange->reply.code == ERR_TLS || exchange->reply.code == ERR_TIMEOUT);
    assert_false(exchange->reply.sent);
    assert_int_equal(server_n_requests(server), requests);
    exchange_free(exchange);
}

static void test_ca_file_is_named(void **state)
{
    (void)state;
    struct exchange *exchange = exchange_begin(
        scope, "https://127.0.0.1:1", "/", &(struct http_request){.ca_file = "/no/such/ca.pem"});
    exchange_wait(exchange);
    assert_true(exchange->reply.code == ERR_TLS || exchange->reply.code == ERR_CONNECT);
    assert_false(exchange->reply.sent);
    exchange_free(exchange);
}

/* A proxy of the environment is asked, but never for this machine. */
static void test_proxy(void **state)
{
    (void)state;
    setenv("https_proxy", server_url(server), 1);
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    struct exchange *exchange =
        exchange_begin(scope, "https://example.invalid", "/", &(struct http_request){0});
    exchange_wait(exchange);
    assert_int_equal(exchange->reply.code, ERR_CONNECT);
    assert_false(exchange->reply.sent);
    assert_non_null(strstr(exchange->reply.err.message, "answers 407: it wants a user"));
    exchange_free(exchange);
    exchange = get("/echo");
    assert_int_equal(exchange->reply.code, OK);
    exchange_free(exchange);
    unsetenv("https_proxy");
    unsetenv("http_proxy");
}

static void test_header_with_a_line_break(void **state)
{
    const struct http_header header = {"X-Amz-Date", "now\r\nX-Evil: 1"};
    (void)state;
    size_t before = server_n_requests(server);
    struct exchange *exchange =
        exchange_with("/echo", &(struct http_request){.headers = &header, .n_headers = 1});
    assert_int_equal(exchange->reply.code, ERR_CONFIG);
    assert_int_equal(server_n_requests(server), before);
    exchange_free(exchange);
}

static void test_time_outs(void **state)
{
    (void)state;
    struct exchange *exchange =
        exchange_with("/stall", &(struct http_request){.total_timeout_ms = 100});
    assert_int_equal(exchange->reply.code, ERR_TIMEOUT);
    assert_true(exchange->reply.sent);
    exchange_free(exchange);
    exchange = exchange_with("/stall", &(struct http_request){.silence_timeout_ms = 1000});
    assert_int_equal(exchange->reply.code, ERR_TIMEOUT);
    exchange_free(exchange);
}

/* An answer that comes byte by byte for minutes is none. */
static void test_dripping_answer(void **state)
{
    (void)state;
    struct exchange *exchange =
        exchange_with("/drip", &(struct http_request){.silence_timeout_ms = 1000});
    assert_int_equal(exchange->reply.code, ERR_TIMEOUT);
    assert_true(exchange->reply.elapsed_us < 50 * 1000000);
    exchange_free(exchange);
}

static void test_caps(void **state)
{
    (void)state;
    struct exchange *exchange =
        exchange_with("/endless", &(struct http_request){.body_max_bytes = 10000});
    assert_int_equal(exchange->reply.code, ERR_TOO_BIG);
    assert_true(exchange->reply.body.len <= 10000);
    exchange_free(exchange);
    exchange = get("/headers");
    assert_int_equal(exchange->reply.code, ERR_TOO_BIG);
    assert_true(exchange->reply.headers.len <= HTTP_HEADERS_MAX);
    exchange_free(exchange);
}

static void assert_url_refused(const char *url)
{
    struct exchange *exchange = exchange_begin(scope, url, "", &(struct http_request){0});
    exchange_wait(exchange);
    assert_int_equal(exchange->reply.code, ERR_CONFIG);
    assert_false(exchange->reply.sent);
    exchange_free(exchange);
}

static void test_urls_that_are_refused(void **state)
{
    (void)state;
    assert_url_refused("http://example.com/");
    assert_url_refused("http://128.0.0.1/");
    assert_url_refused("http://127.0.0.1.example.com/");
    assert_url_refused("http://[2001:db8::1]/");
    assert_url_refused("https://user:secret@127.0.0.1:1/");
    assert_url_refused("ftp://127.0.0.1/");
    assert_url_refused("file:///etc/passwd");
    assert_url_refused("not a url");
    assert_url_refused("");
}

/* --- scopes, queues -------------------------------------------------------------------------- */

static void note_end(void *arg)
{
    *(bool *)arg = true;
}

static void test_closed_scope_aborts(void **state)
{
    (void)state;
    bool scope_has_ended = false;
    struct exchange *exchanges[40]; /* more than there are connections: some wait */
    struct scope *own = scope_new(NULL, "own");
    scope_at_end(own, RUN_UI, note_end, &scope_has_ended);
    for (size_t i = 0; i < ARRAY_LEN(exchanges); i++)
        exchanges[i] = exchange_begin(own, server_url(server), "/stall", &(struct http_request){0});
    scope_close(own);
    assert_true(run_ui_until(&scope_has_ended, 60000));
    for (size_t i = 0; i < ARRAY_LEN(exchanges); i++) {
        exchange_wait(exchanges[i]);
        assert_int_equal(exchanges[i]->n_dropped, 1);
        assert_int_equal(exchanges[i]->n_done, 0);
        exchange_free(exchanges[i]);
    }
    scope_unref(own);
    exchange_free(get("/echo")); /* the connections are free again */
}

static void test_send_in_closed_scope(void **state)
{
    (void)state;
    struct scope *own = scope_new(NULL, "own");
    scope_close(own);
    struct exchange *exchange =
        exchange_begin(own, server_url(server), "/echo", &(struct http_request){0});
    exchange_wait(exchange);
    assert_int_equal(exchange->n_dropped, 1);
    exchange_free(exchange);
    scope_unref(own);
}

static void test_connections_to_a_host_are_bounded(void **state)
{
    struct exchange *exchanges[200];
    (void)state;
    size_t before = server_n_connections(server);
    for (size_t i = 0; i < ARRAY_LEN(exchanges); i++)
        exchanges[i] =
            exchange_begin(scope, server_url(server), "/counted", &(struct http_request){0});
    for (size_t i = 0; i < ARRAY_LEN(exchanges); i++) {
        exchange_wait(exchanges[i]);
        assert_int_equal(exchanges[i]->reply.status, 200);
        exchange_free(exchanges[i]);
    }
    assert_true(n_at_once_most <= 16);
    assert_true(server_n_connections(server) - before <= 16);
}

/* --- back-pressure --------------------------------------------------------------------------- */

static sem_t worker_may_go_on;

/* Not for ever, so that a test that fails ends all the same. */
static void hold_worker(void *arg)
{
    struct timespec until;
    (void)arg;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 15;
    sem_timedwait(&worker_may_go_on, &until);
}

static void do_nothing(void *arg)
{
    (void)arg;
}

static void test_nothing_begins_while_the_worker_is_behind(void **state)
{
    (void)state;
    sem_init(&worker_may_go_on, 0, 0);
    run_call(RUN_WORKER, RUN_NORMAL, scope, hold_worker, NULL, NULL);
    for (int i = 0; i < RUN_QUEUE_MAX * 3 / 4; i++)
        run_call(RUN_WORKER, RUN_NORMAL, scope, do_nothing, NULL, NULL);
    size_t before = server_n_requests(server);
    struct exchange *waiting =
        exchange_begin(scope, server_url(server), "/echo", &(struct http_request){0});
    struct exchange *urgent = exchange_with("/echo", &(struct http_request){.once = true});
    assert_int_equal(urgent->reply.status, 200); /* a change does not wait */
    assert_int_equal(server_n_requests(server), before + 1);
    sem_post(&worker_may_go_on);
    exchange_wait(waiting);
    assert_int_equal(waiting->reply.status, 200);
    exchange_free(waiting);
    exchange_free(urgent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_is_sent_as_it_is),
        cmocka_unit_test(test_empty_post),
        cmocka_unit_test(test_reply_in_single_bytes),
        cmocka_unit_test(test_headers_are_those_of_the_last_answer),
        cmocka_unit_test(test_connections_are_kept),
        cmocka_unit_test(test_sleep_drops_connections),
        cmocka_unit_test(test_ipv6),
        cmocka_unit_test(test_redirects_are_not_followed),
        cmocka_unit_test(test_once_is_sent_once),
        cmocka_unit_test(test_once_leaves_no_connection),
        cmocka_unit_test(test_broken_connections),
        cmocka_unit_test(test_garbage_is_no_http),
        cmocka_unit_test(test_nobody_listens),
        cmocka_unit_test(test_no_tls),
        cmocka_unit_test(test_ca_file_is_named),
        cmocka_unit_test(test_proxy),
        cmocka_unit_test(test_header_with_a_line_break),
        cmocka_unit_test(test_time_outs),
        cmocka_unit_test(test_dripping_answer),
        cmocka_unit_test(test_caps),
        cmocka_unit_test(test_urls_that_are_refused),
        cmocka_unit_test(test_closed_scope_aborts),
        cmocka_unit_test(test_send_in_closed_scope),
        cmocka_unit_test(test_connections_to_a_host_are_bounded),
        cmocka_unit_test(test_nothing_begins_while_the_worker_is_behind),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
