#include <stdio.h>

#include "core/base/clock.h"
#include "tests/unit/tui/helper_canvas.h"
#include "tui/grid.h"
#include "tui/widget/list.h"
#include "tui/widget/list_layout.h"

/* A thing of the test world: its number is its identity. */
struct thing {
    uint64_t number;
    const char *name, *severity;
};

#define THINGS_MAX 200
static struct thing things[THINGS_MAX];
static size_t n_things;

static const struct column columns[] = {
    {.id = "sev", .title = "SEV", .type = COL_SEVERITY, .width_min = 6},
    {.id = "name", .title = "NAME", .type = COL_TEXT, .width_min = 8, .flags = COL_KEY},
    {.id = "count", .title = "COUNT", .type = COL_COUNT, .width_min = 5, .rank = 2},
    {.id = "account",
     .title = "ACCOUNT",
     .type = COL_TEXT,
     .width_min = 7,
     .rank = 1,
     .flags = COL_WHEN_MANY},
    {.id = "arn",
     .title = "ARN",
     .type = COL_IDENTITY,
     .width_min = 12,
     .rank = 3,
     .flags = COL_MIDDLE_CUT},
    {.id = "hidden", .title = "HIDDEN", .type = COL_TEXT, .flags = COL_HIDDEN},
};

static const char *account_of(size_t row)
{
    static bool many;
    if (row == SIZE_MAX) {
        many = !many;
        return NULL;
    }
    return many && row % 2 == 1 ? "shop" : "payments";
}

static void thing_cell(const struct rows *rows, size_t row, size_t column, struct cell *cell)
{
    const struct thing *thing = &things[row];
    static char arn[128];

    (void)rows;
    *cell = (struct cell){0};
    snprintf(arn, sizeof arn, "arn:aws:ec2:eu-west-1:111122223333:group/sg-%04d",
             (int)thing->number);
    switch (column) {
    case 0:
        cell->text = sv_of(thing->severity);
        break;
    case 1:
        cell->text = sv_of(thing->name);
        break;
    case 2:
        cell->number = (int64_t)thing->number * 10;
        cell->absent = thing->number % 7 == 3;
        break;
    case 3:
        cell->text = sv_of(account_of(row));
        break;
    default:
        cell->text = sv_of(arn);
    }
}

static uint64_t thing_key(const struct rows *rows, size_t row)
{
    (void)rows;
    return things[row].number;
}

static size_t thing_find(const struct rows *rows, uint64_t key)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (things[i].number == key)
            return i;
    }
    return SIZE_MAX;
}

static struct rows rows_now(void)
{
    return (struct rows){.columns = columns,
                         .n_columns = ARRAY_LEN(columns),
                         .count = n_things,
                         .cell = thing_cell,
                         .key = thing_key,
                         .find = thing_find};
}

static struct canvas_grid *grid;
static struct canvas canvas;
static struct list list;

static void make_things(size_t n)
{
    static char names[THINGS_MAX][32];

    for (size_t i = 0; i < n; i++) {
        snprintf(names[i], sizeof names[i], "thing-%zu", i);
        things[i] = (struct thing){i, names[i], i % 2 == 0 ? "HIGH" : "LOW"};
    }
    n_things = n;
}

static void resize(int rows, int cols)
{
    canvas_grid_resize(grid, rows, cols);
    canvas = canvas_of(grid);
}

static void show(void)
{
    struct rows rows = rows_now();
    list_set_rows(&list, &rows);
    list_draw(&list, &canvas);
}

static int setup(void **state)
{
    (void)state;
    grid = canvas_grid_new(6, 80);
    canvas = canvas_of(grid);
    list_init(&list);
    make_things(20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    list_done(&list);
    canvas_grid_free(grid);
    return 0;
}

static const char *cursor_name(void)
{
    size_t row;
    uint64_t key;

    assert_true(list_cursor(&list, &row, &key));
    assert_int_equal(things[row].number, key);
    return things[row].name;
}

static void columns_stand_in_their_places(void **state)
{
    (void)state;
    resize(6, 100);
    show();
    assert_row(&canvas, 0, "  SEV    NAME     COUNT ARN");
    assert_row(&canvas, 1,
               "  ▲ HIGH thing-0      0 arn:aws:ec2:eu-west-1:111122223333:group/sg-0000"
               "                           █");
    assert_row(&canvas, 4,
               "  ▽ LOW  thing-3      - arn:aws:ec2:eu-west-1:111122223333:group/sg-0003"
               "                           │");
    assert_int_equal(style_at(&canvas, 1, 4), ROLE_HIGH | ON_SELECTED);
    assert_int_equal(style_at(&canvas, 2, 2), ROLE_LOW);
}

static void account_columns_appear_when_there_are_many(void **state)
{
    (void)state;
    resize(6, 100);
    show();
    assert_false(canvas_has(&canvas, "ACCOUNT"));
    account_of(SIZE_MAX);
    show();
    assert_true(canvas_has(&canvas, "ACCOUNT"));
    assert_true(canvas_has(&canvas, "payments"));
    account_of(SIZE_MAX);
    list_hide_column(&list, 3, true);
    list_hide_column(&list, 5, false);
    show();
    assert_false(canvas_has(&canvas, "ACCOUNT"));
    assert_true(canvas_has(&canvas, "HIDDEN"));
}

static void narrow_screens_leave_out_by_rank_and_scroll(void **state)
{
    (void)state;
    resize(5, 60); /* too few rows for two lines each */
    show();
    assert_row(&canvas, 0, "  SEV    NAME     COUNT ARN");
    assert_true(canvas_has(&canvas, "arn:aws:ec2:e"));
    resize(5, 30);
    show();
    assert_row(&canvas, 0, "  SEV    NAME     COUNT     ›");
    list_move(&list, MOVE_RIGHT);
    show();
    assert_row(&canvas, 0, "‹ SEV    COUNT ARN");
}

static void extras_take_no_room_that_others_can_use(void **state)
{
    struct column extra[ARRAY_LEN(columns)];
    struct rows rows = rows_now();

    (void)state;
    memcpy(extra, columns, sizeof columns);
    extra[2].rank = 4;
    rows.columns = extra;
    list_set_rows(&list, &rows);
    resize(5, 65); /* ARN would like 47, and 40 of them are enough */
    list_draw(&list, &canvas);
    assert_row(&canvas, 0, "  SEV    NAME     COUNT ARN");
    resize(5, 64);
    list_draw(&list, &canvas);
    assert_row(&canvas, 0, "  SEV    NAME     ARN                                         ›");
}

static void below_80_columns_a_row_takes_two_lines(void **state)
{
    (void)state;
    resize(9, 30);
    show();
    assert_row(&canvas, 0, "  SEV    NAME               ›");
    assert_row(&canvas, 1, "  ▲ HIGH thing-0             █");
    assert_row(&canvas, 2, "    0  arn:aws:ec2…up/sg-0000│");
}

static void the_cursor_belongs_to_a_thing(void **state)
{
    (void)state;
    show();
    list_move_to(&list, 5);
    assert_string_equal(cursor_name(), "thing-5");
    struct thing moved = things[5];
    memmove(&things[3], &things[2], 3 * sizeof things[0]); /* re-sorted: 5 goes to 2 */
    things[2] = moved;
    show();
    assert_string_equal(cursor_name(), "thing-5");
    assert_int_equal(list.cursor, 2);
    memmove(&things[2], &things[3], 17 * sizeof things[0]); /* it is gone */
    n_things--;
    show();
    assert_int_equal(list.cursor, 2);
    assert_string_equal(cursor_name(), "thing-2");
    n_things = 0;
    show();
    size_t row;
    uint64_t key;
    assert_false(list_cursor(&list, &row, &key));
    n_things = 10;
    show();
    assert_string_equal(cursor_name(), "thing-2");
}

static void until_it_is_moved_the_cursor_stays_on_the_first_row(void **state)
{
    (void)state;
    n_things = 3;
    show();
    assert_string_equal(cursor_name(), "thing-0");
    memmove(&things[1], &things[0], 3 * sizeof things[0]);
    things[0] = (struct thing){99, "thing-99", "LOW"};
    n_things = 4;
    show();
    assert_string_equal(cursor_name(), "thing-99");
    list_move(&list, MOVE_TOP);
    memmove(&things[1], &things[0], 4 * sizeof things[0]);
    things[0] = (struct thing){98, "thing-98", "LOW"};
    show();
    assert_string_equal(cursor_name(), "thing-99");
}

static void a_cursor_that_moves_keeps_its_place_on_the_screen(void **state)
{
    (void)state;
    make_things(100);
    show();
    list_move_to(&list, 50);
    list_draw(&list, &canvas);
    size_t above = list.cursor - list.top;
    memmove(&things[20], &things[0], 100 * sizeof things[0]);
    for (size_t i = 0; i < 20; i++)
        things[i] = (struct thing){1000 + i, "new", "LOW"};
    n_things = 120;
    show();
    assert_string_equal(cursor_name(), "thing-50");
    assert_int_equal(list.cursor - list.top, above);
}

static void marks_survive_filters(void **state)
{
    struct buf position = BUF_NONE;

    (void)state;
    show();
    list_mark_toggle(&list);
    list_move_to(&list, 4);
    assert_true(list_mark_range(&list));
    assert_int_equal(list_marked(&list), 5);
    n_things = 2;
    show();
    list_position(&list, &position);
    assert_string_equal(buf_cstr(&position), "2/2 5 marked");
    n_things = 20;
    show();
    assert_row(&canvas, 1,
               "✓ ▲ HIGH thing-0      0 arn:aws:ec2:eu-west-1:111122223333:group/sg-0000       █");
    size_t at = 0, n = 0;
    for (uint64_t key; list_next_mark(&list, &at, &key); n++)
        assert_int_equal(key, n);
    assert_int_equal(n, 5);
    list_move_to(&list, 0);
    list_mark_toggle(&list);
    assert_int_equal(list_marked(&list), 4);
    assert_true(list_mark_all(&list));
    assert_int_equal(list_marked(&list), 20);
    list_mark_none(&list);
    assert_int_equal(list_marked(&list), 0);
    buf_done(&position);
}

static void moves_page_and_stop_at_the_ends(void **state)
{
    (void)state;
    show(); /* 5 rows fit */
    list_move(&list, MOVE_UP);
    assert_int_equal(list.cursor, 0);
    list_move(&list, MOVE_PAGE_DOWN);
    list_draw(&list, &canvas);
    assert_int_equal(list.cursor, 4);
    list_move(&list, MOVE_PAGE_DOWN);
    list_draw(&list, &canvas);
    assert_int_equal(list.cursor, 8);
    assert_int_equal(list.top, 8);
    list_move(&list, MOVE_BOTTOM);
    list_draw(&list, &canvas);
    assert_int_equal(list.cursor, 19);
    assert_int_equal(list.top, 15);
    list_move(&list, MOVE_HALF_UP);
    assert_int_equal(list.cursor, 17);
    list_move(&list, MOVE_TOP);
    list_draw(&list, &canvas);
    assert_int_equal(list.top, 0);
}

static void what_is_found_is_highlighted(void **state)
{
    const struct sv terms[] = {SV("ING-1"), SV("west")};

    (void)state;
    list_set_terms(&list, terms, 2);
    show();
    assert_int_equal(style_at(&canvas, 2, 9), ROLE_TEXT);
    assert_int_equal(style_at(&canvas, 2, 11), ROLE_TEXT | ON_MATCH);
    assert_int_equal(style_at(&canvas, 2, 15), ROLE_TEXT | ON_MATCH);
    assert_int_equal(style_at(&canvas, 3, 11), ROLE_TEXT);
    assert_true(style_at(&canvas, 3, 40) & ON_MATCH);
}

static enum widget_result mouse(enum mouse_action action, int y, int x, int *sort)
{
    struct event event = {.type = EVENT_MOUSE,
                          .mouse = {.action = action, .button = 1, .y = y, .x = x}};
    return list_handle(&list, &event, sort);
}

static void the_mouse_reaches_rows_and_titles(void **state)
{
    int sort;

    (void)state;
    show();
    assert_int_equal(mouse(MOUSE_PRESS, 3, 20, &sort), WIDGET_HANDLED);
    assert_int_equal(list.cursor, 2);
    assert_int_equal(mouse(MOUSE_PRESS, 3, 2, &sort), WIDGET_ACTIVATED);
    assert_int_equal(mouse(MOUSE_PRESS, 0, 10, &sort), WIDGET_HANDLED);
    assert_int_equal(sort, 1);
    assert_int_equal(mouse(MOUSE_PRESS, 9, 10, &sort), WIDGET_IGNORED);
    assert_int_equal(mouse(MOUSE_WHEEL_DOWN, 3, 10, &sort), WIDGET_HANDLED);
    list_draw(&list, &canvas);
    assert_int_equal(list.top, 3);
    assert_int_equal(list.cursor, 3);
    n_things = 2;
    show();
    assert_int_equal(mouse(MOUSE_PRESS, 4, 10, &sort), WIDGET_IGNORED);
}

static void the_header_shows_the_order(void **state)
{
    (void)state;
    list_set_sort(&list, 1, false);
    show();
    assert_true(canvas_has(&canvas, "NAME↑"));
    list_set_sort(&list, 2, true);
    show();
    assert_true(canvas_has(&canvas, "COUNT↓"));
}

static void any_size_is_survived(void **state)
{
    (void)state;
    for (int rows = 1; rows < 12; rows++) {
        for (int cols = 1; cols < 100; cols += 7) {
            resize(rows, cols);
            show();
            list_move(&list, MOVE_PAGE_DOWN);
            list_move(&list, MOVE_RIGHT);
            list_draw(&list, &canvas);
        }
    }
    n_things = 0;
    show();
    list_set_rows(&list, NULL);
    list_draw(&list, &canvas);
    list_move(&list, MOVE_DOWN);
    list_mark_toggle(&list);
}

static void cells_are_written_for_people(void **state)
{
    static const struct {
        enum column_type type;
        struct cell cell;
        const char *text;
    } cases[] = {
        {COL_TIME, {.number = 1000000 - 90000}, "1m"},
        {COL_TIME, {.number = 1000000 + 5000}, "now"},
        {COL_DURATION, {.number = 6 * 86400000LL}, "6d"},
        {COL_BOOL, {.number = 1}, "yes"},
        {COL_COUNT, {.number = -12}, "-12"},
        {COL_COUNT, {.absent = true}, "-"},
        {COL_SIZE, {.number = 1500000}, "1.4M"},
        {COL_IDENTITY, {.text = {"p\xc3\xa9", 3}}, "p\\u{00E9}"},
        {COL_TEXT, {.text = {"a\033b", 3}}, "a^[b"},
    };

    (void)state;
    clock_freeze_display(1000000);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf text = BUF_NONE;
        struct column column = {.type = cases[i].type};
        cell_text(&column, &cases[i].cell, &text);
        assert_string_equal(buf_cstr(&text), cases[i].text);
        buf_done(&text);
    }
}

/* Whatever a key does, what list_redraw makes of the picture before is what list_draw makes of
 * nothing. */
static void do_something(unsigned random)
{
    static const enum move moves[] = {MOVE_DOWN,      MOVE_DOWN,    MOVE_DOWN, MOVE_UP,
                                      MOVE_PAGE_DOWN, MOVE_PAGE_UP, MOVE_TOP,  MOVE_BOTTOM,
                                      MOVE_LEFT,      MOVE_RIGHT};
    struct rows rows;

    switch (random % 16) {
    case 0:
        list_mark_toggle(&list);
        break;
    case 1:
        list_mark_none(&list);
        break;
    case 2:
        make_things(1 + random / 16 % THINGS_MAX);
        rows = rows_now();
        list_set_rows(&list, &rows);
        break;
    case 3:
        list_set_terms(&list, (struct sv[]){SV("thing-1")}, random / 16 % 2);
        break;
    case 4:
        list.unfocused = random / 16 % 2;
        break;
    case 5:
        list_move_to(&list, random / 16 % n_things);
        break;
    default:
        list_move(&list, moves[random / 16 % ARRAY_LEN(moves)]);
    }
}

static void a_moved_picture_is_what_drawing_makes(void **state)
{
    struct canvas_grid *other = canvas_grid_new(6, 80);
    uint32_t random = 1;

    (void)state;
    resize(12, 90);
    canvas_grid_resize(other, 12, 90);
    make_things(100);
    show();
    for (int round = 0; round < 4000; round++) {
        AUTO(buf_done) struct buf difference = BUF_NONE;
        struct canvas afresh = canvas_of(other);
        int x = 0, end;

        random = random * 1664525 + 1013904223;
        if (round == 2000) { /* rows of two lines */
            resize(12, 60);
            canvas_grid_resize(other, 12, 60);
            afresh = canvas_of(other);
        }
        do_something(random >> 8);
        list_redraw(&list, &canvas);
        struct list_picture kept = list.layout->picture;
        list_draw(&list, &afresh);
        list.layout->picture = kept;
        for (int y = 0; y < 12; y++, x = 0)
            if (grid_diff(grid, other, y, &x, &end))
                buf_addf(&difference, "round %d: row %d from column %d to %d\n", round, y, x, end);
        assert_string_equal(buf_cstr(&difference), "");
    }
    canvas_grid_free(other);
}

int main(void)
{
#define LIST_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        LIST_TEST(columns_stand_in_their_places),
        LIST_TEST(account_columns_appear_when_there_are_many),
        LIST_TEST(narrow_screens_leave_out_by_rank_and_scroll),
        LIST_TEST(extras_take_no_room_that_others_can_use),
        LIST_TEST(below_80_columns_a_row_takes_two_lines),
        LIST_TEST(the_cursor_belongs_to_a_thing),
        LIST_TEST(until_it_is_moved_the_cursor_stays_on_the_first_row),
        LIST_TEST(a_cursor_that_moves_keeps_its_place_on_the_screen),
        LIST_TEST(marks_survive_filters),
        LIST_TEST(moves_page_and_stop_at_the_ends),
        LIST_TEST(what_is_found_is_highlighted),
        LIST_TEST(the_mouse_reaches_rows_and_titles),
        LIST_TEST(the_header_shows_the_order),
        LIST_TEST(any_size_is_survived),
        LIST_TEST(a_moved_picture_is_what_drawing_makes),
        cmocka_unit_test(cells_are_written_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
