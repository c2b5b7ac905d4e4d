#include "tui/widget/list.h"

#include "core/base/mem.h"
#include "tui/widget/key_set.h"
#include "tui/widget/list_layout.h"

#define WHEEL_ROWS 3

void list_init(struct list *list)
{
    *list = (struct list){.sort_column = -1};
    list->marks = key_set_new();
    list->layout = mem_new(struct list_layout);
    list->layout->lines = 1;
}

void list_done(struct list *list)
{
    key_set_free(list->marks);
    mem_free(list->layout);
    for (size_t i = 0; i < list->n_terms; i++)
        mem_free(list->terms[i]);
    *list = (struct list){0};
}

/* What has been drawn is of no use to the next drawing. */
static void look_changes(struct list *list)
{
    list->layout->picture.stands = false;
}

/* --- rows ---------------------------------------------------------------------------------- */

static void put_cursor(struct list *list, size_t row)
{
    size_t last = list->rows.count == 0 ? 0 : list->rows.count - 1;

    list->cursor = row < last ? row : last;
    if (list->rows.count != 0)
        list->cursor_key = list->rows.key(&list->rows, list->cursor);
}

/* The cursor keeps its distance from the top of the screen when its row has moved. Who sees the
 * beginning of the list goes on seeing it, with what has come there. */
static void follow_cursor(struct list *list, size_t row)
{
    size_t above = list->cursor - list->top;

    list->cursor = row;
    if (list->top == 0 && row < (size_t)list->layout->page)
        return;
    list->top = row > above ? row - above : 0;
}

void list_set_rows(struct list *list, const struct rows *rows)
{
    bool had_rows = list->rows.count != 0;

    look_changes(list);
    list->rows = rows != NULL ? *rows : (struct rows){0};
    list_layout_measure(list);
    if (list->rows.count == 0)
        return; /* the cursor's key is kept: its row may come back */
    size_t row = list->is_placed ? list->rows.find(&list->rows, list->cursor_key) : 0;
    if (row != SIZE_MAX && had_rows)
        follow_cursor(list, row);
    put_cursor(list, row != SIZE_MAX ? row : list->cursor);
}

void list_hide_column(struct list *list, size_t column, bool hide)
{
    look_changes(list);
    if (column >= LIST_COLUMNS_MAX)
        return;
    uint64_t bit = (uint64_t)1 << column;
    list->layout->hidden = hide ? list->layout->hidden | bit : list->layout->hidden & ~bit;
    list->layout->shown = hide ? list->layout->shown & ~bit : list->layout->shown | bit;
}

void list_set_sort(struct list *list, int column, bool descending)
{
    look_changes(list);
    list->sort_column = column;
    list->sort_descending = descending;
}

void list_set_terms(struct list *list, const struct sv *terms, size_t n_terms)
{
    look_changes(list);
    for (size_t i = 0; i < list->n_terms; i++)
        mem_free(list->terms[i]);
    list->n_terms = n_terms < LIST_TERMS_MAX ? n_terms : LIST_TERMS_MAX;
    for (size_t i = 0; i < list->n_terms; i++)
        list->terms[i] = sv_dup(terms[i]);
}

/* --- the cursor ---------------------------------------------------------------------------- */

void list_move_to(struct list *list, size_t row)
{
    list->is_placed = true;
    put_cursor(list, row);
}

bool list_move_to_key(struct list *list, uint64_t key)
{
    size_t row = list->rows.count == 0 ? SIZE_MAX : list->rows.find(&list->rows, key);

    if (row == SIZE_MAX)
        return false;
    list_move_to(list, row);
    return true;
}

void list_move(struct list *list, enum move move)
{
    size_t page = (size_t)list->layout->page;

    if (move == MOVE_LEFT && list->scrolled > 0)
        list->scrolled--;
    if (move == MOVE_RIGHT && list->scrolled < list->layout->scrolled_max)
        list->scrolled++;
    if (move == MOVE_LEFT || move == MOVE_RIGHT)
        look_changes(list);
    if (move == MOVE_LEFT || move == MOVE_RIGHT || list->rows.count == 0)
        return;
    if (move == MOVE_PAGE_UP || move == MOVE_PAGE_DOWN)
        list->top = move_within(move, list->top, list->rows.count - 1, page);
    list_move_to(list, move_within(move, list->cursor, list->rows.count - 1, page));
}

bool list_cursor(const struct list *list, size_t *row, uint64_t *key)
{
    if (list->rows.count == 0)
        return false;
    *row = list->cursor;
    *key = list->cursor_key;
    return true;
}

/* --- marks --------------------------------------------------------------------------------- */

void list_mark_toggle(struct list *list)
{
    look_changes(list);
    if (list->rows.count == 0)
        return;
    if (key_set_has(list->marks, list->cursor_key))
        key_set_remove(list->marks, list->cursor_key);
    else
        key_set_add(list->marks, list->cursor_key);
    list_move(list, MOVE_DOWN);
}

/* Marks [from, to], both among the rows, as far as LIST_MARKS_MAX goes. */
static bool mark_rows(struct list *list, size_t from, size_t to)
{
    for (size_t row = from; row <= to; row++) {
        if (key_set_count(list->marks) >= LIST_MARKS_MAX)
            return false;
        key_set_add(list->marks, list->rows.key(&list->rows, row));
    }
    return true;
}

bool list_mark_range(struct list *list)
{
    size_t at = 0, from = list->cursor;
    uint64_t key, last = list->cursor_key;

    look_changes(list);
    if (list->rows.count == 0)
        return true;
    while (key_set_next(list->marks, &at, &key))
        last = key;
    size_t row = list->rows.find(&list->rows, last);
    if (row != SIZE_MAX)
        from = row;
    size_t to = list->cursor;
    return from < to ? mark_rows(list, from, to) : mark_rows(list, to, from);
}

bool list_mark_all(struct list *list)
{
    look_changes(list);
    return list->rows.count == 0 || mark_rows(list, 0, list->rows.count - 1);
}

void list_mark_none(struct list *list)
{
    look_changes(list);
    key_set_clear(list->marks);
}

size_t list_marked(const struct list *list)
{
    return key_set_count(list->marks);
}

bool list_next_mark(const struct list *list, size_t *at, uint64_t *key)
{
    return key_set_next(list->marks, at, key);
}

int list_line_of(const struct list *list, size_t row)
{
    if (row < list->top || row >= list->rows.count || row - list->top >= (size_t)list->layout->page)
        return -1;
    return 1 + (int)(row - list->top) * list->layout->lines;
}

/* --- what it says and hears ------------------------------------------------------------------ */

void list_position(const struct list *list, struct buf *out)
{
    size_t at = list->rows.count == 0 ? 0 : list->cursor + 1;

    buf_addf(out, "%zu/%zu", at, list->rows.count);
    if (list_marked(list) != 0)
        buf_addf(out, " %zu marked", list_marked(list));
}

static enum widget_result click_row(struct list *list, int y)
{
    size_t row = list->top + (size_t)((y - 1) / list->layout->lines);

    if (row >= list->rows.count || (y - 1) / list->layout->lines >= list->layout->page)
        return WIDGET_IGNORED;
    bool again = row == list->cursor && list->is_placed;
    list_move_to(list, row);
    return again ? WIDGET_ACTIVATED : WIDGET_HANDLED;
}

static int column_at(const struct list *list, int x)
{
    for (size_t i = 0; i < list->layout->n_placed; i++) {
        const struct placed_column *placed = &list->layout->placed[i];
        if (x >= placed->x && x <= placed->x + placed->width)
            return (int)placed->column;
    }
    return -1;
}

static void scroll(struct list *list, bool up)
{
    size_t page = (size_t)list->layout->page, count = list->rows.count;
    size_t max = count > page ? count - page : 0;

    for (int i = 0; i < WHEEL_ROWS; i++)
        list->top = move_within(up ? MOVE_UP : MOVE_DOWN, list->top, max, page);
    if (list->cursor < list->top)
        list_move_to(list, list->top);
    else if (page != 0 && list->cursor >= list->top + page)
        list_move_to(list, list->top + page - 1);
}

enum widget_result list_handle(struct list *list, const struct event *event, int *sort_column)
{
    const struct mouse *mouse = &event->mouse;

    *sort_column = -1;
    if (event->type != EVENT_MOUSE || list->rows.count == 0)
        return WIDGET_IGNORED;
    if (mouse->action == MOUSE_WHEEL_UP || mouse->action == MOUSE_WHEEL_DOWN) {
        scroll(list, mouse->action == MOUSE_WHEEL_UP);
        return WIDGET_HANDLED;
    }
    if (mouse->action != MOUSE_PRESS || mouse->button != 1 || mouse->y < 0)
        return WIDGET_IGNORED;
    if (mouse->y > 0)
        return click_row(list, mouse->y);
    *sort_column = column_at(list, mouse->x);
    return *sort_column < 0 ? WIDGET_IGNORED : WIDGET_HANDLED;
}
