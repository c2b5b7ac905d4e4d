/*
 * sort: the rows of a table in the order of one column. Interned columns are sorted by counting
 * the ranks of their values, numbers and texts by radix.
 */
#ifndef CORE_MODEL_SORT_H
#define CORE_MODEL_SORT_H

#include "core/model/projection.h"

struct sorter;

/* For rows published by now. order.column must be a column of the table. table is borrowed. */
struct sorter *sorter_new(const struct table *table, struct sort_order order);
void sorter_free(struct sorter *sorter);

/* Sorts rows (ascending row numbers) as projection.h says; false when it was cancelled. */
bool sorter_sort(const struct sorter *sorter, uint32_t *rows, size_t n,
                 const _Atomic bool *cancelled);
/* Whether row a stands before row b (a != b) in that order. */
bool sorter_before(const struct sorter *sorter, uint32_t a, uint32_t b);

#endif
