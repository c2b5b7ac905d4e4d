/*
 * diff: two texts compared line by line (E. W. Myers, "An O(ND) Difference Algorithm and Its
 * Variations", 1986): the fewest lines removed and added. For configurations, print both with the
 * same layout and order of keys first.
 */
#ifndef CORE_MODEL_DIFF_H
#define CORE_MODEL_DIFF_H

#include "core/base/str.h"
#include "core/base/vec.h"

enum diff_kind { DIFF_SAME, DIFF_REMOVED, DIFF_ADDED };

/* Consecutive lines of one kind. Of a change the removed lines come first. */
struct diff_hunk {
    enum diff_kind kind;
    size_t before; /* its first line there, from 0; of added lines: the line they stand before */
    size_t after;  /* the same in the other text; of removed lines: the line they stood before */
    size_t n_lines;
};

/* The lines of a text, borrowed from it. */
struct diff_text {
    struct sv *ptr;
    size_t len, size;
};

struct diff {
    struct diff_text before, after;
    VEC(struct diff_hunk) hunks; /* all lines of both, in order */
    size_t n_removed, n_added;
};

/* Beyond so many changes the fewest are no longer looked for: all that lies between the common
 * beginning and the common end counts as changed. */
#define DIFF_CHANGES_MAX 1000

/* Lines end in LF; that the last one does or does not is no difference. The texts must outlive
 * *diff, which is given back with diff_done. On any runner. */
void diff_lines(struct sv before, struct sv after, struct diff *diff);
void diff_done(struct diff *diff);
/* Line i of a hunk of diff. */
struct sv diff_line(const struct diff *diff, const struct diff_hunk *hunk, size_t i);

#endif
