/*
 * canvas: a grid of cells that everything is drawn on. A term shows it, a test reads it.
 *
 * canvas_text is the only way to put bytes on it, and it sends all of them through the text door
 * (core/base/text.h): a wide character is never halved, a mark never loses its base, nothing that
 * a terminal could act on becomes a cell.
 *
 * A struct canvas is a value: a window on a grid with its own origin and size. Drawing outside is
 * clipped, so widgets need no checks. Coordinates are (y, x) from 0, in cells.
 */
#ifndef TUI_CANVAS_H
#define TUI_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"
#include "core/base/text.h"
#include "tui/layout.h"
#include "tui/theme.h"

struct canvas_grid;

struct canvas {
    struct canvas_grid *grid; /* borrowed */
    struct rect area;         /* where this canvas lies on the grid; always within it */
    int y0, x0;               /* where its (0, 0) is on the grid; may lie outside of area */
    int rows, cols;           /* its nominal size */
};

#define CANVAS_MAX 4096
/* An empty grid, the caller's. Sizes below 1 become 1, above CANVAS_MAX they are cut. */
struct canvas_grid *canvas_grid_new(int rows, int cols);
void canvas_grid_free(struct canvas_grid *grid); /* NULL is allowed */
/* Blank afterwards; canvases on it must be taken anew. */
void canvas_grid_resize(struct canvas_grid *grid, int rows, int cols);
/* The canvas of the whole grid. */
struct canvas canvas_of(struct canvas_grid *grid);

/* A canvas on part of another; part is relative to it and may hang over its edges. */
struct canvas canvas_sub(const struct canvas *canvas, struct rect part);
/* {0, 0, rows, cols}: to cut up with rect_cut_*. */
struct rect canvas_rect(const struct canvas *canvas);

/* Blanks of style everywhere on it; hides the cursor when the canvas is the whole grid. */
void canvas_clear(const struct canvas *canvas, style_t style);
void canvas_fill(const struct canvas *canvas, struct rect part, enum sign sign, style_t style);

enum canvas_cut {
    CUT_END,    /* "arn:aws:iam::1234…"; what is shorter is not padded */
    CUT_MIDDLE, /* "arn:aws…/admin" */
    CUT_RIGHT,  /* as CUT_END, at the right edge of width */
    CUT_SILENT, /* cut without an ellipsis */
    CUT_CENTER, /* as CUT_END, in the middle of width */
};

/*
 * Draws raw (any bytes) from (y, x) over at most width columns (width < 0: to the right edge).
 * Returns the columns that it takes, clipped or not. canvas_text takes TEXT_LINE,
 * canvas_identity TEXT_IDENTITY (ids, ARNs, names to be typed).
 */
int canvas_text(const struct canvas *canvas, int y, int x, int width, struct sv raw, style_t style,
                enum canvas_cut cut);
int canvas_identity(const struct canvas *canvas, int y, int x, int width, struct sv raw,
                    style_t style, enum canvas_cut cut);
/* The same for text of our own, to the right edge. The formatted text passes the door too. */
int canvas_printf(const struct canvas *canvas, int y, int x, style_t style, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* One sign; returns 1. */
int canvas_sign(const struct canvas *canvas, int y, int x, enum sign sign, style_t style);

/* Moves what stands in part by so many rows, up when positive; the rows that come free hold
 * anything, and have to be drawn. */
void canvas_scroll(const struct canvas *canvas, struct rect part, int up);

/* A border around part with an optional title (SV_NONE) in its top edge. */
void canvas_box(const struct canvas *canvas, struct rect part, struct sv title, style_t style);
/* Lays overlay (enum overlay) over the cells of part, keeping what stands there. */
void canvas_overlay(const struct canvas *canvas, struct rect part, style_t overlay);
/* Takes overlays off cells of part that they were laid over; no cell there may be a look. */
void canvas_lift(const struct canvas *canvas, struct rect part, style_t overlays);

/* The shapes that a terminal's cursor may have, by their numbers in DECSCUSR (xterm); the usual one
 * is what the person has chosen for the terminal. */
enum cursor_shape {
    CURSOR_USUAL,
    CURSOR_BLOCK = 2,
    CURSOR_BLINKING_UNDERLINE,
    CURSOR_UNDERLINE,
    CURSOR_BLINKING_BAR,
    CURSOR_BAR
};

/* Shows the terminal's cursor there, in its usual shape; outside of the canvas it stays hidden. */
void canvas_cursor(const struct canvas *canvas, int y, int x);
/* The cursor that is shown has that shape, where the terminal can. */
void canvas_cursor_shape(const struct canvas *canvas, enum cursor_shape shape);
void canvas_hide_cursor(const struct canvas *canvas);

/* --- reading it ---------------------------------------------------------------------------- */

/* What stands in a cell: its cluster as UTF-8 ("" for the right half of a wide one), its style. */
struct canvas_cell {
    char bytes[TEXT_CLUSTER_BYTES];
    uint8_t width; /* 1 or 2; 0 for a right half */
    style_t style;
};
/* False outside of the canvas. */
bool canvas_read(const struct canvas *canvas, int y, int x, struct canvas_cell *cell);
/* Row y as text without trailing blanks, appended to out. */
void canvas_dump_row(const struct canvas *canvas, int y, struct buf *out);
/* All rows, each ended by LF. */
void canvas_dump(const struct canvas *canvas, struct buf *out);
/* Where the cursor is; false when it is hidden or outside. */
bool canvas_cursor_at(const struct canvas *canvas, int *y, int *x);

#endif
