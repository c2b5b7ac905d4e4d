/*
 * session_end: ending a session of Session Manager that somebody has on a node. There is no way
 * back: its owner can only begin another one.
 */
#ifndef CORE_GOV_SESSION_END_H
#define CORE_GOV_SESSION_END_H

#include "core/change/gate.h"

/* plan->state is {session_id}. Seen to be done when DescribeSessions does not count the session
 * among the active ones any more. */
extern const struct change_kind change_session_end;

#endif
