/*
 * The demo as somebody sees it who has neither settings nor an account: its queue has something of
 * every kind that there is, and what its organization has approved can be read and be replaced.
 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/screens/helper_console.h"
#include "tests/unit/screens/helper_world.h"
#include "tests/unit/unit.h"

static struct room room;

static int open_room(void **state)
{
    (void)state;
    room_open(&room);
    return 0;
}

static int close_room(void **state)
{
    (void)state;
    room_close(&room);
    return 0;
}

/* What `--demo --once SCREEN` prints; it exits with that status. */
static cJSON *once(const char *screen, const char *option, const char *value, int status)
{
    const char *const argv[] = {WATCHDECK, "--demo", "--once", screen, "--format",
                                "json",    option,   value,    NULL};
    struct outcome outcome;
    cJSON *tree = NULL;

    room_run(&room, &outcome, argv);
    if (outcome.status != status)
        fail_msg("--once %s: status %d, not %d: %.600s", screen, outcome.status, status,
                 buf_cstr(&outcome.err));
    assert_int_equal(json_parse(buf_sv(&outcome.out), screen, &tree, NULL), OK);
    outcome_done(&outcome);
    return tree;
}

static size_t count(const cJSON *tree, const char *key, const char *value)
{
    size_t n = 0;

    for (const cJSON *row = json_items(tree, "rows"); row != NULL; row = row->next)
        n += sv_eq_cstr(json_sv(row, key), value);
    return n;
}

static void the_queue_has_every_kind(void **state)
{
    static const char *const kinds[] = {"sg-policy", "sg-baseline", "parameter",
                                        "config",    "automation",  "opsitem"};
    AUTO(json_free_at) cJSON *tree = once("approvals", NULL, NULL, 3);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (count(tree, "kind", kinds[i]) == 0)
            fail_msg("nothing of the kind %s", kinds[i]);
    assert_int_equal(count(tree, "type", "baseline_rule_missing"), 1);
    assert_int_equal(count(tree, "type", "baseline_rule_extra"), 1);
}

/* Whoever names a file of his own is told of that alone. */
static void an_own_baseline_counts(void **state)
{
    (void)state;
    file_write(room_path(&room, "own.json"), SV("{\"groups\": []}"));
    file_write(room_path(&room, "own.conf"), SV("baseline = own.json\n"));
    AUTO(json_free_at) cJSON *tree = once("approvals", "--config", room_path(&room, "own.conf"), 3);
    assert_int_equal(count(tree, "kind", "sg-baseline"), 0);
    assert_true(count(tree, "kind", "sg-policy") > 0);
}

/* Where it comes from is said where the settings are listed. */
static void the_settings_name_it(void **state)
{
    AUTO(json_free_at) cJSON *tree = once("settings", NULL, NULL, 0);
    const cJSON *row = json_items(tree, "rows");

    (void)state;
    while (row != NULL && !sv_eq_cstr(json_sv(row, "key"), "baseline"))
        row = row->next;
    assert_non_null(row);
    assert_true(sv_ends(json_sv(row, "value"), SV("/approved.json")));
    assert_true(sv_eq_cstr(json_sv(row, "from"), "the demo"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_queue_has_every_kind),
        cmocka_unit_test(an_own_baseline_counts),
        cmocka_unit_test(the_settings_name_it),
    };

    return cmocka_run_group_tests(tests, open_room, close_room);
}
