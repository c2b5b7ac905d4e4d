/*
 * port: a port of this machine that leads to one behind a node, as the screens see it.
 *
 * It listens on 127.0.0.1 and ::1. What connects is carried over a session of Session Manager; with
 * agents from 3.0.222 on many connections at a time, with older ones one after the other.
 * Everything here belongs to RUN_UI.
 */
#ifndef CORE_SESSION_FORWARD_PORT_H
#define CORE_SESSION_FORWARD_PORT_H

#include "core/session/channel.h"

struct port_request {
    struct aws_target target; /* account and region of the node */
    const char *node;
    const char *reason;  /* NULL: none */
    const char *host;    /* reached from the node; NULL: the node itself */
    unsigned port;       /* there */
    unsigned local_port; /* 0: any that is free */
    int messages_per_s;  /* as in channel_request */
};

struct port_status {
    struct channel_status channel; /* connections are taken from CHANNEL_OPEN on */
    unsigned local_port;           /* 0 before it listens */
    bool has_ipv6;                 /* on ::1, too: this machine has it */
    size_t n_open, n_total;        /* connections */
    uint64_t bytes_in, bytes_out;  /* of all of them so far */
    bool is_multiplexed;
};

struct port_handlers {
    /* The state or the number of connections has changed; the last call has CHANNEL_ENDED. Traffic
     * alone calls it not. */
    void (*on_status)(void *arg, const struct port_status *status);
    /* Something that ended one connection, not the forward: the node could not connect. May be
     * NULL. */
    void (*on_problem)(void *arg, const struct err *err);
    void *arg;
};

struct port;

/* As channel_open; request is copied. A port that is in use ends it with ERR_IN_USE. */
struct port *port_open(struct aws_client *client, struct scope *scope,
                       const struct port_request *request, const struct port_handlers *handlers);
/* The status, with the traffic as of the call before: each call has it counted anew. */
void port_read_status(struct port *port, struct port_status *status);
/* As channel_close. */
void port_close(struct port *port);

#endif
