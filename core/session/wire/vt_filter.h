/*
 * vt_filter: what of a node's output may reach the user's own terminal, when a session is shown
 * there as it is.
 *
 * Pure, and by what is allowed: text, the usual controls, and sequences (ECMA-48, DEC private
 * modes) that move, colour, scroll, erase and switch modes. Never passed on: what a terminal
 * answers (device attributes, status and mode reports, window titles), for the answer would be
 * typed to the node as if the user had; OSC, DCS, APC, PM, SOS with all that is in them (titles,
 * clipboards); C1 controls; printing and resizing. Invalid UTF-8 becomes U+FFFD. Sequences are
 * passed on whole or not at all, however the bytes are cut.
 */
#ifndef CORE_SESSION_WIRE_VT_FILTER_H
#define CORE_SESSION_WIRE_VT_FILTER_H

#include "core/base/str.h"

#define VT_FILTER_HELD_MAX 64 /* a longer sequence does nothing */

struct vt_filter {
    int state;
    bool is_osc; /* the string may end with BEL */
    char held[VT_FILTER_HELD_MAX];
    size_t n_held;
    bool is_too_long;
    unsigned modes, traces; /* that were set, by their places in the tables */
};

/* Zero-initialised is ready. Appends what of bytes may be passed on. */
void vt_filter_take(struct vt_filter *filter, struct sv bytes, struct buf *out);

/* Appends what puts the terminal back: the modes that were set, colours, the character set. */
void vt_filter_reset(struct vt_filter *filter, struct buf *out);

#endif
