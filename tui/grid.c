#include "tui/grid.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/glyph.h"

static int clamp_size(int n)
{
    return n < 1 ? 1 : n > CANVAS_MAX ? CANVAS_MAX : n;
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
    grid->scrolled = (struct grid_scrolled){0};
    grid->slots =
        mem_resize(grid->slots, (size_t)grid->rows * (size_t)grid->cols * sizeof *grid->slots);
    grid->row = mem_resize(grid->row, (size_t)grid->rows * sizeof *grid->row);
    for (int y = 0; y < grid->rows; y++)
        grid->row[y] = (struct grid_row){grid->slots + (size_t)y * (size_t)grid->cols, {0, 0}};
    struct canvas whole = canvas_of(grid);
    canvas_clear(&whole, ROLE_TEXT);
}

/* --- what has changed ------------------------------------------------------------------------ */

void grid_touch(const struct canvas_grid *grid, int y, int from, int end)
{
    struct touched *touched = &grid->row[y].touched;

    if (touched->from >= touched->end)
        *touched = (struct touched){from, end};
    if (from < touched->from)
        touched->from = from;
    if (end > touched->end)
        touched->end = end;
}

void grid_touch_rect(const struct canvas_grid *grid, struct rect part)
{
    for (int y = part.y; y < part.y + part.rows; y++)
        grid_touch(grid, y, part.x, part.x + part.cols);
}

void grid_forget_touched(struct canvas_grid *grid)
{
    for (int y = 0; y < grid->rows; y++)
        grid->row[y].touched = (struct touched){0, 0};
}

/* --- moving ---------------------------------------------------------------------------------- */

static struct rect whole_rows(const struct canvas_grid *grid, int y, int rows)
{
    return (struct rect){y, 0, rows, grid->cols};
}

/* Two moves of the same rows are one; of others, only the last can be followed. */
static void note_scrolled(struct canvas_grid *grid, struct rect part, int up)
{
    struct grid_scrolled *scrolled = &grid->scrolled;

    if (scrolled->y == part.y && scrolled->rows == part.rows) {
        scrolled->up += up;
        return;
    }
    grid_touch_rect(grid, whole_rows(grid, scrolled->y, scrolled->rows));
    *scrolled = (struct grid_scrolled){part.y, part.rows, up};
}

/* In the order in which no row is written before it has been read. */
static void move_cells(const struct canvas_grid *grid, struct rect part, int up)
{
    int n = part.rows - abs(up);

    for (int i = 0; i < n; i++) {
        int to = up > 0 ? part.y + i : part.y + part.rows - 1 - i;
        memcpy(grid_slot(grid, to, part.x), grid_slot(grid, to + up, part.x),
               (size_t)part.cols * sizeof(struct slot));
    }
    grid_touch_rect(grid, part);
}

static void replace(const struct canvas_grid *grid, int y, const struct slot *slots, int x, int n)
{
    struct slot *there = grid_slot(grid, y, x);
    size_t n_bytes = (size_t)n * sizeof *slots;

    if (memcmp(there, slots, n_bytes) == 0)
        return;
    memcpy(there, slots, n_bytes);
    grid_touch(grid, y, x, x + n);
}

/* Before the rows of side are exchanged: moves its cells the other way round, so that they will be
 * where they are. Most are like their neighbours, and neither moved nor touched. */
static void hold_side(const struct canvas_grid *grid, struct rect side, int up)
{
    size_t cols = (size_t)side.cols;
    int n_saved = abs(up), first = up > 0 ? side.y + side.rows - n_saved : side.y;
    int freed = up > 0 ? side.y : side.y + side.rows - n_saved;

    if (side.cols <= 0)
        return;
    struct slot *saved = mem_alloc((size_t)n_saved * cols * sizeof *saved);
    for (int i = 0; i < n_saved; i++)
        memcpy(saved + (size_t)i * cols, grid_slot(grid, first + i, side.x), cols * sizeof *saved);
    for (int i = 0; i < side.rows - n_saved; i++) {
        int to = up > 0 ? side.y + side.rows - 1 - i : side.y + i;
        replace(grid, to, grid_slot(grid, to - up, side.x), side.x, side.cols);
    }
    for (int i = 0; i < n_saved; i++)
        replace(grid, freed + i, saved + (size_t)i * cols, side.x, side.cols);
    mem_free(saved);
}

static void rotate_rows(struct canvas_grid *grid, int y, int rows, int up)
{
    struct grid_row moved[CANVAS_MAX];

    for (int i = 0; i < rows; i++)
        moved[i] = grid->row[y + (i + up + rows) % rows];
    memcpy(grid->row + y, moved, (size_t)rows * sizeof *moved);
}

void grid_scroll(struct canvas_grid *grid, struct rect part, int up)
{
    int right = part.x + part.cols;
    int freed = up > 0 ? part.y + part.rows - up : part.y;

    if (up == 0 || abs(up) >= part.rows)
        return;
    if (part.cols < grid->cols - part.cols) {
        move_cells(grid, part, up);
        return;
    }
    note_scrolled(grid, part, up);
    hold_side(grid, (struct rect){part.y, 0, part.rows, part.x}, up);
    hold_side(grid, (struct rect){part.y, right, part.rows, grid->cols - right}, up);
    rotate_rows(grid, part.y, part.rows, up);
    grid_touch_rect(grid, whole_rows(grid, freed, abs(up)));
}

bool grid_take_scrolled(struct canvas_grid *grid, bool can_follow, struct grid_scrolled *scrolled)
{
    *scrolled = grid->scrolled;
    grid->scrolled = (struct grid_scrolled){0};
    if (scrolled->up == 0 || (can_follow && abs(scrolled->up) < scrolled->rows))
        return scrolled->up != 0;
    grid_touch_rect(grid, whole_rows(grid, scrolled->y, scrolled->rows));
    return false;
}

/* --- two grids of the same size -------------------------------------------------------------- */

void grid_copy(struct canvas_grid *to, const struct canvas_grid *from)
{
    if (to->rows != from->rows || to->cols != from->cols)
        canvas_grid_resize(to, from->rows, from->cols);
    for (int y = 0; y < from->rows; y++)
        grid_copy_run(to, from, y, 0, from->cols);
    grid_copy_cursor(to, from);
}

void grid_copy_run(struct canvas_grid *to, const struct canvas_grid *from, int y, int x, int end)
{
    memcpy(grid_slot(to, y, x), grid_slot(from, y, x), (size_t)(end - x) * sizeof *to->slots);
    grid_touch(to, y, x, end);
}

void grid_copy_cursor(struct canvas_grid *to, const struct canvas_grid *from)
{
    to->cursor_y = from->cursor_y;
    to->cursor_x = from->cursor_x;
    to->cursor_shape = from->cursor_shape;
}

bool grid_diff(const struct canvas_grid *shown, const struct canvas_grid *wanted, int y, int *x,
               int *end)
{
    const struct slot *a = grid_slot(shown, y, 0), *b = grid_slot(wanted, y, 0);
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

/* --- reading --------------------------------------------------------------------------------- */

enum cursor_shape grid_cursor_shape(const struct canvas_grid *grid)
{
    return grid->cursor_shape;
}

bool grid_cursor(const struct canvas_grid *grid, int *y, int *x)
{
    *y = grid->cursor_y;
    *x = grid->cursor_x;
    return grid->cursor_y >= 0;
}

size_t grid_glyph(const struct canvas_grid *grid, int y, int x,
                  uint32_t codepoints[TEXT_MARKS_MAX + 1], uint8_t *width, style_t *style)
{
    const struct slot *slot = grid_slot(grid, y, x);

    *width = slot->width;
    *style = slot->style;
    return slot->width == 0 ? 0 : glyph_codepoints(slot->glyph, codepoints);
}

int grid_ascii_run(const struct canvas_grid *grid, int y, int x, int end, char *bytes,
                   style_t *style)
{
    const struct slot *row = grid_slot(grid, y, x);
    int n = 0;

    *style = row->style;
    for (; n < end - x && row[n].glyph < 0x7f && row[n].width == 1 && row[n].style == *style; n++)
        bytes[n] = (char)row[n].glyph;
    return n;
}
