/* What is written for a difference, with strings that can be read: <y,x>, <x>, [attributes]. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"
#include "tui/terminal/paint.h"

enum { ROWS = 3, COLS = 12 };

static void add_move(struct buf *out, int y, int x)
{
    buf_addf(out, "<%d,%d>", y, x);
}

static void add_move_in_row(struct buf *out, int x)
{
    buf_addf(out, "<%d>", x);
}

static void add_clear(struct buf *out)
{
    buf_add_cstr(out, "<clear>");
}

static void add_cursor(struct buf *out, bool is_shown)
{
    buf_add_cstr(out, is_shown ? "<show>" : "<hide>");
}

static void add_plain(struct buf *out)
{
    buf_add_cstr(out, "[plain]");
}

static void add_attr(struct buf *out, enum attr attr)
{
    buf_addf(out, "[+%d]", (int)attr);
}

static void add_color(struct buf *out, int color, bool is_background)
{
    buf_addf(out, is_background ? "[bg %d]" : "[fg %d]", color);
}

static const struct paint_terminal plain_terminal = {.move = add_move,
                                                     .move_in_row = add_move_in_row,
                                                     .clear = add_clear,
                                                     .cursor = add_cursor,
                                                     .plain = add_plain,
                                                     .attr = add_attr,
                                                     .color = add_color};

static struct {
    struct painter *painter;
    struct canvas_grid *shown, *wanted;
    struct canvas canvas; /* of what is wanted */
    struct buf out;
} at;

static void begin(const struct paint_terminal *terminal)
{
    at.painter = painter_new(terminal, theme_at(0));
    at.shown = canvas_grid_new(ROWS, COLS);
    at.wanted = canvas_grid_new(ROWS, COLS);
    at.canvas = canvas_of(at.wanted);
    painter_paint(at.painter, at.shown, at.wanted, true, &at.out);
    buf_clear(&at.out);
}

static int end(void **state)
{
    (void)state;
    painter_free(at.painter);
    canvas_grid_free(at.shown);
    canvas_grid_free(at.wanted);
    buf_done(&at.out);
    return 0;
}

static void text(int y, int x, const char *bytes, style_t style)
{
    canvas_text(&at.canvas, y, x, -1, sv_of(bytes), style, CUT_SILENT);
}

static void assert_painted(const char *expected)
{
    bool any = painter_paint(at.painter, at.shown, at.wanted, false, &at.out);

    assert_string_equal(buf_cstr(&at.out), expected);
    assert_int_equal(any, expected[0] != '\0');
    buf_clear(&at.out);
}

static void what_is_the_same_writes_nothing(void **state)
{
    (void)state;
    begin(&plain_terminal);
    assert_painted("");
    text(1, 2, "abc", ROLE_TEXT);
    assert_painted("<1,2>abc");
    assert_painted("");
}

static void a_new_screen_is_cleared_and_its_blanks_are_not_written(void **state)
{
    (void)state;
    begin(&plain_terminal);
    text(0, 0, "a", ROLE_TEXT);
    assert_true(painter_paint(at.painter, at.shown, at.wanted, true, &at.out));
    assert_string_equal(buf_cstr(&at.out), "[plain]<clear><hide><0,0>a");
}

static void what_lies_close_is_written_in_one_go(void **state)
{
    (void)state;
    begin(&plain_terminal);
    text(0, 0, "a   b", ROLE_TEXT);
    assert_painted("<0,0>a   b");
    text(0, 0, "c", ROLE_TEXT);
    text(0, 11, "d", ROLE_TEXT);
    assert_painted("<0,0>c<11>d");
}

/* Terminals differ about where the cursor is behind the last column. */
static void behind_the_last_column_the_cursor_is_placed_anew(void **state)
{
    (void)state;
    begin(&plain_terminal);
    text(0, 10, "ab", ROLE_TEXT);
    text(1, 0, "c", ROLE_TEXT);
    assert_painted("<0,10>ab<1,0>c");
    text(0, 11, "d", ROLE_TEXT);
    assert_painted("<0,11>d");
}

static void colours_are_exchanged_and_attributes_taken_off(void **state)
{
    struct paint_terminal terminal = plain_terminal;
    AUTO(buf_done) struct buf expected = BUF_NONE;

    (void)state;
    terminal.n_colors = 256;
    begin(&terminal);
    struct look low = theme_look(theme_at(0), ROLE_DIM, 256);
    struct look label = theme_look(theme_at(0), ROLE_NUMBER, 256);
    assert_int_equal(low.attrs | label.attrs, 0);
    assert_int_not_equal(low.fg, label.fg);
    text(0, 0, "a", ROLE_DIM);
    text(0, 1, "b", ROLE_NUMBER);
    text(0, 2, "c", ROLE_TEXT | ON_SELECTED);
    painter_paint(at.painter, at.shown, at.wanted, false, &at.out);
    buf_addf(&expected, "[fg %d]a[fg %d]b[plain]", low.fg, label.fg);
    assert_true(sv_contains(buf_sv(&at.out), buf_sv(&expected)));
}

static void a_terminal_that_drags_attributes_along_moves_without_them(void **state)
{
    struct paint_terminal terminal = plain_terminal;

    (void)state;
    terminal.moves_plain = true;
    begin(&terminal);
    text(0, 0, "a", ROLE_TEXT | ON_SELECTED);
    text(2, 0, "b", ROLE_TEXT | ON_SELECTED);
    assert_painted("<0,0>[plain][+8]a[plain]<2,0>[plain][+8]b");
}

static void the_last_cell_would_scroll_some_terminals(void **state)
{
    struct paint_terminal terminal = plain_terminal;

    (void)state;
    terminal.wraps = true;
    begin(&terminal);
    text(1, 11, "x", ROLE_TEXT);
    text(2, 9, "abc", ROLE_TEXT);
    assert_painted("<1,11>x<2,9>ab");
}

static void the_cursor_is_put_where_it_is_wanted(void **state)
{
    (void)state;
    begin(&plain_terminal);
    canvas_cursor(&at.canvas, 1, 4);
    assert_painted("<1,4><show>");
    text(0, 0, "a", ROLE_TEXT);
    assert_painted("<0,0>a<1,4>");
    canvas_hide_cursor(&at.canvas);
    assert_painted("<hide>");
}

static void add_shape(struct buf *out, enum cursor_shape shape)
{
    buf_addf(out, "<shape %d>", (int)shape);
}

static void the_cursor_has_the_shape_that_is_wanted(void **state)
{
    struct paint_terminal terminal = plain_terminal;

    (void)state;
    terminal.shape = add_shape;
    begin(&terminal);
    canvas_cursor(&at.canvas, 1, 4);
    canvas_cursor_shape(&at.canvas, CURSOR_BAR);
    assert_painted("<shape 6><1,4><show>");
    canvas_cursor(&at.canvas, 1, 5);
    canvas_cursor_shape(&at.canvas, CURSOR_BAR);
    assert_painted("<1,5>");
    painter_paint(at.painter, at.shown, at.wanted, true, &at.out); /* nothing is known */
    assert_non_null(strstr(buf_cstr(&at.out), "<shape 6>"));
    buf_clear(&at.out);
    canvas_cursor(&at.canvas, 1, 5); /* another's */
    assert_painted("<shape 0><1,5>");
}

static void wide_characters_and_marks_go_out_whole(void **state)
{
    (void)state;
    begin(&plain_terminal);
    text(0, 0, "日e\u0301!", ROLE_TEXT);
    assert_painted("<0,0>日e\u0301!");
}

static void blanks_are_written_as_they_come(void **state)
{
    struct paint_terminal terminal = plain_terminal;

    (void)state;
    terminal.n_colors = 256;
    begin(&terminal);
    text(0, 0, "xxxxxx", ROLE_TEXT);
    painter_paint(at.painter, at.shown, at.wanted, false, &at.out);
    buf_clear(&at.out);
    text(0, 0, "a", ROLE_NUMBER);
    text(0, 1, "    ", ROLE_TEXT);
    text(0, 5, "b", ROLE_NUMBER);
    painter_paint(at.painter, at.shown, at.wanted, false, &at.out);
    assert_non_null(strstr(buf_cstr(&at.out), "a    b"));
    buf_clear(&at.out);
    text(0, 1, "  ", ROLE_NUMBER | ON_SELECTED); /* reversed, it is seen */
    painter_paint(at.painter, at.shown, at.wanted, false, &at.out);
    assert_non_null(strstr(buf_cstr(&at.out), "[+8]"));
}

/* --- what has moved ------------------------------------------------------------------------ */

static void add_scroll(struct buf *out, int y, int rows, int up, int screen_rows)
{
    assert_int_equal(screen_rows, ROWS);
    buf_addf(out, "<scroll %d,%d,%d>", y, rows, up);
}

static struct paint_terminal scrolling_terminal(void)
{
    struct paint_terminal terminal = plain_terminal;

    terminal.scroll = add_scroll;
    return terminal;
}

static void rows_that_move_are_moved_by_the_terminal(void **state)
{
    struct paint_terminal terminal = scrolling_terminal();

    (void)state;
    begin(&terminal);
    text(0, 0, "one", ROLE_TEXT);
    text(1, 0, "two", ROLE_TEXT);
    text(1, 10, "|", ROLE_TEXT);
    painter_paint(at.painter, at.shown, at.wanted, false, &at.out);
    buf_clear(&at.out);
    canvas_scroll(&at.canvas, (struct rect){0, 0, 2, 9}, 1);
    text(1, 0, "six", ROLE_TEXT);
    assert_painted("[plain]<scroll 0,2,1><0,10> <1,0>six       |");
    assert_painted("");
}

static void a_narrow_part_and_a_terminal_that_cannot_are_painted(void **state)
{
    struct paint_terminal terminal = scrolling_terminal();

    (void)state;
    begin(&terminal);
    text(1, 0, "two", ROLE_TEXT);
    painter_paint(at.painter, at.shown, at.wanted, false, &at.out);
    buf_clear(&at.out);
    canvas_scroll(&at.canvas, (struct rect){0, 0, 2, 5}, 1);
    assert_painted("<0,0>two");
    end(state);
    begin(&plain_terminal);
    text(1, 0, "two", ROLE_TEXT);
    painter_paint(at.painter, at.shown, at.wanted, false, &at.out);
    buf_clear(&at.out);
    canvas_scroll(&at.canvas, (struct rect){0, 0, 2, 12}, 1);
    text(1, 0, "   ", ROLE_TEXT);
    assert_painted("<0,0>two<1,0>   ");
}

/* A terminal for the words above: letters, moves and scrolls; where it is told nothing it blanks.
 */
struct screen {
    char cells[ROWS][COLS];
    int y, x;
};

static void scroll_screen(struct screen *screen, int y, int rows, int up)
{
    struct screen before = *screen;

    for (int i = 0; i < rows; i++) {
        bool comes_from_within = i + up >= 0 && i + up < rows;
        if (comes_from_within)
            memcpy(screen->cells[y + i], before.cells[y + i + up], COLS);
        else
            memset(screen->cells[y + i], ' ', COLS);
    }
    screen->y = screen->x = -1;
}

static void obey(struct screen *screen, const char *bytes)
{
    int y, x, up;

    for (; *bytes != '\0'; bytes += *bytes == '<' || *bytes == '[' ? strcspn(bytes, ">]") + 1 : 1) {
        if (sscanf(bytes, "<scroll %d,%d,%d>", &y, &x, &up) == 3) {
            scroll_screen(screen, y, x, up);
        } else if (sscanf(bytes, "<%d,%d>", &y, &x) == 2) {
            screen->y = y;
            screen->x = x;
        } else if (sscanf(bytes, "<%d>", &x) == 1) {
            screen->x = x;
        } else if (*bytes != '[') {
            assert_in_range(screen->y, 0, ROWS - 1);
            assert_in_range(screen->x, 0, COLS - 1);
            screen->cells[screen->y][screen->x++] = *bytes;
        }
    }
}

static uint32_t random_below(uint32_t *seed, uint32_t n)
{
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 16) % n;
}

static void do_anything(uint32_t *seed)
{
    struct rect part = {(int)random_below(seed, ROWS), (int)random_below(seed, COLS),
                        1 + (int)random_below(seed, ROWS), 1 + (int)random_below(seed, COLS)};
    char letter[] = {(char)('a' + random_below(seed, 26)), '\0'};

    if (random_below(seed, 3) == 0)
        part.x = 0;
    switch (random_below(seed, 4)) {
    case 0:
        canvas_fill(&at.canvas, part, SIGN_NONE, ROLE_TEXT);
        break;
    case 1:
        canvas_scroll(&at.canvas, part, (int)random_below(seed, 5) - 2);
        break;
    default:
        text(part.y, part.x, letter, ROLE_TEXT);
        break;
    }
}

static void whatever_is_done_the_terminal_shows_it(void **state)
{
    struct paint_terminal terminal = scrolling_terminal();
    struct screen screen;
    uint32_t seed = 1;
    size_t n_scrolls = 0;

    (void)state;
    begin(&terminal);
    memset(screen.cells, ' ', sizeof screen.cells);
    for (int frame = 0; frame < 20000; frame++) {
        for (uint32_t n = random_below(&seed, 6); n > 0; n--)
            do_anything(&seed);
        buf_clear(&at.out);
        painter_paint(at.painter, at.shown, at.wanted, false, &at.out);
        n_scrolls += strstr(buf_cstr(&at.out), "scroll") != NULL;
        obey(&screen, buf_cstr(&at.out));
        for (int y = 0; y < ROWS; y++) {
            AUTO(buf_done) struct buf row = BUF_NONE;
            canvas_dump_row(&at.canvas, y, &row);
            while (row.len < COLS)
                buf_add_char(&row, ' ');
            assert_memory_equal(buf_cstr(&row), screen.cells[y], COLS);
        }
    }
    assert_true(n_scrolls > 1000);
}

static int in_utf8(void **state)
{
    (void)state;
    return setlocale(LC_ALL, "C.UTF-8") == NULL;
}

#define PAINT_TEST(test) cmocka_unit_test_teardown(test, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAINT_TEST(what_is_the_same_writes_nothing),
        PAINT_TEST(a_new_screen_is_cleared_and_its_blanks_are_not_written),
        PAINT_TEST(blanks_are_written_as_they_come),
        PAINT_TEST(rows_that_move_are_moved_by_the_terminal),
        PAINT_TEST(a_narrow_part_and_a_terminal_that_cannot_are_painted),
        PAINT_TEST(whatever_is_done_the_terminal_shows_it),
        PAINT_TEST(what_lies_close_is_written_in_one_go),
        PAINT_TEST(behind_the_last_column_the_cursor_is_placed_anew),
        PAINT_TEST(colours_are_exchanged_and_attributes_taken_off),
        PAINT_TEST(a_terminal_that_drags_attributes_along_moves_without_them),
        PAINT_TEST(the_last_cell_would_scroll_some_terminals),
        PAINT_TEST(the_cursor_has_the_shape_that_is_wanted),
        PAINT_TEST(the_cursor_is_put_where_it_is_wanted),
        PAINT_TEST(wide_characters_and_marks_go_out_whole),
    };

    return cmocka_run_group_tests(tests, in_utf8, NULL);
}
