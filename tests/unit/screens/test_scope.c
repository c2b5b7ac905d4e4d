/*
 * A switch of the scope while the replies of the former one are on their way: none of them is ever
 * shown. The sandbox takes its time with every answer.
 */
#include <string.h>

#include "tests/unit/screens/helper_console.h"
#include "tests/unit/unit.h"

#define PATIENCE_MS 20000

/* The former scope's account, in a row: names alone may stand in the title. */
static bool shows_account(struct harness *harness, const char *name)
{
    AUTO(buf_done) struct buf screen = BUF_NONE;
    struct sv rest;

    harness_screen(harness, &screen);
    rest = buf_sv(&screen);
    sv_split(&rest, '\n');
    sv_split(&rest, '\n'); /* header and title */
    return sv_contains(rest, sv_of(name));
}

static void a_switch_in_the_middle(void **state)
{
    struct room room;
    struct sandbox sandbox;
    const char *const more[] = {"--latency-ms", "250", NULL};
    struct harness *harness;

    (void)state;
    room_open(&room);
    sandbox_start(&sandbox, &room, more);
    const char *const argv[] = {WATCHDECK, "--state-dir", room_path(&room, "state"), NULL};
    harness = console_spawn(&room, argv, 40, 160);
    assert_true(harness_wait(harness, "accounts, ", PATIENCE_MS));
    harness_send(harness, SV(":rules @analytics-dev\r"));
    assert_true(harness_wait(harness, "loading", PATIENCE_MS));
    harness_send(harness, SV(":scope @audit\r")); /* the replies are on their way */
    assert_true(harness_wait(harness, "@audit", PATIENCE_MS));
    while (!shows_account(harness, "audit")) {
        assert_false(shows_account(harness, "analytics-dev"));
        harness_wait(harness, "never on the screen", 20);
    }
    assert_true(harness_wait_gone(harness, "loading", PATIENCE_MS));
    assert_false(shows_account(harness, "analytics-dev"));

    /* and back, from rows that are there */
    harness_send(harness, SV(":scope @analytics-dev\r"));
    assert_true(harness_wait(harness, "@analytics-dev", PATIENCE_MS));
    while (!shows_account(harness, "analytics-dev")) {
        assert_false(shows_account(harness, "audit"));
        harness_wait(harness, "never on the screen", 20);
    }
    harness_send(harness, SV(":quit\r"));
    assert_int_equal(console_end(harness, PATIENCE_MS), 0);
    harness_free(harness);
    sandbox_stop(&sandbox);
    room_close(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_switch_in_the_middle)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
