/*
 * frame: what curses writes when it enters its screen and leaves it, gathered and sent in one
 * piece.
 *
 * curses flushes at every move of the cursor, and each flush wakes the terminal to draw a piece. So
 * it writes into memory; the terminal gets all of it at once, as it gets the frames of paint.
 */
#ifndef TUI_FRAME_H
#define TUI_FRAME_H

#include <stdio.h>

#include "core/base/str.h"

/* Zero-initialised is closed. */
struct frame {
    FILE *stream; /* what curses is given as its terminal */
    char *bytes;  /* of the one that is being sent */
    size_t size;
};

/* Opens the stream. False with errno when the system gives no memory for it. */
bool frame_open(struct frame *frame);
/* Closes it; what was not sent is lost. */
void frame_close(struct frame *frame);

/* Sends what has been written since the last time to the descriptor `terminal`, and waits until it
 * has taken everything. A terminal that has gone is nobody's error: reading from it says so. */
void frame_send(struct frame *frame, int terminal);

/* Writes bytes to it beside any frame, the same way. */
void frame_write(int terminal, struct sv bytes);

#endif
