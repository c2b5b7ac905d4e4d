/*
 * paint: what has to be written so that a terminal shows one grid instead of another.
 *
 * A key is answered as soon as these bytes have gone out, so they are few, and made without asking
 * terminfo anew for every cell: a terminal's strings are found once, and of a style only what
 * differs from the style before is written. Which strings those are is the caller's: paint knows no
 * terminal.
 */
#ifndef TUI_PAINT_H
#define TUI_PAINT_H

#include "tui/canvas.h"

/* What a terminal wants to be told, each as bytes that are appended to out. */
struct paint_terminal {
    void (*move)(struct buf *out, int y, int x);
    void (*move_in_row)(struct buf *out, int x); /* NULL: it cannot */
    void (*clear)(struct buf *out);              /* all of it, and home */
    /* Moves the rows [y, y + rows) of a screen of screen_rows up, down when negative; what comes
     * free is blank, the cursor wherever it likes. NULL: it cannot. */
    void (*scroll)(struct buf *out, int y, int rows, int up, int screen_rows);
    void (*cursor)(struct buf *out, bool is_shown);          /* civis, cnorm */
    void (*shape)(struct buf *out, enum cursor_shape shape); /* NULL: it cannot */
    void (*plain)(struct buf *out);                /* sgr0: neither attributes nor colours */
    void (*attr)(struct buf *out, enum attr attr); /* one more attribute */
    void (*color)(struct buf *out, int color, bool is_background);
    int n_colors;
    bool moves_plain; /* msgr is missing: attributes are taken off before the cursor moves */
    bool wraps;       /* am without xenl: the last cell of the screen would scroll it away */
};

struct painter;

/* terminal is copied; theme says what looks styles have. */
struct painter *painter_new(const struct paint_terminal *terminal, const struct theme *theme);
void painter_free(struct painter *painter); /* NULL is allowed */

/* Whose looks styles have from now on. What is shown has to be painted anew. */
void painter_set_theme(struct painter *painter, const struct theme *theme);

/*
 * Appends to out what turns shown into wanted, which has the same size, and makes shown equal to
 * it. Rows that have moved in wanted since the last time are moved by the terminal, where it can.
 * all: nothing is known of what the terminal shows. Returns false, with nothing in out, when there
 * is no difference.
 */
bool painter_paint(struct painter *painter, struct canvas_grid *shown, struct canvas_grid *wanted,
                   bool all, struct buf *out);

#endif
