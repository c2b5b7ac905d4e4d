/* tcp: a connection from a node to a service of this machine. Nothing here waits. */
#ifndef SANDBOX_SESSION_TCP_H
#define SANDBOX_SESSION_TCP_H

#include "core/base/str.h"
#include "tests/sandbox/wire/loop.h"

struct tcp;

/* What its owner is told, while events are handled; it may close the connection then. */
struct tcp_events {
    void (*data)(struct tcp *tcp, struct sv data);
    /* No more will come; error is errno's, 0 for an end. It has been closed. */
    void (*end)(struct tcp *tcp, int error);
    bool (*has_room)(const struct tcp *tcp); /* for more data */
};

/* Embed it. */
struct tcp {
    struct source source; /* fd -1: closed */
    struct loop *loop;
    const struct tcp_events *events;
    uint32_t watched; /* 0: not at all */
    bool is_connected;
    bool is_ending; /* it is closed when all is written */
    struct buf out;
};

/* Connects to port on 127.0.0.1, or on ::1 when nobody listens there. False with errno. */
bool tcp_open(struct tcp *tcp, struct loop *loop, uint16_t port, const struct tcp_events *events);
bool tcp_is_open(const struct tcp *tcp);
void tcp_write(struct tcp *tcp, struct sv data); /* when it can; kept until then */
void tcp_finish(struct tcp *tcp);                /* closes it when all is written */
void tcp_close(struct tcp *tcp);                 /* at once */
/* Call each turn: watches for what can be done now. */
void tcp_turn(struct tcp *tcp);

#endif
