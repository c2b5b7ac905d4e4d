/* What is new since the last look is marked, once, and counted above the list. */
#include <glob.h>
#include <stdio.h>

#include "core/base/os.h"
#include "tests/unit/screens/helper_world.h"
#include "tests/unit/unit.h"

#define LOOK_BYTES ((size_t)1 << 20)

static struct world world;

static int start(void **state)
{
    (void)state;
    world_start(&world, "accounts=10,regions=2,resources=400,seed=7");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_stop(&world);
    return 0;
}

/* Opens the first screen, waits until it has all, and gives what it shows. */
static void look(struct outcome *outcome)
{
    char path[DIR_PATH_SIZE];

    dir_path(world.dir, "look.script", path);
    file_write(path, SV("wait NEEDS A DECISION\ngone loading\nsnap triage\n"));
    world_run(&world, "oncall", outcome, "--script %s --size 120x40 --dump-screen", path);
    if (outcome->status != 0)
        fail_msg("%s", buf_cstr(&outcome->err));
}

/* Makes the last look one that did not show the first decision: it has come since. */
static void forget_a_decision(void)
{
    AUTO(buf_done) struct buf text = BUF_CAPPED(LOOK_BYTES), pattern = BUF_NONE;
    AUTO(json_free_at) cJSON *tree = NULL;
    glob_t found = {0};
    int i = 0;

    buf_addf(&pattern, "%s/state/looks/*.json", world.dir);
    assert_int_equal(glob(buf_cstr(&pattern), 0, NULL, &found), 0);
    assert_int_equal(found.gl_pathc, 1);
    assert_int_equal(os_read_file(found.gl_pathv[0], LOOK_BYTES, &text, NULL), OK);
    assert_int_equal(json_parse(buf_sv(&text), "look", &tree, NULL), OK);
    cJSON *seen = cJSON_GetObjectItemCaseSensitive(tree, "seen");
    while (!sv_starts(json_string(cJSON_GetArrayItem(cJSON_GetArrayItem(seen, i), 0)),
                      SV("decision ")))
        i++;
    cJSON_DeleteItemFromArray(seen, i);
    AUTO_FREE char *printed = json_print(tree);
    assert_int_equal(os_write_atomically(found.gl_pathv[0], sv_of(printed), 0600, NULL), OK);
    globfree(&found);
}

static void test_marks(void **state)
{
    AUTO(outcome_done) struct outcome first = {0}, second = {0}, third = {0}, headless = {0};

    (void)state;
    look(&first);
    assert_false(sv_contains(buf_sv(&first.out), SV(" +")));
    forget_a_decision();
    world_run(&world, "oncall", &headless, "--once triage --format csv --filter new:=*");
    assert_true(sv_contains(buf_sv(&headless.out), SV("\r\n*,"))); /* and keeps no look */
    look(&second);
    assert_true(sv_contains(buf_sv(&second.out), SV(") +1 ")));
    assert_true(sv_contains(buf_sv(&second.out), SV("\n  * ")));
    look(&third);
    assert_false(sv_contains(buf_sv(&third.out), SV(" +1 ")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_marks)};

    return cmocka_run_group_tests_name("looks", tests, start, stop);
}
