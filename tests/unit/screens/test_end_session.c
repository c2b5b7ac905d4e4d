/*
 * Ending sessions from their list: one's own at once, somebody else's through the gate, by a person
 * who may and by one who may not. And the list beside it: what Run Command has had nodes do.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/os.h"
#include "tests/unit/screens/helper_console.h"
#include "tests/unit/unit.h"

#define PATIENCE_MS 60000

static struct room room;
static struct sandbox sandbox;

static int open_room(void **state)
{
    static const char *const more[] = {"--world", "accounts=12,regions=2,resources=600,seed=11",
                                       "--session", "prompt=10", NULL};

    (void)state;
    room_open(&room);
    room_sanitize(&room, "detect_leaks=0:handle_segv=0:handle_abort=0");
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

/* --- people -------------------------------------------------------------------------------------
 */

/* The second person has a shell on a node. */
static struct harness *open_shell_of_lead(const char *node)
{
    const char *argv[] = {WATCHDECK, "session", node, "--reason", "looks at the disk", NULL};

    sandbox_be(&sandbox, &room, "lead");
    struct harness *harness = console_spawn(&room, argv, 24, 80);
    console_wait(harness, "$");
    console_type(harness, "echo at-$((40+2))\r");
    console_wait(harness, "at-42");
    return harness;
}

static struct harness *open_sessions(const char *who)
{
    static const char *const argv[] = {WATCHDECK, NULL};

    sandbox_be(&sandbox, &room, who);
    struct harness *harness = console_spawn(&room, argv, 40, 160);
    console_wait(harness, "accounts, ");
    console_type(harness, ":sessions\r");
    console_wait(harness, "OWNER");
    assert_true(harness_wait_gone(harness, "loading", PATIENCE_MS));
    console_type(harness, "z");
    console_wait(harness, "attention only");
    console_wait(harness, "● Connected");
    return harness;
}

/* --- the tests ----------------------------------------------------------------------------------
 */

static void somebody_elses_goes_through_the_gate(void **state)
{
    static const char *const trail[] = {WATCHDECK, "--once", "trail", "--format", "json", NULL};
    static const char *const said[] = {"End the session of ", "looks at the disk",
                                       "it cannot be undone", "SSM-SessionManagerRunShell",
                                       "ssm:TerminateSession"};
    struct outcome outcome;
    char node[64];

    (void)state;
    room_find_node(&room, "ping:=Online account:=shop-dev", node, sizeof node);
    struct harness *lead = open_shell_of_lead(node);
    struct harness *console = open_sessions("oncall");
    console_wait(console, "looks at the");
    console_type(console, "x");
    console_wait(console, "ready: y approves");
    for (size_t i = 0; i < ARRAY_LEN(said); i++)
        console_wait(console, said[i]);
    console_wait(console, node);
    console_type(console, "y");
    console_wait(console, "type the account's name");
    assert_true(harness_has(lead, "at-42"));
    console_type(console, "shop-dev\r");
    console_wait(console, "verified");
    assert_int_equal(console_end(lead, PATIENCE_MS), 0);
    console_type(console, "q");
    assert_true(harness_wait_gone(console, "looks at the disk", PATIENCE_MS));
    room_run(&room, &outcome, trail);
    assert_true(sv_contains(buf_sv(&outcome.out), SV("SUCCEEDED")));
    assert_true(sv_contains(buf_sv(&outcome.out), SV("End the session of")));
    outcome_done(&outcome);
    harness_free(lead);
    harness_free(console);
}

static void ones_own_is_left_at_once(void **state)
{
    static const char *const argv[] = {WATCHDECK, NULL};
    struct harness *console;

    (void)state;
    sandbox_be(&sandbox, &room, "oncall");
    console = console_spawn(&room, argv, 40, 160);
    console_wait(console, "accounts, ");
    console_type(console, ":nodes\r");
    console_wait(console, "Online");
    assert_true(harness_wait_gone(console, "loading", PATIENCE_MS));
    console_type(console, "/ping:=Online account:=shop-dev\r");
    assert_true(harness_wait_row(console, 1, "account:=shop-dev", PATIENCE_MS));
    console_type(console, "s");
    console_wait(console, "$");
    console_type(console, "\r~q");
    console_wait(console, "PATCHES");
    console_wait(console, "1 shell");
    console_type(console, ":sessions\r");
    console_wait(console, "OWNER");
    assert_true(harness_wait_gone(console, "loading", PATIENCE_MS));
    console_type(console, "z");
    console_wait(console, "● Connected");
    console_type(console, "x");
    console_wait(console, "is left");
    assert_true(harness_wait_gone(console, "1 shell", PATIENCE_MS));
    console_type(console, "zG");
    assert_true(harness_wait_gone(console, "attention only", PATIENCE_MS));
    console_type(console, "x");
    console_wait(console, "this session is over");
    harness_free(console);
}

/* The reason is asked where the settings want one, and is what everybody reads afterwards. */
static void a_reason_is_asked_for(void **state)
{
    static const char *const console_argv[] = {WATCHDECK, NULL};
    char node[64];

    (void)state;
    sandbox_be(&sandbox, &room, "oncall");
    room_find_node(&room, "ping:=Online account:=shop-dev", node, sizeof node);
    room_configure(&room, "session_reason = always\n");
    const char *argv[] = {WATCHDECK, "session", node, "--command", "true", NULL};
    struct outcome outcome;
    room_run(&room, &outcome, argv);
    assert_int_equal(outcome.status, 2);
    assert_true(sv_contains(buf_sv(&outcome.err), SV("--reason is to say why")));
    outcome_done(&outcome);
    struct harness *console = console_spawn(&room, console_argv, 40, 160);
    console_wait(console, "accounts, ");
    console_type(console, ":nodes\r");
    console_wait(console, "Online");
    assert_true(harness_wait_gone(console, "loading", PATIENCE_MS));
    console_type(console, "/ping:=Online account:=shop-dev\r");
    assert_true(harness_wait_row(console, 1, "account:=shop-dev", PATIENCE_MS));
    console_type(console, "s");
    console_wait(console, "reason for a shell:");
    assert_true(harness_keys(console, "Esc"));
    console_wait(console, "it wants a reason");
    console_type(console, "s");
    console_wait(console, "reason for a shell:");
    console_type(console, "ticket 4711\r");
    console_wait(console, "$");
    console_type(console, "\r~q");
    console_wait(console, "PATCHES");
    console_type(console, ":sessions\r");
    console_wait(console, "ticket 4711");
    harness_free(console);
    room_configure(&room, "");
}

static void who_may_not_is_told_what_is_missing(void **state)
{
    char node[64];

    (void)state;
    sandbox_be(&sandbox, &room, "oncall");
    room_find_node(&room, "ping:=Online account:=shop-dev", node, sizeof node);
    struct harness *lead = open_shell_of_lead(node);
    room_configure(&room, "member_role = WatchdeckReadOnly\n");
    struct harness *console = open_sessions("viewer");
    console_type(console, "x");
    console_wait(console, "ready: y approves");
    console_type(console, "y");
    console_wait(console, "type the account's name");
    console_type(console, "shop-dev\r");
    console_wait(console, "failed");
    console_wait(console, "is not authorized to perform: ssm:TerminateSession");
    console_type(lead, "echo still-$((40+2))\r");
    console_wait(lead, "still-42");
    console_type(lead, "\r~.");
    assert_int_equal(console_end(lead, PATIENCE_MS), 0);
    harness_free(lead);
    harness_free(console);
}

/* --- commands -----------------------------------------------------------------------------------
 */

static void what_a_command_has_written_is_shown(void **state)
{
    static const char *const argv[] = {WATCHDECK, NULL};

    (void)state;
    sandbox_be(&sandbox, &room, "oncall");
    struct harness *console = console_spawn(&room, argv, 30, 140);
    console_wait(console, "accounts, ");
    console_type(console, ":commands\r");
    console_wait(console, "weekly scan");
    assert_true(harness_wait_gone(console, "loading", PATIENCE_MS));
    console_type(console, "/output:patchbaseline\r");
    assert_true(harness_wait_row(console, 1, "output:patchbaseline", PATIENCE_MS));
    console_type(console, "\r");
    console_wait(console, "Running patching operation: Scan");
    console_type(console, "q");
    console_wait(console, "output:patchbaseline");
    console_type(console, "/\x15"
                          "account:=shop\r"); /* where no log is kept */
    assert_true(harness_wait_row(console, 1, "account:=shop", PATIENCE_MS));
    console_type(console, "\r");
    console_wait(console, "is not kept in CloudWatch Logs");
    harness_free(console);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(somebody_elses_goes_through_the_gate),
        cmocka_unit_test(ones_own_is_left_at_once),
        cmocka_unit_test(a_reason_is_asked_for),
        cmocka_unit_test(what_a_command_has_written_is_shown),
        cmocka_unit_test(who_may_not_is_told_what_is_missing),
    };
    return cmocka_run_group_tests(tests, open_room, close_room);
}
