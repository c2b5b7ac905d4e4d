/*
 * tunnel_inside: what the files of tunnel share. Not for anybody else. All of it on RUN_NET.
 *
 *   tunnel.c              from start to end, listening, time, and for who uses it
 *   tunnel_connection.c   one connection of this machine: between its socket and the link
 *   tunnel_talk.c         what the node says
 */
#ifndef CORE_SESSION_FORWARD_TUNNEL_INSIDE_H
#define CORE_SESSION_FORWARD_TUNNEL_INSIDE_H

#include "core/net/pending.h"
#include "core/net/watch.h"
#include "core/session/forward/listen.h"
#include "core/session/forward/smux.h"
#include "core/session/forward/tunnel.h"

#define TUNNEL_ROOM_MIN   32768             /* the link has less room: nobody is read */
#define TUNNEL_HELD_BYTES ((size_t)1 << 20) /* for one connection: then the node has to wait */

struct connection {
    struct watch watch;
    struct connection *next;
    struct tunnel *tunnel;
    int fd;
    uint32_t stream;     /* of smux; 0: the session is its stream */
    struct buf to_local; /* what the local side has not taken yet */
    size_t n_taken;
    bool is_local_over;  /* it says nothing any more, and the node was told */
    bool is_remote_over; /* the node says nothing any more */
    int64_t local_over_ms, moved_ms;
};

struct listener {
    struct watch watch;
    struct tunnel *tunnel;
};

struct tunnel {
    struct pending asking; /* first; in the scope of who uses it, whose closing frees it */
    struct link *link;
    struct tunnel_handlers handlers;
    struct port_status status;
    struct listening listening;
    struct listener listeners[LISTEN_FDS];
    struct connection *connections;
    char goal[300]; /* "db.internal:5432" */
    uint32_t next_stream;
    struct buf frames; /* of smux, not whole yet */
    struct buf early;  /* of a session that is one stream: what comes before anybody connects */
    struct net_timer tick;
    int64_t alive_ms; /* when a keepalive was sent */
    bool is_held, has_had_one, is_over;
};

/* --- tunnel.c --------------------------------------------------------------------------------- */

/* Ends it: connections are closed, the service is told. */
void tunnel_end(struct tunnel *tunnel);
/* Tells who uses it where it stands. */
void tunnel_tell(struct tunnel *tunnel);
/* Tells of a problem, which ends a connection or the tunnel. advice: NULL for that of the code. */
void tunnel_advise(struct tunnel *tunnel, enum err_code code, const char *what, const char *advice);
/* Another connection is taken from now on, or none for now. */
void tunnel_watch_listeners(struct tunnel *tunnel);

/* --- tunnel_connection.c ---------------------------------------------------------------------- */

/* Begins one; takes fd. */
void connection_add(struct tunnel *tunnel, int fd);
/* Ends it here; whether the node knows is not asked. Frees it. */
void connection_drop(struct connection *connection);
/* The same, when the tunnel goes: nobody is told. */
void connection_free(struct connection *connection);
/* Bytes of the node for it. */
void connection_give(struct connection *connection, struct sv bytes);
/* Ends it when it holds up all others, or was not answered at its end. */
void connection_look_at(struct connection *connection, int64_t now_ms);
/* Those who have more to say than the node takes wait for one another. */
void connections_watch(struct tunnel *tunnel);
/* While somebody's bytes pile up here, the node has to wait. */
void tunnel_hold_or_release(struct tunnel *tunnel);
/* A frame of smux without data. */
void tunnel_say(struct tunnel *tunnel, enum smux_command command, uint32_t stream);

/* --- tunnel_talk.c ---------------------------------------------------------------------------- */

/* As link_handlers have it; arg is the tunnel. */
void tunnel_on_event(void *arg, const struct talk_event *event);

#endif
