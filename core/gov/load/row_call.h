/*
 * row_call: the call to AWS that reads what stands behind a row, as a line for a shell.
 */
#ifndef CORE_GOV_ROW_CALL_H
#define CORE_GOV_ROW_CALL_H

#include "core/gov/gov.h"

/*
 * Appends the `aws` command that reads the thing in row of table (a row of screen): with
 * `--region`, but as whoever runs it. For requests that is the request itself. False, and nothing
 * is appended, when no single call reads it or the row lacks what the call needs. On RUN_UI.
 */
bool row_call_line(const struct screen *screen, const struct table *table, size_t row,
                   struct buf *line);

#endif
