#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/harness/golden.h"
#include "tests/harness/harness.h"
#include "tests/harness/sequences.h"
#include "tests/unit/tui/helper_canvas.h"

static void only_the_terminals_own_sequences_are_taken_out(void **state)
{
    static const char *const more[] = {"\033[?2004h", NULL};
    static const struct {
        const char *bytes, *left;
    } cases[] = {
        {"a\033[12;40Hb\033[Hc", "a\nb\nc"},
        {"\033[?1049h\033[?2004hx", "\n\nx"},
        {"\033[38;5;203m\033[1mx\033(B\033[m", "\n\nx\n\n"},
        {"x\033[7b\r\n", "x\n\n\n"},
        {"\033[?1047h", "\033[?1047h"},
        {"\033[?2004l", "\033[?2004l"},
        {"\033]0;title\a", "\033]0;title\a"},
        {"\033P$q\033\\", "\033P$q\033\\"},
        {"\033[21t", "\033[21t"},
        {"\033[6n\033[c", "\033[6n\033[c"},
        {"\033c\033Z", "\033c\033Z"},
        {"\302\233"
         "2J\233",
         "\302\233"
         "2J\233"},
        {"\033", "\033"},
        {"\033[12", "\033[12"},
    };

    (void)state;
    struct sequences *sequences = sequences_new("xterm-256color", more);
    assert_non_null(sequences);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf left = BUF_NONE;
        sequences_strip(sequences, sv_of(cases[i].bytes), &left);
        assert_string_equal(buf_cstr(&left), cases[i].left);
        buf_done(&left);
    }
    sequences_free(sequences);
    assert_null(sequences_new("no-such-terminal", NULL));
}

static void golden_screens_are_compared_line_by_line(void **state)
{
    char path[] = "/tmp/watchdeck-golden-XXXXXX";
    struct buf report = BUF_NONE;

    (void)state;
    close(mkstemp(path));
    unsetenv("CI");
    setenv("WATCHDECK_GOLDEN", "rewrite", 1);
    assert_true(golden_equals(path, SV("one\ntwo\nthree\n"), &report));
    unsetenv("WATCHDECK_GOLDEN");
    assert_true(golden_equals(path, SV("one\ntwo\nthree\n"), &report));
    assert_string_equal(buf_cstr(&report), "");
    assert_false(golden_equals(path, SV("one\n2\nthree\nfour\n"), &report));
    assert_non_null(strstr(buf_cstr(&report), "   2 - two\n     + 2\n   4 - \n     + four\n"));
    setenv("CI", "1", 1);
    setenv("WATCHDECK_GOLDEN", "rewrite", 1);
    assert_false(golden_equals(path, SV("new\n"), &report));
    unsetenv("WATCHDECK_GOLDEN");
    unsetenv("CI");
    assert_true(golden_equals(path, SV("one\ntwo\nthree\n"), &report));
    unlink(path);
    assert_false(golden_equals(path, SV("new\n"), &report));
    buf_done(&report);
}

static void programs_are_run_and_read(void **state)
{
    const char *const argv[] = {"sh", "-c", "printf 'ab\\033[31mc\\033[m\\n'; read line; exit 7",
                                NULL};
    struct harness *harness =
        harness_spawn(&(struct harness_options){.argv = argv, .rows = 5, .cols = 20});
    struct harness_cell cell;
    struct buf row = BUF_NONE;
    int status;

    (void)state;
    assert_true(harness_wait_row(harness, 0, "abc", 0));
    assert_false(harness_wait(harness, "nothing of the kind", 20));
    assert_true(harness_cell(harness, 0, 2, &cell));
    assert_int_equal(cell.fg, 1);
    assert_string_equal(cell.text, "c");
    assert_false(harness_cell(harness, 9, 2, &cell));
    harness_row(harness, 0, &row);
    assert_string_equal(buf_cstr(&row), "abc");
    assert_false(harness_wait_end(harness, &status, 20));
    assert_false(harness_keys(harness, "NoSuchKey"));
    assert_true(harness_keys(harness, "x Enter"));
    assert_true(harness_wait_end(harness, &status, 0));
    assert_int_equal(WEXITSTATUS(status), 7);
    buf_done(&row);
    harness_free(harness);
}

static void a_program_that_is_not_there_exits_with_127(void **state)
{
    const char *const argv[] = {"/nonexistent/program", NULL};
    struct harness *harness = harness_spawn(&(struct harness_options){.argv = argv});
    int status;

    (void)state;
    assert_true(harness_wait_end(harness, &status, 0));
    assert_int_equal(WEXITSTATUS(status), 127);
    harness_free(harness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_terminals_own_sequences_are_taken_out),
        cmocka_unit_test(golden_screens_are_compared_line_by_line),
        cmocka_unit_test(programs_are_run_and_read),
        cmocka_unit_test(a_program_that_is_not_there_exits_with_127),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
