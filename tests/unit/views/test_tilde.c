/* What is typed behind Enter and a tilde: what is for the node, and what for the program. */
#include "core/base/mem.h"
#include "tests/unit/unit.h"
#include "views/bridge/tilde.h"

struct wishes {
    size_t n_leave, n_help;
};

/* Types it all, and says what of it came to the node. */
static struct wishes type(const char *typed, const char *node_sees)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    struct tilde tilde = {0};
    struct wishes wishes = {0};

    for (const char *c = typed; *c != '\0'; c++) {
        enum tilde_wish wish = tilde_take(&tilde, *c, &out);
        wishes.n_leave += wish == TILDE_LEAVE;
        wishes.n_help += wish == TILDE_HELP;
    }
    assert_string_equal(buf_cstr(&out), node_sees);
    return wishes;
}

static void what_is_no_wish_is_typed(void **state)
{
    static const struct {
        const char *typed, *node_sees;
    } rows[] = {
        {"ls\r", "ls\r"}, {"cd a~.\r", "cd a~.\r"}, {"~~\r", "~\r"}, {"~/bin\r", "~/bin\r"},
        {"~", ""},        {"~\r~~.", "~\r~."},      {"~~~.", "~~."},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct wishes wishes = type(rows[i].typed, rows[i].node_sees);
        assert_int_equal(wishes.n_leave, 0);
        assert_int_equal(wishes.n_help, 0);
    }
}

static void a_line_that_begins_with_one_leaves(void **state)
{
    (void)state;
    assert_int_equal(type("~.", "").n_leave, 1);
    assert_int_equal(type("ls\r~.", "ls\r").n_leave, 1);
    assert_int_equal(type("ls\n~.", "ls\n").n_leave, 1);
}

/* The question was no part of a line: what follows may be another wish. */
static void help_is_followed_by_a_line(void **state)
{
    struct wishes wishes = type("~?~.", "");

    (void)state;
    assert_int_equal(wishes.n_help, 1);
    assert_int_equal(wishes.n_leave, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_wish_is_typed),
        cmocka_unit_test(a_line_that_begins_with_one_leaves),
        cmocka_unit_test(help_is_followed_by_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
