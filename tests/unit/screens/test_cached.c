/*
 * A console that has been here before: what it saw then stands first, with its age; nothing can be
 * done from it without asking AWS; whoever comes with other keys does not see it.
 */
#include <unistd.h>

#include "tests/unit/screens/helper_console.h"
#include "tests/unit/unit.h"

#define PATIENCE_MS 60000
#define FIRST_ROW   " 1/" /* on the title's row: the list has rows, and they have been painted */

static struct room room;
static struct sandbox sandbox;

static void open_world(void)
{
    static const char *const more[] = {"--world", "accounts=6,regions=2,resources=300,seed=7",
                                       NULL};
    room_open(&room);
    sandbox_start(&sandbox, &room, more);
}

/* settled: what the first screen says when it is done; NULL: it loads, and is kept when all of it
 * is there. */
static struct harness *open_findings(const char *settled)
{
    static const char *const argv[] = {WATCHDECK, NULL};
    struct harness *harness = console_spawn(&room, argv, 40, 160);
    if (settled != NULL) {
        assert_true(harness_wait(harness, settled, PATIENCE_MS));
    } else {
        assert_true(harness_wait_row(harness, 1, FIRST_ROW, PATIENCE_MS));
        assert_true(harness_wait_row_gone(harness, 1, "loading", PATIENCE_MS));
    }
    harness_send(harness, SV(":findings\r"));
    assert_true(harness_wait_row(harness, 1, "Findings", PATIENCE_MS));
    return harness;
}

static void leave(struct harness *harness)
{
    harness_send(harness, SV(":quit\r"));
    assert_int_equal(console_end(harness, PATIENCE_MS), 0);
    harness_free(harness);
}

static void load_once(void)
{
    struct harness *harness = open_findings(NULL);
    assert_true(harness_wait_row(harness, 1, FIRST_ROW, PATIENCE_MS));
    assert_true(harness_wait_gone(harness, "loading", PATIENCE_MS));
    assert_true(harness_wait(harness, "all-traffic", PATIENCE_MS));
    assert_true(harness_wait_gone(harness, "cached", PATIENCE_MS));
    leave(harness);
}

static void earlier_rows_stand_alone_when_nobody_answers(void **state)
{
    (void)state;
    open_world();
    load_once();
    int port_fd = sandbox_stop_for_good(&sandbox);
    struct harness *harness = open_findings("not read anew");
    assert_true(harness_wait_row(harness, 1, FIRST_ROW, PATIENCE_MS));
    assert_true(harness_wait(harness, "all-traffic", PATIENCE_MS));
    assert_true(harness_wait(harness, "cached", PATIENCE_MS));
    /* no plan is made of what was seen earlier */
    assert_true(harness_keys(harness, "A"));
    assert_true(harness_wait(harness, "There is no plan", PATIENCE_MS));
    leave(harness);
    env_add(&room.env, "AWS_ACCESS_KEY_ID", "AKIAOFSOMEBODYELSE00");
    harness = open_findings("cannot connect");
    assert_true(harness_wait(harness, "cannot connect", PATIENCE_MS));
    assert_false(harness_has(harness, "cached"));
    assert_false(harness_has(harness, "all-traffic"));
    leave(harness);
    close(port_fd);
    room_close(&room);
}

static void once_reads_by_itself(void **state)
{
    static const char *const once[] = {WATCHDECK, "--once", "findings", NULL};
    struct outcome outcome;

    (void)state;
    open_world();
    load_once();
    int port_fd = sandbox_stop_for_good(&sandbox);
    room_run(&room, &outcome, once);
    close(port_fd);
    assert_int_not_equal(outcome.status, 0);
    assert_int_equal(outcome.out.len, 0);
    outcome_done(&outcome);
    room_close(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(earlier_rows_stand_alone_when_nobody_answers),
        cmocka_unit_test(once_reads_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
