/*
 * table: columnar rows. One writer (the worker runner) appends and publishes; any number of
 * readers see the rows published before they looked. No locks: rows never move and never change;
 * a refresh builds a new table beside the old one.
 *
 * Texts of COL_INTERNED columns are stored once a distinct value, the others one behind the other
 * in append-only blocks. A million rows of 95 bytes take less than 140 MB in all.
 */
#ifndef CORE_MODEL_TABLE_H
#define CORE_MODEL_TABLE_H

#include "core/model/export.h"
#include "core/model/filter.h"
#include "core/model/projection.h"
#include "core/model/rows.h"

struct table;

/* An empty table, with one reference, the caller's. columns must outlive it: they are const data.
 */
struct table *table_new(const struct column *columns, size_t n_columns);
struct table *table_ref(struct table *table); /* one more, of any thread; gives table */
void table_unref(struct table *table);        /* any thread; NULL is allowed */

/* What it was made with; and how many rows are published, which only grows. */
const struct column *table_columns(const struct table *table, size_t *n_columns);
size_t table_count(const struct table *table);

/* --- the writer ---------------------------------------------------------------------------- */

/*
 * One row is open at a time: set what is known of it (the rest is absent), then commit. Texts are
 * copied; SV_NONE is absent, the empty text is not. Setting a cell again replaces it. set_text is
 * for text columns, set_number for COL_COUNT, COL_SIZE, COL_TIME, COL_DURATION and COL_BOOL.
 *
 * table_commit refuses (false) a row with the key of an earlier one: duplicates between pages of a
 * moving list are normal in AWS. So it does with a row that no longer fits: a table ends at 2^32
 * rows, and at 2^32 bytes of text in one column. Rows of a table without COL_KEY columns are told
 * apart by their number, none is a duplicate.
 */
void table_set_text(struct table *table, size_t column, struct sv text);
void table_set_number(struct table *table, size_t column, int64_t number);
bool table_commit(struct table *table);
/* Makes the committed rows visible to readers. Call it once a page or so. */
void table_publish(struct table *table);

/* Appends a copy of one published row of from, which has the same columns; of all of them. */
void table_add_row(struct table *table, const struct table *from, size_t row);
void table_add_rows(struct table *table, const struct table *from);

/* --- readers ------------------------------------------------------------------------------- */

/* row must be below table_count. */
void table_cell(const struct table *table, size_t row, size_t column, struct cell *cell);
/* The same of the column of that id; false, and absent, when there is no such column or value. */
bool table_value(const struct table *table, size_t row, const char *column_id, struct cell *cell);
/* Its text, raw, borrowed from the table; SV_NONE then. */
struct sv table_text(const struct table *table, size_t row, const char *column_id);
/* The identity of a row, made of its COL_KEY columns: equal in every table of this process that
 * has the same key columns, different in the next process. Not for storing. */
uint64_t table_key(const struct table *table, size_t row);
/* The published row of that identity, or SIZE_MAX. */
size_t table_find(const struct table *table, uint64_t key);
/* Distinct values of an interned column so far (absent is none); 0 for other columns. */
size_t table_distinct(const struct table *table, size_t column);
size_t table_bytes(const struct table *table); /* memory in use by the published rows */

#endif
