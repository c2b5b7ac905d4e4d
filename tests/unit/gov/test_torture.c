/*
 * kill -9 in small: the torture with 200 kills. That proposals, approvals and the automations
 * behind them end once, whenever a console dies, is its business; here it only has to run. It has
 * sandboxes of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define TORTURE BINARY_DIR "/tests/torture"
#define SANDBOX BINARY_DIR "/watchdeck-sandbox"
#define KILLS   "200"
/* Each kill is two processes that fork, live for a moment and touch little memory: what the
 * sanitizer remembers of it costs more than all else. */
#define ASAN_THRIFT ":quarantine_size_mb=1:malloc_context_size=1"

static void be_thrifty(void)
{
    const char *options = getenv("ASAN_OPTIONS");
    char all[512];

    snprintf(all, sizeof all, "%s%s", options != NULL ? options : "detect_leaks=1", ASAN_THRIFT);
    setenv("ASAN_OPTIONS", all, 1);
}

static void test_a_kill_leaves_one_end_state_on_every_course(void **state)
{
    int status;

    (void)state;
    assert_int_equal(access(SANDBOX, X_OK), 0);
    assert_int_equal(access(TORTURE, X_OK), 0);
    pid_t child = fork();
    if (child == 0) {
        be_thrifty();
        dup2(STDERR_FILENO, STDOUT_FILENO); /* TAP is read from the other */
        execl(TORTURE, "torture", "--kill9", KILLS, (char *)NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_kill_leaves_one_end_state_on_every_course),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
