/*
 * raw_terminal: the user's terminal while a session is shown on it as it is. Keys go through
 * untouched, ctrl-c, ctrl-s and ctrl-z among them; what comes passes vt_filter. Whatever ends this
 * process, the terminal gets its modes back (tui/terminal/restore.h).
 */
#ifndef VIEWS_RAW_TERMINAL_H
#define VIEWS_RAW_TERMINAL_H

#include "core/base/str.h"

struct raw_terminal;

/* The size of the terminal in cells; 80x24 when it does not say. */
void raw_terminal_size(unsigned *columns, unsigned *rows);

/* Watches over the terminal, which is left as it is until raw_terminal_enter. Before threads start.
 * NULL when standard input and output are none. */
struct raw_terminal *raw_terminal_open(void);
/* Raw from now on; once more does nothing. */
void raw_terminal_enter(struct raw_terminal *terminal);
/* Appends what may be shown of bytes, and sees to it that it can be undone. */
void raw_terminal_filter(struct raw_terminal *terminal, struct sv bytes, struct buf *out);
/* Puts everything back. NULL is allowed. */
void raw_terminal_close(struct raw_terminal *terminal);

#endif
