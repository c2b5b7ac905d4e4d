/*
 * How long a session is waited for, with a clock that is moved: a node that has gone, five minutes,
 * whatever becomes of the connection meanwhile; a service that cannot be reached, twelve attempts;
 * a service that says no, not at all; an sshd that is silent, and one whose server of files is.
 * What a person reads then, and that nothing is left behind.
 */
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/screens/helper_clock.h"
#include "tests/unit/screens/helper_sshd.h"
#include "tests/unit/unit.h"

#define PATIENCE_MS 150000
#define LOST_MS     300000 /* what is promised */
#define STEP_MS     20000  /* less than the 25 s of silence after which a connection is dead */
#define TURN_MS     500    /* for what follows a step; more only lets real time pass */
#define BUDGET_MS   181000 /* the pauses between twelve attempts */
#define GREET_MS    60000  /* an sshd has for its greeting */
#define SFTP_MS     20000  /* its server of files for its own */

static struct room room;
static struct sandbox sandbox;
static int64_t began_ms; /* of the moved clock: what is measured */

/* --- the room -------------------------------------------------------------------------------- */

static void open_room(const char *fault)
{
    const char *more[] = {"--world",   "accounts=12,regions=2,resources=600,seed=11",
                          "--session", "prompt=10",
                          NULL,        NULL,
                          NULL};

    if (fault != NULL)
        more[4] = "--fault", more[5] = fault;
    room_open(&room);
    moved_clock_open(&room);
    sandbox_start(&sandbox, &room, more);
}

static void close_room(void)
{
    moved_clock_close();
    room_close(&room);
}

/* What the sandbox knows of sessions that live, after action. */
static void tell_sessions(const char *action, struct buf *answer)
{
    AUTO(buf_done) struct buf unused = BUF_NONE;
    char body[64];

    snprintf(body, sizeof body, "{\"action\":\"%s\"}", action);
    sandbox_control(&sandbox, "sessions", body, answer != NULL ? answer : &unused);
}

/* The shell that has ended is closed by Enter, and the program is left as ever. */
static void close_and_quit(struct harness *harness)
{
    console_wait(harness, "Enter close  r open anew"); /* the hints */
    console_type(harness, "\r");
    console_wait(harness, "PATCHES");
    console_type(harness, ":q\r");
    assert_int_equal(console_end(harness, PATIENCE_MS), 0);
    harness_free(harness);
}

/* Moves the clock by steps until text is there; how long that was by the moved clock. */
static int64_t move_until(struct harness *harness, const char *text, int64_t at_most_ms)
{
    while (!harness_wait(harness, text, TURN_MS)) {
        if (moved_clock_now_ms() - began_ms > at_most_ms) {
            console_wait(harness, text); /* a machine under load may still be at it */
            break;
        }
        moved_clock_step(STEP_MS);
    }
    return moved_clock_now_ms() - began_ms;
}

/* --- tests ----------------------------------------------------------------------------------- */

/* The hourly goodbye costs nothing; one while a node is waited for gives that no more time. */
static void a_node_that_has_gone_is_waited_for_five_minutes(void **state)
{
    AUTO(buf_done) struct buf answer = BUF_NONE;

    (void)state;
    open_room(NULL);
    struct harness *harness = console_open_shell(&room, 24, 140);
    tell_sessions("bye", NULL);
    console_type(harness, "echo again-$((40+2))\r");
    console_wait(harness, "again-42");
    began_ms = moved_clock_now_ms();
    tell_sessions("vanish", NULL);
    console_wait(harness, "node not connected");
    for (int i = 0; i < 8; i++) {
        moved_clock_step(STEP_MS);
        assert_false(harness_wait(harness, "has not answered", TURN_MS));
    }
    console_wait(harness, "node not connected");
    tell_sessions("bye", NULL);
    console_wait(harness, "m of 5m"); /* what was waited before counts */
    int64_t took_ms = move_until(harness, "the node has not answered for 5 minutes", LOST_MS);
    print_message("# given up after %lld ms\n", (long long)took_ms);
    assert_in_range(took_ms, LOST_MS, LOST_MS + PATIENCE_MS);
    assert_in_range(moved_clock_ahead_ms(), 0, LOST_MS + 2 * STEP_MS);
    close_and_quit(harness);
    sandbox_control(&sandbox, "sessions", "{\"action\":\"end\"}", &answer);
    assert_true(sv_contains(buf_sv(&answer), SV("\"sessions\":[]")));
    sandbox_stop(&sandbox);
    close_room();
}

static void twelve_attempts_at_a_service_that_is_not_there(void **state)
{
    (void)state;
    open_room(NULL);
    struct harness *harness = console_open_shell(&room, 24, 140);
    began_ms = moved_clock_now_ms();
    int port = sandbox_stop_for_good(&sandbox);
    console_wait(harness, "/12");
    int64_t took_ms = move_until(harness, "12 attempts at another connection have failed", LOST_MS);
    print_message("# given up after %lld ms\n", (long long)took_ms);
    assert_in_range(took_ms, BUDGET_MS - 1000, LOST_MS + PATIENCE_MS);
    close_and_quit(harness);
    close(port);
    close_room();
}

/* The clock stands as it is: nothing is tried again. */
static void a_service_that_says_no_is_believed_at_once(void **state)
{
    (void)state;
    open_room("error:operation=ResumeSession,code=AccessDeniedException,status=400");
    struct harness *harness = console_open_shell(&room, 24, 140);
    tell_sessions("bye", NULL);
    console_wait(harness, "missing ssm:ResumeSession");
    assert_false(harness_has(harness, "2/12"));
    close_and_quit(harness);
    sandbox_stop(&sandbox);
    close_room();
}

/* --- files ------------------------------------------------------------------------------------ */

/* `get` of a file of the first node, whose port 22 is that port of this machine. */
static struct harness *begin_get(unsigned port)
{
    char session[512], node[64], whom[80];
    const char *more[] = {"--session", session, NULL};
    const char *argv[] = {WATCHDECK,      "get", whom, "/etc/hostname", room_path(&room, "here"),
                          "--accept-new", NULL};

    moved_clock_open(&room);
    env_add(&room.env, "SSH_AUTH_SOCK", "");
    snprintf(session, sizeof session, "prompt=10,port=22:%u,keys=%s", port,
             room_path(&room, "keys"));
    sandbox_start(&sandbox, &room, more);
    room_find_node(&room, "ping:=Online", node, sizeof node);
    snprintf(whom, sizeof whom, "root@%s", node);
    return console_spawn(&room, argv, 24, 140);
}

/* The time is over when it has passed, and no step before. */
static void given_up_after(struct harness *harness, const char *text, int64_t promised_ms)
{
    began_ms = moved_clock_now_ms();
    for (int64_t ms = 0; ms + STEP_MS < promised_ms; ms += STEP_MS) {
        assert_false(harness_wait(harness, text, TURN_MS));
        moved_clock_step(STEP_MS);
    }
    assert_false(harness_wait(harness, text, TURN_MS));
    moved_clock_step(STEP_MS);
    console_wait(harness, text);
    assert_int_equal(console_end(harness, PATIENCE_MS), 255);
    assert_int_not_equal(access(room_path(&room, "here"), F_OK), 0);
    harness_free(harness);
    sandbox_stop(&sandbox);
    close_room();
}

/* A port of this machine where somebody listens; *port: which. */
static int listen_there(unsigned *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(fd, 1), 0);
    getsockname(fd, (struct sockaddr *)&address, &len);
    *port = ntohs(address.sin_port);
    return fd;
}

static void an_sshd_that_says_nothing_has_a_minute(void **state)
{
    unsigned port;
    int fd = listen_there(&port);

    (void)state;
    unsetenv("TMPDIR"); /* of the room before */
    room_open(&room);
    struct harness *harness = begin_get(port);
    struct pollfd pollfd = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&pollfd, 1, PATIENCE_MS), 1); /* the node has connected */
    given_up_after(harness, "sshd of the node does not answer", GREET_MS);
    close(fd);
}

static void wait_for_file(const char *name)
{
    int64_t end_ms = test_now_ms() + PATIENCE_MS;

    while (access(room_path(&room, name), F_OK) != 0 && test_now_ms() < end_ms)
        poll(NULL, 0, 10);
    assert_int_equal(access(room_path(&room, name), F_OK), 0);
}

/* sshd says that it has begun it; it takes what it is sent, and that is all. */
static void an_sftp_that_says_nothing_has_twenty_seconds(void **state)
{
    char silent[300];
    struct sshd sshd = {.sftp = silent};

    (void)state;
    if (!sshd_is_there())
        skip();
    unsetenv("TMPDIR");
    room_open(&room);
    snprintf(silent, sizeof silent, "touch %s && exec cat >/dev/null", room_path(&room, "begun"));
    sshd_make_key(&room, "ed25519", "host", "");
    sshd_start(&sshd, &room, "host", 0);
    struct harness *harness = begin_get(sshd.port);
    wait_for_file("begun");
    given_up_after(harness, "sftp does not answer", SFTP_MS);
    sshd_stop(&sshd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_that_has_gone_is_waited_for_five_minutes),
        cmocka_unit_test(twelve_attempts_at_a_service_that_is_not_there),
        cmocka_unit_test(a_service_that_says_no_is_believed_at_once),
        cmocka_unit_test(an_sshd_that_says_nothing_has_a_minute),
        cmocka_unit_test(an_sftp_that_says_nothing_has_twenty_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
