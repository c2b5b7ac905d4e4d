/*
 * look: what stood on the first screen when somebody last looked at it, so that the next look shows
 * what is new. One small file for each identity in the state folder; it holds names and times, and
 * nothing breaks when it is lost. RUN_WORKER.
 */
#ifndef CORE_GOV_LOOK_H
#define CORE_GOV_LOOK_H

#include "core/base/map.h"
#include "core/gov/gov.h"

struct look {
    int64_t at_ms;   /* by the display clock; 0: nobody has looked before */
    struct map seen; /* by what names a row: when it was seen first and last; see look.c */
};

/* Frees the names; the look is empty and usable again. */
void look_done(struct look *look);

/* What was there at the end of the last run that kept a look; the same throughout this run.
 * Borrowed as long as the gov lives. */
const struct look *gov_look(struct gov *gov);

/* Whether the look before knows of it; true when nobody has looked before: then nothing is new. */
bool look_knows(const struct look *before, struct sv name);
/* When it was seen first, 0 when the look does not know it. */
int64_t look_first_seen_ms(const struct look *before, struct sv name);

/* The row is there now. */
void look_add(struct look *now, const struct look *before, struct sv name);
/*
 * Keeps now for the next run, and with it for LOOK_KEPT_DAYS what only the look before knows: what
 * one account hides for a day is not new tomorrow. Does nothing in a gov that keeps no looks. That
 * it cannot be written is logged.
 */
#define LOOK_KEPT_DAYS 14
void gov_keep_look(struct gov *gov, struct look *now);

/* The same with a file of one's own; for tests. A damaged or missing file is an empty look. */
void look_read(const char *path, struct look *look);
enum err_code look_write(const char *path, const struct look *look, struct err *err);

#endif
