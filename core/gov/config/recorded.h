/*
 * recorded: what AWS Config has recorded of a resource, for who decides on it: its name, whose it
 * is, what hangs together with it.
 */
#ifndef CORE_GOV_RECORDED_H
#define CORE_GOV_RECORDED_H

#include "core/gov/load/inquiry.h"

/* Whether AWS Config records things of that type: rules judge accounts, and nothing records them.
 * Pure. */
bool recorded_is_kept(const char *type);
/* Reads the newest record of a resource, if there can be one. Within an inquiry's begin, or the
 * `then` of a read. */
void recorded_read(struct inquiry *inquiry, const struct aws_target *target, const char *type,
                   const char *id);
/* Says it as evidence; that it is not known, when it could not be read, or nothing is recorded;
 * nothing when there can be none. Within its end. */
void recorded_say(const struct inquiry *inquiry, struct change_plan *plan);

#endif
