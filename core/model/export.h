/*
 * export: rows written for other programs, and for people who read them without the console.
 */
#ifndef CORE_MODEL_EXPORT_H
#define CORE_MODEL_EXPORT_H

#include "core/model/rows.h"

enum export_format { EXPORT_TABLE, EXPORT_JSON, EXPORT_NDJSON, EXPORT_CSV, EXPORT_MARKDOWN };
/* "table", "json", "ndjson", "csv" or "md"; false for anything else. */
bool export_format_parse(struct sv name, enum export_format *format);

/*
 * Appends the rows to out: JSON as an array of objects by column id, ndjson one object a line, csv
 * by RFC 4180 with CRLF and a guard against formulas (' before = + - @), table as aligned text of
 * the columns that are drawn. JSON values: COL_COUNT and COL_SIZE numbers, COL_BOOL booleans,
 * COL_TIME ISO 8601 strings, COL_DURATION numbers of whole seconds, all else strings; absent is
 * null. csv says the same, absent is empty. table and md (a table of Markdown) show ages and "-".
 * Raw bytes are kept in JSON (escaped so that a terminal is safe), neutralised in the other
 * formats. When out runs into its cap, buf_err(out) says so and what was written is cut anywhere.
 */
void export_rows(struct buf *out, const struct rows *rows, enum export_format format);

/* " text |": a cell of a table of Markdown, in which nothing ends the cell or is anything but text.
 */
void export_markdown_cell(struct buf *out, struct sv text);

#endif
