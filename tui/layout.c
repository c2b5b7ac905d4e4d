#include "tui/layout.h"

static int at_least_0(int n)
{
    return n < 0 ? 0 : n;
}

static int clamp(int n, int max)
{
    return n < 0 ? 0 : n > max ? max : n;
}

struct rect rect_cut_top(struct rect *rest, int rows)
{
    rows = clamp(rows, rest->rows);
    struct rect cut = {rest->y, rest->x, rows, rest->cols};
    rest->y += rows;
    rest->rows -= rows;
    return cut;
}

struct rect rect_cut_bottom(struct rect *rest, int rows)
{
    rows = clamp(rows, rest->rows);
    rest->rows -= rows;
    return (struct rect){rest->y + rest->rows, rest->x, rows, rest->cols};
}

struct rect rect_cut_left(struct rect *rest, int cols)
{
    cols = clamp(cols, rest->cols);
    struct rect cut = {rest->y, rest->x, rest->rows, cols};
    rest->x += cols;
    rest->cols -= cols;
    return cut;
}

struct rect rect_cut_right(struct rect *rest, int cols)
{
    cols = clamp(cols, rest->cols);
    rest->cols -= cols;
    return (struct rect){rest->y, rest->x + rest->cols, rest->rows, cols};
}

/* Where the i-th of n parts of size begins, when the gaps between them are taken off first. */
static int part_start(int size, int i, int n, int gap)
{
    int cells = at_least_0(size - gap * (n - 1));
    int base = cells / n, over = cells % n;
    return i * (base + gap) + (i < over ? i : over);
}

struct rect rect_column(struct rect whole, int i, int n, int gap)
{
    int from = clamp(part_start(whole.cols, i, n, gap), whole.cols);
    int to = clamp(part_start(whole.cols, i + 1, n, gap) - gap, whole.cols);
    return (struct rect){whole.y, whole.x + from, whole.rows, at_least_0(to - from)};
}

struct rect rect_inset(struct rect rect, int by)
{
    return (struct rect){rect.y + by, rect.x + by, at_least_0(rect.rows - 2 * by),
                         at_least_0(rect.cols - 2 * by)};
}

struct rect rect_center(struct rect whole, int rows, int cols)
{
    rows = clamp(rows, whole.rows);
    cols = clamp(cols, whole.cols);
    return (struct rect){whole.y + (whole.rows - rows) / 2, whole.x + (whole.cols - cols) / 2, rows,
                         cols};
}

struct rect rect_intersect(struct rect a, struct rect b)
{
    int top = a.y > b.y ? a.y : b.y;
    int left = a.x > b.x ? a.x : b.x;
    int bottom = a.y + a.rows < b.y + b.rows ? a.y + a.rows : b.y + b.rows;
    int right = a.x + a.cols < b.x + b.cols ? a.x + a.cols : b.x + b.cols;
    return (struct rect){top, left, at_least_0(bottom - top), at_least_0(right - left)};
}

bool rect_contains(struct rect rect, int y, int x)
{
    return y >= rect.y && y < rect.y + rect.rows && x >= rect.x && x < rect.x + rect.cols;
}

bool rect_equal(struct rect a, struct rect b)
{
    return a.y == b.y && a.x == b.x && a.rows == b.rows && a.cols == b.cols;
}

bool rect_is_empty(struct rect rect)
{
    return rect.rows <= 0 || rect.cols <= 0;
}
