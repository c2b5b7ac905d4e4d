/*
 * handover: what the next shift must know: what waits, what is left as it is and until when, what
 * was decided and by whom. `watchdeck handover`.
 */
#ifndef VIEWS_HANDOVER_H
#define VIEWS_HANDOVER_H

#include "core/gov/gov.h"

#define HANDOVER_SINCE_MS ((int64_t)12 * 3600 * 1000) /* a shift */

/*
 * Appends it as Markdown, or as one JSON object {generated_at, since, coverage, waiting, waived,
 * decided}. rows are those of the list approvals; what was decided comes from the trail at
 * audit_path, from since_ms on (wall clock). ERR as audit_read; no trail yet is fine.
 */
enum err_code handover_write(const struct rows *rows, const struct coverage *coverage,
                             const char *audit_path, int64_t since_ms, bool json, struct buf *out,
                             struct err *err);

#endif
