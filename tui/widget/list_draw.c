#include "core/base/mem.h"
#include "core/base/text.h"
#include "tui/widget/key_set.h"
#include "tui/widget/list_layout.h"

#define SECOND_LINE_INDENT 4
#define SECOND_LINE_ROOM   4 /* a value with less is left out */

static void draw_title(const struct list *list, const struct canvas *canvas,
                       const struct placed_column *placed)
{
    const struct column *column = &list->rows.columns[placed->column];
    bool sorted = list->sort_column == (int)placed->column;
    int width = placed->width - (sorted ? 1 : 0);
    enum canvas_cut cut = column_is_right(column) ? CUT_RIGHT : CUT_END;

    int used = canvas_text(canvas, 0, placed->x, width, sv_of(column->title), ROLE_COLUMN, cut);
    if (sorted)
        canvas_sign(canvas, 0, placed->x + used,
                    list->sort_descending ? SIGN_SORT_DOWN : SIGN_SORT_UP, ROLE_COLUMN);
}

static void draw_header(const struct list *list, const struct canvas *canvas)
{
    const struct list_layout *layout = list->layout;

    canvas_fill(canvas, (struct rect){0, 0, 1, canvas->cols}, SIGN_NONE, ROLE_COLUMN);
    for (size_t i = 0; i < layout->n_placed; i++)
        draw_title(list, canvas, &layout->placed[i]);
    if (layout->more_left)
        canvas_sign(canvas, 0, 0, SIGN_MORE_LEFT, ROLE_COLUMN);
    if (layout->more_right)
        canvas_sign(canvas, 0, canvas->cols - 1, SIGN_MORE_RIGHT, ROLE_COLUMN);
}

static style_t cursor_style(const struct list *list)
{
    return ON_SELECTED | (list->unfocused ? ON_UNFOCUSED : 0);
}

static style_t overlays_of(const struct list *list, size_t row, uint64_t key)
{
    style_t overlays = 0;

    if (row == list->cursor)
        overlays |= cursor_style(list);
    if (key_set_has(list->marks, key))
        overlays |= ON_MARKED;
    return overlays;
}

static bool is_placed(const struct list_layout *layout, size_t column)
{
    for (size_t i = 0; i < layout->n_placed; i++) {
        if (layout->placed[i].column == column)
            return true;
    }
    return false;
}

/* What the first line has no room for, value after value. */
static void draw_second_line(const struct list *list, const struct canvas *canvas, int y,
                             size_t row, style_t overlays)
{
    int x = SECOND_LINE_INDENT;

    for (size_t i = 0; i < list->rows.n_columns && i < LIST_COLUMNS_MAX; i++) {
        struct cell cell;
        if (is_placed(list->layout, i) || !list_layout_shows(list, i))
            continue;
        list->rows.cell(&list->rows, row, i, &cell);
        if (cell.absent)
            continue;
        int width = cell_width(&list->rows.columns[i], &cell), room = canvas->cols - x;
        if (room < SECOND_LINE_ROOM)
            break;
        if (width > room)
            width = room;
        x += cell_draw(canvas, y, x, width, &list->rows.columns[i], &cell, overlays) + 2;
    }
}

/* The fold sign of a tree's row, behind its depth; returns the columns that both take. */
static int draw_outline(const struct canvas *canvas, int y, int x, const struct outline *outline,
                        style_t overlays)
{
    int indent = outline_width(outline) - OUTLINE_SIGN_WIDTH;

    if (outline->n_below > 0)
        canvas_sign(canvas, y, x + indent, outline->is_folded ? SIGN_FOLDED : SIGN_UNFOLDED,
                    ROLE_DIM | overlays);
    return indent + OUTLINE_SIGN_WIDTH;
}

static void draw_cells(const struct list *list, const struct canvas *canvas, int y, size_t row,
                       style_t overlays)
{
    const struct list_layout *layout = list->layout;
    struct outline outline = {0};

    if (list->rows.outline != NULL)
        list->rows.outline(&list->rows, row, &outline);
    for (size_t i = 0; i < layout->n_placed; i++) {
        const struct placed_column *placed = &layout->placed[i];
        struct cell cell;
        int before = 0;
        list->rows.cell(&list->rows, row, placed->column, &cell);
        if (i == 0 && list->rows.outline != NULL)
            before = draw_outline(canvas, y, placed->x, &outline, overlays);
        if (cell.absent && outline.n_below > 0)
            continue; /* a branch has a name and nothing else */
        cell_draw(canvas, y, placed->x + before, placed->width - before,
                  &list->rows.columns[placed->column], &cell, overlays);
    }
}

static void draw_row(const struct list *list, const struct canvas *canvas, int y, size_t row)
{
    const struct list_layout *layout = list->layout;
    uint64_t key = list->rows.key(&list->rows, row);
    style_t overlays = overlays_of(list, row, key);
    struct rect whole = {y, 0, layout->lines, canvas->cols};

    if (overlays != 0)
        canvas_fill(canvas, whole, SIGN_NONE, ROLE_TEXT | overlays);
    if (overlays & ON_MARKED)
        canvas_sign(canvas, y, 0, SIGN_MARK, ROLE_TEXT | overlays);
    draw_cells(list, canvas, y, row, overlays);
    if (layout->lines == 2)
        draw_second_line(list, canvas, y + 1, row, overlays);
    for (size_t i = 0; i < list->n_terms; i++) {
        for (int line = 0; line < layout->lines; line++)
            highlight(canvas, (struct rect){y + line, LIST_GUTTER, 1, canvas->cols - LIST_GUTTER},
                      sv_of(list->terms[i]));
    }
}

/* The rows, and the bar at their right edge when they do not fit; empty without one. */
static struct rect place_body(const struct list *list, const struct canvas *canvas,
                              struct rect *bar)
{
    struct rect body = canvas_rect(canvas);

    rect_cut_top(&body, 1);
    *bar = (struct rect){0};
    if (list->rows.count > (size_t)body.rows)
        *bar = rect_cut_right(&body, 1);
    return body;
}

static void note_picture(struct list *list, const struct canvas *canvas)
{
    list->layout->picture = (struct list_picture){.stands = true,
                                                  .unfocused = list->unfocused,
                                                  .rows = canvas->rows,
                                                  .cols = canvas->cols,
                                                  .top = list->top,
                                                  .cursor = list->cursor};
}

void list_draw(struct list *list, const struct canvas *canvas)
{
    struct list_layout *layout = list->layout;
    struct rect bar, body = place_body(list, canvas, &bar);

    canvas_clear(canvas, ROLE_TEXT);
    list_layout_place(list, body.rows, body.cols);
    layout->page = body.rows / layout->lines;
    if (list->rows.columns != NULL) {
        struct canvas head = canvas_sub(canvas, (struct rect){0, 0, 1, body.cols});
        draw_header(list, &head);
    }
    size_t page = (size_t)layout->page;
    list->top = scroll_into_view(list->top, list->cursor, list->rows.count, page);
    struct canvas lines = canvas_sub(canvas, body);
    for (size_t i = 0; i < page && list->top + i < list->rows.count; i++)
        draw_row(list, &lines, (int)i * layout->lines, list->top + i);
    scrollbar_draw(canvas, bar, list->top, page, list->rows.count);
    note_picture(list, canvas);
}

/* --- drawing less -------------------------------------------------------------------------- */

static bool picture_fits(const struct list *list, const struct canvas *canvas)
{
    const struct list_picture *picture = &list->layout->picture;

    return picture->stands && picture->unfocused == list->unfocused &&
           picture->rows == canvas->rows && picture->cols == canvas->cols && list->rows.count > 0 &&
           list->cursor < list->rows.count;
}

/* A row that was in view only gains or loses the cursor. */
static void redraw_row(const struct list *list, const struct canvas *canvas,
                       const struct list_picture *before, int y, size_t row)
{
    size_t page = (size_t)list->layout->page;
    struct rect part = {y, 0, list->layout->lines, canvas->cols};

    if (row < before->top || row >= before->top + page) {
        canvas_fill(canvas, part, SIGN_NONE, ROLE_TEXT);
        draw_row(list, canvas, y, row);
    } else if (row == list->cursor) {
        canvas_overlay(canvas, part, cursor_style(list));
    } else if (row == before->cursor) {
        canvas_lift(canvas, part, ON_SELECTED | ON_UNFOCUSED);
    }
}

void list_redraw(struct list *list, const struct canvas *canvas)
{
    struct list_layout *layout = list->layout;
    struct list_picture before = layout->picture;
    struct rect bar, body = place_body(list, canvas, &bar);
    size_t page = (size_t)layout->page;

    if (!picture_fits(list, canvas)) {
        list_draw(list, canvas);
        return;
    }
    list->top = scroll_into_view(list->top, list->cursor, list->rows.count, page);
    struct canvas lines = canvas_sub(canvas, body);
    ptrdiff_t up = (ptrdiff_t)list->top - (ptrdiff_t)before.top;
    if (up != 0 && (size_t)(up < 0 ? -up : up) < page)
        canvas_scroll(canvas, body, (int)up * layout->lines);
    for (size_t i = 0; i < page && list->top + i < list->rows.count; i++)
        redraw_row(list, &lines, &before, (int)i * layout->lines, list->top + i);
    if (scrollbar_thumb(bar, before.top, page, list->rows.count).y !=
        scrollbar_thumb(bar, list->top, page, list->rows.count).y)
        scrollbar_draw(canvas, bar, list->top, page, list->rows.count);
    note_picture(list, canvas);
}
