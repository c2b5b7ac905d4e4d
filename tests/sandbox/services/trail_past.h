/*
 * trail_past: what was changed before the sandbox began, derived from the seed.
 */
#ifndef SANDBOX_TRAIL_PAST_H
#define SANDBOX_TRAIL_PAST_H

#include "tests/sandbox/world/event.h"

/* Owns its parameters. */
typedef void past_fn(void *arg, const struct event *take_event);

/*
 * Calls fn for what was changed in a cell from from_ms to until_ms: security groups, at the times
 * and by the versions that AWS Config has of them, and the routine of every day (deployments,
 * snapshots, reboots), which leaves nothing that anything else here would show.
 */
void past_events(struct world *world, uint32_t cell, int64_t from_ms, int64_t until_ms, past_fn *fn,
                 void *arg);

#endif
