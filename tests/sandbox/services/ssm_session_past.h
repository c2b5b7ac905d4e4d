/* ssm_session_past: the sessions that there were before the sandbox began, as they derive from the
 * seed. */
#ifndef SANDBOX_SSM_SESSION_PAST_H
#define SANDBOX_SSM_SESSION_PAST_H

#include "tests/sandbox/session/broker.h"
#include "tests/sandbox/world/world_model.h"

/* One of them, by what it derives from. */
struct past_session {
    struct ref node;
    unsigned day; /* before the start */
    int64_t started_ms;
};

typedef VEC(struct past_session) past_sessions;

/* Those of a cell in the 30 days before the start (as long as AWS keeps them), the newest first.
 * Free with vec_free. */
void past_sessions_find(struct world *world, uint32_t cell, past_sessions *found);
/* What it looks like: over, and nobody's to free. */
void past_session_fill(struct world *world, const struct past_session *past,
                       struct session *session);

#endif
