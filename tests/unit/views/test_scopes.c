/* Saved scopes: the keys 1 to 9, what they are kept in, and what a switch shows. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/os.h"
#include "core/gov/estate/saved_scope.h"
#include "tests/unit/unit.h"
#include "tests/unit/views/helper_app.h"

static const char *scopes_file(void)
{
    static char path[DIR_PATH_SIZE];

    dir_path(app_dir, "scopes.json", path);
    return path;
}

static void write_file(const char *text)
{
    assert_int_equal(os_write_atomically(scopes_file(), sv_of(text), 0600, NULL), OK);
}

static void assert_file(const char *text)
{
    AUTO(buf_done) struct buf content = BUF_NONE;

    assert_int_equal(os_read_file(scopes_file(), 4096, &content, NULL), OK);
    assert_string_equal(buf_cstr(&content), text);
}

static const char *accounts(void)
{
    return app_view(app)->at.selection.accounts;
}

#define SHOP                                                                                   \
    "{\"scopes\":[\n  {\"number\":2,\"name\":\"shop\",\"accounts\":\"shop,pay*\",\"regions\":" \
    "\"eu-*\"}]}\n"

static void test_save_and_choose(void **state)
{
    struct stat st;

    (void)state;
    command_line("scope @shop,pay* #eu-*");
    command_line("scope save 2 shop");
    wait_for("saved; :scopes lists");
    assert_file(SHOP);
    assert_int_equal(stat(scopes_file(), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_true(shows("2:shop @shop,pay* #eu-*"));
    press("0");
    assert_string_equal(accounts(), "");
    assert_false(shows("2:shop"));
    press("2");
    assert_string_equal(accounts(), "shop,pay*");
    assert_true(shows("2:shop"));
    command_line("scope 0");
    command_line("scope shop");
    assert_string_equal(accounts(), "shop,pay*");
    command_line("scope forget 2");
    wait_for("forgotten");
    assert_file("{\"scopes\":[]}\n");
    press("2");
    assert_true(shows("nothing is saved under 2: `:scope save 2 NAME` keeps what you see"));
}

static void test_the_list_of_scopes(void **state)
{
    (void)state;
    command_line("scope @shop #eu-*");
    command_line("scope save 7 shop");
    wait_for("saved; :scopes lists");
    press("0");
    command_line("scopes");
    wait_for("shop");
    press("j");
    assert_string_equal(selected("name"), "shop");
    press("Enter"); /* chooses it, and goes back */
    assert_string_equal(app_view(app)->kind->name, "words");
    assert_string_equal(accounts(), "shop");
}

static void test_what_is_refused(void **state)
{
    static const struct {
        const char *line, *says;
    } rows[] = {
        {"scope save 0 shop", "no number from 1 to 9"},
        {"scope save 12 shop", "no number from 1 to 9"},
        {"scope save 1", "usage: scope save NUMBER NAME"},
        {"scope save 1 all", "\"all\" will not do"},
        {"scope save 1 77", "\"77\" will not do"},
        {"scope save 1 a|b", "\"a|b\" will not do"},
        {"scope forget", "usage: scope forget NUMBER"},
        {"scope elsewhere", "nor saved (none)"},
        {"scope 4", "nothing is saved under 4"},
        {"scope 44", "nothing is saved under 44"},
        {"scope", "usage: scope all|"},
    };

    (void)state;
    command_line("scope save 1 shop");
    assert_true(shows("this is all, which 0 stands for"));
    command_line("scope @shop");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        command_line(rows[i].line);
        if (!shows(rows[i].says))
            fail_msg("\":%s\" does not say \"%s\"", rows[i].line, rows[i].says);
    }
    command_line("scope save 1 shop");
    wait_for("saved; :scopes lists");
    command_line("scope @dev");
    command_line("scope save 2 shop");
    wait_for("1 is called shop already");
}

/* What cannot be read is said, counts for nothing, and is not written over. */
static void test_a_bad_file_is_left_alone(void **state)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"{\"scopes\":[", "is no JSON"},
        {"[]", "has no list \"scopes\""},
        {"{\"scopes\":[{\"number\":10,\"name\":\"a\"}]}", "wants a number from 1 to 9"},
        {"{\"scopes\":[{\"number\":1,\"name\":\"a b\"}]}", "wants a name"},
        {"{\"scopes\":[{\"number\":1,\"name\":\"a\"},{\"number\":1,\"name\":\"b\"}]}",
         "number 1 is there twice"},
    };

    (void)state;
    command_line("scope @shop");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        write_file(rows[i].text);
        command_line("scope save 3 shop");
        wait_for(rows[i].says);
        assert_true(shows("scopes.json"));
        assert_file(rows[i].text);
        command_line("scopes");
        press("F11"); /* another message takes the place of that one */
        wait_for(rows[i].says);
        press("q");
    }
}

/* Another console has saved one meanwhile: it is not lost. */
static void test_two_consoles(void **state)
{
    (void)state;
    write_file(SHOP);
    command_line("scope @dev");
    command_line("scope save 3 dev");
    wait_for("saved; :scopes lists");
    press("2");
    assert_string_equal(accounts(), "shop,pay*");
    press("3");
    assert_string_equal(accounts(), "dev");
}

/* From the keypress on, nothing of the former scope stands on the screen. */
static void test_a_switch_shows_nothing_of_before(void **state)
{
    (void)state;
    assert_true(shows("apple"));
    words_set("kiwi", true);
    command_line("scope @shop");
    assert_false(shows("apple"));
    assert_false(shows("pear"));
    assert_true(shows("loading"));
    words_release();
    wait_for("kiwi");
    assert_false(shows("apple"));
}

static void test_select(void **state)
{
    struct selection selection = {"keep", ""};
    struct err err = ERR_NONE;

    (void)state;
    write_file(SHOP);
    assert_int_equal(saved_scopes_select(app_dir, SV("0"), &selection, &err), OK);
    assert_string_equal(selection.accounts, "keep");
    assert_int_equal(saved_scopes_select(app_dir, SV("2"), &selection, &err), OK);
    assert_string_equal(selection.accounts, "shop,pay*");
    assert_int_equal(saved_scopes_select(app_dir, SV("shop"), &selection, &err), OK);
    assert_string_equal(selection.regions, "eu-*");
    assert_int_equal(saved_scopes_select(app_dir, SV("dev"), &selection, &err), ERR_USAGE);
    assert_string_equal(err.message, "'dev' is not saved; there is: 2 shop");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start_app, stop_app)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_save_and_choose), TEST(test_the_list_of_scopes),
        TEST(test_what_is_refused), TEST(test_a_bad_file_is_left_alone),
        TEST(test_two_consoles),    TEST(test_a_switch_shows_nothing_of_before),
        TEST(test_select),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
