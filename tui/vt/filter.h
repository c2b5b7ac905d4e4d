/*
 * filter: from the bytes of a program on a node to those that a terminal model may read. Pure.
 *
 * What comes out is text that the pinned table prints, C0 controls, and whole CSI and ESC
 * sequences of bounded length with bounded numbers (ECMA-48, 5.4). What goes in may be anything:
 *   OSC, DCS, APC, PM, SOS     swallowed, ended or not: titles, clipboards, colours, replies that
 *                              carry text. Nothing of them is kept, however long they are
 *   invalid UTF-8, C1 controls U+FFFD, also for those in UTF-8 (U+0080 to U+009F)
 *   what must not be printed   U+FFFD: bidi controls, tags, private use
 *   CSI ? a ; b h              one sequence for each mode
 *   CSI n b (REP)              the character itself, so often
 *   CSI n L (M, S, T)          n times one line
 * The last two because libvterm 0.1.4 never returns from a repetition behind nothing, and moves
 * memory that is not its own when told to scroll by more lines than there are.
 * It may be cut anywhere: what comes out is the same, whatever the pieces.
 */
#ifndef TUI_VT_FILTER_H
#define TUI_VT_FILTER_H

#include "core/base/str.h"

#define VT_CSI_MAX    128 /* longer sequences do nothing */
#define VT_REPEAT_MAX 1000

enum vt_filter_state {
    VT_TEXT,
    VT_ESC,        /* behind ESC */
    VT_ESC_MIDDLE, /* behind ESC and an intermediate byte */
    VT_CSI,
    VT_STRING,     /* within OSC and its like */
    VT_STRING_ESC, /* behind an ESC there */
};

/* Zero-initialised is ready. */
struct vt_filter {
    enum vt_filter_state state;
    bool is_osc;           /* the string may end with BEL */
    char held[VT_CSI_MAX]; /* a sequence or a character that is not whole yet */
    size_t n_held;         /* VT_CSI_MAX: the sequence is too long */
    int n_digits;          /* of the number that is being read */
    char last[4];          /* the last character of the text, for REP */
    size_t n_last;
    int repeat_max; /* rows or columns of the screen, what is more; 0: VT_REPEAT_MAX */
};

/* Appends to out what becomes of bytes. */
void vt_filter_feed(struct vt_filter *filter, struct sv bytes, struct buf *out);

#endif
