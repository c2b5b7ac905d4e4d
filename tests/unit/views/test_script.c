/* Scripts in the place of a person, and the pictures that they take. */
#include <string.h>

#include "tests/unit/unit.h"
#include "tests/unit/views/helper_app.h"
#include "views/console/script.h"

static int play(const char *lines)
{
    char path[DIR_PATH_SIZE];

    dir_path(app_dir, "a.script", path);
    file_write(path, sv_of(lines));
    return script_run(app, path, false, app_dir);
}

static void test_lines(void **state)
{
    (void)state;
    assert_int_equal(play("# a comment\n\nkeys j\r\nwait apple\nkeys /\ntype fi\nkeys Enter\n"
                          "gone apple\nresize 120x30\n"),
                     0);
    assert_string_equal(app_view(app)->at.filter, "fi");
    assert_int_equal(app_canvas(app).cols, 120);
    assert_int_equal(app_canvas(app).rows, 30);
}

static void test_without_a_last_newline(void **state)
{
    (void)state;
    assert_int_equal(play("keys j"), 0);
    assert_string_equal(selected("word"), "apple");
}

static void test_ends_with_the_console(void **state)
{
    (void)state;
    assert_int_equal(play("keys :\ntype quit\nkeys Enter\nkeys j\n"), 0); /* keys go nowhere */
    assert_true(app_has_ended(app));
    assert_int_equal(play("nonsense\n"), 2);
    assert_int_equal(play("wait anything\n"), 1); /* nothing is to be seen */
}

static void test_bad_lines(void **state)
{
    static const char *const lines[] = {
        "nonsense\n",
        "keys NoSuchKey\n",
        "resize 80\n",
        "resize 0x0\n",
        "resize axb\n",
        "Keys j\n",
        "resize 99999x24\n",
        "keys\n",
        "type \n",
        "wait\n",
        "gone\n",
        "snap\n",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        assert_int_equal(play(lines[i]), 2);
    assert_int_equal(script_run(app, "/nonexistent/a.script", false, NULL), 2);
}

static size_t count(struct sv text, const char *what)
{
    size_t n = 0;

    for (const char *at = text.ptr; (at = strstr(at, what)) != NULL; at++)
        n++;
    return n;
}

/* A picture is XML, and holds what the screen does. */
static void test_picture(void **state)
{
    AUTO(buf_done) struct buf svg = BUF_NONE;
    char path[DIR_PATH_SIZE];

    (void)state;
    words_set("a<b>&c fig", false);
    assert_int_equal(play("keys r\nwait a<b>&c\nsnap shot\n"), 0);
    dir_path(app_dir, "shot.svg", path);
    file_read(path, &svg);
    assert_true(sv_starts(buf_sv(&svg), SV("<svg ")));
    assert_int_equal(count(buf_sv(&svg), "<svg"), 1);
    assert_int_equal(count(buf_sv(&svg), "</svg>"), 1);
    assert_int_equal(count(buf_sv(&svg), "<text"), count(buf_sv(&svg), "</text>"));
    assert_true(count(buf_sv(&svg), ">&lt;</text>") > 0); /* a cell each */
    assert_true(count(buf_sv(&svg), ">&amp;</text>") > 0);
    assert_int_equal(count(buf_sv(&svg), "><</text>"), 0);
}

static void test_picture_that_cannot_be_written(void **state)
{
    char path[DIR_PATH_SIZE], missing[DIR_PATH_SIZE];

    (void)state;
    dir_path(app_dir, "a.script", path);
    dir_path(app_dir, "missing", missing);
    file_write(path, SV("snap shot\n"));
    assert_int_equal(script_run(app, path, false, missing), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start_app, stop_app)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_lines),
        TEST(test_without_a_last_newline),
        TEST(test_ends_with_the_console),
        TEST(test_bad_lines),
        TEST(test_picture),
        TEST(test_picture_that_cannot_be_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
