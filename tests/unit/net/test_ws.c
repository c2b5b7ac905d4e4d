/* A WebSocket over curl's connection, against servers that behave and servers that do not. */
#include "core/net/ws.h"

#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/net/http.h"
#include "helper_tls.h"
#include "tests/support/ws_peer.h"
#include "tests/unit/unit.h"

#define WAIT_S 60

/* A client's socket; what it has seen is read once a semaphore was waited for. */
struct client {
    struct ws_request request;
    struct scope *scope;
    struct ws *ws;
    struct buf got; /* all messages, one behind the other */
    atomic_size_t n_messages, n_bytes;
    size_t want_messages; /* posts `enough` */
    bool last_is_text;
    struct err err;
    int code;
    char reason[64];
    bool was_open;
    sem_t opened, enough, ended, dropped, ordered;
};

static struct scope *scope;

static void wait_for(sem_t *semaphore, const char *what)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_S;
    if (sem_timedwait(semaphore, &until) != 0)
        fail_msg("%s within %d s", what, WAIT_S);
}

static void on_open(void *arg)
{
    sem_post(&((struct client *)arg)->opened);
}

static void on_message(void *arg, bool is_text, struct sv message)
{
    struct client *client = arg;

    buf_add(&client->got, message);
    client->last_is_text = is_text;
    atomic_fetch_add(&client->n_bytes, message.len);
    if (atomic_fetch_add(&client->n_messages, 1) + 1 == client->want_messages)
        sem_post(&client->enough);
}

static void on_end(void *arg, const struct ws_end *end)
{
    struct client *client = arg;

    client->err = end->err;
    client->code = end->code;
    client->was_open = end->was_open;
    sv_copy(end->reason, client->reason, sizeof client->reason);
    client->ws = NULL;
    sem_post(&client->ended);
}

static void on_drop(void *arg)
{
    sem_post(&((struct client *)arg)->dropped);
}

static void open_it(void *arg)
{
    struct client *client = arg;
    const struct ws_handlers handlers = {.on_open = on_open,
                                         .on_message = on_message,
                                         .on_end = on_end,
                                         .drop = on_drop,
                                         .arg = client};

    client->ws = ws_open(&client->request, client->scope, &handlers);
}

static struct client *client_new(const char *url)
{
    struct client *client = mem_new(struct client);

    client->request = (struct ws_request){.url = url, .message_bytes_max = 1 << 20};
    client->scope = scope_new(scope, "client");
    sem_init(&client->opened, 0, 0);
    sem_init(&client->enough, 0, 0);
    sem_init(&client->ended, 0, 0);
    sem_init(&client->dropped, 0, 0);
    sem_init(&client->ordered, 0, 0);
    return client;
}

static void client_free(struct client *client)
{
    scope_close(client->scope);
    if (client->ws != NULL)
        wait_for(&client->dropped, "it was not dropped");
    scope_unref(client->scope);
    buf_done(&client->got);
    mem_free(client);
}

struct order {
    struct client *client;
    void (*fn)(struct client *client, const void *arg);
    const void *arg;
};

static void carry_out(void *arg)
{
    struct order *order = arg;

    order->fn(order->client, order->arg);
    sem_post(&order->client->ordered);
}

/* fn on RUN_NET, and waits for it. */
static void on_net(struct client *client, void (*fn)(struct client *client, const void *arg),
                   const void *arg)
{
    struct order order = {client, fn, arg};

    run_call(RUN_NET, RUN_NORMAL, scope, carry_out, NULL, &order);
    wait_for(&client->ordered, "it was not carried out");
}

static void begin(struct client *client)
{
    run_call(RUN_NET, RUN_NORMAL, scope, open_it, NULL, client);
}

static void send_text(struct client *client, const void *text)
{
    ws_send(client->ws, true, sv_of(text));
}

static void hold(struct client *client, const void *yes)
{
    ws_hold(client->ws, yes != NULL);
}

static void close_it(struct client *client, const void *unused)
{
    (void)unused;
    ws_close(client->ws, WS_NORMAL);
    client->ws = NULL;
}

/* --- servers --------------------------------------------------------------------------------- */

/* A WebSocket's URL on a server. */
static const char *ws_url(const struct server *server, const char *path)
{
    static char url[256];

    snprintf(url, sizeof url, "ws%s%s", server_url(server) + strlen("http"), path);
    return url;
}

struct seen {
    atomic_int close_code; /* of the client's close frame */
    char head[512];
    sem_t over;
};

/* Gives every message back, until a close frame, which it answers. */
static enum server_next echo(void *arg, const struct server_request *request)
{
    struct seen *seen = arg;
    struct ws_peer peer;
    AUTO(buf_done) struct buf payload = BUF_NONE;
    enum ws_opcode opcode;

    sv_copy(request->head, seen->head, sizeof seen->head);
    if (!ws_peer_accept(&peer, request))
        return SERVER_CLOSE;
    while (ws_peer_read(&peer, 100000, &opcode, &payload) == WS_READ_FRAME) {
        if (opcode == WS_OP_CLOSE)
            atomic_store(&seen->close_code,
                         (unsigned char)payload.ptr[0] << 8 | (unsigned char)payload.ptr[1]);
        ws_peer_write(&peer, opcode, buf_sv(&payload));
        if (opcode == WS_OP_CLOSE)
            break;
    }
    ws_peer_done(&peer);
    sem_post(&seen->over);
    return SERVER_CLOSE;
}

static void says_and_hears(void **state)
{
    struct seen seen = {0};
    sem_init(&seen.over, 0, 0);
    struct server *server = server_new(echo, &seen);
    struct client *client = client_new(ws_url(server, "/v1/data-channel/me-0123?role=a&b=c%3D"));

    (void)state;
    client->want_messages = 2;
    begin(client);
    wait_for(&client->opened, "it did not open");
    on_net(client, send_text, "hello ");
    on_net(client, send_text, "world");
    wait_for(&client->enough, "no echo");
    assert_sv(buf_sv(&client->got), "hello world");
    assert_true(client->last_is_text);
    assert_true(
        sv_starts(sv_of(seen.head), SV("GET /v1/data-channel/me-0123?role=a&b=c%3D HTTP/1.1\r\n")));
    assert_null(strstr(seen.head, "Origin"));
    on_net(client, close_it, NULL);
    wait_for(&seen.over, "the server saw no end");
    assert_int_equal(atomic_load(&seen.close_code), WS_NORMAL);
    client_free(client);
    server_free(server);
}

static enum server_next bye(void *arg, const struct server_request *request)
{
    struct ws_peer peer;

    (void)arg;
    ws_peer_accept(&peer, request);
    ws_peer_write(&peer, WS_OP_BINARY, SV("last words"));
    ws_peer_close(&peer, 1000, "Bye");
    server_stall(request);
    ws_peer_done(&peer);
    return SERVER_CLOSE;
}

static void is_told_that_the_server_has_closed(void **state)
{
    struct server *server = server_new(bye, NULL);
    struct client *client = client_new(ws_url(server, "/"));

    (void)state;
    begin(client);
    wait_for(&client->ended, "no end");
    assert_int_equal(client->err.code, OK);
    assert_int_equal(client->code, 1000);
    assert_string_equal(client->reason, "Bye");
    assert_true(client->was_open);
    assert_sv(buf_sv(&client->got), "last words");
    client_free(client);
    server_free(server);
}

static enum server_next vanish(void *arg, const struct server_request *request)
{
    struct ws_peer peer;

    (void)arg;
    ws_peer_accept(&peer, request);
    ws_peer_done(&peer);
    return SERVER_RESET;
}

static void a_lost_connection_is_an_end(void **state)
{
    struct server *server = server_new(vanish, NULL);
    struct client *client = client_new(ws_url(server, "/"));

    (void)state;
    begin(client);
    wait_for(&client->ended, "no end");
    assert_int_equal(client->err.code, ERR_NET);
    assert_int_equal(client->code, WS_ABNORMAL);
    client_free(client);
    server_free(server);
}

static enum server_next refuse(void *arg, const struct server_request *request)
{
    (void)arg;
    server_reply(request, 403, "", SV("no"));
    return SERVER_CLOSE;
}

static void a_refusal_keeps_its_status(void **state)
{
    struct server *server = server_new(refuse, NULL);
    struct client *client = client_new(ws_url(server, "/"));

    (void)state;
    begin(client);
    wait_for(&client->ended, "no end");
    assert_int_equal(client->err.code, ERR_DENIED);
    assert_int_equal(client->err.http_status, 403);
    assert_false(client->was_open);
    client_free(client);
    server_free(server);
}

/* Reads, and answers nothing. */
static enum server_next be_silent(void *arg, const struct server_request *request)
{
    struct ws_peer peer;
    AUTO(buf_done) struct buf payload = BUF_NONE;
    enum ws_opcode opcode;

    (void)arg;
    ws_peer_accept(&peer, request);
    peer.is_deaf = true;
    while (ws_peer_read(&peer, 100000, &opcode, &payload) == WS_READ_FRAME)
        ;
    ws_peer_done(&peer);
    return SERVER_CLOSE;
}

static void silence_is_death(void **state)
{
    struct server *server = server_new(be_silent, NULL);
    struct client *client = client_new(ws_url(server, "/"));

    (void)state;
    client->request.ping_ms = 20;
    client->request.silence_ms = 200;
    begin(client);
    wait_for(&client->ended, "no end");
    assert_int_equal(client->err.code, ERR_TIMEOUT);
    assert_true(client->was_open);
    client_free(client);
    server_free(server);
}

/* Answers pings and says nothing else until it has answered long enough. */
static enum server_next live(void *arg, const struct server_request *request)
{
    struct ws_peer peer;
    AUTO(buf_done) struct buf payload = BUF_NONE;
    enum ws_opcode opcode;
    int64_t end_ms = clock_mono_ms() + 1500;

    (void)arg;
    ws_peer_accept(&peer, request);
    while (clock_mono_ms() < end_ms && ws_peer_read(&peer, 100, &opcode, &payload) != WS_READ_END)
        ;
    ws_peer_close(&peer, 1001, "enough");
    ws_peer_done(&peer);
    return SERVER_CLOSE;
}

static void pings_keep_it_alive(void **state)
{
    struct server *server = server_new(live, NULL);
    struct client *client = client_new(ws_url(server, "/"));

    (void)state;
    client->request.ping_ms = 50;
    client->request.silence_ms = 1000;
    begin(client);
    wait_for(&client->ended, "no end");
    assert_int_equal(client->err.code, OK); /* not by silence */
    assert_int_equal(client->code, 1001);
    client_free(client);
    server_free(server);
}

#define FLOOD_MESSAGES 4096
#define FLOOD_BYTES    8192

static enum server_next flood(void *arg, const struct server_request *request)
{
    struct ws_peer peer;
    char bytes[FLOOD_BYTES];
    atomic_size_t *n_written = arg;

    memset(bytes, 'x', sizeof bytes);
    ws_peer_accept(&peer, request);
    for (int i = 0; i < FLOOD_MESSAGES; i++) {
        ws_peer_write(&peer, WS_OP_BINARY, (struct sv){bytes, sizeof bytes});
        atomic_fetch_add(n_written, 1);
    }
    server_stall(request);
    ws_peer_done(&peer);
    return SERVER_CLOSE;
}

/* What has been written until the writer stands still. */
static size_t settle(atomic_size_t *n_written)
{
    size_t before = SIZE_MAX, now;
    const struct timespec pause = {.tv_nsec = 200000000};

    while ((now = atomic_load(n_written)) != before || now == 0) {
        before = now;
        nanosleep(&pause, NULL);
    }
    return now;
}

static void a_held_one_makes_the_server_wait(void **state)
{
    atomic_size_t n_written = 0;
    struct server *server = server_new(flood, &n_written);
    struct client *client = client_new(ws_url(server, "/"));

    (void)state;
    client->want_messages = FLOOD_MESSAGES;
    begin(client);
    wait_for(&client->opened, "it did not open");
    on_net(client, hold, "yes");
    assert_in_range(settle(&n_written), 1, FLOOD_MESSAGES - 1);
    size_t n_before = atomic_load(&client->n_messages);
    on_net(client, hold, "yes");
    assert_int_equal(atomic_load(&client->n_messages), n_before);
    on_net(client, hold, NULL);
    wait_for(&client->enough, "not all has come");
    assert_int_equal(atomic_load(&client->n_bytes), (size_t)FLOOD_MESSAGES * FLOOD_BYTES);
    client_free(client);
    server_free(server);
}

#define PINGS 600000 /* their answers are more than may ever wait */

/* Asks, and never reads an answer. */
static enum server_next only_ask(void *arg, const struct server_request *request)
{
    struct ws_peer peer;
    char bytes[125];

    (void)arg;
    memset(bytes, 'x', sizeof bytes);
    ws_peer_accept(&peer, request);
    for (int i = 0; i < PINGS; i++)
        ws_peer_write(&peer, WS_OP_PING, (struct sv){bytes, sizeof bytes});
    server_stall(request);
    ws_peer_done(&peer);
    return SERVER_CLOSE;
}

static void who_never_reads_is_not_read_either(void **state)
{
    struct server *server = server_new(only_ask, NULL);
    struct client *client = client_new(ws_url(server, "/"));

    (void)state;
    client->request.silence_ms = 3000;
    begin(client);
    wait_for(&client->ended, "no end");
    assert_int_equal(client->err.code, ERR_TIMEOUT); /* not for the size of the answers */
    client_free(client);
    server_free(server);
}

static void no_message(void *arg, bool is_text, struct sv message)
{
    (void)arg, (void)is_text, (void)message;
}

/* On a slow line there is always something left. */
static void a_queue_that_is_never_empty_stays_small(void **state)
{
    struct ws_frames *frames = ws_frames_new(1024, no_message, NULL);
    char message[65536] = "";

    (void)state;
    for (int i = 0; i < 2000; i++) { /* more than may wait */
        ws_frames_send(frames, false, (struct sv){message, sizeof message});
        ws_frames_sent(frames, ws_frames_unsent(frames).len - 1);
        assert_int_equal(ws_frames_unsent(frames).len, 1);
    }
    assert_int_equal(ws_frames_state(frames, NULL), WS_OPEN);
    ws_frames_free(frames);
}

static void a_closed_scope_ends_it(void **state)
{
    struct seen seen = {0};
    sem_init(&seen.over, 0, 0);
    struct server *server = server_new(echo, &seen);
    struct client *client = client_new(ws_url(server, "/"));

    (void)state;
    begin(client);
    wait_for(&client->opened, "it did not open");
    client_free(client); /* waits for the drop */
    wait_for(&seen.over, "the server saw no end");
    assert_int_equal(atomic_load(&seen.close_code), WS_GOING_AWAY);
    server_free(server);
}

static void wrong_places_are_refused(void **state)
{
    static const struct {
        const char *url;
        enum err_code code;
    } rows[] = {
        {"http://127.0.0.1:1/", ERR_PARSE},      {"", ERR_PARSE},
        {"ws://127.0.0.1:1/a b", ERR_PARSE},     {"ws://127.0.0.1:1/a\r\nX: y", ERR_PARSE},
        {"ws://elsewhere.example/", ERR_CONFIG}, {"wss://me:secret@127.0.0.1/", ERR_CONFIG},
        {"ws://127.0.0.1:1/", ERR_CONNECT},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct client *client = client_new(rows[i].url);
        begin(client);
        wait_for(&client->ended, rows[i].url);
        if (client->err.code != rows[i].code)
            fail_msg("%s: %s", rows[i].url, client->err.message);
        assert_false(client->was_open);
        client_free(client);
    }
}

static void tls_is_that_of_http(void **state)
{
    struct cert *authority = cert_new(&(struct cert_spec){.host = "authority.example"});
    struct cert *cert = cert_new(&(struct cert_spec){.issuer = authority});
    struct tls_server *server = tls_server_new(cert, TLS_ANSWERS);
    char url[64];

    (void)state;
    snprintf(url, sizeof url, "wss://127.0.0.1:%d/", tls_server_port(server));
    struct client *client = client_new(url);
    begin(client);
    wait_for(&client->ended, "no end");
    assert_int_equal(client->err.code, ERR_TLS); /* the system does not know this authority */
    assert_int_equal(tls_server_n_bytes(server), 0);
    client_free(client);

    client = client_new(url);
    client->request.ca_file = cert_file(authority);
    begin(client);
    wait_for(&client->ended, "no end");
    if (client->err.code != ERR_HTTP) /* it answers, but is no WebSocket */
        fail_msg("%s", client->err.message);
    assert_true(tls_server_n_bytes(server) > 0);
    client_free(client);
    tls_server_free(server);
    cert_free(cert);
    cert_free(authority);
}

static int start(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    run_start(&http_net_loop);
    scope = scope_new(NULL, "test");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    run_stop();
    scope_unref(scope);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_and_hears),
        cmocka_unit_test(is_told_that_the_server_has_closed),
        cmocka_unit_test(a_lost_connection_is_an_end),
        cmocka_unit_test(a_refusal_keeps_its_status),
        cmocka_unit_test(silence_is_death),
        cmocka_unit_test(pings_keep_it_alive),
        cmocka_unit_test(a_held_one_makes_the_server_wait),
        cmocka_unit_test(who_never_reads_is_not_read_either),
        cmocka_unit_test(a_queue_that_is_never_empty_stays_small),
        cmocka_unit_test(a_closed_scope_ends_it),
        cmocka_unit_test(wrong_places_are_refused),
        cmocka_unit_test(tls_is_that_of_http),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
