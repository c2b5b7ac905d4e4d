/* port: where a port session leads. */
#ifndef SANDBOX_SESSION_PORT_H
#define SANDBOX_SESSION_PORT_H

#include "tests/sandbox/session/agent.h"

/* The port of this machine that the session's properties mean: every host is this machine. False,
 * and why, for a host that agents refuse: the metadata service and its like. */
bool port_target(const struct agent *agent, uint16_t *port, struct buf *why);

#endif
