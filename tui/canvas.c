#include "tui/canvas.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/glyph.h"

/* One cell; 8 bytes without padding, so that rows can be compared as bytes. */
struct slot {
    uint32_t glyph;
    style_t style;
    uint8_t width; /* 1, 2; 0: the right half of the wide one before it */
    uint8_t unused;
};
_Static_assert(sizeof(struct slot) == 8, "rows are compared as bytes");

/* The cells [from, end) that may have changed. */
struct touched {
    int from, end;
};

struct row {
    struct slot *slots;
    struct touched touched; /* since canvas_forget_touched */
};

/* Rows are exchanged sooner than their cells are moved. */
struct canvas_grid {
    int rows, cols;
    int cursor_y, cursor_x; /* -1: hidden */
    struct canvas_scrolled scrolled;
    struct row *row;
    struct slot *slots;
};

/* --- grids -------------------------------------------------------------------------------- */

static int clamp_size(int n)
{
    return n < 1 ? 1 : n > CANVAS_MAX ? CANVAS_MAX : n;
}

static struct slot blank_slot(style_t style)
{
    return (struct slot){.glyph = ' ', .style = style, .width = 1};
}

static struct slot *slot_at(const struct canvas_grid *grid, int y, int x)
{
    return grid->row[y].slots + x;
}

static void touch(const struct canvas_grid *grid, int y, int from, int end)
{
    struct touched *touched = &grid->row[y].touched;

    if (touched->from >= touched->end)
        *touched = (struct touched){from, end};
    if (from < touched->from)
        touched->from = from;
    if (end > touched->end)
        touched->end = end;
}

static void touch_rect(const struct canvas_grid *grid, struct rect part)
{
    for (int y = part.y; y < part.y + part.rows; y++)
        touch(grid, y, part.x, part.x + part.cols);
}

struct canvas_grid *canvas_grid_new(int rows, int cols)
{
    struct canvas_grid *grid = mem_new(struct canvas_grid);

    canvas_grid_resize(grid, rows, cols);
    return grid;
}

void canvas_grid_free(struct canvas_grid *grid)
{
    if (grid == NULL)
        return;
    mem_free(grid->row);
    mem_free(grid->slots);
    mem_free(grid);
}

void canvas_grid_resize(struct canvas_grid *grid, int rows, int cols)
{
    grid->rows = clamp_size(rows);
    grid->cols = clamp_size(cols);
    grid->scrolled = (struct canvas_scrolled){0};
    grid->slots =
        mem_resize(grid->slots, (size_t)grid->rows * (size_t)grid->cols * sizeof *grid->slots);
    grid->row = mem_resize(grid->row, (size_t)grid->rows * sizeof *grid->row);
    for (int y = 0; y < grid->rows; y++)
        grid->row[y] = (struct row){grid->slots + (size_t)y * (size_t)grid->cols, {0, 0}};
    struct canvas whole = canvas_of(grid);
    canvas_clear(&whole, ROLE_TEXT);
}

void canvas_copy(struct canvas_grid *to, const struct canvas_grid *from)
{
    if (to->rows != from->rows || to->cols != from->cols)
        canvas_grid_resize(to, from->rows, from->cols);
    for (int y = 0; y < from->rows; y++)
        canvas_copy_run(to, from, y, 0, from->cols);
    canvas_copy_cursor(to, from);
}

void canvas_copy_run(struct canvas_grid *to, const struct canvas_grid *from, int y, int x, int end)
{
    memcpy(slot_at(to, y, x), slot_at(from, y, x), (size_t)(end - x) * sizeof *to->slots);
    touch(to, y, x, end);
}

void canvas_copy_cursor(struct canvas_grid *to, const struct canvas_grid *from)
{
    to->cursor_y = from->cursor_y;
    to->cursor_x = from->cursor_x;
}

struct canvas_size canvas_grid_size(const struct canvas_grid *grid)
{
    return (struct canvas_size){grid->rows, grid->cols};
}

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
    struct slot *row = slot_at(grid, y, 0);
    int from = x, until = end;

    if (x > 0 && row[x].width == 0) {
        from--;
        row[from] = blank_slot(row[from].style);
    }
    if (end < grid->cols && row[end].width == 0) {
        row[end] = blank_slot(row[end].style);
        until++;
    }
    touch(grid, y, from, until);
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
    struct slot *row = slot_at(grid, gy, 0);
    if (right - left == width) {
        row[from] = (struct slot){.glyph = glyph, .style = style, .width = (uint8_t)width};
        if (width == 2)
            row[from + 1] = (struct slot){.glyph = ' ', .style = style, .width = 0};
    } else {
        row[left] = blank_slot(style);
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
    struct slot *row = slot_at(canvas->grid, shown.y, shown.x);
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
    const struct slot *first = slot_at(canvas->grid, shown.y, shown.x);
    for (int y = shown.y; y < shown.y + shown.rows; y++) {
        make_room(canvas->grid, y, shown.x, shown.x + shown.cols);
        if (y == shown.y)
            fill_row(slot_at(canvas->grid, y, shown.x), (size_t)shown.cols, slot);
        else
            memcpy(slot_at(canvas->grid, y, shown.x), first, (size_t)shown.cols * sizeof slot);
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

    touch_rect(canvas->grid, shown);
    for (int y = shown.y; y < shown.y + shown.rows; y++) {
        for (int x = shown.x; x < shown.x + shown.cols; x++)
            slot_at(canvas->grid, y, x)->style =
                style_lay(slot_at(canvas->grid, y, x)->style, overlay);
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
}

/* --- moving rows --------------------------------------------------------------------------- */

/* Narrow parts, and what cannot be told as one move, are looked through cell by cell. */
static void note_scrolled(struct canvas_grid *grid, struct rect part, int up)
{
    struct canvas_scrolled *scrolled = &grid->scrolled;

    if (part.cols < grid->cols - part.cols) {
        touch_rect(grid, part);
        return;
    }
    if (memcmp(&scrolled->part, &part, sizeof part) == 0) {
        scrolled->up += up;
        return;
    }
    touch_rect(grid, scrolled->part);
    *scrolled = (struct canvas_scrolled){part, up};
}

/* Each row of part, in the order in which none is written before it has been read. */
static void move_cells(const struct canvas_grid *grid, struct rect part, int up)
{
    int n = part.rows - abs(up);

    for (int i = 0; i < n; i++) {
        int to = up > 0 ? part.y + i : part.y + part.rows - 1 - i;
        struct touched moved = grid->row[to + up].touched;
        memcpy(slot_at(grid, to, part.x), slot_at(grid, to + up, part.x),
               (size_t)part.cols * sizeof(struct slot));
        if (moved.from < moved.end)
            touch(grid, to, moved.from, moved.end);
    }
}

static void rotate_rows(struct canvas_grid *grid, int y, int rows, int up)
{
    struct row moved[CANVAS_MAX];

    for (int i = 0; i < rows; i++)
        moved[i] = grid->row[y + (i + up + rows) % rows];
    memcpy(grid->row + y, moved, (size_t)rows * sizeof *moved);
}

void canvas_scroll(const struct canvas *canvas, struct rect part, int up)
{
    struct rect shown = canvas_sub(canvas, part).area, freed = shown;

    if (up == 0 || abs(up) >= shown.rows)
        return;
    note_scrolled(canvas->grid, shown, up);
    if (shown.cols == canvas->grid->cols)
        rotate_rows(canvas->grid, shown.y, shown.rows, up);
    else
        move_cells(canvas->grid, shown, up);
    freed = up > 0 ? rect_cut_bottom(&freed, up) : rect_cut_top(&freed, -up);
    touch_rect(canvas->grid, freed);
}

/* The cells of the rows of part that are not of it. */
static void touch_beside(const struct canvas_grid *grid, struct rect part)
{
    int right = part.x + part.cols;

    if (part.x > 0)
        touch_rect(grid, (struct rect){part.y, 0, part.rows, part.x});
    if (right < grid->cols)
        touch_rect(grid, (struct rect){part.y, right, part.rows, grid->cols - right});
}

bool canvas_take_scrolled(struct canvas_grid *grid, bool can_follow,
                          struct canvas_scrolled *scrolled)
{
    *scrolled = grid->scrolled;
    grid->scrolled = (struct canvas_scrolled){0};
    if (scrolled->up == 0)
        return false;
    bool is_followed = can_follow && abs(scrolled->up) < scrolled->part.rows;
    if (is_followed)
        touch_beside(grid, scrolled->part);
    else
        touch_rect(grid, scrolled->part);
    return is_followed;
}

void canvas_touch(struct canvas_grid *grid, struct rect part)
{
    touch_rect(grid, part);
}

void canvas_forget_touched(struct canvas_grid *grid)
{
    for (int y = 0; y < grid->rows; y++)
        grid->row[y].touched = (struct touched){0, 0};
}

void canvas_hide_cursor(const struct canvas *canvas)
{
    canvas->grid->cursor_y = canvas->grid->cursor_x = -1;
}

/* --- reading ------------------------------------------------------------------------------ */

static const struct slot *slot_in(const struct canvas *canvas, int y, int x)
{
    int gy = canvas->y0 + y, gx = canvas->x0 + x;
    return rect_contains(canvas->area, gy, gx) ? slot_at(canvas->grid, gy, gx) : NULL;
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

bool canvas_grid_cursor(const struct canvas_grid *grid, int *y, int *x)
{
    *y = grid->cursor_y;
    *x = grid->cursor_x;
    return grid->cursor_y >= 0;
}

size_t canvas_glyph(const struct canvas_grid *grid, int y, int x,
                    uint32_t codepoints[TEXT_MARKS_MAX + 1], uint8_t *width, style_t *style)
{
    const struct slot *slot = slot_at(grid, y, x);

    *width = slot->width;
    *style = slot->style;
    return slot->width == 0 ? 0 : glyph_codepoints(slot->glyph, codepoints);
}

int canvas_ascii_run(const struct canvas_grid *grid, int y, int x, int end, char *bytes,
                     style_t *style)
{
    const struct slot *row = slot_at(grid, y, x);
    int n = 0;

    *style = row->style;
    for (; n < end - x && row[n].glyph < 0x7f && row[n].width == 1 && row[n].style == *style; n++)
        bytes[n] = (char)row[n].glyph;
    return n;
}

void canvas_dump_row(const struct canvas *canvas, int y, struct buf *out)
{
    char bytes[TEXT_CLUSTER_BYTES];
    int end = canvas->cols;
    const struct slot *slot;

    while (end > 0 && ((slot = slot_in(canvas, y, end - 1)) == NULL ||
                       (slot->glyph == ' ' && slot->width == 1)))
        end--;
    for (int x = 0; x < end; x++) {
        slot = slot_in(canvas, y, x);
        if (slot == NULL)
            buf_add_char(out, ' ');
        else if (slot->width != 0)
            buf_add(out, (struct sv){bytes, glyph_bytes(slot->glyph, bytes)});
    }
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

bool canvas_diff(const struct canvas_grid *shown, const struct canvas_grid *wanted, int y, int *x,
                 int *end)
{
    const struct slot *a = slot_at(shown, y, 0), *b = slot_at(wanted, y, 0);
    struct touched touched = wanted->row[y].touched;
    int cols = wanted->cols, from = *x > touched.from ? *x : touched.from, to;

    if (from >= touched.end ||
        memcmp(a + from, b + from, (size_t)(touched.end - from) * sizeof *a) == 0)
        return false;
    while (memcmp(a + from, b + from, sizeof *a) == 0)
        from++;
    for (to = from + 1; to < cols && memcmp(a + to, b + to, sizeof *a) != 0; to++)
        ;
    while (from > 0 && (a[from].width == 0 || b[from].width == 0))
        from--;
    while (to < cols && (a[to].width == 0 || b[to].width == 0))
        to++;
    *x = from;
    *end = to;
    return true;
}
