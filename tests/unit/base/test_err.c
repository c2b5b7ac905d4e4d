#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"

static const char *errs_hint(enum err_code code)
{
    return err_hint(&(struct err){.code = code});
}

static void every_code_is_described(void **state)
{
    (void)state;
    for (enum err_code code = OK + 1; code < ERR_COUNT; code++) {
        assert_true(strncmp(err_name(code), "ERR_", 4) == 0);
        assert_true(err_text(code)[0] != '\0');
        bool says_it_all = code == ERR_UNSUPPORTED || code == ERR_NOT_FOUND;
        assert_int_equal(errs_hint(code)[0] == '\0', says_it_all);
        assert_in_range(err_exit_status(code), 1, 7);
    }
    assert_string_equal(err_name(OK), "OK");
    assert_int_equal(err_exit_status(OK), 0);
    assert_int_equal(err_exit_status(ERR_INTEGRITY), 7);
    assert_string_equal(err_name((enum err_code)9999), "ERR_INTERNAL");
}

static void set_clears_and_neutralises(void **state)
{
    struct err err;

    (void)state;
    memset(&err, 'x', sizeof err);
    assert_int_equal(
        err_set(&err, ERR_AWS, "ssm:\x1b[2J", "bad \x1b]0;x\a name %s\n", "\xe2\x80\xae"), ERR_AWS);
    assert_int_equal(err.code, ERR_AWS);
    assert_int_equal(err.http_status, 0);
    assert_string_equal(err.aws_code, "");
    assert_string_equal(err.request_id, "");
    assert_string_equal(err.iam_action, "");
    assert_string_equal(err.where, "ssm:^[[2J");
    assert_string_equal(err.message, "bad ^[]0;x^G name <U+202E>^J");
    assert_int_equal(err_set(NULL, ERR_IO, "x", "%d", 1), ERR_IO);
}

static void long_messages_are_cut_at_a_cluster(void **state)
{
    struct err err;
    char text[2000];

    (void)state;
    for (size_t i = 0; i + 3 < sizeof text; i += 3)
        memcpy(text + i, "\xe6\x97\xa5", 4);
    err_set(&err, ERR_PARSE, text, "%s", text);
    assert_int_equal(strlen(err.message) % 3, 0);
    assert_in_range(strlen(err.message), sizeof err.message - 4, sizeof err.message - 1);
    assert_int_equal(strlen(err.where) % 3, 0);
}

static void an_error_may_be_wrapped_in_itself(void **state)
{
    struct err err;

    (void)state;
    err_set(&err, ERR_IO, "file", "cannot open");
    err_set(&err, ERR_CONFIG, err.where, "settings: %s", err.message);
    assert_string_equal(err.where, "file");
    assert_string_equal(err.message, "settings: cannot open");
}

static void errno_becomes_a_code(void **state)
{
    static const struct {
        int errno_value;
        enum err_code code;
    } cases[] = {
        {ENOSPC, ERR_DISK_FULL}, {EDQUOT, ERR_DISK_FULL}, {ENOENT, ERR_NOT_FOUND},
        {EEXIST, ERR_EXISTS},    {EACCES, ERR_IO},        {ENOMEM, ERR_NOMEM},
    };
    struct err err;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        errno = cases[i].errno_value;
        assert_int_equal(err_set_errno(&err, "/tmp/x", "cannot open"), cases[i].code);
    }
    errno = EACCES;
    err_set_errno(&err, "/tmp/x", "cannot open");
    assert_string_equal(err.message, "cannot open: Permission denied");
    errno = ENOENT;
    err_set_errno(&err, "/tmp/x", "cannot open");
    assert_string_equal(err_hint(&err), "check the name");
}

static void describes_in_one_line(void **state)
{
    struct err err;
    char line[512], small[10];

    (void)state;
    err_set(&err, ERR_DENIED, "config:DescribeConfigRules", "not authorized");
    str_copy(err.aws_code, "AccessDeniedException");
    str_copy(err.iam_action, "config:DescribeConfigRules");
    err_describe(&err, line, sizeof line);
    assert_string_equal(line, "config:DescribeConfigRules: access denied: not authorized "
                              "(AccessDeniedException), missing config:DescribeConfigRules. "
                              "Ask for the IAM action named.");
    str_copy(err.aws_code, "\x1b[31m\n");
    err_describe(&err, line, sizeof line);
    assert_null(strpbrk(line, "\x1b\n"));
    err_describe(&err, small, sizeof small);
    assert_string_equal(small, "config:De");
    err_set(&err, ERR_READ_ONLY, "gate", "The console is read-only.");
    err_describe(&err, line, sizeof line);
    assert_string_equal(line, "gate: read-only: The console is read-only. "
                              "Lift it for a time with :elevate 15m.");
    err = ERR_NONE;
    err_describe(&err, line, sizeof line);
    assert_string_equal(line, "all is well");
}

/* What the table says helps in general; who knows better says so, or that all is said. */
static void advice_of_its_own_goes_first(void **state)
{
    struct err err;
    char line[512];

    (void)state;
    err_set(&err, ERR_TIMEOUT, "get", "no");
    assert_int_equal(err_advise(&err, ERR_TIMEOUT, "wait for the node"), ERR_TIMEOUT);
    err_describe(&err, line, sizeof line);
    assert_string_equal(line, "get: no answer in time: no. Wait for the node.");
    err_describe_on_line(&err, line, sizeof line);
    assert_string_equal(line, "get: no answer in time: no. Wait for the node.");
    err_advise(&err, ERR_TIMEOUT, "");
    err_describe_on_line(&err, line, sizeof line);
    assert_string_equal(line, "get: no answer in time: no.");
    err_set(&err, ERR_TIMEOUT, "get", "again"); /* is another error */
    err_describe(&err, line, sizeof line);
    assert_string_equal(line, "get: no answer in time: again. Check the network, then press r.");
    assert_int_equal(err_advise(NULL, ERR_IO, "x"), ERR_IO);
}

/* Nobody has keys of a screen at a shell's prompt. */
static void on_a_line_it_says_what_to_type(void **state)
{
    static const char *const of_screens[] = {"ress r", ":requests", ":debug"};
    struct err err;
    char line[512];

    (void)state;
    for (int code = ERR_INTERNAL; code < ERR_COUNT; code++) {
        err_set(&err, (enum err_code)code, "get", "no");
        err_describe_on_line(&err, line, sizeof line);
        for (size_t i = 0; i < ARRAY_LEN(of_screens); i++)
            assert_null(strstr(line, of_screens[i]));
    }
    err_set(&err, ERR_NET, "get", "the line is gone");
    err_describe_on_line(&err, line, sizeof line);
    assert_string_equal(line,
                        "get: connection lost: the line is gone. Run the same command again.");
    err_set(&err, ERR_DENIED, "get", "no"); /* as on a screen */
    err_describe_on_line(&err, line, sizeof line);
    assert_string_equal(line, "get: access denied: no. Ask for the IAM action named.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_is_described),
        cmocka_unit_test(set_clears_and_neutralises),
        cmocka_unit_test(long_messages_are_cut_at_a_cluster),
        cmocka_unit_test(an_error_may_be_wrapped_in_itself),
        cmocka_unit_test(errno_becomes_a_code),
        cmocka_unit_test(describes_in_one_line),
        cmocka_unit_test(advice_of_its_own_goes_first),
        cmocka_unit_test(on_a_line_it_says_what_to_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
