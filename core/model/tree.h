/*
 * tree: the rows of a projection as a tree that can be folded, by a column that holds paths:
 * accounts under their OUs, parameters under their folders.
 *
 * Nodes above the rows are made up as the paths need them; they have a label and nothing else.
 * Siblings stand in the order in which the projection first comes to them, so the order of the
 * projection is the order within every folder, and its filter leaves what leads to a kept row.
 */
#ifndef CORE_MODEL_TREE_H
#define CORE_MODEL_TREE_H

#include "core/model/projection.h"

struct tree;

struct tree_shape {
    size_t path_column;  /* segments apart by separator; empty ones do not count */
    size_t label_column; /* where a node made up shows its segment */
    char separator;
    bool ends_in_row; /* the last segment is the row's own name, and is its label: else rows hang
                         below the whole path */
};

/* Deeper than this, the rest of a path is one segment. */
#define TREE_DEPTH_MAX 32

/* Holds a reference to projection. Nothing is folded. On any runner, then on one. */
struct tree *tree_new(struct projection *projection, struct tree_shape shape);
void tree_free(struct tree *tree); /* NULL is allowed */

/* The nodes that no folded one hides, parents first. Valid until the next call that folds.
 * rows.find gives SIZE_MAX for what is hidden. */
struct rows tree_rows(const struct tree *tree);
/* The table's row number of the node shown at `at`; SIZE_MAX for one that was made up. */
size_t tree_row(const struct tree *tree, size_t at);
/* The identity of the node above, hidden or not; 0 at the top and for unknown ones. */
uint64_t tree_parent(const struct tree *tree, uint64_t key);

/* Folds or unfolds a node; false when it is not there or has nothing below it. */
bool tree_fold(struct tree *tree, uint64_t key, bool folded);
/* After a refresh or another filter: folds what was folded in `from`, and remembers what of that is
 * not there now. */
void tree_take_folds(struct tree *tree, const struct tree *from);

#endif
