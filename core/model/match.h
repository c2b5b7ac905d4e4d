/*
 * match: a filter evaluated over the columns of a table, a granule of rows at a time.
 *
 * Interned columns are matched once per distinct value, when the matcher is made; a row then costs
 * a look at its code. Other texts are searched as one piece of memory, unless only few rows of the
 * granule are still in question.
 */
#ifndef CORE_MODEL_MATCH_H
#define CORE_MODEL_MATCH_H

#include "core/model/filter.h"
#include "core/model/table.h"

#define GRANULE_ROWS  ((size_t)4096)
#define GRANULE_WORDS (GRANULE_ROWS / 64)

struct matcher;

/* For the rows below n_rows, which are published. filter (may be NULL) and table are borrowed. */
struct matcher *matcher_new(const struct filter *filter, const struct table *table, size_t n_rows);
void matcher_free(struct matcher *matcher);

/* Where the granule that begins at row (a multiple of 64, or where another ended) ends: at most
 * GRANULE_ROWS on, within one block of every column. */
size_t granule_end(size_t row, size_t n_rows);

/* Clears the bits of those rows that do not pass. Bit i of kept stands for row + i; the granule is
 * row .. row + n - 1, bits from n on are zero. */
void matcher_keep(const struct matcher *matcher, size_t row, size_t n, uint64_t *kept);

#endif
