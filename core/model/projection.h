/*
 * projection: the rows of a table that pass a filter, in an order. An immutable, ref-counted list
 * of row numbers.
 */
#ifndef CORE_MODEL_PROJECTION_H
#define CORE_MODEL_PROJECTION_H

#include "core/model/rows.h"

struct filter;
struct table;
struct projection;

struct sort_order {
    int column; /* -1: as loaded */
    bool descending;
};

/* One more owner; returns projection. */
struct projection *projection_ref(struct projection *projection);
void projection_unref(struct projection *projection); /* any thread; NULL is allowed */

/*
 * Computes the projection of the rows published now. filter may be NULL (keep all).
 * narrow_from (may be NULL) is any earlier projection. When it is one of the same table, with a
 * filter that this one narrows (filter_narrows), only its rows are looked at again, and with the
 * same order they need no new sort; else it does not matter. *cancelled (may be NULL) is read
 * often: when it becomes true the result is NULL. Pure; on any runner (UI only for fewer than
 * PROJECT_ON_UI_MAX rows); keeps what it needs of table and filter.
 *
 * Sorting is stable in both directions, absent values last: texts by bytes without regard to ASCII
 * case, numbers by value, COL_SEVERITY by rank (the largest is CRITICAL).
 */
#define PROJECT_ON_UI_MAX 20000
struct projection *projection_make(struct table *table, const struct filter *filter,
                                   struct sort_order order, const struct projection *narrow_from,
                                   const _Atomic bool *cancelled);
/* The rows appended since `old` was made with the same filter, merged in: for lists that are still
 * loading. A projection of its own, the caller's; NULL when it was cancelled. */
struct projection *projection_extend(const struct projection *old, const struct filter *filter,
                                     const _Atomic bool *cancelled);

/* How many rows, and the table's number of the one at `at`. */
size_t projection_count(const struct projection *projection);
size_t projection_row(const struct projection *projection, size_t at);
/* Where that row of the table stands; SIZE_MAX when it is not among them. */
size_t projection_find(const struct projection *projection, size_t row);
size_t projection_seen(const struct projection *projection); /* rows of the table it looked at */
struct sort_order projection_order(const struct projection *projection);
struct table *projection_table(const struct projection *projection); /* borrowed */
/* The projection as rows; valid as long as the projection is held. */
struct rows projection_rows(const struct projection *projection);

#endif
