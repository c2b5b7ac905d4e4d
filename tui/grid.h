/*
 * grid: the cells behind a canvas, and what has changed in them since they were last shown.
 *
 * For canvas, which writes them, and for paint, which shows them: everybody else draws on a canvas.
 * Whoever writes cells touches them (grid_touch); what is not touched is not looked at again.
 */
#ifndef TUI_GRID_H
#define TUI_GRID_H

#include "tui/canvas.h"

/* One cell; 8 bytes without padding, so that rows can be compared as bytes. */
struct slot {
    uint32_t glyph;
    style_t style;
    uint8_t width; /* 1, 2; 0: the right half of the wide one before it */
    uint8_t unused;
};
_Static_assert(sizeof(struct slot) == 8, "rows are compared as bytes");

/* The cells [from, end). */
struct touched {
    int from, end;
};

struct grid_row {
    struct slot *slots;
    struct touched touched;
};

/* Whole rows that have moved up, down when negative. */
struct grid_scrolled {
    int y, rows, up;
};

struct canvas_grid {
    int rows, cols;
    int cursor_y, cursor_x; /* -1: hidden */
    enum cursor_shape cursor_shape;
    struct grid_scrolled scrolled;
    struct grid_row *row; /* which are exchanged sooner than their cells are moved */
    struct slot *slots;
};

static inline struct slot *grid_slot(const struct canvas_grid *grid, int y, int x)
{
    return grid->row[y].slots + x;
}

static inline struct slot grid_blank(style_t style)
{
    return (struct slot){.glyph = ' ', .style = style, .width = 1};
}

/* --- what has changed ------------------------------------------------------------------------ */

/* The cells [from, end) of row y may differ from what is shown. */
void grid_touch(const struct canvas_grid *grid, int y, int from, int end);
/* part lies within the grid. */
void grid_touch_rect(const struct canvas_grid *grid, struct rect part);
/* All of it is shown now. */
void grid_forget_touched(struct canvas_grid *grid);

/*
 * Moves the cells of part, which lies within the grid, up, down when negative; the rows that come
 * free keep what stood there, or what else does. A part of at least half the width moves as whole
 * rows, and what stands beside it is put back.
 */
void grid_scroll(struct canvas_grid *grid, struct rect part, int up);
/* What grid_scroll has moved since this was last asked. true: who moves the same rows of what is
 * shown finds touched what differs then. false: there is no such move, or can_follow is false, and
 * all that has moved is touched. */
bool grid_take_scrolled(struct canvas_grid *grid, bool can_follow, struct grid_scrolled *scrolled);

/* --- two grids of the same size -------------------------------------------------------------- */

/* From *x of row y on, the next run of cells that differ: [*x, *end); false when there is none.
 * Never splits a wide character of either grid. Looks only where wanted has been touched, which a
 * new grid is everywhere. */
bool grid_diff(const struct canvas_grid *shown, const struct canvas_grid *wanted, int y, int *x,
               int *end);
/* Makes the cells [x, end) of row y of `to` those of `from`. */
void grid_copy_run(struct canvas_grid *to, const struct canvas_grid *from, int y, int x, int end);
void grid_copy_cursor(struct canvas_grid *to, const struct canvas_grid *from);
/* Makes `to` equal to `from`, its size too. */
void grid_copy(struct canvas_grid *to, const struct canvas_grid *from);

/* --- reading --------------------------------------------------------------------------------- */

/* Where the cursor is; false when it is hidden. */
bool grid_cursor(const struct canvas_grid *grid, int *y, int *x);
enum cursor_shape grid_cursor_shape(const struct canvas_grid *grid);
/* The code points of a cell, a base and its marks; returns how many, 0 for a right half. */
size_t grid_glyph(const struct canvas_grid *grid, int y, int x,
                  uint32_t codepoints[TEXT_MARKS_MAX + 1], uint8_t *width, style_t *style);
/* The cells from y, x on, before end, that are one ASCII character each and share one style: their
 * bytes, without a NUL. Returns how many, 0 when the first is something else. */
int grid_ascii_run(const struct canvas_grid *grid, int y, int x, int end, char *bytes,
                   style_t *style);

#endif
