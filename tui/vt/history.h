/*
 * history: lines that have left the screen at its top, bounded in number and in bytes. Pure.
 *
 * Lines have numbers that they keep: the first line ever pushed is 0. The oldest give way.
 */
#ifndef TUI_VT_HISTORY_H
#define TUI_VT_HISTORY_H

#include "tui/vt/cells.h"

#define HISTORY_BYTES_MAX ((size_t)8 << 20)

struct history {
    struct vt_line **lines; /* a ring of max_lines; NULL until the first one is pushed */
    size_t max_lines;
    uint64_t first, end; /* the numbers of the lines that are there: [first, end) */
    size_t n_bytes;
    struct buf scratch;
};

/* max_lines may be 0: nothing is kept. */
void history_init(struct history *history, size_t max_lines);
void history_done(struct history *history);
/* Keeps a line of cells[n]. */
void history_push(struct history *history, const struct vt_cell *cells, int n);
/* The line of that number, borrowed until the next push; NULL when it is not there. */
const struct vt_line *history_line(const struct history *history, uint64_t number);

#endif
