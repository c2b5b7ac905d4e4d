/*
 * A node that vanishes without a word while a shell on it stands idle in the console: it is said
 * so, it is waited for, it may come back, and the shell can be left at any moment.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "tests/unit/screens/helper_clock.h"
#include "tests/unit/unit.h"

#define PATIENCE_MS 60000
#define FOUND_MS    30000 /* what is promised */
#define STEP_MS     1000
#define TURN_MS     100   /* for what follows a step */
#define LATE_MS     20000 /* a machine may be busy otherwise for so long */

static struct room room;
static struct sandbox sandbox;

static int open_room(void **state)
{
    static const char *const more[] = {"--world", "accounts=12,regions=2,resources=600,seed=11",
                                       "--session", "prompt=10", NULL};

    (void)state;
    room_open(&room);
    moved_clock_open(&room);
    sandbox_start(&sandbox, &room, more);
    return 0;
}

static int close_room(void **state)
{
    (void)state;
    sandbox_stop(&sandbox);
    moved_clock_close();
    room_close(&room);
    return 0;
}

static void tell_sessions(const char *action)
{
    AUTO(buf_done) struct buf answer = BUF_NONE;
    char body[64];

    snprintf(body, sizeof body, "{\"action\":\"%s\"}", action);
    sandbox_control(&sandbox, "sessions", body, &answer);
}

static void leave_and_quit(struct harness *harness)
{
    struct termios now, before;

    console_type(harness, "\r~.");
    console_wait(harness, "PATCHES");
    assert_true(harness_wait_gone(harness, "1 shell", PATIENCE_MS));
    console_type(harness, ":q\r");
    assert_int_equal(console_end(harness, PATIENCE_MS), 0);
    harness_modes(harness, &now, &before);
    assert_memory_equal(&now, &before, sizeof now);
    assert_false(harness_is_alternate(harness));
    harness_free(harness);
}

/* By the console's clock, which goes on as long as there is nothing to be seen, and stands, but for
 * the time that really passes, once it is time. */
static int64_t found_out_ms(struct harness *harness)
{
    int64_t began_ms = moved_clock_now_ms();

    while (!harness_wait(harness, "node not connected", TURN_MS) &&
           moved_clock_now_ms() - began_ms < FOUND_MS - STEP_MS)
        moved_clock_step(STEP_MS);
    console_wait(harness, "node not connected");
    return moved_clock_now_ms() - began_ms;
}

static void an_idle_shell_says_within_30_s_that_its_node_is_gone(void **state)
{
    struct harness *harness = console_open_shell(&room, 24, 120);

    (void)state;
    tell_sessions("vanish");
    int64_t took_ms = found_out_ms(harness);
    print_message("# found out after %lld ms\n", (long long)took_ms);
    assert_in_range(took_ms, 0, FOUND_MS + LATE_MS);
    console_wait(harness, "of 5m");
    console_wait(harness, "(Enter ~ . leaves)");
    tell_sessions("back");
    console_type(harness, "echo back-$((40+2))\r");
    console_wait(harness, "back-42");
    assert_true(harness_wait_gone(harness, "node not connected", PATIENCE_MS));
    tell_sessions("vanish");
    leave_and_quit(harness);
}

static void one_that_the_service_speaks_of_is_found_out_at_once(void **state)
{
    struct harness *harness = console_open_shell(&room, 24, 120);

    (void)state;
    tell_sessions("pause");
    console_wait(harness, "node not connected");
    console_type(harness, "lost in vain"); /* what is typed waits, and is given up with the shell */
    leave_and_quit(harness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_idle_shell_says_within_30_s_that_its_node_is_gone),
        cmocka_unit_test(one_that_the_service_speaks_of_is_found_out_at_once),
    };
    return cmocka_run_group_tests(tests, open_room, close_room);
}
