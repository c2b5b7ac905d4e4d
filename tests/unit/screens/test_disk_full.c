/*
 * The disk takes nothing more: the sheet refuses and says why, nothing is sent, what is shown goes
 * on. A limit of file sizes stands for the full disk: every record of the trail is beyond it.
 */
#include <string.h>

#include "core/base/os.h"
#include "tests/unit/screens/helper_console.h"
#include "tests/unit/unit.h"

#define PATIENCE_MS 20000
#define LOG_BYTES   ((size_t)32 << 20)

/* Meant, not as a dry run. */
static bool was_revoked(const struct room *room)
{
    AUTO(buf_done) struct buf text = BUF_CAPPED(LOG_BYTES);
    bool found = false;

    assert_int_equal(os_read_file(room_path(room, "requests"), LOG_BYTES, &text, NULL), OK);
    for (struct sv rest = buf_sv(&text); rest.len > 0;) {
        struct sv line = sv_split(&rest, '\n');

        found |= sv_contains(line, SV("RevokeSecurityGroupIngress")) &&
                 sv_contains(line, SV("\"dry_run\":false"));
    }
    return found;
}

static void the_trail_cannot_be_written(void **state)
{
    struct room room;
    struct sandbox sandbox;
    struct harness *harness;

    (void)state;
    room_open(&room);
    const char *const more[] = {"--requests", room_path(&room, "requests"), "--world",
                                "accounts=6,regions=2,resources=300,seed=7", NULL};
    sandbox_start(&sandbox, &room, more);
    /* the shell counts in blocks of 512 bytes */
    const char *const argv[] = {"/bin/sh",
                                "-c",
                                "ulimit -f 1; exec \"$0\" --state-dir \"$1\"",
                                WATCHDECK,
                                room_path(&room, "state"),
                                NULL};
    harness = console_spawn(&room, argv, 40, 160);
    assert_true(harness_wait(harness, "accounts, ", PATIENCE_MS));
    harness_send(harness, SV(":findings\r"));
    assert_true(harness_wait(harness, "all-traffic", PATIENCE_MS));
    assert_true(harness_wait_gone(harness, "loading", PATIENCE_MS));
    assert_true(harness_keys(harness, "g A"));
    assert_true(harness_wait(harness, "refused", PATIENCE_MS));
    assert_true(harness_wait(harness, "the trail cannot be written", PATIENCE_MS));
    assert_true(harness_keys(harness, "y")); /* nobody is asked for a name */
    assert_true(harness_wait_gone(harness, "type the account's name", PATIENCE_MS));
    harness_send(harness, SV(":rules\r")); /* looking goes on */
    assert_true(harness_wait(harness, "NON_COMPLIANT", PATIENCE_MS));
    harness_send(harness, SV(":quit\r"));
    assert_int_equal(console_end(harness, PATIENCE_MS), 0);
    assert_false(was_revoked(&room));
    harness_free(harness);
    sandbox_stop(&sandbox);
    room_close(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_trail_cannot_be_written)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
