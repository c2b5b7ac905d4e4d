/*
 * Other programs: what they write, how they end, and that they end when they are told to.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/child.h"
#include "core/base/clock.h"
#include "tests/unit/unit.h"

#define WAIT_MS 60000

static struct child *start(const char *script, size_t output_max)
{
    char *const argv[] = {"sh", "-c", (char *)script, NULL};
    struct child *child = NULL;
    assert_int_equal(child_start(argv, output_max, &child, NULL), OK);
    return child;
}

static enum child_state wait_for(struct child *child)
{
    enum child_state state;
    int64_t until_ms = clock_mono_ms() + WAIT_MS;
    while ((state = child_look(child)) == CHILD_RUNS) {
        assert_true(clock_mono_ms() < until_ms);
        usleep(1000);
    }
    return state;
}

static void test_output_and_status(void **state)
{
    struct child *child = start("echo out; echo err >&2; exit 3", 100);
    (void)state;
    assert_int_equal(wait_for(child), CHILD_ENDED);
    assert_sv(child_output(child), "out\n");
    assert_sv(child_errors(child), "err\n");
    assert_int_equal(child_status(child), 3);
    child_free(child);
    child = start("kill -TERM $$", 100);
    assert_int_equal(wait_for(child), CHILD_ENDED);
    assert_int_equal(child_status(child), 128 + SIGTERM);
    child_free(child);
}

static void test_large_output_is_whole(void **state)
{
    struct child *child = start("head -c 300000 /dev/zero | tr '\\0' x", 300000);
    (void)state;
    assert_int_equal(wait_for(child), CHILD_ENDED);
    assert_int_equal(child_output(child).len, 300000);
    child_free(child);
}

static void test_floods_are_cut(void **state)
{
    struct child *child = start("yes", 10000);
    (void)state;
    assert_int_equal(wait_for(child), CHILD_TOO_LOUD);
    child_free(child);
    child = start("head -c 300000 /dev/zero | tr '\\0' x >&2; echo ok", 100);
    assert_int_equal(wait_for(child), CHILD_ENDED);
    assert_sv(child_output(child), "ok\n");
    assert_int_equal(child_errors(child).len, CHILD_STDERR_MAX);
    child_free(child);
}

/* With all that it has started: the pipe closes when the last of them has gone. */
static void test_is_killed_with_its_session(void **state)
{
    int ends[2];
    char byte, script[128];
    (void)state;
    assert_int_equal(pipe(ends), 0);
    snprintf(script, sizeof script, "sleep 1000 & sleep 1000 & echo started; wait");
    struct child *child = start(script, 100);
    close(ends[1]);
    int64_t until_ms = clock_mono_ms() + WAIT_MS;
    while (child_look(child) == CHILD_RUNS && child_output(child).len == 0)
        assert_true(clock_mono_ms() < until_ms);
    child_free(child);
    assert_int_equal(read(ends[0], &byte, 1), 0);
    close(ends[0]);
}

/* It cannot ask: no terminal, no input; and signals are as they were at first. */
static void test_what_it_is_given(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    struct child *child = start("cat; (: </dev/tty) 2>/dev/null || echo none; kill -PIPE $$", 100);
    assert_int_equal(wait_for(child), CHILD_ENDED);
    assert_sv(child_output(child), "none\n");
    assert_int_equal(child_status(child), 128 + SIGPIPE);
    child_free(child);
}

static void test_what_cannot_run(void **state)
{
    char *const argv[] = {"/nonexistent/program", NULL};
    struct child *child = NULL;
    struct err err;
    (void)state;
    assert_int_equal(child_start(argv, 100, &child, &err), ERR_NOT_FOUND);
    assert_null(child);
    assert_non_null(strstr(err.message, "/nonexistent/program"));
    child_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output_and_status), cmocka_unit_test(test_large_output_is_whole),
        cmocka_unit_test(test_floods_are_cut),    cmocka_unit_test(test_is_killed_with_its_session),
        cmocka_unit_test(test_what_it_is_given),  cmocka_unit_test(test_what_cannot_run),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
