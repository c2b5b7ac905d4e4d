/*
 * tunnel: connections of this machine that end at a port behind a node, on RUN_NET: a listener on
 * loopback, a link, and what lies between. Newer agents take several connections at a time (smux),
 * older ones one after the other.
 */
#ifndef CORE_SESSION_FORWARD_TUNNEL_H
#define CORE_SESSION_FORWARD_TUNNEL_H

#include "core/session/forward/port.h"
#include "core/session/link.h"

struct tunnel;

struct tunnel_handlers {
    void (*on_status)(void *arg, const struct port_status *status);
    void (*on_problem)(void *arg, const struct err *err);
    void *arg;
};

/*
 * Listens and begins the session; tells handlers, never from within, until asking is closed, which
 * ends it and frees the tunnel. NULL and *err when it cannot listen (listen.h), or asking is closed
 * already. On RUN_NET, as all here.
 */
struct tunnel *tunnel_start(struct aws_client *client, struct scope *asking,
                            const struct port_request *request,
                            const struct tunnel_handlers *handlers, struct err *err);
/* Traffic included: bytes of the connections, without what keeps them apart and alive. Borrowed. */
const struct port_status *tunnel_status(struct tunnel *tunnel);

#endif
