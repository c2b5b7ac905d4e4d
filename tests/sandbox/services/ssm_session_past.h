/* ssm_session_past: the sessions that there were before the sandbox began, as they derive from the
 * seed. */
#ifndef SANDBOX_SSM_SESSION_PAST_H
#define SANDBOX_SSM_SESSION_PAST_H

#include "tests/sandbox/services/ssm_past.h"
#include "tests/sandbox/session/broker.h"

/* As pasts_find. */
void past_sessions_find(struct world *world, uint32_t cell, pasts *found);
/* What it looks like: over, and nobody's to free. */
void past_session_fill(struct world *world, const struct past *past, struct session *session);

#endif
