/*
 * text_width: what may be shown of each code point, and how wide it is.
 *
 * text_width.c is made by tools/text_width.py from a table of Unicode 15.0 data and the project's
 * own policy; it is pinned here so that all machines draw the same, whatever their libc knows.
 */
#ifndef CORE_BASE_TEXT_WIDTH_H
#define CORE_BASE_TEXT_WIDTH_H

#include <stddef.h>
#include <stdint.h>

enum text_action {
    TEXT_PRINT,   /* as it is, 1 or 2 columns */
    TEXT_COMBINE, /* onto the character before it, no column of its own */
    TEXT_REPLACE, /* never: by a stand-in of that width; 0 is what has no form at all */
};

/* Holds from first up to the next range's first. */
struct text_range {
    uint32_t first : 24;
    uint32_t width : 4;
    uint32_t action : 4; /* enum text_action */
};

extern const struct text_range text_ranges[]; /* ascending, the first begins at 0 */
extern const size_t text_n_ranges;

#endif
