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

#define PATIENCE_MS 30000
#define LOG_BYTES   ((size_t)32 << 20)

/* A change on its way: where it is decided on, and by what the sandbox knows it. */
struct story {
    const char *world, *list, *row, *account, *operation;
};

/* The changes that were meant, as the sandbox has seen them. */
static size_t count_sent(const struct story *story, const char *requests)
{
    AUTO(buf_done) struct buf text = BUF_CAPPED(LOG_BYTES);
    size_t n = 0;

    if (os_read_file(requests, LOG_BYTES, &text, NULL) != OK)
        return 0;
    for (struct sv rest = buf_sv(&text); rest.len > 0;) {
        AUTO(json_free_at) cJSON *request = NULL;
        struct sv line = sv_split(&rest, '\n');

        if (json_parse(line, "request", &request, NULL) == OK)
            n += sv_eq_cstr(json_sv(request, "operation"), story->operation) &&
                 !json_bool(request, "dry_run", false);
    }
    return n;
}

static bool wait_sent(const struct story *story, const char *requests)
{
    int64_t until_ms = test_now_ms() + PATIENCE_MS;

    while (count_sent(story, requests) == 0 && test_now_ms() < until_ms)
        usleep(2000);
    return count_sent(story, requests) > 0;
}

/* As far as the typed name: from there on the change is under way. */
static void consent(const struct story *story, struct harness *harness)
{
    assert_true(harness_wait(harness, "accounts, ", PATIENCE_MS));
    harness_send(harness, sv_of(story->list));
    assert_true(harness_wait(harness, story->row, PATIENCE_MS));
    assert_true(harness_wait_gone(harness, "loading", PATIENCE_MS));
    assert_true(harness_keys(harness, "g A"));
    assert_true(harness_wait(harness, "y approves", PATIENCE_MS));
    assert_true(harness_keys(harness, "y"));
    assert_true(harness_wait(harness, "type the account's name", PATIENCE_MS));
    for (const char *c = story->account; *c != '\0'; c++) /* typed: pasted text is refused */
        harness_send(harness, (struct sv){c, 1});
    assert_true(harness_wait(harness, story->account, PATIENCE_MS));
    assert_true(harness_keys(harness, "Enter"));
}

static void tell(const struct story *story)
{
    struct room room;
    struct sandbox sandbox;
    char requests[DIR_PATH_SIZE], kept[DIR_PATH_SIZE];

    room_open(&room);
    room_configure(&room, "");
    str_copy(requests, room_path(&room, "requests"));
    str_copy(kept, room_path(&room, "state"));
    const char *const more[] = {"--requests", requests, "--latency-ms", "60", "--world",
                                story->world, NULL};
    const char *const argv[] = {WATCHDECK, "--state-dir", kept, NULL};
    sandbox_start(&sandbox, &room, more);

    struct harness *harness = console_spawn(&room, argv, 40, 160);
    consent(story, harness);
    assert_true(wait_sent(story, requests)); /* done by AWS; its answer is still on the way */
    kill(harness_pid(harness), SIGKILL);
    assert_int_equal(console_end(harness, PATIENCE_MS), 128 + SIGKILL);
    harness_free(harness);

    harness = console_spawn(&room, argv, 40, 160);
    assert_true(harness_wait(harness, "an earlier run left 1 change open: settled", PATIENCE_MS));
    harness_send(harness, SV(":trail\r"));
    assert_true(harness_wait(harness, "SUCCEEDED", PATIENCE_MS));
    assert_int_equal(count_sent(story, requests), 1);
    harness_send(harness, SV(":quit\r"));
    assert_int_equal(console_end(harness, PATIENCE_MS), 0);
    harness_free(harness);

    /* a third one has nothing to settle */
    harness = console_spawn(&room, argv, 40, 160);
    assert_true(harness_wait(harness, "accounts, ", PATIENCE_MS));
    assert_true(harness_wait_gone(harness, "loading", PATIENCE_MS));
    assert_false(harness_has(harness, "an earlier run"));
    harness_free(harness);
    assert_int_equal(count_sent(story, requests), 1);
    sandbox_stop(&sandbox);
    room_close(&room);
}

static void a_killed_change_is_settled_and_said(void **state)
{
    (void)state;
    tell(&(struct story){.world = "accounts=6,regions=2,resources=300,seed=7",
                         .list = ":findings\r",
                         .row = "all-traffic",
                         .account = "analytics-dev",
                         .operation = "RevokeSecurityGroupIngress"});
}

/* The automation goes on without the console; the next one follows it to its end. */
static void so_is_a_killed_approval(void **state)
{
    (void)state;
    tell(&(struct story){.world = "accounts=8,regions=2,resources=300,seed=11",
                         .list = ":approvals \"/shop-dev automation_approval\"\r",
                         .row = "1/1",
                         .account = "shop-dev",
                         .operation = "SendAutomationSignal"});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_change_is_settled_and_said),
        cmocka_unit_test(so_is_a_killed_approval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
