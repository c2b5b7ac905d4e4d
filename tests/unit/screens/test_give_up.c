/*
 * How long a session is waited for, with a clock that is moved: a node that has gone, five minutes,
 * whatever becomes of the connection meanwhile; a service that cannot be reached, twelve attempts;
 * a service that says no, not at all. What a person reads then, and that nothing is left behind.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/screens/helper_clock.h"
#include "tests/unit/unit.h"

#define PATIENCE_MS 150000
#define LOST_MS     300000 /* what is promised */
#define STEP_MS     20000  /* less than the 25 s of silence after which a connection is dead */
#define TURN_MS     500    /* for what follows a step; more only lets real time pass */
#define BUDGET_MS   181000 /* the pauses between twelve attempts */

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_that_has_gone_is_waited_for_five_minutes),
        cmocka_unit_test(twelve_attempts_at_a_service_that_is_not_there),
        cmocka_unit_test(a_service_that_says_no_is_believed_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
