/*
 * agent_version: what an agent of a version can do.
 */
#ifndef CORE_SESSION_WIRE_AGENT_VERSION_H
#define CORE_SESSION_WIRE_AGENT_VERSION_H

#include "core/base/str.h"

/* What we call ourselves in the handshake: agents multiplex ports from 1.1.70 on, and send no
 * keepalives of smux to what is newer than 1.2.331.0. */
#define SESSION_CLIENT_VERSION "1.2.694.0"

enum agent_feature {
    AGENT_MULTIPLEXES,        /* several connections over one port session */
    AGENT_SENDS_NO_KEEPALIVE, /* of smux: nor may we, they would defeat the idle time-out */
    AGENT_TAKES_TERMINATE,    /* the flag that ends a session */
};

/* Whether an agent of that version ("3.3.987.0") has the feature. A version of other than four
 * parts, "" among them, has none. */
bool agent_has(struct sv version, enum agent_feature feature);

#endif
