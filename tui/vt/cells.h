/*
 * cells: the grid of a terminal model, and lines of it in a compact form. Pure.
 */
#ifndef TUI_VT_CELLS_H
#define TUI_VT_CELLS_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"
#include "tui/layout.h"
#include "tui/theme.h"

/* One cell; glyph as in tui/glyph.h. */
struct vt_cell {
    uint32_t glyph;
    style_t style;
    uint8_t width; /* 1, 2; 0: the right half of the wide one before it */
};

struct vt_cells {
    int rows, cols;
    struct vt_cell **lines; /* one a row: scrolling moves pointers */
};

/* A grid of blanks; the size is at least 1x1. */
void cells_init(struct vt_cells *cells, int rows, int cols);
void cells_done(struct vt_cells *cells);
/* Another size: what stands at the top left stays; `cut` rows are taken off the top first. */
void cells_resize(struct vt_cells *cells, int rows, int cols, int cut);

/* A character of width 1 or 2; what it halves becomes blank. Outside nothing happens. */
void cells_put(struct vt_cells *cells, int y, int x, struct vt_cell cell);
/* Blanks of style over part. */
void cells_erase(struct vt_cells *cells, struct rect part, style_t style);
/* Moves what is in part up (down < 0: down) and left (right < 0: right); blanks of style follow. */
void cells_scroll(struct vt_cells *cells, struct rect part, int up, int left, style_t style);

/* --- lines ------------------------------------------------------------------------------------ */

/* Text in one style: n_bytes of UTF-8. */
struct vt_run {
    uint32_t n_bytes;
    style_t style;
};

/* A line without the plain blanks at its end. The runs lie behind it, the text behind them. */
struct vt_line {
    uint32_t n_runs, n_bytes;
    struct vt_run runs[];
};

/* Appends a struct vt_line of cells[n] to out (which is aligned when it was empty). */
void line_encode(const struct vt_cell *cells, int n, struct buf *out);
size_t line_size(const struct vt_line *line);    /* in bytes, as a whole */
struct sv line_text(const struct vt_line *line); /* borrowed from the line */

#endif
