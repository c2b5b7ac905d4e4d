#include "tui/vt/cells.h"

#include <string.h>

#include "core/base/mem.h"
#include "tui/glyph.h"

static struct vt_cell blank_of(style_t style)
{
    return (struct vt_cell){.glyph = ' ', .style = style, .width = 1};
}

static void fill(struct vt_cell *cells, int n, style_t style)
{
    for (int i = 0; i < n; i++)
        cells[i] = blank_of(style);
}

static struct vt_cell *line_new(int cols)
{
    struct vt_cell *line = mem_alloc((size_t)cols * sizeof *line);

    fill(line, cols, ROLE_TEXT);
    return line;
}

void cells_init(struct vt_cells *cells, int rows, int cols)
{
    cells->rows = rows < 1 ? 1 : rows;
    cells->cols = cols < 1 ? 1 : cols;
    cells->lines = mem_alloc((size_t)cells->rows * sizeof *cells->lines);
    for (int y = 0; y < cells->rows; y++)
        cells->lines[y] = line_new(cells->cols);
}

void cells_done(struct vt_cells *cells)
{
    for (int y = 0; y < cells->rows; y++)
        mem_free(cells->lines[y]);
    mem_free(cells->lines);
    *cells = (struct vt_cells){0};
}

/* A wide character that lies across the border before x loses both halves. */
static void split(struct vt_cell *line, int cols, int x)
{
    if (x <= 0 || x >= cols || line[x].width != 0)
        return;
    line[x - 1] = blank_of(line[x - 1].style);
    line[x] = blank_of(line[x].style);
}

/* Before what lies from `from` to `end` parts from the rest of its line. */
static void heal(struct vt_cell *line, int cols, int from, int end)
{
    split(line, cols, from);
    split(line, cols, end);
}

void cells_resize(struct vt_cells *cells, int rows, int cols, int cut)
{
    struct vt_cells next;

    cells_init(&next, rows, cols);
    int n = cells->cols < next.cols ? cells->cols : next.cols;
    for (int y = 0; y < next.rows && y + cut < cells->rows; y++) {
        struct vt_cell *line = cells->lines[y + cut];
        if (n < cells->cols)
            heal(line, cells->cols, n, cells->cols);
        memcpy(next.lines[y], line, (size_t)n * sizeof *line);
    }
    cells_done(cells);
    *cells = next;
}

void cells_put(struct vt_cells *cells, int y, int x, struct vt_cell cell)
{
    if (y < 0 || y >= cells->rows || x < 0 || x + cell.width > cells->cols)
        return;
    struct vt_cell *line = cells->lines[y];
    heal(line, cells->cols, x, x + cell.width);
    line[x] = cell;
    if (cell.width == 2)
        line[x + 1] = (struct vt_cell){.glyph = ' ', .style = cell.style, .width = 0};
}

static struct rect within(const struct vt_cells *cells, struct rect part)
{
    return rect_intersect(part, (struct rect){0, 0, cells->rows, cells->cols});
}

void cells_erase(struct vt_cells *cells, struct rect part, style_t style)
{
    part = within(cells, part);
    for (int y = part.y; y < part.y + part.rows && part.cols > 0; y++) {
        heal(cells->lines[y], cells->cols, part.x, part.x + part.cols);
        fill(cells->lines[y] + part.x, part.cols, style);
    }
}

static void reverse(struct vt_cell **lines, int from, int end)
{
    for (; from < --end; from++) {
        struct vt_cell *swap = lines[from];
        lines[from] = lines[end];
        lines[end] = swap;
    }
}

/* Whole lines: their pointers go round (three reversals), those that come in are blanked. */
static void scroll_lines(struct vt_cells *cells, struct rect part, int up, style_t style)
{
    int end = part.y + part.rows, split = up > 0 ? part.y + up : end + up;
    struct rect fresh = up > 0 ? (struct rect){end - up, 0, up, cells->cols}
                               : (struct rect){part.y, 0, -up, cells->cols};

    reverse(cells->lines, part.y, split);
    reverse(cells->lines, split, end);
    reverse(cells->lines, part.y, end);
    cells_erase(cells, fresh, style);
}

static void move_cells(struct vt_cells *cells, struct rect part, int up, int left)
{
    int n = part.cols - (left < 0 ? -left : left);
    int from = part.x + (left > 0 ? left : 0), to = part.x + (left < 0 ? -left : 0);
    int n_rows = part.rows - (up < 0 ? -up : up);

    for (int i = 0; i < n_rows; i++) {
        int y = up >= 0 ? part.y + i : part.y + part.rows - 1 - i;
        struct vt_cell *source = cells->lines[y + up], *line = cells->lines[y];
        heal(source, cells->cols, from, from + n);
        heal(line, cells->cols, to, to + n);
        memmove(line + to, source + from, (size_t)n * sizeof *line);
    }
}

void cells_scroll(struct vt_cells *cells, struct rect part, int up, int left, style_t style)
{
    part = within(cells, part);
    if (rect_is_empty(part))
        return;
    if (up >= part.rows || -up >= part.rows || left >= part.cols || -left >= part.cols) {
        cells_erase(cells, part, style);
        return;
    }
    if (left == 0 && part.cols == cells->cols) {
        if (up != 0)
            scroll_lines(cells, part, up, style);
        return;
    }
    move_cells(cells, part, up, left);
    if (up > 0)
        cells_erase(cells, (struct rect){part.y + part.rows - up, part.x, up, part.cols}, style);
    if (up < 0)
        cells_erase(cells, (struct rect){part.y, part.x, -up, part.cols}, style);
    if (left > 0)
        cells_erase(cells, (struct rect){part.y, part.x + part.cols - left, part.rows, left},
                    style);
    if (left < 0)
        cells_erase(cells, (struct rect){part.y, part.x, part.rows, -left}, style);
}

/* --- lines ------------------------------------------------------------------------------------ */

static int without_blanks(const struct vt_cell *cells, int n)
{
    while (n > 0 && cells[n - 1].glyph == ' ' && cells[n - 1].style == ROLE_TEXT &&
           cells[n - 1].width == 1)
        n--;
    return n;
}

/* Adds the run that begins at cells[x]: its head at *run, its text to text. Returns its end. */
static int add_run(const struct vt_cell *cells, int x, int n, struct vt_run *run, struct buf *text)
{
    *run = (struct vt_run){.style = cells[x].style};
    if (!buf_reserve(text, (size_t)(n - x) * TEXT_CLUSTER_BYTES))
        return n;
    char *start = text->ptr + text->len, *at = start;
    for (; x < n && cells[x].style == run->style; x++) {
        if (cells[x].width == 0)
            continue;
        *at = (char)cells[x].glyph;
        at += cells[x].glyph < 0x80 ? 1 : glyph_bytes(cells[x].glyph, at);
    }
    *at = '\0';
    run->n_bytes = (uint32_t)(at - start);
    text->len += run->n_bytes;
    return x;
}

static uint32_t count_runs(const struct vt_cell *cells, int n)
{
    uint32_t n_runs = n > 0;

    for (int x = 1; x < n; x++)
        n_runs += cells[x].style != cells[x - 1].style;
    return n_runs;
}

/* The heads come first, blank, and are filled while the text grows behind them. */
void line_encode(const struct vt_cell *cells, int n, struct buf *out)
{
    struct vt_run run = {0};
    size_t at = out->len;

    n = without_blanks(cells, n);
    struct vt_line head = {.n_runs = count_runs(cells, n)};
    buf_add(out, (struct sv){(const char *)&head, sizeof head});
    size_t runs_at = out->len;
    for (uint32_t i = 0; i < head.n_runs; i++)
        buf_add(out, (struct sv){(const char *)&run, sizeof run});
    size_t text_at = out->len;
    for (int x = 0; x < n; runs_at += sizeof run) {
        x = add_run(cells, x, n, &run, out);
        memcpy(out->ptr + runs_at, &run, sizeof run);
    }
    head.n_bytes = (uint32_t)(out->len - text_at);
    memcpy(out->ptr + at, &head, sizeof head);
}

size_t line_size(const struct vt_line *line)
{
    return sizeof *line + line->n_runs * sizeof line->runs[0] + line->n_bytes;
}

struct sv line_text(const struct vt_line *line)
{
    return (struct sv){(const char *)&line->runs[line->n_runs], line->n_bytes};
}
