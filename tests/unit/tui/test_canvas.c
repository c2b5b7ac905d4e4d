#include "tests/unit/tui/helper_canvas.h"
#include "tui/grid.h"

static struct canvas_grid *grid;
static struct canvas canvas;

static int make_grid(void **state)
{
    (void)state;
    grid = canvas_grid_new(4, 10);
    canvas = canvas_of(grid);
    return 0;
}

static int drop_grid(void **state)
{
    (void)state;
    canvas_grid_free(grid);
    return 0;
}

static int text(int y, int x, int width, const char *raw, enum canvas_cut cut)
{
    return canvas_text(&canvas, y, x, width, sv_of(raw), ROLE_TEXT, cut);
}

static void text_stays_within_its_width(void **state)
{
    (void)state;
    assert_int_equal(text(0, 0, 5, "abc", CUT_END), 3);
    assert_int_equal(text(0, 4, 5, "abcdef", CUT_END), 5);
    assert_row(&canvas, 0, "abc abcd…");
    text(1, 0, -1, "0123456789ABC", CUT_END);
    assert_row(&canvas, 1, "012345678…");
    text(2, 0, 7, "0123456789", CUT_MIDDLE);
    assert_row(&canvas, 2, "012…789");
    text(3, 0, 4, "0123456789", CUT_SILENT);
    text(3, 5, 4, "ab", CUT_RIGHT);
    assert_row(&canvas, 3, "0123   ab");
    text(3, 0, 9, "mid", CUT_CENTER);
    assert_row(&canvas, 3, "012mid ab");
}

static void wide_characters_are_never_halved(void **state)
{
    (void)state;
    text(0, 0, 4, "日本語", CUT_END);
    assert_row(&canvas, 0, "日…");
    text(1, 0, 5, "日本語", CUT_END);
    assert_row(&canvas, 1, "日本…");
    text(2, 7, -1, "日本", CUT_SILENT);
    assert_row(&canvas, 2, "       日");
    text(0, 0, -1, "日本", CUT_END);
    text(0, 1, -1, "x", CUT_END);
    assert_row(&canvas, 0, " x本");
    text(0, 2, -1, "y", CUT_END);
    assert_row(&canvas, 0, " xy");
}

static void the_clip_blanks_what_it_would_halve(void **state)
{
    struct canvas part = canvas_sub(&canvas, (struct rect){1, 2, 2, 3});

    (void)state;
    canvas_text(&part, 0, 0, 4, SV("日本"), ROLE_DIM, CUT_SILENT);
    assert_row(&canvas, 1, "  日");
    assert_int_equal(style_at(&canvas, 1, 4), ROLE_DIM);
    canvas_text(&part, 1, -1, 6, SV("日本"), ROLE_TEXT, CUT_SILENT);
    assert_row(&canvas, 2, "   本");
    canvas_text(&part, 5, 0, 4, SV("outside"), ROLE_TEXT, CUT_SILENT);
    canvas_text(&part, -1, 0, 3, SV("abc"), ROLE_TEXT, CUT_SILENT);
    assert_row(&canvas, 0, "");
    assert_row(&canvas, 3, "");
}

static void marks_stay_with_their_base(void **state)
{
    struct canvas_cell cell;

    (void)state;
    assert_int_equal(text(0, 0, -1, "e\u0301a", CUT_END), 2);
    assert_true(canvas_read(&canvas, 0, 0, &cell));
    assert_string_equal(cell.bytes, "e\u0301");
    assert_true(canvas_read(&canvas, 0, 1, &cell));
    assert_string_equal(cell.bytes, "a");
}

static void hostile_bytes_become_stand_ins(void **state)
{
    (void)state;
    text(0, 0, -1, "a\033[2Jb", CUT_END);
    assert_row(&canvas, 0, "a^[[2Jb");
    assert_true(style_at(&canvas, 0, 1) & ON_STAND_IN);
    assert_true(style_at(&canvas, 0, 2) & ON_STAND_IN);
    assert_false(style_at(&canvas, 0, 3) & ON_STAND_IN);
    text(1, 0, -1, "\xff\xfe", CUT_END);
    assert_row(&canvas, 1, "\ufffd\ufffd");
    assert_int_equal(text(2, 0, 6, "\u202e!", CUT_END), 1);
    assert_row(&canvas, 2, "…");
    canvas_identity(&canvas, 3, 0, -1, SV("p\u00e9"), ROLE_TEXT, CUT_END);
    assert_row(&canvas, 3, "p\\u{00E9}");
}

static void a_sub_canvas_of_a_sub_canvas_is_clipped_by_both(void **state)
{
    struct canvas outer = canvas_sub(&canvas, (struct rect){1, 1, 2, 6});
    struct canvas inner = canvas_sub(&outer, (struct rect){-1, 3, 9, 9});

    (void)state;
    canvas_fill(&inner, canvas_rect(&inner), SIGN_H_LINE, ROLE_TITLE);
    assert_row(&canvas, 0, "");
    assert_row(&canvas, 1, "    ───");
    assert_row(&canvas, 2, "    ───");
    assert_row(&canvas, 3, "");
    canvas_cursor(&inner, 0, 0);
    int y, x;
    assert_false(canvas_cursor_at(&canvas, &y, &x));
    canvas_cursor(&inner, 1, 2);
    assert_true(canvas_cursor_at(&canvas, &y, &x));
    assert_int_equal(y, 1);
    assert_int_equal(x, 6);
}

static void boxes_have_titles_that_fit(void **state)
{
    (void)state;
    canvas_box(&canvas, canvas_rect(&canvas), SV("a title"), ROLE_BORDER);
    assert_row(&canvas, 0, "┌─ a t… ─┐");
    assert_row(&canvas, 1, "│        │");
    assert_row(&canvas, 3, "└────────┘");
    sign_ascii_only(true);
    canvas_box(&canvas, canvas_rect(&canvas), SV_NONE, ROLE_BORDER);
    sign_ascii_only(false);
    assert_row(&canvas, 0, "+--------+");
    assert_row(&canvas, 2, "|        |");
}

static void an_overlay_keeps_what_stands_there(void **state)
{
    (void)state;
    canvas_text(&canvas, 0, 0, -1, SV("abc"), ROLE_OK, CUT_END);
    canvas_overlay(&canvas, (struct rect){0, 0, 1, 2}, ON_SELECTED);
    assert_row(&canvas, 0, "abc");
    assert_int_equal(style_at(&canvas, 0, 1), ROLE_OK | ON_SELECTED);
    assert_int_equal(style_at(&canvas, 0, 2), ROLE_OK);
}

static void a_diff_finds_exactly_what_changed(void **state)
{
    struct canvas_grid *other = canvas_grid_new(1, 1);
    int x = 0, end;

    (void)state;
    text(0, 0, -1, "a日本b", CUT_END);
    grid_copy(other, grid);
    assert_false(grid_diff(other, grid, 0, &x, &end));
    text(0, 2, -1, "x", CUT_END); /* the right half of the first wide one */
    assert_true(grid_diff(other, grid, 0, &x, &end));
    assert_int_equal(x, 1);
    assert_int_equal(end, 3);
    x = end;
    assert_false(grid_diff(other, grid, 0, &x, &end));
    x = 0;
    assert_false(grid_diff(other, grid, 1, &x, &end));
    canvas_grid_free(other);
}

static void sizes_out_of_bounds_are_bounded(void **state)
{
    (void)state;
    canvas_grid_resize(grid, 0, -5);
    canvas = canvas_of(grid);
    assert_int_equal(canvas.rows, 1);
    assert_int_equal(canvas.cols, 1);
    text(0, 0, -1, "日", CUT_END);
    assert_row(&canvas, 0, "…");
    canvas_box(&canvas, canvas_rect(&canvas), SV("t"), ROLE_BORDER);
    canvas_grid_resize(grid, 99999, 1);
    assert_int_equal(canvas_of(grid).rows, CANVAS_MAX);
}

static void rectangles_are_cut_without_remainder(void **state)
{
    struct rect rest = {0, 0, 10, 20};

    (void)state;
    struct rect top = rect_cut_top(&rest, 3), right = rect_cut_right(&rest, 99);
    assert_int_equal(top.rows, 3);
    assert_int_equal(right.cols, 20);
    assert_true(rect_is_empty(rest));

    struct rect whole = {2, 5, 4, 20};
    int covered = 0;
    for (int i = 0; i < 3; i++)
        covered += rect_column(whole, i, 3, 1).cols;
    assert_int_equal(covered, 18);
    assert_int_equal(rect_column(whole, 2, 3, 1).x + rect_column(whole, 2, 3, 1).cols, 25);
    assert_true(rect_is_empty(rect_inset(whole, 2)));
    assert_int_equal(rect_center(whole, 2, 10).x, 10);
}

int main(void)
{
#define CANVAS_TEST(test) cmocka_unit_test_setup_teardown(test, make_grid, drop_grid)
    const struct CMUnitTest tests[] = {
        CANVAS_TEST(text_stays_within_its_width),
        CANVAS_TEST(wide_characters_are_never_halved),
        CANVAS_TEST(the_clip_blanks_what_it_would_halve),
        CANVAS_TEST(marks_stay_with_their_base),
        CANVAS_TEST(hostile_bytes_become_stand_ins),
        CANVAS_TEST(a_sub_canvas_of_a_sub_canvas_is_clipped_by_both),
        CANVAS_TEST(boxes_have_titles_that_fit),
        CANVAS_TEST(an_overlay_keeps_what_stands_there),
        CANVAS_TEST(a_diff_finds_exactly_what_changed),
        CANVAS_TEST(sizes_out_of_bounds_are_bounded),
        cmocka_unit_test(rectangles_are_cut_without_remainder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
