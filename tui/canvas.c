#include "tui/canvas.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tui/glyph.h"
#include "tui/grid.h"

struct canvas canvas_of(struct canvas_grid *grid)
{
    struct rect area = {0, 0, grid->rows, grid->cols};
    return (struct canvas){.grid = grid, .area = area, .rows = grid->rows, .cols = grid->cols};
}

struct canvas canvas_sub(const struct canvas *canvas, struct rect part)
{
    struct canvas sub = {
        .grid = canvas->grid,
        .y0 = canvas->y0 + part.y,
        .x0 = canvas->x0 + part.x,
        .rows = part.rows,
        .cols = part.cols,
    };
    sub.area = rect_intersect(canvas->area, (struct rect){sub.y0, sub.x0, part.rows, part.cols});
    return sub;
}

struct rect canvas_rect(const struct canvas *canvas)
{
    return (struct rect){0, 0, canvas->rows, canvas->cols};
}

/* --- cells -------------------------------------------------------------------------------- */

/* Before the cells [x, end) are written: a wide character that loses one half loses the other too.
 */
static void make_room(const struct canvas_grid *grid, int y, int x, int end)
{
    struct slot *row = grid_slot(grid, y, 0);
    int from = x, until = end;

    if (x > 0 && row[x].width == 0) {
        from--;
        row[from] = grid_blank(row[from].style);
    }
    if (end < grid->cols && row[end].width == 0) {
        row[end] = grid_blank(row[end].style);
        until++;
    }
    grid_touch(grid, y, from, until);
}

/* Sets the cell at y, x of canvas; a wide character that the clip would halve becomes blank. */
static void put(const struct canvas *canvas, int y, int x, uint32_t glyph, int width, style_t style)
{
    const struct canvas_grid *grid = canvas->grid;
    const struct rect *area = &canvas->area;
    int gy = canvas->y0 + y, from = canvas->x0 + x, to = from + width;
    int left = from > area->x ? from : area->x;
    int right = to < area->x + area->cols ? to : area->x + area->cols;

    if (gy < area->y || gy >= area->y + area->rows || left >= right)
        return;
    make_room(grid, gy, left, right);
    struct slot *row = grid_slot(grid, gy, 0);
    if (right - left == width) {
        row[from] = (struct slot){.glyph = glyph, .style = style, .width = (uint8_t)width};
        if (width == 2)
            row[from + 1] = (struct slot){.glyph = ' ', .style = style, .width = 0};
    } else {
        row[left] = grid_blank(style);
    }
}

/* Printable ASCII, a cell a byte: most of what is ever drawn. */
static void put_plain(const struct canvas *canvas, int y, int x, struct sv text, style_t style)
{
    struct rect wanted = {canvas->y0 + y, canvas->x0 + x, 1, (int)text.len};
    struct rect shown = rect_intersect(canvas->area, wanted);

    if (rect_is_empty(shown))
        return;
    make_room(canvas->grid, shown.y, shown.x, shown.x + shown.cols);
    struct slot *row = grid_slot(canvas->grid, shown.y, shown.x);
    text.ptr += shown.x - wanted.x;
    for (int i = 0; i < shown.cols; i++)
        row[i] = (struct slot){.glyph = (unsigned char)text.ptr[i], .style = style, .width = 1};
}

/* A cluster is one cell, unless it is a stand-in, which takes a cell for each of its columns. */
static void put_cluster(const struct canvas *canvas, int y, int x,
                        const struct text_cluster *cluster, style_t style)
{
    if (!cluster->stand_in) {
        struct sv bytes = {cluster->bytes, cluster->len};
        put(canvas, y, x, glyph_of(bytes), cluster->width, style);
        return;
    }
    struct sv rest = {cluster->bytes, cluster->len};
    uint32_t codepoint;
    for (size_t n; (n = utf8_decode(rest, &codepoint)) != 0; x++) {
        put(canvas, y, x, codepoint, 1, style_lay(style, ON_STAND_IN));
        rest = (struct sv){rest.ptr + n, rest.len - n};
    }
}

/* The same slot n times: what stands there already is doubled. */
static void fill_row(struct slot *row, size_t n, struct slot slot)
{
    row[0] = slot;
    for (size_t done = 1; done < n; done *= 2)
        memcpy(row + done, row, (done < n - done ? done : n - done) * sizeof *row);
}

void canvas_fill(const struct canvas *canvas, struct rect part, enum sign sign, style_t style)
{
    struct rect shown = canvas_sub(canvas, part).area;
    struct slot slot = {.glyph = glyph_of(sign_text(sign)), .style = style, .width = 1};

    if (rect_is_empty(shown))
        return;
    const struct slot *first = grid_slot(canvas->grid, shown.y, shown.x);
    for (int y = shown.y; y < shown.y + shown.rows; y++) {
        make_room(canvas->grid, y, shown.x, shown.x + shown.cols);
        if (y == shown.y)
            fill_row(grid_slot(canvas->grid, y, shown.x), (size_t)shown.cols, slot);
        else
            memcpy(grid_slot(canvas->grid, y, shown.x), first, (size_t)shown.cols * sizeof slot);
    }
}

void canvas_clear(const struct canvas *canvas, style_t style)
{
    const struct canvas_grid *grid = canvas->grid;

    if (canvas->area.rows == grid->rows && canvas->area.cols == grid->cols)
        canvas_hide_cursor(canvas);
    canvas_fill(canvas, canvas_rect(canvas), SIGN_NONE, style);
}

/* --- text --------------------------------------------------------------------------------- */

/* Columns of text, but no more than limit + 1: how much longer it is does not matter. */
static int width_up_to(struct sv text, enum text_mode mode, int limit)
{
    struct text_iter iter = {text, mode};
    struct text_cluster cluster;
    size_t width = 0, max = (size_t)limit;

    while (width <= max) {
        size_t plain = text_plain_run(iter.rest, mode);
        width += plain;
        iter.rest = (struct sv){iter.rest.ptr + plain, iter.rest.len - plain};
        if (width > max || !text_next(&iter, &cluster))
            break;
        width += cluster.width;
    }
    return width > max ? limit + 1 : (int)width;
}

/* Draws from iter while clusters fit into width; returns the columns used. */
static int put_clusters(const struct canvas *canvas, int y, int x, int width,
                        struct text_iter *iter, style_t style)
{
    struct text_cluster cluster;
    int used = 0;

    for (;;) {
        size_t plain = text_plain_run(iter->rest, iter->mode);
        if (plain > (size_t)(width - used))
            plain = (size_t)(width - used);
        put_plain(canvas, y, x + used, (struct sv){iter->rest.ptr, plain}, style);
        used += (int)plain;
        iter->rest = (struct sv){iter->rest.ptr + plain, iter->rest.len - plain};
        struct text_iter before = *iter;
        if (!text_next(iter, &cluster))
            return used;
        if (used + cluster.width > width) {
            *iter = before;
            return used;
        }
        put_cluster(canvas, y, x + used, &cluster, style);
        used += cluster.width;
    }
}

/* What is left of text when clusters are taken off until it has at most width columns. */
static struct text_iter tail_of(struct sv text, enum text_mode mode, int width)
{
    struct text_iter iter = {text, mode};
    struct text_cluster cluster;

    if (text_plain_run(text, mode) == text.len) /* longer than width: it is cut */
        return (struct text_iter){{text.ptr + text.len - width, (size_t)width}, mode};
    size_t left = text_width(text, mode);
    while (left > (size_t)width && text_next(&iter, &cluster))
        left -= cluster.width;
    return iter;
}

static int put_cut(const struct canvas *canvas, int y, int x, int width, struct text_iter iter,
                   style_t style, enum canvas_cut cut)
{
    if (cut == CUT_SILENT)
        return put_clusters(canvas, y, x, width, &iter, style);
    int tail = cut == CUT_MIDDLE ? (width - 1) / 2 : 0;
    struct text_iter end = {SV_NONE, iter.mode};
    if (tail > 0)
        end = tail_of(iter.rest, iter.mode, tail);
    int used = put_clusters(canvas, y, x, width - 1 - tail, &iter, style);
    canvas_sign(canvas, y, x + used++, SIGN_ELLIPSIS, style);
    if (tail > 0)
        used += put_clusters(canvas, y, x + used, tail, &end, style);
    return used;
}

/* How far in text of so many columns begins. */
static int skip_of(enum canvas_cut cut, int width, int wanted)
{
    return cut == CUT_RIGHT ? width - wanted : cut == CUT_CENTER ? (width - wanted) / 2 : 0;
}

/* What most text is: ASCII that fits. */
static int draw_plain(const struct canvas *canvas, int y, int x, int width, struct sv text,
                      style_t style, enum canvas_cut cut)
{
    int skipped = skip_of(cut, width, (int)text.len);

    put_plain(canvas, y, x + skipped, text, style);
    return skipped + (int)text.len;
}

static int draw_text(const struct canvas *canvas, int y, int x, int width, struct text_iter iter,
                     style_t style, enum canvas_cut cut)
{
    if (width < 0)
        width = canvas->cols - x;
    if (width <= 0)
        return 0;
    size_t plain = text_plain_run(iter.rest, iter.mode);
    if (plain == iter.rest.len && plain <= (size_t)width)
        return draw_plain(canvas, y, x, width, iter.rest, style, cut);
    int wanted = width_up_to(iter.rest, iter.mode, width);
    if (wanted > width)
        return put_cut(canvas, y, x, width, iter, style, cut);
    int skipped = skip_of(cut, width, wanted);
    put_clusters(canvas, y, x + skipped, width, &iter, style);
    return skipped + wanted;
}

int canvas_text(const struct canvas *canvas, int y, int x, int width, struct sv raw, style_t style,
                enum canvas_cut cut)
{
    struct text_iter iter = {raw, TEXT_LINE};
    return draw_text(canvas, y, x, width, iter, style, cut);
}

int canvas_identity(const struct canvas *canvas, int y, int x, int width, struct sv raw,
                    style_t style, enum canvas_cut cut)
{
    struct text_iter iter = {raw, TEXT_IDENTITY};
    return draw_text(canvas, y, x, width, iter, style, cut);
}

int canvas_printf(const struct canvas *canvas, int y, int x, style_t style, const char *fmt, ...)
{
    char text[1024];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return canvas_text(canvas, y, x, -1, sv_of(text), style, CUT_END);
}

int canvas_sign(const struct canvas *canvas, int y, int x, enum sign sign, style_t style)
{
    put(canvas, y, x, glyph_of(sign_text(sign)), 1, style);
    return 1;
}

void canvas_box(const struct canvas *canvas, struct rect part, struct sv title, style_t style)
{
    int bottom = part.y + part.rows - 1, right = part.x + part.cols - 1;

    if (part.rows < 2 || part.cols < 2)
        return;
    canvas_fill(canvas, (struct rect){part.y, part.x, 1, part.cols}, SIGN_H_LINE, style);
    canvas_fill(canvas, (struct rect){bottom, part.x, 1, part.cols}, SIGN_H_LINE, style);
    canvas_fill(canvas, (struct rect){part.y, part.x, part.rows, 1}, SIGN_V_LINE, style);
    canvas_fill(canvas, (struct rect){part.y, right, part.rows, 1}, SIGN_V_LINE, style);
    canvas_sign(canvas, part.y, part.x, SIGN_TOP_LEFT, style);
    canvas_sign(canvas, part.y, right, SIGN_TOP_RIGHT, style);
    canvas_sign(canvas, bottom, part.x, SIGN_BOTTOM_LEFT, style);
    canvas_sign(canvas, bottom, right, SIGN_BOTTOM_RIGHT, style);
    if (title.len == 0 || part.cols < 8)
        return;
    int used = canvas_text(canvas, part.y, part.x + 3, part.cols - 6, title, ROLE_TITLE, CUT_END);
    canvas_sign(canvas, part.y, part.x + 2, SIGN_NONE, style);
    canvas_sign(canvas, part.y, part.x + 3 + used, SIGN_NONE, style);
}

void canvas_overlay(const struct canvas *canvas, struct rect part, style_t overlay)
{
    struct rect shown = canvas_sub(canvas, part).area;

    grid_touch_rect(canvas->grid, shown);
    for (int y = shown.y; y < shown.y + shown.rows; y++) {
        for (int x = shown.x; x < shown.x + shown.cols; x++)
            grid_slot(canvas->grid, y, x)->style =
                style_lay(grid_slot(canvas->grid, y, x)->style, overlay);
    }
}

void canvas_lift(const struct canvas *canvas, struct rect part, style_t overlays)
{
    struct rect shown = canvas_sub(canvas, part).area;

    grid_touch_rect(canvas->grid, shown);
    for (int y = shown.y; y < shown.y + shown.rows; y++) {
        for (int x = shown.x; x < shown.x + shown.cols; x++)
            grid_slot(canvas->grid, y, x)->style &= (style_t)~overlays;
    }
}

void canvas_cursor(const struct canvas *canvas, int y, int x)
{
    if (!rect_contains(canvas->area, canvas->y0 + y, canvas->x0 + x)) {
        canvas_hide_cursor(canvas);
        return;
    }
    canvas->grid->cursor_y = canvas->y0 + y;
    canvas->grid->cursor_x = canvas->x0 + x;
    canvas->grid->cursor_shape = CURSOR_USUAL;
}

void canvas_cursor_shape(const struct canvas *canvas, enum cursor_shape shape)
{
    canvas->grid->cursor_shape = shape;
}

void canvas_scroll(const struct canvas *canvas, struct rect part, int up)
{
    grid_scroll(canvas->grid, canvas_sub(canvas, part).area, up);
}

void canvas_hide_cursor(const struct canvas *canvas)
{
    canvas->grid->cursor_y = canvas->grid->cursor_x = -1;
    canvas->grid->cursor_shape = CURSOR_USUAL;
}

/* --- reading ------------------------------------------------------------------------------ */

static const struct slot *slot_in(const struct canvas *canvas, int y, int x)
{
    int gy = canvas->y0 + y, gx = canvas->x0 + x;
    return rect_contains(canvas->area, gy, gx) ? grid_slot(canvas->grid, gy, gx) : NULL;
}

bool canvas_read(const struct canvas *canvas, int y, int x, struct canvas_cell *cell)
{
    const struct slot *slot = slot_in(canvas, y, x);

    if (slot == NULL)
        return false;
    *cell = (struct canvas_cell){.width = slot->width, .style = slot->style};
    if (slot->width != 0)
        glyph_bytes(slot->glyph, cell->bytes);
    return true;
}

void canvas_dump_row(const struct canvas *canvas, int y, struct buf *out)
{
    int end = canvas->cols;
    const struct slot *slot;

    while (end > 0 && ((slot = slot_in(canvas, y, end - 1)) == NULL ||
                       (slot->glyph == ' ' && slot->width == 1)))
        end--;
    if (!buf_reserve(out, (size_t)end * TEXT_CLUSTER_BYTES))
        return;
    char *start = out->ptr + out->len, *at = start;
    for (int x = 0; x < end; x++) {
        slot = slot_in(canvas, y, x);
        if (slot == NULL)
            *at++ = ' ';
        else if (slot->width != 0)
            at += glyph_bytes(slot->glyph, at);
    }
    *at = '\0';
    out->len += (size_t)(at - start);
}

void canvas_dump(const struct canvas *canvas, struct buf *out)
{
    for (int y = 0; y < canvas->rows; y++) {
        canvas_dump_row(canvas, y, out);
        buf_add_char(out, '\n');
    }
}

bool canvas_cursor_at(const struct canvas *canvas, int *y, int *x)
{
    const struct canvas_grid *grid = canvas->grid;

    if (!rect_contains(canvas->area, grid->cursor_y, grid->cursor_x))
        return false;
    *y = grid->cursor_y - canvas->y0;
    *x = grid->cursor_x - canvas->x0;
    return true;
}
