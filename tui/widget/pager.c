#include "tui/widget/pager.h"

#include <string.h>

#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/base/vec.h"

#define SCROLL_COLS 8
#define WHEEL_ROWS  3
#define TAB         SV("    ")

struct line {
    size_t at, len; /* in bytes */
    size_t first_span, n_spans;
    style_t style;
};

/* A row of the screen: part of a line. */
struct row {
    size_t line;
    size_t from, to; /* bytes of the line */
    int indent;      /* columns before them: what goes on stands below where the line begins */
};

struct pager_text {
    struct buf bytes;
    VEC(struct line) lines;
    VEC(struct pager_span) spans;
    VEC(struct row) rows; /* wrapped for rows_width; else there is a row for each line */
    int rows_width;       /* 0: to be made anew */
    int page, width;      /* as last drawn */
};

void pager_init(struct pager *pager)
{
    *pager = (struct pager){.found = SIZE_MAX};
    pager->text = mem_new(struct pager_text);
}

void pager_done(struct pager *pager)
{
    buf_done(&pager->text->bytes);
    vec_free(&pager->text->lines);
    vec_free(&pager->text->spans);
    vec_free(&pager->text->rows);
    mem_free(pager->text);
    mem_free(pager->search);
    *pager = (struct pager){0};
}

void pager_clear(struct pager *pager)
{
    buf_clear(&pager->text->bytes);
    vec_clear(&pager->text->lines);
    vec_clear(&pager->text->spans);
    pager->text->rows_width = 0;
    pager->found = SIZE_MAX;
}

/* --- filling ------------------------------------------------------------------------------- */

void pager_add_spans(struct pager *pager, struct sv line, style_t style,
                     const struct pager_span *spans, size_t n_spans)
{
    struct pager_text *text = pager->text;
    struct line added = {.at = text->bytes.len,
                         .len = line.len,
                         .first_span = text->spans.len,
                         .n_spans = n_spans,
                         .style = style};

    buf_add(&text->bytes, line);
    if (buf_err(&text->bytes) != OK)
        return;
    for (size_t i = 0; i < n_spans; i++)
        vec_push(&text->spans, spans[i]);
    vec_push(&text->lines, added);
    text->rows_width = 0;
}

static void add_line(struct pager *pager, struct sv line, style_t style)
{
    AUTO(buf_done) struct buf expanded = BUF_NONE;

    if (line.len != 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    if (line.len != 0 && memchr(line.ptr, '\t', line.len) != NULL) {
        for (size_t i = 0; i < line.len; i++)
            buf_add(&expanded, line.ptr[i] == '\t' ? TAB : (struct sv){line.ptr + i, 1});
        line = buf_sv(&expanded);
    }
    pager_add_spans(pager, line, style, NULL, 0);
}

void pager_add(struct pager *pager, struct sv text, style_t style)
{
    do
        add_line(pager, sv_split(&text, '\n'), style);
    while (text.len != 0);
}

static struct sv line_text(const struct pager_text *text, size_t line)
{
    const struct line *at = &text->lines.ptr[line];
    return (struct sv){text->bytes.ptr + at->at, at->len};
}

/* --- rows ---------------------------------------------------------------------------------- */

static size_t n_rows(const struct pager *pager)
{
    return pager->wrap ? pager->text->rows.len : pager->text->lines.len;
}

static struct row row_at(const struct pager *pager, size_t row)
{
    if (pager->wrap)
        return pager->text->rows.ptr[row];
    return (struct row){row, 0, pager->text->lines.ptr[row].len, 0};
}

static size_t row_of_line(const struct pager *pager, size_t line)
{
    size_t row = line;

    if (pager->wrap) {
        for (row = 0; row + 1 < n_rows(pager) && pager->text->rows.ptr[row].line < line;)
            row++;
    }
    return row;
}

/* How far a line's text stands in; where that leaves little room, nothing does. */
static int indent_of(struct sv line, int width)
{
    int blanks = 0;

    while ((size_t)blanks < line.len && line.ptr[blanks] == ' ')
        blanks++;
    return blanks < width / 2 ? blanks : 0;
}

static void wrap_one(struct pager_text *text, size_t line, int width)
{
    struct sv whole = line_text(text, line), rest = whole;
    int indent = 0;

    do {
        struct sv part = wrap_line(&rest, width - indent);
        size_t from = part.len == 0 ? 0 : (size_t)(part.ptr - whole.ptr);
        vec_push(&text->rows, ((struct row){line, from, from + part.len, indent}));
        indent = indent_of(whole, width);
    } while (rest.len != 0);
}

static void wrap_all(struct pager *pager, int width)
{
    struct pager_text *text = pager->text;
    size_t top_line = text->rows.len > pager->top ? text->rows.ptr[pager->top].line : pager->top;

    if (!pager->wrap || text->rows_width == width || width < 1)
        return;
    vec_clear(&text->rows);
    for (size_t i = 0; i < text->lines.len; i++)
        wrap_one(text, i, width);
    text->rows_width = width;
    pager->top = row_of_line(pager, top_line);
}

size_t pager_rows(struct pager *pager, int width)
{
    wrap_all(pager, width);
    return n_rows(pager);
}

void pager_set_wrap(struct pager *pager, bool wrap)
{
    if (pager->wrap == wrap)
        return;
    size_t top_line = pager->top < n_rows(pager) ? row_at(pager, pager->top).line : 0;
    pager->wrap = wrap;
    pager->scrolled = 0;
    pager->top = top_line;
    vec_clear(&pager->text->rows);
    pager->text->rows_width = 0;
    wrap_all(pager, pager->text->width);
}

/* --- moving and searching --------------------------------------------------------------------- */

static size_t top_max(const struct pager *pager)
{
    size_t page = (size_t)pager->text->page;
    return n_rows(pager) > page ? n_rows(pager) - page : 0;
}

void pager_move(struct pager *pager, enum move move)
{
    if (move == MOVE_LEFT && pager->scrolled > 0)
        pager->scrolled -= SCROLL_COLS;
    else if (move == MOVE_RIGHT && !pager->wrap)
        pager->scrolled += SCROLL_COLS;
    else
        pager->top = move_within(move, pager->top, top_max(pager), (size_t)pager->text->page);
}

static bool has_upper(struct sv text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] >= 'A' && text.ptr[i] <= 'Z')
            return true;
    }
    return false;
}

static bool line_has(struct sv line, struct sv part, bool exact)
{
    if (exact)
        return sv_contains(line, part);
    for (size_t at = 0; at + part.len <= line.len; at++) {
        if (sv_eq_nocase((struct sv){line.ptr + at, part.len}, part))
            return true;
    }
    return false;
}

static void show_line(struct pager *pager, size_t line)
{
    size_t row = row_of_line(pager, line), page = (size_t)pager->text->page;

    pager->found = line;
    if (row < pager->top || row >= pager->top + page)
        pager->top = row > page / 3 ? row - page / 3 : 0;
    if (pager->top > top_max(pager))
        pager->top = top_max(pager);
}

/* Looks at every line once, from `from` on in one direction. */
static bool search_from(struct pager *pager, size_t from, bool backwards)
{
    struct sv part = sv_of(pager->search);
    bool exact = has_upper(part);
    size_t n = pager->text->lines.len;

    for (size_t i = 0; i < n; i++) {
        size_t line = backwards ? (from + n - i) % n : (from + i) % n;
        if (line_has(line_text(pager->text, line), part, exact)) {
            show_line(pager, line);
            return true;
        }
    }
    pager->found = SIZE_MAX;
    return false;
}

bool pager_search(struct pager *pager, struct sv text)
{
    mem_free(pager->search);
    pager->search = text.len == 0 ? NULL : sv_dup(text);
    pager->found = SIZE_MAX;
    if (pager->search == NULL || n_rows(pager) == 0)
        return false;
    size_t top = pager->top < n_rows(pager) ? pager->top : 0;
    return search_from(pager, row_at(pager, top).line, false);
}

bool pager_search_next(struct pager *pager, bool backwards)
{
    size_t n = pager->text->lines.len;

    if (pager->search == NULL || n == 0)
        return false;
    size_t at = pager->found < n ? pager->found : 0;
    return search_from(pager, backwards ? (at + n - 1) % n : (at + 1) % n, backwards);
}

/* --- drawing ------------------------------------------------------------------------------- */

/* Draws bytes [from, to) of a line from column x on; returns the column behind them. */
static int draw_part(const struct canvas *canvas, int y, int x, struct sv line, size_t from,
                     size_t to, style_t style)
{
    if (from >= to || x >= canvas->cols)
        return x;
    struct sv part = {line.ptr + from, to - from};
    return x + canvas_text(canvas, y, x, canvas->cols - x + 1, part, style, CUT_SILENT);
}

static int draw_row(const struct pager *pager, const struct canvas *canvas, int y, struct row row)
{
    const struct line *line = &pager->text->lines.ptr[row.line];
    struct sv text = line_text(pager->text, row.line);
    size_t at = row.from;
    int x = row.indent - pager->scrolled;

    for (size_t i = 0; i < line->n_spans; i++) {
        const struct pager_span *span = &pager->text->spans.ptr[line->first_span + i];
        size_t from = span->from > at ? span->from : at;
        size_t to = span->to < row.to ? span->to : row.to;
        if (from >= to)
            continue;
        x = draw_part(canvas, y, x, text, at, from, line->style);
        x = draw_part(canvas, y, x, text, from, to, span->style);
        at = to;
    }
    return draw_part(canvas, y, x, text, at, row.to, line->style);
}

static void draw_edges(const struct pager *pager, const struct canvas *canvas, int y, int end)
{
    if (pager->scrolled > 0)
        canvas_sign(canvas, y, 0, SIGN_MORE_LEFT, ROLE_DIM);
    if (end > canvas->cols)
        canvas_sign(canvas, y, canvas->cols - 1, SIGN_MORE_RIGHT, ROLE_DIM);
}

void pager_draw(struct pager *pager, const struct canvas *canvas)
{
    struct rect body = canvas_rect(canvas), bar = {0};

    canvas_clear(canvas, ROLE_TEXT);
    pager->text->page = body.rows;
    if (pager_rows(pager, body.cols) > (size_t)body.rows) {
        bar = rect_cut_right(&body, 1);
        wrap_all(pager, body.cols);
    }
    pager->text->width = body.cols;
    if (pager->top > top_max(pager))
        pager->top = top_max(pager);
    struct canvas lines = canvas_sub(canvas, body);
    for (int y = 0; y < body.rows && pager->top + (size_t)y < n_rows(pager); y++) {
        struct row row = row_at(pager, pager->top + (size_t)y);
        draw_edges(pager, &lines, y, draw_row(pager, &lines, y, row));
        if (pager->search != NULL)
            highlight(&lines, (struct rect){y, 0, 1, body.cols}, sv_of(pager->search));
        if (row.line == pager->found)
            canvas_overlay(&lines, (struct rect){y, 0, 1, body.cols}, ON_SELECTED);
    }
    scrollbar_draw(canvas, bar, pager->top, (size_t)body.rows, n_rows(pager));
}

void pager_position(const struct pager *pager, struct buf *out)
{
    size_t rows = n_rows(pager), end = pager->top + (size_t)pager->text->page;

    if (end > rows)
        end = rows;
    buf_addf(out, "%zu/%zu %zu%%", rows == 0 ? 0 : pager->top + 1, rows,
             rows == 0 ? 100 : end * 100 / rows);
}

enum widget_result pager_handle(struct pager *pager, const struct event *event)
{
    if (event->type != EVENT_MOUSE ||
        (event->mouse.action != MOUSE_WHEEL_UP && event->mouse.action != MOUSE_WHEEL_DOWN))
        return WIDGET_IGNORED;
    for (int i = 0; i < WHEEL_ROWS; i++)
        pager_move(pager, event->mouse.action == MOUSE_WHEEL_UP ? MOVE_UP : MOVE_DOWN);
    return WIDGET_HANDLED;
}
