/*
 * Forwards in the console, with the sandbox's nodes behind them: bytes go through them while other
 * screens are looked at, their list says how many, and nothing of them outlives the console.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/screens/helper_console.h"
#include "tests/unit/screens/helper_echo.h"
#include "tests/unit/unit.h"

#define PATIENCE_MS 60000
#define BYTES       ((size_t)3 << 20)

static struct room room;
static struct sandbox sandbox;
static struct echo echo;

static int open_room(void **state)
{
    static const char *const more[] = {"--world", "accounts=12,regions=2,resources=600,seed=11",
                                       NULL};

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    room_open(&room);
    room_sanitize(&room, "detect_leaks=0:handle_segv=0:handle_abort=0");
    sandbox_start(&sandbox, &room, more);
    echo_start(&echo);
    return 0;
}

static int close_room(void **state)
{
    (void)state;
    echo_stop(&echo);
    sandbox_stop(&sandbox);
    room_close(&room);
    return 0;
}

/* --- the console ------------------------------------------------------------------------------ */

static void filter(struct harness *harness, const char *filter)
{
    console_type(harness, "/");
    assert_true(harness_keys(harness, "ctrl-u"));
    console_type(harness, filter);
    console_type(harness, "\r");
    assert_true(harness_wait_row(harness, 1, filter, PATIENCE_MS));
}

/* The number behind the first "127.0.0.1:" on the screen. */
static unsigned shown_port(struct harness *harness)
{
    AUTO(buf_done) struct buf screen = BUF_NONE;
    unsigned port = 0;

    harness_screen(harness, &screen);
    const char *at = strstr(buf_cstr(&screen), "127.0.0.1:");
    assert_non_null(at);
    assert_int_equal(sscanf(at, "127.0.0.1:%u", &port), 1);
    return port;
}

/* A forward to the echo, at any port of this machine, which is returned. */
static unsigned open_forward(struct harness *harness)
{
    char spec[32];

    snprintf(spec, sizeof spec, "F%u\r", echo.port);
    console_type(harness, "F");
    console_wait(harness, "LOCAL:HOST:PORT):");
    console_type(harness, spec + 1);
    console_wait(harness, "leads to port");
    return shown_port(harness);
}

/* --- clients -----------------------------------------------------------------------------------
 */

static int connect_to(int family, unsigned port)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET,
                             .sin_port = htons((in_port_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                              .sin6_port = htons((in_port_t)port),
                              .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int failed = family == AF_INET ? connect(fd, (struct sockaddr *)&v4, sizeof v4)
                                   : connect(fd, (struct sockaddr *)&v6, sizeof v6);

    if (failed == 0)
        return fd;
    close(fd);
    return -1;
}

/* What listens there is closed soon. */
static void wait_refused(unsigned port)
{
    int64_t until_ms = test_now_ms() + PATIENCE_MS;
    int fd;

    while ((fd = connect_to(AF_INET, port)) >= 0) {
        close(fd);
        if (test_now_ms() > until_ms)
            fail_msg("port %u still takes connections", port);
        usleep(1000);
    }
}

/* Sends n bytes and has them back, each as it was. */
static void exchange(int fd, size_t n)
{
    size_t n_sent = 0, n_got = 0;
    char bytes[16384];

    while (n_got < n) {
        struct pollfd pollfd = {.fd = fd, .events = n_sent < n ? POLLIN | POLLOUT : POLLIN};
        if (poll(&pollfd, 1, PATIENCE_MS) <= 0)
            fail_msg("%zu of %zu bytes have come back", n_got, n);
        if (pollfd.revents & POLLOUT) {
            size_t some = n - n_sent < sizeof bytes ? n - n_sent : sizeof bytes;
            for (size_t i = 0; i < some; i++)
                bytes[i] = (char)((n_sent + i) * 2654435761u >> 24);
            ssize_t sent = send(fd, bytes, some, MSG_DONTWAIT);
            n_sent += sent > 0 ? (size_t)sent : 0;
        }
        if (pollfd.revents & (POLLIN | POLLHUP)) {
            ssize_t got = recv(fd, bytes, sizeof bytes, 0);
            if (got <= 0)
                fail_msg("after %zu of %zu bytes: %s", n_got, n,
                         got == 0 ? "closed" : strerror(errno));
            for (ssize_t i = 0; i < got; i++)
                assert_int_equal(bytes[i], (char)((n_got + (size_t)i) * 2654435761u >> 24));
            n_got += (size_t)got;
        }
    }
}

/* --- the tests ----------------------------------------------------------------------------------
 */

static void bytes_go_through_while_other_screens_are_used(void **state)
{
    struct harness *harness = console_open_nodes(&room, 40, 160);
    unsigned port = open_forward(harness);

    (void)state;
    console_type(harness, ":findings\r");
    assert_true(harness_wait_row(harness, 1, "Findings", PATIENCE_MS));
    int fd = connect_to(AF_INET, port);
    assert_true(fd >= 0);
    exchange(fd, BYTES);
    console_type(harness, ":forwards\r");
    console_wait(harness, "listening");
    console_wait(harness, "1   1  3.0M  3.0M");
    close(fd);
    console_wait(harness, "0   1  3.0M");
    fd = connect_to(AF_INET6, port);
    if (fd < 0)
        print_message("# skipped: this machine has no IPv6\n");
    else
        exchange(fd, 1000);
    if (fd >= 0)
        console_wait(harness, "1   2  3.0M  3.0M");
    console_type(harness, "x");
    if (fd >= 0) {
        console_wait(harness, "would end with it");
        harness_keys(harness, "s");
    }
    console_wait(harness, "no forward is open");
    wait_refused(port);
    if (fd >= 0)
        close(fd);
    harness_free(harness);
}

static void many_at_once_and_a_port_in_use(void **state)
{
    struct harness *harness = console_open_nodes(&room, 24, 80);
    unsigned ports[3];
    char text[64];
    int fds[3];

    (void)state;
    for (size_t i = 0; i < 3; i++)
        ports[i] = open_forward(harness);
    for (size_t i = 0; i < 3; i++)
        fds[i] = connect_to(AF_INET, ports[i]);
    for (size_t i = 0; i < 3; i++)
        exchange(fds[i], 4096);
    for (size_t i = 0; i < 3; i++)
        close(fds[i]);
    snprintf(text, sizeof text, ":forward %u:80\r", ports[1]);
    console_type(harness, text);
    snprintf(text, sizeof text, "port %u of this machine is in use", ports[1]);
    console_wait(harness, text);
    console_wait(harness, "4 forwards!");
    console_type(harness, ":forwards\r");
    console_wait(harness, "✖ stopped");
    console_type(harness, "Gx");
    assert_true(harness_wait_gone(harness, "forwards!", PATIENCE_MS));
    console_wait(harness, "3 forwards");
    /* what ends with the console is said first */
    console_type(harness, ":q\r");
    console_wait(harness, "3 forwards would end. Leave watchdeck?");
    harness_keys(harness, "n");
    assert_true(harness_wait_gone(harness, "Leave watchdeck?", PATIENCE_MS));
    harness_keys(harness, "ctrl-c ctrl-c");
    console_wait(harness, "Leave watchdeck?");
    harness_keys(harness, "y");
    assert_int_equal(console_end(harness, PATIENCE_MS), 0);
    for (size_t i = 0; i < 3; i++)
        wait_refused(ports[i]);
    harness_free(harness);
}

static void a_forward_that_has_ended_begins_anew(void **state)
{
    static const char *const argv[] = {WATCHDECK,  "--once",        "sessions",
                                       "--filter", "state:=Active", NULL};
    struct harness *harness = console_open_nodes(&room, 40, 160);
    AUTO(buf_done) struct buf answer = BUF_NONE;
    struct outcome outcome;

    (void)state;
    unsigned port = open_forward(harness);
    sandbox_control(&sandbox, "sessions", "{\"action\":\"end\"}", &answer);
    console_wait(harness, "has ended: the session was ended");
    wait_refused(port);
    console_type(harness, ":forwards\r");
    console_wait(harness, "✖ stopped");
    console_type(harness, "r");
    console_wait(harness, "leads to port");
    assert_int_equal(shown_port(harness), port);
    int fd = connect_to(AF_INET, port);
    assert_true(fd >= 0);
    exchange(fd, 5000);
    close(fd);
    /* a signal asks nothing, and nothing is left behind */
    kill(harness_pid(harness), SIGTERM);
    assert_int_equal(console_end(harness, PATIENCE_MS), 128 + SIGTERM);
    harness_free(harness);
    room_run(&room, &outcome, argv);
    assert_false(sv_contains(buf_sv(&outcome.out), SV("PortForwarding")));
    outcome_done(&outcome);
}

static void what_cannot_be_is_said(void **state)
{
    static const struct {
        const char *typed, *said;
    } cases[] = {
        {"1:2:3:4", "is none of PORT, LOCAL:PORT, HOST:PORT, LOCAL:HOST:PORT"},
        {"80:80", "port 80 is for the superuser"},
        {"0", "is none of PORT"},
    };
    struct harness *harness = console_open_nodes(&room, 24, 100);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (strncmp(cases[i].typed, "80:", 3) == 0 && geteuid() == 0)
            continue;
        console_type(harness, "F");
        console_wait(harness, "LOCAL:HOST:PORT):");
        console_type(harness, cases[i].typed);
        console_type(harness, "\r");
        console_wait(harness, cases[i].said);
    }
    filter(harness, "ping:=ConnectionLost");
    console_type(harness, "F");
    console_wait(harness, "is not online in");
    filter(harness, "ping:=Online account:=shop"); /* of production */
    console_type(harness, "F");
    console_wait(harness, "shop is read-only, and what a forward leads to");
    harness_free(harness);
}

/* What was begun while read-only was lifted goes on, and does not begin anew afterwards. */
static void what_is_read_only_again_is_not_begun_anew(void **state)
{
    struct harness *harness = console_open_nodes(&room, 24, 100);
    AUTO(buf_done) struct buf answer = BUF_NONE;

    (void)state;
    filter(harness, "ping:=Online account:=shop"); /* of production */
    console_type(harness, ":elevate 15m\r");
    console_wait(harness, "changes are possible");
    console_type(harness, "F");
    console_wait(harness, "LOCAL:HOST:PORT):");
    console_type(harness, "1\r");
    console_wait(harness, "reason for a forward:");
    console_type(harness, "a look\r");
    console_wait(harness, "leads to port");
    console_type(harness, ":elevate off\r");
    console_wait(harness, "read-only again");
    sandbox_control(&sandbox, "sessions", "{\"action\":\"end\"}", &answer);
    console_wait(harness, "has ended: the session was ended");
    console_type(harness, ":forwards\r");
    console_wait(harness, "✖ stopped");
    console_type(harness, "r");
    console_wait(harness, "shop is read-only, and what a forward leads to");
    harness_free(harness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_go_through_while_other_screens_are_used),
        cmocka_unit_test(many_at_once_and_a_port_in_use),
        cmocka_unit_test(a_forward_that_has_ended_begins_anew),
        cmocka_unit_test(what_cannot_be_is_said),
        cmocka_unit_test(what_is_read_only_again_is_not_begun_anew),
    };
    return cmocka_run_group_tests(tests, open_room, close_room);
}
