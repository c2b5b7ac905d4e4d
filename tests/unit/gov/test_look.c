/* Looks: what is new, since when it is known, what a lost file costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/os.h"
#include "core/gov/estate/look.h"
#include "tests/unit/gov/helper_canned.h"

static char path[64];

static int make_path(void **state)
{
    (void)state;
    str_copy(path, "/tmp/watchdeck-look-XXXXXX");
    int fd = mkstemp(path);
    return fd < 0 || close(fd) != 0;
}

static int remove_path(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_text(const char *text)
{
    assert_int_equal(os_write_atomically(path, sv_of(text), 0600, NULL), OK);
}

/* Before the first look nothing is new. */
static void test_first_look(void **state)
{
    struct look before = {0};
    (void)state;
    assert_true(look_knows(&before, SV("decision 1")));
    assert_int_equal(look_first_seen_ms(&before, SV("decision 1")), 0);
}

static void test_round_trip(void **state)
{
    struct look before = {0}, now = {0}, again;
    (void)state;
    write_text("{\"at_ms\":5000,\"seen\":[[\"old \\u00e9\",3,5],[\"gone\",4,5]]}");
    look_read(path, &before);
    assert_int_equal(before.at_ms, 5000);
    assert_true(look_knows(&before, SV("gone")));
    assert_false(look_knows(&before, SV("fresh")));
    look_add(&now, &before, SV("old \xc3\xa9"));
    look_add(&now, &before, SV("fresh"));
    assert_int_equal(look_write(path, &now, NULL), OK);
    look_read(path, &again);
    assert_int_equal(again.at_ms, now.at_ms);
    assert_int_equal(again.seen.count, 2);
    assert_int_equal(look_first_seen_ms(&again, SV("old \xc3\xa9")), 3000);
    assert_true(look_first_seen_ms(&again, SV("fresh")) > clock_display_ms() - 60000);
    look_done(&before);
    look_done(&now);
    look_done(&again);
}

/* What cannot be understood is left out; a file that is none is an empty look. */
static void test_damage(void **state)
{
    static const struct {
        const char *text;
        size_t n;
    } cases[] = {
        {"", 0},
        {"{\"at_ms\":1,\"seen\":", 0},
        {"[1,2]", 0},
        {"{\"at_ms\":1,\"seen\":7}", 0},
        {"{\"at_ms\":1,\"seen\":[1,[],[\"a\"],[\"b\",\"1\",2],[\"c\",-1,2],[\"d\",1,1e99],"
         "[\"e\",1,2]]}",
         1},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct look look;
        write_text(cases[i].text);
        look_read(path, &look);
        assert_int_equal(look.seen.count, cases[i].n);
        look_done(&look);
    }
    struct look none;
    look_read("/nonexistent/look.json", &none);
    assert_int_equal(none.at_ms, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_look),
        cmocka_unit_test_setup_teardown(test_round_trip, make_path, remove_path),
        cmocka_unit_test_setup_teardown(test_damage, make_path, remove_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
