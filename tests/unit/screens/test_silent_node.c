/*
 * A node that vanishes without a word while a shell on it stands idle in the console: it is said
 * so, it is waited for, it may come back, and the shell can be left at any moment.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "tests/unit/screens/helper_console.h"
#include "tests/unit/unit.h"

#define PATIENCE_MS 150000 /* five times what is promised */

static struct room room;
static struct sandbox sandbox;

static int open_room(void **state)
{
    static const char *const more[] = {"--world", "accounts=12,regions=2,resources=600,seed=11",
                                       "--session", "prompt=10", NULL};

    (void)state;
    room_open(&room);
    env_add(&room.env, "ASAN_OPTIONS", "detect_leaks=0:handle_segv=0:handle_abort=0");
    sandbox_start(&sandbox, &room, more);
    return 0;
}

static int close_room(void **state)
{
    (void)state;
    sandbox_stop(&sandbox);
    room_close(&room);
    return 0;
}

static void type(struct harness *harness, const char *text)
{
    harness_send(harness, sv_of(text));
}

static void wait_for(struct harness *harness, const char *text)
{
    AUTO(buf_done) struct buf screen = BUF_NONE;

    if (harness_wait(harness, text, PATIENCE_MS))
        return;
    harness_screen(harness, &screen);
    print_message("%s", buf_cstr(&screen));
    fail_msg("there is no \"%s\"", text);
}

static void tell_sessions(const char *action)
{
    AUTO(buf_done) struct buf answer = BUF_NONE;
    char body[64];

    snprintf(body, sizeof body, "{\"action\":\"%s\"}", action);
    sandbox_control(&sandbox, "sessions", body, &answer);
}

static struct harness *open_shell(void)
{
    static const char *const argv[] = {WATCHDECK, NULL};
    struct harness *harness = console_spawn(&room, argv, 24, 120);

    wait_for(harness, "accounts, ");
    type(harness, ":nodes\r");
    wait_for(harness, "Online");
    assert_true(harness_wait_gone(harness, "loading", PATIENCE_MS));
    type(harness, "/ping:=Online account:=shop-dev\r");
    assert_true(harness_wait_row(harness, 1, "account:=shop-dev", PATIENCE_MS));
    type(harness, "s");
    wait_for(harness, "$");
    type(harness, "echo here-$((40+2))\r");
    wait_for(harness, "here-42");
    return harness;
}

static void leave_and_quit(struct harness *harness)
{
    struct termios now, before;

    type(harness, "\r~.");
    wait_for(harness, "PATCHES");
    assert_true(harness_wait_gone(harness, "1 shell", PATIENCE_MS));
    type(harness, ":q\r");
    assert_int_equal(console_end(harness, PATIENCE_MS), 0);
    harness_modes(harness, &now, &before);
    assert_memory_equal(&now, &before, sizeof now);
    assert_false(harness_is_alternate(harness));
    harness_free(harness);
}

static void an_idle_shell_says_that_its_node_is_gone(void **state)
{
    struct harness *harness = open_shell();
    int64_t at_ms = test_now_ms();

    (void)state;
    tell_sessions("vanish");
    wait_for(harness, "node not connected");
    print_message("# found out after %lld ms\n", (long long)(test_now_ms() - at_ms));
    wait_for(harness, "of 5m");
    wait_for(harness, "(Enter ~ . leaves)");
    tell_sessions("back");
    type(harness, "echo back-$((40+2))\r");
    wait_for(harness, "back-42");
    assert_true(harness_wait_gone(harness, "node not connected", PATIENCE_MS));
    tell_sessions("vanish");
    leave_and_quit(harness);
}

static void one_that_the_service_speaks_of_is_found_out_at_once(void **state)
{
    struct harness *harness = open_shell();

    (void)state;
    tell_sessions("pause");
    wait_for(harness, "node not connected");
    type(harness, "lost in vain"); /* what is typed waits, and is given up with the shell */
    leave_and_quit(harness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_idle_shell_says_that_its_node_is_gone),
        cmocka_unit_test(one_that_the_service_speaks_of_is_found_out_at_once),
    };
    return cmocka_run_group_tests(tests, open_room, close_room);
}
