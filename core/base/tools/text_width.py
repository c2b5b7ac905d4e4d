#!/usr/bin/env python3
"""Makes core/base/text_width.c:  text_width.py width-cases.tsv > text_width.c

The input has a line for each range of code points: FIRST..LAST, general category, width and
action (print, combine-max-4, replace), separated by tabs. Neighbours that are treated alike become
one range, and the end of a range is told by the beginning of the next."""
import sys

ACTIONS = {"print": "P", "combine-max-4": "C", "replace": "R"}
ROWS_PER_LINE = 5

HEAD = """\
/* Made by tools/text_width.py from Unicode 15.0 data (see NOTICE): do not edit. */
#include "core/base/text_width.h"

#define P TEXT_PRINT
#define C TEXT_COMBINE
#define R TEXT_REPLACE

/* clang-format off */
const struct text_range text_ranges[] = {
"""
TAIL = """\
};
/* clang-format on */

const size_t text_n_ranges = sizeof text_ranges / sizeof text_ranges[0];
"""


def read_ranges(lines):
    """Yields (first, last, width, action), which must cover 0..10FFFF without a gap."""
    expected = 0
    for line in lines:
        if line.startswith("#"):
            continue
        span, _category, width, action = line.rstrip("\n").split("\t")
        first, last = (int(end, 16) for end in span.split(".."))
        if first != expected or last < first:
            sys.exit(f"{span}: expected a range that begins at {expected:04X}")
        yield first, last, int(width), ACTIONS[action]
        expected = last + 1
    if expected != 0x110000:
        sys.exit(f"the table ends at {expected - 1:04X}")


def merge(ranges):
    merged = []
    for first, _last, width, action in ranges:
        if not merged or merged[-1][1:] != (width, action):
            merged.append((first, width, action))
    return merged


def main():
    with open(sys.argv[1], encoding="ascii") as table:
        rows = [f"{{0x{first:04X}, {width}, {action}}}" for first, width, action in merge(read_ranges(table))]
    print(HEAD, end="")
    for at in range(0, len(rows), ROWS_PER_LINE):
        print("    " + ", ".join(rows[at : at + ROWS_PER_LINE]) + ",")
    print(TAIL, end="")


main()
