/*
 * layout: rectangles of the screen, cut from one another.
 *
 * `struct rect header = rect_cut_top(&rest, 1);` takes a row off rest. Whatever is asked for, no
 * rectangle gets a negative size: one that does not fit is smaller, at last empty.
 */
#ifndef TUI_LAYOUT_H
#define TUI_LAYOUT_H

#include <stdbool.h>

struct rect {
    int y, x;
    int rows, cols;
};

/* Takes rows or columns off one side of rest and returns them. */
struct rect rect_cut_top(struct rect *rest, int rows);
struct rect rect_cut_bottom(struct rect *rest, int rows);
struct rect rect_cut_left(struct rect *rest, int cols);
struct rect rect_cut_right(struct rect *rest, int cols);
/* The i-th of n equal columns with gap cells between them; the first get what is over. */
struct rect rect_column(struct rect whole, int i, int n, int gap);
struct rect rect_inset(struct rect rect, int by);
/* A rectangle of at most that size in the middle of whole. */
struct rect rect_center(struct rect whole, int rows, int cols);
struct rect rect_intersect(struct rect a, struct rect b);
bool rect_contains(struct rect rect, int y, int x);
bool rect_is_empty(struct rect rect);
bool rect_equal(struct rect a, struct rect b);

#endif
