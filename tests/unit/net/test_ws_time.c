/*
 * What a WebSocket does about time when nobody says otherwise: a ping after 10 seconds, and an end
 * after 25 in which nothing has come. By a clock that is moved: no second of them passes.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/net/http.h"
#include "core/net/ws.h"
#include "tests/support/moved_clock/moved_clock.h"
#include "tests/support/ws_peer.h"
#include "tests/unit/unit.h"

#define WAIT_S     60
#define PING_MS    10000 /* what is promised */
#define SILENCE_MS 25000
#define SHORT_MS   300   /* so much before it */
#define LATE_MS    10000 /* a machine may be busy otherwise for so long */

static _Atomic int64_t ahead_ms;
static struct scope *scope;
static sem_t opened, ended, dropped, turned, pinged;
static enum err_code end_code;

static bool is_posted(sem_t *semaphore, int wait_s)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += wait_s;
    return sem_timedwait(semaphore, &until) == 0;
}

static void wait_for(sem_t *semaphore, const char *what)
{
    if (!is_posted(semaphore, WAIT_S))
        fail_msg("%s within %d s", what, WAIT_S);
}

/* --- the peers ------------------------------------------------------------------------------- */

/* Tells of each ping; hears nothing where *arg says so. */
static enum server_next take_pings(void *arg, const struct server_request *request)
{
    struct ws_peer peer;
    AUTO(buf_done) struct buf payload = BUF_NONE;
    enum ws_opcode opcode;

    ws_peer_accept(&peer, request);
    peer.is_deaf = *(const bool *)arg;
    peer.pinged = &pinged;
    while (ws_peer_read(&peer, 1000, &opcode, &payload) != WS_READ_END)
        ;
    ws_peer_done(&peer);
    return SERVER_CLOSE;
}

/* --- the client ------------------------------------------------------------------------------ */

static void on_open(void *arg)
{
    (void)arg;
    sem_post(&opened);
}

static void on_message(void *arg, bool is_text, struct sv message)
{
    (void)arg;
    (void)is_text;
    (void)message;
}

static void on_end(void *arg, const struct ws_end *end)
{
    (void)arg;
    end_code = end->err.code;
    sem_post(&ended);
}

static void on_drop(void *arg)
{
    (void)arg;
    sem_post(&dropped);
}

static void open_it(void *arg)
{
    const struct ws_request request = {.url = arg, .message_bytes_max = 1024};
    const struct ws_handlers handlers = {
        .on_open = on_open, .on_message = on_message, .on_end = on_end, .drop = on_drop};

    ws_open(&request, scope, &handlers);
}

/* The moment before it began. */
static int64_t connect_to(const struct server *server)
{
    static char url[256];
    int64_t began_ms = clock_mono_ms();

    snprintf(url, sizeof url, "ws%s/", server_url(server) + strlen("http"));
    run_call(RUN_NET, RUN_NORMAL, scope, open_it, NULL, url);
    wait_for(&opened, "it was not opened");
    return began_ms;
}

/* --- the clock ------------------------------------------------------------------------------- */

static void on_turn(void *arg)
{
    (void)arg;
    sem_post(&turned);
}

/* Sets the clock to at_ms; the network has looked at it afterwards. */
static void move_to(int64_t at_ms)
{
    int64_t by_ms = at_ms - clock_mono_ms();

    if (by_ms > 0)
        atomic_fetch_add(&ahead_ms, by_ms);
    for (int i = 0; i < 3; i++) { /* a turn of its own for the timers, and one for what they do */
        run_call(RUN_NET, RUN_NORMAL, scope, on_turn, NULL, NULL);
        wait_for(&turned, "the network stands still");
    }
}

static void wait_until(sem_t *semaphore, int64_t due_ms, const char *what)
{
    wait_for(semaphore, what);
    assert_in_range(clock_mono_ms(), due_ms, due_ms + LATE_MS);
}

/* What is posted by now was too early, unless this took so long that it is time. */
static void assert_not_yet(sem_t *semaphore, int64_t due_ms, const char *what)
{
    bool is_there = is_posted(semaphore, 0);

    if (is_there && clock_mono_ms() < due_ms)
        fail_msg("%s, too early by %lld ms", what, (long long)(due_ms - clock_mono_ms()));
    if (is_there)
        sem_post(semaphore); /* it will be waited for */
}

/* --- the tests ------------------------------------------------------------------------------- */

static void a_ping_goes_out_every_10_seconds(void **state)
{
    bool is_deaf = false;
    struct server *server = server_new(take_pings, &is_deaf);
    int64_t from_ms = connect_to(server); /* the last one has gone, or it has opened, since then */
    int64_t by_ms = clock_mono_ms();      /* and before then */

    (void)state;
    for (int i = 0; i < 6; i++) {
        from_ms += PING_MS;
        move_to(from_ms - SHORT_MS);
        assert_not_yet(&pinged, from_ms, "a ping");
        move_to(by_ms + PING_MS);
        wait_until(&pinged, by_ms + PING_MS, "no ping");
        by_ms = clock_mono_ms();
    }
    assert_false(is_posted(&ended, 0)); /* a minute without a message, and alive */
    scope_close(scope);
    wait_for(&dropped, "it was not dropped");
    scope_unref(scope);
    scope = scope_new(NULL, "test");
    server_free(server);
}

static void silence_of_25_seconds_is_an_end(void **state)
{
    bool is_deaf = true;
    struct server *server = server_new(take_pings, &is_deaf);
    int64_t from_ms = connect_to(server), by_ms = clock_mono_ms();

    (void)state;
    move_to(from_ms + SILENCE_MS - SHORT_MS);
    assert_not_yet(&ended, from_ms + SILENCE_MS, "the end");
    move_to(by_ms + SILENCE_MS);
    wait_until(&ended, by_ms + SILENCE_MS, "no end");
    assert_int_equal(end_code, ERR_TIMEOUT);
    server_free(server);
}

static int start(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    moved_clock_follow(&ahead_ms);
    sem_init(&opened, 0, 0);
    sem_init(&ended, 0, 0);
    sem_init(&dropped, 0, 0);
    sem_init(&turned, 0, 0);
    sem_init(&pinged, 0, 0);
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
        cmocka_unit_test(a_ping_goes_out_every_10_seconds),
        cmocka_unit_test(silence_of_25_seconds_is_an_end),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
