/* The generic list: what is shown while it loads, and where the cursor stays. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "tests/unit/unit.h"
#include "tests/unit/views/helper_app.h"
#include "views/list_view/list_view.h"

static void test_begins_at_the_top(void **state)
{
    (void)state;
    assert_string_equal(selected("word"), "pear");
}

/* A row that comes before it does not push the cursor away from what it is on. */
static void test_cursor_stays_on_the_row(void **state)
{
    (void)state;
    press("j");
    assert_string_equal(selected("word"), "apple");
    words_set("quince plum pear apple fig", false);
    press("r");
    wait_for("quince");
    assert_string_equal(selected("word"), "apple");
    command_line("sort word");
    assert_string_equal(selected("word"), "apple");
    press("I");
    assert_string_equal(selected("word"), "apple");
    assert_true(shows("5/5"));
}

static void test_cursor_when_its_row_is_gone(void **state)
{
    (void)state;
    press("j");
    words_set("pear fig", false);
    press("r");
    wait_gone("apple");
    assert_string_not_equal(selected("word"), "");
}

/* Who sees the beginning sees what comes there. */
static void test_beginning_stays_in_view(void **state)
{
    static const char many[] = "pear a b c d e f g h i j k l m n o p q r s t u v w x y z fig";
    AUTO(buf_done) struct buf more = BUF_NONE;

    (void)state;
    words_set(many, false);
    press("j k r"); /* the cursor is where a person has put it */
    wait_for("/28");
    assert_string_equal(selected("word"), "pear");
    buf_addf(&more, "quince %s", many);
    words_set(buf_cstr(&more), false);
    press("r");
    wait_for("2/29");
    assert_string_equal(selected("word"), "pear");
    assert_true(shows("quince"));
}

static void tell_change(const char *key, enum change_state end)
{
    struct change_status status = {.state = end};

    str_copy(status.item_key, key);
    app_view(app)->kind->changed(app_view(app), &status);
}

/* What has just been changed does not stand there as if nothing had happened. */
static void test_changed_row_says_so(void **state)
{
    static const char said[] = "changed: reading anew";

    (void)state;
    words_set("pear fig", true);
    tell_change("apple", CHANGE_SUCCEEDED);
    assert_true(shows(said));
    assert_true(shows("pear"));
    words_release();
    wait_gone(said);
    assert_false(shows("apple"));
    words_set("pear fig apple", true); /* it is there again: that is another one */
    press("r");
    words_release();
    wait_for("apple");
    assert_false(shows(said));
}

/* After an undo the cursor is on what has come back. */
static void test_cursor_returns_with_what_was_undone(void **state)
{
    (void)state;
    press("j");
    words_set("pear fig", false);
    tell_change("apple", CHANGE_SUCCEEDED);
    wait_for("2/2");
    assert_string_equal(selected("word"), "fig");
    words_set("pear apple fig", false);
    tell_change("apple", CHANGE_UNDONE);
    wait_for("2/3");
    assert_string_equal(selected("word"), "apple");
    press("j");
    press("r");
    wait_for("3/3"); /* and once */
}

static void test_refresh_keeps_what_is_there(void **state)
{
    (void)state;
    words_set("kiwi", true);
    press("r");
    assert_true(shows("fig"));
    assert_true(shows("loading"));
    assert_false(shows("loading 0/0")); /* nobody knows yet of how many */
    assert_false(shows("0/0 accounts"));
    words_release();
    wait_for("kiwi");
    assert_false(shows("fig"));
}

/* What was asked for another scope never comes up, however late it is. */
static void test_stale_load_is_never_shown(void **state)
{
    (void)state;
    words_set("stale", true);
    press("r");
    words_set("fresh", false);
    command_line("scope @other");
    words_release();
    wait_for("fresh");
    settle();
    assert_false(shows("stale"));
    assert_true(shows("@other"));
}

static void test_filter_narrows_as_it_is_typed(void **state)
{
    (void)state;
    press("/ p");
    assert_true(shows("apple"));
    assert_false(shows("fig"));
    press("Esc"); /* back to what it was */
    assert_true(shows("fig"));
    press("/ p p Enter");
    assert_false(shows("pear"));
    assert_string_equal(selected("word"), "apple");
    press("Esc");
    assert_true(shows("pear"));
    assert_true(strcmp(app_view(app)->kind->name, "words") == 0);
}

/* The cursor goes elsewhere when its row is hidden; that is said. */
static void test_filter_that_hides_the_row(void **state)
{
    static const char said[] = "the row that was selected does not pass the filter";

    (void)state;
    press("j / f i g");
    assert_false(shows(said)); /* not before it is settled */
    press("Enter");
    assert_string_equal(selected("word"), "fig");
    assert_true(shows(said));
    press("Esc / f Enter");
    assert_false(shows(said));
}

static void test_filter_that_cannot_be_understood(void **state)
{
    (void)state;
    command_line("filter nothing:>5");
    assert_true(shows("no column"));
    assert_true(shows("fig"));
}

static void test_attention(void **state)
{
    (void)state;
    press("z");
    assert_true(shows("attention only"));
    assert_false(shows("fig"));
    press("Esc");
    assert_true(shows("fig"));
}

static void test_marks_survive(void **state)
{
    struct list_view *list = list_view_of(app_view(app));

    (void)state;
    press("Space j Space");
    assert_int_equal(list_marked(&list->list), 2);
    press("/ f i g Enter");
    press("Esc");
    words_set("fig apple pear lime", false);
    press("r");
    wait_for("lime");
    assert_int_equal(list_marked(&list->list), 2);
    press("U");
    assert_int_equal(list_marked(&list->list), 0);
}

static void test_cancel(void **state)
{
    (void)state;
    words_set("late", true);
    press("r ctrl-c");
    assert_true(shows("cancelled"));
    assert_false(app_has_ended(app));
    press("ctrl-c"); /* the second within a second */
    assert_true(app_has_ended(app));
    words_release();
}

static void test_copy(void **state)
{
    (void)state;
    press("c");
    assert_true(shows("copied name: pear"));
    press("C");
    assert_true(shows("rows here have no arn"));
    press("&");
    assert_true(shows("no single call"));
}

static void test_export(void **state)
{
    AUTO(buf_done) struct buf line = BUF_NONE;
    AUTO(buf_done) struct buf rows = BUF_NONE;
    char path[DIR_PATH_SIZE];

    (void)state;
    dir_path(app_dir, "words.csv", path);
    buf_addf(&line, "export %s", path);
    press("/ p Enter");
    command_line(buf_cstr(&line));
    wait_for("2 rows written");
    file_read(path, &rows);
    assert_string_equal(buf_cstr(&rows), "word,length,key\r\npear,4,pear\r\napple,5,apple\r\n");
}

static void export_to(const char *name, char path[DIR_PATH_SIZE])
{
    AUTO(buf_done) struct buf line = BUF_NONE;

    dir_path(app_dir, name, path);
    buf_addf(&line, "export %s", path);
    command_line(buf_cstr(&line));
}

static void assert_file(const char *path, const char *text)
{
    AUTO(buf_done) struct buf bytes = BUF_NONE;

    file_read(path, &bytes);
    assert_string_equal(buf_cstr(&bytes), text);
}

/* What is there is replaced when that is chosen, and not by Enter alone. */
static void test_export_asks_before_it_replaces(void **state)
{
    char path[DIR_PATH_SIZE];
    struct stat st;

    (void)state;
    press("/ p e Enter");
    export_to("one.csv", path);
    wait_for("1 rows written to");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    press("Esc");
    export_to("one.csv", path);
    wait_for("one.csv is there already");
    press("Enter");
    wait_for("one.csv is as it was");
    assert_file(path, "word,length,key\r\npear,4,pear\r\n");
    export_to("one.csv", path);
    wait_for("is there already");
    press("Down Enter");
    wait_for("3 rows written to");
    assert_file(path, "word,length,key\r\npear,4,pear\r\napple,5,apple\r\nfig,3,fig\r\n");
}

/* A link is neither followed nor replaced. */
static void test_export_follows_no_link(void **state)
{
    char path[DIR_PATH_SIZE], there[DIR_PATH_SIZE];

    (void)state;
    dir_path(app_dir, "there.csv", there);
    dir_path(app_dir, "link.csv", path);
    assert_int_equal(symlink(there, path), 0);
    export_to("link.csv", path);
    wait_for("is there already");
    press("Down Enter");
    wait_for("no file to replace");
    assert_int_equal(access(there, F_OK), -1);
}

static void test_export_formats(void **state)
{
    char path[DIR_PATH_SIZE];

    (void)state;
    press("/ p e Enter");
    export_to("rows.md", path);
    wait_for("1 rows written");
    AUTO(buf_done) struct buf text = BUF_NONE;
    file_read(path, &text);
    assert_true(sv_starts(buf_sv(&text), SV("# Words, ")));
    assert_true(sv_ends(buf_sv(&text), SV("| pear | 4 |\n")));
    export_to("rows.xml", path);
    wait_for("end it in .csv, .json, .ndjson, .md or .txt");
    export_to("none/rows.csv", path);
    wait_for("cannot make the file");
}

/* Whether the preview is of the row under the cursor. */
static bool preview_is_there(void)
{
    struct list_view *state = list_view_of(app_view(app));
    uint64_t key;
    size_t row;

    return list_cursor(&state->list, &row, &key) && state->previewed == key;
}

/* A key is answered before the preview is drawn, which follows by itself. */
static void test_preview_follows_the_cursor(void **state)
{
    const struct event wide = {.type = EVENT_RESIZE, .size = {24, 160}};
    int64_t until_ms = clock_mono_ms() + 60000;

    (void)state;
    app_event(app, &wide);
    app_draw(app);
    assert_true(preview_is_there());
    press("j");
    assert_string_equal(selected("word"), "apple");
    assert_false(preview_is_there());
    while (!preview_is_there() && clock_mono_ms() < until_ms)
        app_draw(app);
    assert_true(preview_is_there());
    press("j");
    app_draw_owed(app); /* what reads the screen need not wait */
    assert_true(preview_is_there());
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start_app, stop_app)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_begins_at_the_top),
        TEST(test_cursor_stays_on_the_row),
        TEST(test_cursor_when_its_row_is_gone),
        TEST(test_beginning_stays_in_view),
        TEST(test_changed_row_says_so),
        TEST(test_cursor_returns_with_what_was_undone),
        TEST(test_refresh_keeps_what_is_there),
        TEST(test_stale_load_is_never_shown),
        TEST(test_filter_narrows_as_it_is_typed),
        TEST(test_filter_that_hides_the_row),
        TEST(test_filter_that_cannot_be_understood),
        TEST(test_attention),
        TEST(test_marks_survive),
        TEST(test_cancel),
        TEST(test_copy),
        TEST(test_export),
        TEST(test_export_asks_before_it_replaces),
        TEST(test_export_follows_no_link),
        TEST(test_export_formats),
        TEST(test_preview_follows_the_cursor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
