/*
 * freeze: times in which nothing is changed: `2026-12-20/2027-01-03, ...`.
 *
 * A window is FROM/TO. Either is a day, which counts in full, or a moment like 2026-12-20T18:00Z or
 * 2026-12-20T18:00+01:00; TO itself is not frozen any more then. Days are those of UTC unless a
 * zone stands behind them: 2026-12-20+01:00.
 */
#ifndef CORE_GOV_FREEZE_H
#define CORE_GOV_FREEZE_H

#include "core/base/str.h"

/* Whether text is a list of windows with commas between them; else *why says what is wanted. "" is
 * a list of none. Pure. */
bool freeze_check(struct sv text, const char **why);

/* Whether wall_ms lies in one of the windows of text, which is such a list; then *until_ms is when
 * the last of those that it lies in, or that join it, ends. Pure. */
bool freeze_at(struct sv text, int64_t wall_ms, int64_t *until_ms);

#endif
