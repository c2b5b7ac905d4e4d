/*
 * table: columnar rows. One writer (the worker runner) appends and publishes; any number of
 * readers see the rows published before they looked. No locks: rows never move and never change;
 * a refresh builds a new table beside the old one.
 *
 * Texts of COL_INTERNED columns are stored once a distinct value, the others one behind the other
 * in append-only chunks. A million rows of 95 bytes take less than 140 MB in all.
 */
#ifndef CORE_MODEL_TABLE_H
#define CORE_MODEL_TABLE_H

#include "core/model/rows.h"

struct table;

/* columns must outlive the table (they are const data). */
struct table *table_new(const struct column *columns, size_t n_columns);
struct table *table_ref(struct table *table);
void table_unref(struct table *table); /* any thread; NULL is allowed */

const struct column *table_columns(const struct table *table, size_t *n_columns);
size_t table_count(const struct table *table); /* published rows; grows only */

/* --- the writer ---------------------------------------------------------------------------- */

/*
 * One row is open at a time: set what is known of it (the rest is absent), then commit. A row with
 * the key of an earlier one is refused by table_commit (false): duplicates between pages of a
 * moving list are normal in AWS.
 */
void table_set_text(struct table *table, size_t column, struct sv text);
void table_set_number(struct table *table, size_t column, int64_t number);
bool table_commit(struct table *table);
/* Makes the committed rows visible to readers. Call it once a page or so. */
void table_publish(struct table *table);

/* --- readers ------------------------------------------------------------------------------- */

void table_cell(const struct table *table, size_t row, size_t column, struct cell *cell);
uint64_t table_key(const struct table *table, size_t row);
/* Distinct values of an interned column so far; the order of first appearance. */
size_t table_distinct(const struct table *table, size_t column);
size_t table_bytes(const struct table *table); /* memory held */

/* --- filter -------------------------------------------------------------------------------- */

/*
 * What a person types behind `/`: terms apart by blanks, all must hold.
 *   text       substring of any column, case-insensitive when it has no upper case letter
 *   !text      not that
 *   ~text      fuzzy: the letters in this order
 *   col:value  substring in that column; col:=value exactly; col:>10 and col:<10 for numbers
 *   tag:k=v    in a column named tags ("k=v" pairs apart by blanks)
 *   "a b"      a term with blanks
 */
struct filter;
/* ERR_USAGE (unknown column, number expected, ...) with a message that names the term. An empty
 * text gives a filter that keeps everything. */
enum err_code filter_parse(struct sv text, const struct column *columns, size_t n_columns,
                           struct filter **filter, struct err *err);
void filter_free(struct filter *filter);
/* Whether whatever b keeps a keeps too (so that b can be computed from a's rows: narrowing). */
bool filter_narrows(const struct filter *from, const struct filter *to);

/* --- projection: the rows of a table that pass a filter, in an order -------------------------- */

struct sort_order {
    int column; /* -1: as loaded */
    bool descending;
};

/* An immutable, ref-counted list of row numbers. */
struct projection;
struct projection *projection_ref(struct projection *projection);
void projection_unref(struct projection *projection);

/*
 * Computes the projection of the rows published now. narrow_from (may be NULL) is an earlier
 * projection of the same table with a filter that this one narrows. *cancelled (may be NULL) is
 * read often: when it becomes true the result is NULL. Pure; on any runner (UI only for fewer
 * than PROJECT_ON_UI_MAX rows); keeps a reference to table. Sorting is stable; absent values last.
 */
#define PROJECT_ON_UI_MAX 20000
struct projection *projection_make(struct table *table, const struct filter *filter,
                                   struct sort_order order, const struct projection *narrow_from,
                                   const _Atomic bool *cancelled);
/* The rows appended since `old` was made, merged in: for lists that are still loading. */
struct projection *projection_extend(const struct projection *old, const struct filter *filter,
                                     const _Atomic bool *cancelled);

size_t projection_count(const struct projection *projection);
size_t projection_row(const struct projection *projection, size_t at); /* the table's row number */
size_t projection_seen(const struct projection *projection); /* rows of the table it looked at */
struct table *projection_table(const struct projection *projection); /* borrowed */
/* The projection as rows; valid as long as the projection is held. */
struct rows projection_rows(const struct projection *projection);

/* --- export -------------------------------------------------------------------------------- */

enum export_format { EXPORT_TABLE, EXPORT_JSON, EXPORT_NDJSON, EXPORT_CSV };
bool export_format_parse(struct sv name, enum export_format *format);

/*
 * Writes the rows: JSON as an array of objects by column id, ndjson one object a line, csv by
 * RFC 4180 with CRLF and a guard against formulas (' before = + - @), table as aligned text of
 * drawn columns. JSON values: COL_COUNT numbers, COL_BOOL booleans, COL_TIME ISO 8601 strings,
 * COL_DURATION numbers of seconds, all else strings; absent is null. Raw bytes are kept in JSON
 * (escaped so that a terminal is safe), neutralised in the other formats.
 */
void export_rows(struct buf *out, const struct rows *rows, enum export_format format);

#endif
