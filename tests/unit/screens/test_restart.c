/*
 * The console is killed between consent and verification. The next one settles what was under way
 * by looking at AWS, says so, and sends nothing again: the sandbox's own log is the judge.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "tests/unit/screens/helper_console.h"
#include "tests/unit/unit.h"

#define PATIENCE_MS 15000
#define LOG_BYTES   ((size_t)32 << 20)

/* Revocations that were meant, as the sandbox has seen them. */
static size_t count_revoked(const char *requests)
{
    AUTO(buf_done) struct buf text = BUF_CAPPED(LOG_BYTES);
    size_t n = 0;

    if (os_read_file(requests, LOG_BYTES, &text, NULL) != OK)
        return 0;
    for (struct sv rest = buf_sv(&text); rest.len > 0;) {
        AUTO(json_free_at) cJSON *request = NULL;
        struct sv line = sv_split(&rest, '\n');

        if (json_parse(line, "request", &request, NULL) == OK)
            n += sv_eq_cstr(json_sv(request, "operation"), "RevokeSecurityGroupIngress") &&
                 !json_bool(request, "dry_run", false);
    }
    return n;
}

static bool wait_revoked(const char *requests)
{
    int64_t until_ms = test_now_ms() + PATIENCE_MS;

    while (count_revoked(requests) == 0 && test_now_ms() < until_ms)
        usleep(2000);
    return count_revoked(requests) > 0;
}

/* As far as the typed name: from there on the change is under way. */
static void consent(struct harness *harness)
{
    assert_true(harness_wait(harness, "accounts, ", PATIENCE_MS));
    harness_send(harness, SV(":findings\r"));
    assert_true(harness_wait(harness, "all-traffic", PATIENCE_MS));
    assert_true(harness_wait_gone(harness, "loading", PATIENCE_MS));
    assert_true(harness_keys(harness, "g A"));
    assert_true(harness_wait(harness, "y approves", PATIENCE_MS));
    assert_true(harness_keys(harness, "y"));
    assert_true(harness_wait(harness, "type the account's name", PATIENCE_MS));
    for (const char *c = "analytics-dev"; *c != '\0'; c++) /* typed: pasted text is refused */
        harness_send(harness, (struct sv){c, 1});
    assert_true(harness_wait(harness, "analytics-dev", PATIENCE_MS));
    assert_true(harness_keys(harness, "Enter"));
}

static void a_killed_change_is_settled_and_said(void **state)
{
    struct room room;
    struct sandbox sandbox;
    char requests[DIR_PATH_SIZE], kept[DIR_PATH_SIZE];

    (void)state;
    room_open(&room);
    str_copy(requests, room_path(&room, "requests"));
    str_copy(kept, room_path(&room, "state"));
    const char *const more[] = {
        "--requests", requests,  "--latency-ms",
        "60",         "--world", "accounts=6,regions=2,resources=300,seed=7",
        NULL};
    const char *const argv[] = {WATCHDECK, "--state-dir", kept, NULL};
    sandbox_start(&sandbox, &room, more);

    struct harness *harness = console_spawn(&room, argv, 40, 160);
    consent(harness);
    assert_true(wait_revoked(requests)); /* done by AWS; its answer is still on the way */
    kill(harness_pid(harness), SIGKILL);
    assert_int_equal(console_end(harness, PATIENCE_MS), 128 + SIGKILL);
    harness_free(harness);

    harness = console_spawn(&room, argv, 40, 160);
    assert_true(harness_wait(harness, "an earlier run left 1 change open: settled", PATIENCE_MS));
    harness_send(harness, SV(":trail\r"));
    assert_true(harness_wait(harness, "SUCCEEDED", PATIENCE_MS));
    assert_int_equal(count_revoked(requests), 1);
    harness_send(harness, SV(":quit\r"));
    assert_int_equal(console_end(harness, PATIENCE_MS), 0);
    harness_free(harness);

    /* a third one has nothing to settle */
    harness = console_spawn(&room, argv, 40, 160);
    assert_true(harness_wait(harness, "accounts, ", PATIENCE_MS));
    assert_true(harness_wait_gone(harness, "loading", PATIENCE_MS));
    assert_false(harness_has(harness, "an earlier run"));
    harness_free(harness);
    assert_int_equal(count_revoked(requests), 1);
    sandbox_stop(&sandbox);
    room_close(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_killed_change_is_settled_and_said)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
