/* The stack of screens, the `:` line, the palette, questions: what keys do to the console. */
#include <string.h>

#include "core/base/log.h"
#include "tests/unit/unit.h"
#include "tests/unit/views/helper_app.h"

static const char *view_name(void)
{
    return app_view(app)->kind->name;
}

static void test_history(void **state)
{
    (void)state;
    command_line("errors");
    command_line("requests");
    assert_string_equal(view_name(), "requests");
    press("[");
    assert_string_equal(view_name(), "errors");
    press("[ [");
    assert_string_equal(view_name(), "settings");
    press("[");
    assert_true(shows("no screen before this one"));
    press("] ]");
    assert_string_equal(view_name(), "errors");
    press("]");
    assert_string_equal(view_name(), "requests");
    press("]");
    assert_true(shows("no screen after this one"));
}

/* What differs stands first: no row begins with the same time and level as all others. */
static void test_errors_are_told_apart(void **state)
{
    (void)state;
    command_line("errors");
    log_warn("probe", "what is wrong: this");
    press("r");
    wait_for("probe");
    assert_string_equal(selected("part"), "probe");
    assert_string_equal(selected("level"), "WARN");
    assert_string_equal(selected("line"), "what is wrong: this");
}

/* What would only say that there is no row is no hint. */
static void test_hints_are_of_this_screen(void **state)
{
    (void)state;
    assert_true(shows("d describe"));
    assert_true(shows("/ filter"));
    press("?");
    assert_false(shows("d describe"));
    assert_false(shows("J JSON"));
    assert_true(shows("q back"));
    press("q");
    assert_true(shows("d describe"));
}

static void test_last(void **state)
{
    (void)state;
    command_line("errors");
    press("[");
    assert_string_equal(view_name(), "words");
    press("-");
    assert_string_equal(view_name(), "errors");
    press("-");
    assert_string_equal(view_name(), "words");
}

static void test_back(void **state)
{
    (void)state;
    command_line("errors");
    press("q");
    assert_string_equal(view_name(), "words");
    press("]"); /* what was left by q is closed */
    assert_true(shows("no screen after this one"));
    press("Backspace");
    assert_string_equal(view_name(), "settings");
    press("q");
    assert_true(shows("Leave watchdeck?"));
    press("Enter"); /* Cancel has the focus */
    assert_false(app_has_ended(app));
    press("q y");
    assert_true(app_has_ended(app));
}

/* A new screen takes the place of those that were gone back from. */
static void test_a_new_branch(void **state)
{
    (void)state;
    command_line("errors");
    press("[");
    command_line("requests");
    press("]");
    assert_true(shows("no screen after this one"));
    press("[");
    assert_string_equal(view_name(), "words");
}

/* --- what is said ------------------------------------------------------------------------------
 */

/* On as many rows as it takes, over what the screen has there; the next key gives that back. */
static void test_long_messages(void **state)
{
    (void)state;
    words_set("a b c d e f g h i j k l m n o p q r s t u v w x y z last", false);
    press("r");
    wait_for("27"); /* how many there are */
    press("G");
    wait_for("last");
    app_message(app, TONE_BAD, "%0150d of them in all", 0);
    settle();
    assert_true(shows("of them in all"));
    press("j");
    assert_false(shows("of them in all"));
    assert_true(shows("last"));
    app_message(app, TONE_BAD, "%0500d of them in all", 0); /* no more than four */
    settle();
    assert_false(shows("of them in all"));
    assert_true(shows("…"));
}

/* --- the `:` line ---------------------------------------------------------------------------- */

static void test_bad_lines(void **state)
{
    static const struct {
        const char *line, *says;
    } rows[] = {
        {"rulse", "rulse: is no command and no screen; did you mean rules?"},
        {"qqqqqqqq", "is no command and no screen"},
        {"sort", "usage: sort"},
        {"sort word length", "usage: sort"},
        {"sort nothing", "no column \"nothing\" here"},
        {"mark sideways", "toggle, range, all, none"},
        {"move sideways", "\"sideways\" is no direction"},
        {"theme nothing", "is none of default, "},
        {"rule", "usage: rule NAME"},
        {"errors one two three", "usage: errors"},
        {"open nothing", "no screen is called"},
        {"history sideways", "back, forward, last"},
        {"scope everything", "neither all, @ACCOUNTS nor #REGIONS"},
        {"elevate 9h", "takes a time up to 8h"},
        {"copy nothing", "rows here have no nothing"},
        {"filter \"open", "a quote is not closed"},
        {"sort a b c d e f g h i j k l m n o p q", "too many words"},
        {"wrap", "does nothing on this screen"},
        {"fold", "no tree"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        command_line(rows[i].line);
        if (!shows(rows[i].says))
            fail_msg("\":%s\" does not say \"%s\"", rows[i].line, rows[i].says);
        assert_string_equal(view_name(), "words");
    }
}

static void test_words_and_quotes(void **state)
{
    (void)state;
    command_line("  filter   \"ap\"ple ");
    assert_string_equal(app_view(app)->at.filter, "apple");
    command_line("filter \"a b\"");
    assert_string_equal(app_view(app)->at.filter, "a b");
    command_line("filter \"\"");
    assert_string_equal(app_view(app)->at.filter, "");
    command_line("");
    assert_string_equal(view_name(), "words");
}

static void test_scope_words(void **state)
{
    const struct view_scope *at;

    (void)state;
    command_line("errors @shop,pay* #eu-west-1 /ssh");
    at = &app_view(app)->at;
    assert_string_equal(view_name(), "errors");
    assert_string_equal(at->selection.accounts, "shop,pay*");
    assert_string_equal(at->selection.regions, "eu-west-1");
    assert_string_equal(at->filter, "ssh");
    command_line("errors /ssh !bastion #eu-*"); /* a filter may have blanks, a region none */
    assert_string_equal(app_view(app)->at.filter, "ssh !bastion");
    assert_string_equal(app_view(app)->at.selection.regions, "eu-*");
    command_line("requests"); /* it was that screen's alone */
    assert_string_equal(app_view(app)->at.selection.accounts, "");
    command_line("scope @shop #us-east-1");
    assert_string_equal(app_view(app)->at.selection.accounts, "shop");
    command_line("errors");
    assert_string_equal(app_view(app)->at.selection.regions, "us-east-1");
    press("0");
    assert_string_equal(app_view(app)->at.selection.accounts, "");
}

static void test_scope_words_are_never_cut(void **state)
{
    AUTO(buf_done) struct buf line = BUF_NONE;

    (void)state;
    command_line("requests");
    for (const char *sign = "@#/"; *sign != '\0'; sign++) {
        buf_clear(&line);
        buf_addf(&line, "errors %c", *sign);
        for (int i = 0; i < 600; i++)
            buf_add_char(&line, 'a');
        command_line(buf_cstr(&line));
        assert_string_equal(view_name(), "requests");
        assert_true(shows("is longer than"));
    }
}

/* --- menus ----------------------------------------------------------------------------------- */

static void test_palette_runs_commands(void **state)
{
    (void)state;
    press("ctrl-p");
    assert_true(shows("Commands"));
    press("a t t e n t Enter");
    assert_true(shows("attention only"));
    press("Esc ctrl-p : e r r o r s Enter");
    assert_string_equal(view_name(), "errors");
    press("q ctrl-p Esc");
    assert_false(shows("Commands"));
}

/* What wants an argument gets its line begun instead. */
static void test_palette_begins_lines(void **state)
{
    (void)state;
    press("ctrl-p : r u l e Space N Enter");
    assert_true(shows(":rule\n"));
    press("Esc");
    assert_string_equal(view_name(), "words");
}

static void test_actions_hold_their_row(void **state)
{
    (void)state;
    assert_string_equal(selected("word"), "pear");
    press("a");
    assert_true(shows("What can I do with this row?"));
    words_set("fig", false);
    command_run(app, command_find(SV("refresh")), NULL, 0);
    wait_for("1/1");
    press("c o p y Space i t s Space n a m e Enter");
    assert_true(shows("copied name: pear")); /* what the menu was opened on */
}

static void test_help(void **state)
{
    (void)state;
    press("?");
    assert_true(shows("Keys on Words"));
    assert_true(shows("Lists"));
    press("/ q q q q Enter");
    assert_true(shows("\"qqqq\" is nowhere"));
    assert_false(shows("Check the name"));
    press("?");
    assert_string_equal(view_name(), "words");
}

static void test_key_without_a_meaning(void **state)
{
    (void)state;
    press("F11");
    assert_true(shows("F11 does nothing here"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start_app, stop_app)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_long_messages),
        TEST(test_history),
        TEST(test_errors_are_told_apart),
        TEST(test_hints_are_of_this_screen),
        TEST(test_last),
        TEST(test_back),
        TEST(test_a_new_branch),
        TEST(test_bad_lines),
        TEST(test_words_and_quotes),
        TEST(test_scope_words),
        TEST(test_scope_words_are_never_cut),
        TEST(test_palette_runs_commands),
        TEST(test_palette_begins_lines),
        TEST(test_actions_hold_their_row),
        TEST(test_help),
        TEST(test_key_without_a_meaning),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
