#include "tui/widget/detail.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/base/vec.h"
#include "tui/widget/cell.h"

#define WHEEL_ROWS     3
#define LABEL_COLS_MAX 28
#define VALUE_COLS_MIN 20

struct detail_item {
    enum detail_kind kind;
    bool is_section;
    char *label, *value;
    size_t value_len;
};

void detail_init(struct detail *detail)
{
    *detail = (struct detail){0};
}

void detail_clear(struct detail *detail)
{
    for (size_t i = 0; i < detail->n_items; i++) {
        mem_free(detail->items[i].label);
        mem_free(detail->items[i].value);
    }
    detail->n_items = 0;
}

void detail_done(struct detail *detail)
{
    detail_clear(detail);
    mem_free(detail->items);
    mem_free(detail->sought);
    *detail = (struct detail){0};
}

static void add(struct detail *detail, struct detail_item item)
{
    if (detail->n_items == detail->items_size)
        detail->items = vec_grow(detail->items, &detail->items_size, sizeof *detail->items);
    detail->items[detail->n_items++] = item;
}

void detail_section(struct detail *detail, struct sv title)
{
    add(detail, (struct detail_item){.is_section = true, .label = sv_dup(title)});
}

void detail_add(struct detail *detail, enum detail_kind kind, struct sv label, struct sv value)
{
    add(detail,
        (struct detail_item){
            .kind = kind, .label = sv_dup(label), .value = sv_dup(value), .value_len = value.len});
}

void detail_addf(struct detail *detail, const char *label, const char *fmt, ...)
{
    char value[1024];
    va_list args;

    va_start(args, fmt);
    vsnprintf(value, sizeof value, fmt, args);
    va_end(args);
    detail_add(detail, DETAIL_TEXT, sv_of(label), sv_of(value));
}

static void add_time(struct detail *detail, const struct column *column, int64_t wall_ms)
{
    char iso[CLOCK_ISO_SIZE], age[CLOCK_AGE_SIZE];

    clock_iso8601(wall_ms, false, iso);
    clock_age(clock_display_ms() - wall_ms, age);
    detail_addf(detail, column->title, "%s (%s)", iso, age);
}

void detail_add_row(struct detail *detail, const struct rows *rows, size_t row)
{
    for (size_t i = 0; i < rows->n_columns; i++) {
        const struct column *column = &rows->columns[i];
        struct cell cell;
        if (column->width_max == 1)
            continue; /* a mark: it stands before its row */
        rows->cell(rows, row, i, &cell);
        struct sv label = sv_of(column->title);
        if (cell.absent) {
            detail_add(detail, DETAIL_TEXT, label, SV("-"));
        } else if (column->type == COL_TEXT) {
            detail_add(detail, DETAIL_TEXT, label, cell.text);
        } else if (column->type == COL_IDENTITY) {
            detail_add(detail, DETAIL_IDENTITY, label, cell.text);
        } else if (column->type == COL_STATUS) {
            detail_add(detail, DETAIL_STATUS, label, cell.text);
        } else if (column->type == COL_SEVERITY) {
            detail_add(detail, DETAIL_SEVERITY, label, cell.text);
        } else if (column->type == COL_TIME) {
            add_time(detail, column, cell.number);
        } else {
            AUTO(buf_done) struct buf text = BUF_NONE;
            cell_text(column, &cell, &text);
            detail_add(detail, DETAIL_TEXT, label, buf_sv(&text));
        }
    }
}

void detail_seek(struct detail *detail, struct sv title)
{
    mem_free(detail->sought);
    detail->sought = title.ptr != NULL ? sv_dup(title) : NULL;
    detail->is_sought = detail->sought != NULL;
}

/* --- drawing ------------------------------------------------------------------------------- */

/* Where drawing has got to: line y of all, of which those from detail->top on are on the canvas. */
struct pen {
    const struct canvas *canvas;
    size_t line, top;
    int label_cols;
};

/* The row of the canvas for the pen's line; out of view it is outside, where nothing is drawn. */
static int row_of(const struct pen *pen)
{
    if (pen->line < pen->top || pen->line - pen->top >= (size_t)pen->canvas->rows)
        return -1;
    return (int)(pen->line - pen->top);
}

static int label_cols(const struct detail *detail, int cols)
{
    size_t widest = 0, max = cols / 3 < LABEL_COLS_MAX ? (size_t)cols / 3 : LABEL_COLS_MAX;

    for (size_t i = 0; i < detail->n_items; i++) {
        size_t width = text_width(sv_of(detail->items[i].label), TEXT_LINE);
        if (!detail->items[i].is_section && width > widest)
            widest = width;
    }
    return (int)(widest < max ? widest : max);
}

static void draw_wrapped(struct pen *pen, struct sv line, style_t style)
{
    int x = pen->label_cols + 2, width = pen->canvas->cols - x;

    if (width < VALUE_COLS_MIN)
        width = VALUE_COLS_MIN;
    do {
        struct sv part = wrap_line(&line, width);
        canvas_text(pen->canvas, row_of(pen), x, width, part, style, CUT_SILENT);
        pen->line++;
    } while (line.len != 0);
}

static void draw_word(struct pen *pen, const struct word_sign *sign, struct sv value)
{
    int x = pen->label_cols + 2, y = row_of(pen);

    if (sign->sign != SIGN_NONE) {
        canvas_sign(pen->canvas, y, x, sign->sign, sign->role);
        x += 2;
    }
    canvas_text(pen->canvas, y, x, -1, value, sign->role, CUT_END);
    pen->line++;
}

static void draw_value(struct pen *pen, const struct detail_item *item)
{
    struct sv value = {item->value, item->value_len};
    AUTO(buf_done) struct buf identity = BUF_NONE;

    switch (item->kind) {
    case DETAIL_STATUS:
        draw_word(pen, theme_status(value), value);
        break;
    case DETAIL_SEVERITY:
        draw_word(pen, theme_severity(value), value);
        break;
    case DETAIL_IDENTITY:
        text_safe(&identity, value, TEXT_IDENTITY);
        draw_wrapped(pen, buf_sv(&identity), ROLE_IDENTITY);
        break;
    case DETAIL_BLOCK:
        do
            draw_wrapped(pen, sv_split(&value, '\n'), ROLE_TEXT);
        while (value.len != 0);
        break;
    case DETAIL_TEXT:
        draw_wrapped(pen, value, ROLE_TEXT);
        break;
    }
}

/* What is longer than the labels' column has a line of its own, so that none is cut. */
static bool is_wide(const struct detail_item *item, int cols)
{
    return text_width(sv_of(item->label), TEXT_LINE) > (size_t)cols;
}

/* The index of the section that is marked; n_items when there is none. */
static size_t sought_item(const struct detail *detail)
{
    size_t i = 0;

    while (i < detail->n_items && !(detail->items[i].is_section && detail->sought != NULL &&
                                    sv_eq(sv_of(detail->items[i].label), sv_of(detail->sought))))
        i++;
    return i;
}

static void draw_mark(const struct pen *pen)
{
    struct rect row = {row_of(pen), 0, 1, pen->canvas->cols};

    if (row.y >= 0)
        canvas_overlay(pen->canvas, row, ON_SELECTED);
}

/* Draws what is in view; returns how many lines there are in all. *sought_line is that of the
 * section that is marked, as it was when there is none. */
static size_t draw_items(const struct detail *detail, const struct canvas *canvas,
                         size_t *sought_line)
{
    struct pen pen = {canvas, 0, detail->top, label_cols(detail, canvas->cols)};
    size_t sought = sought_item(detail);

    for (size_t i = 0; i < detail->n_items; i++) {
        const struct detail_item *item = &detail->items[i];
        if (item->is_section && i != 0)
            pen.line++;
        canvas_text(canvas, row_of(&pen), 0, -1, sv_of(item->label),
                    item->is_section ? ROLE_TITLE : ROLE_LABEL, CUT_END);
        if (i == sought) {
            *sought_line = pen.line;
            draw_mark(&pen);
        }
        if (item->is_section || is_wide(item, pen.label_cols))
            pen.line++; /* its value stands below it */
        if (!item->is_section)
            draw_value(&pen, item);
    }
    return pen.line;
}

/* Where to begin, now that it is known where everything stands. */
static size_t top_wanted(struct detail *detail, size_t sought_line)
{
    size_t top_max = detail->lines > detail->page ? detail->lines - detail->page : 0;
    size_t top = detail->top;

    if (detail->is_sought && sought_line != SIZE_MAX) {
        detail->is_sought = false;
        top = sought_line;
    }
    return top < top_max ? top : top_max;
}

void detail_draw(struct detail *detail, const struct canvas *canvas)
{
    struct rect body = canvas_rect(canvas), bar = rect_cut_right(&body, 1);
    struct canvas lines = canvas_sub(canvas, body);
    size_t sought_line = SIZE_MAX;

    canvas_clear(canvas, ROLE_TEXT);
    detail->page = (size_t)body.rows;
    detail->lines = draw_items(detail, &lines, &sought_line);
    size_t top = top_wanted(detail, sought_line);
    if (detail->top != top) {
        detail->top = top;
        canvas_clear(canvas, ROLE_TEXT);
        draw_items(detail, &lines, &sought_line);
    }
    scrollbar_draw(canvas, bar, detail->top, detail->page, detail->lines);
}

void detail_move(struct detail *detail, enum move move)
{
    size_t max = detail->lines > detail->page ? detail->lines - detail->page : 0;

    detail->is_sought = false;
    detail->top = move_within(move, detail->top, max, detail->page);
}

enum widget_result detail_handle(struct detail *detail, const struct event *event)
{
    if (event->type != EVENT_MOUSE ||
        (event->mouse.action != MOUSE_WHEEL_UP && event->mouse.action != MOUSE_WHEEL_DOWN))
        return WIDGET_IGNORED;
    for (int i = 0; i < WHEEL_ROWS; i++)
        detail_move(detail, event->mouse.action == MOUSE_WHEEL_UP ? MOVE_UP : MOVE_DOWN);
    return WIDGET_HANDLED;
}
