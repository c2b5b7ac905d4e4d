/* logs_past: what CloudWatch Logs has from before the sandbox began: the sessions of accounts whose
 * preferences name a group, and what nodes there wrote for Run Command. */
#ifndef SANDBOX_LOGS_PAST_H
#define SANDBOX_LOGS_PAST_H

#include "tests/sandbox/world/world_model.h"

/* The first call for a cell makes its groups and streams; before anybody looks for them. */
void logs_past_open(struct world *world, uint32_t cell);

#endif
