/*
 * terminfo: what the terminal of this process can do, and in which words it is told.
 *
 * All of it is asked of the entry that curses has found: nothing here before newterm, and on one
 * thread. Padding is left out: no terminal of today waits for it.
 */
#ifndef TUI_TERMINFO_H
#define TUI_TERMINFO_H

#include "tui/terminal/paint.h"

/* The string that the entry has under its short name ("cup"); NULL: none. curses owns it. */
const char *terminfo_string(const char *name);
/* Appends it to out as it is; nothing when there is none. */
void terminfo_add(struct buf *out, const char *name);

/* How many colours to use: 256, 16, 8, or 0 (which NO_COLOR asks for). */
int terminfo_colors(void);

/* Appends what gives the cursor its usual shape back; nothing where it has no other. */
void terminfo_add_usual_shape(struct buf *out);

/* What a painter tells this terminal, with so many colours. Asks for each string once. */
struct paint_terminal terminfo_terminal(int n_colors);
/* Appends how to place the cursor; after terminfo_terminal. */
void terminfo_add_move(struct buf *out, int y, int x);

/* Appends that the rows [y, y + rows) are those that scroll, nothing where they cannot be chosen;
 * after terminfo_terminal. The cursor is anywhere then. */
void terminfo_add_region(struct buf *out, int y, int rows);

#endif
