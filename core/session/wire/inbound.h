/*
 * inbound: what comes from the node, put into order, each message once.
 *
 * The agent sends a message again until it is acknowledged, and messages overtake one another. What
 * is next is processed; what is early is kept; what was seen already is acknowledged once more, for
 * the acknowledgement may have been lost.
 */
#ifndef CORE_SESSION_WIRE_INBOUND_H
#define CORE_SESSION_WIRE_INBOUND_H

#include "core/session/wire/message.h"

/* As many as AWS's plugin keeps, of the usual size: agents send the oldest message alone again, so
 * that each that finds no room costs a whole time-out. */
#define INBOUND_KEPT_MAX   10000
#define INBOUND_KEPT_BYTES ((size_t)12 << 20)

enum inbound_verdict {
    INBOUND_REJECTED, /* damaged, or no room: not acknowledged, so it comes again */
    INBOUND_IGNORED,  /* a type that is not known */
    INBOUND_CONTROL,  /* *message is no part of the stream: an acknowledgement, the channel's state
                       */
    INBOUND_NEXT,     /* *message is the next of the stream: process it, then inbound_accept */
    INBOUND_KEPT,     /* early: to be acknowledged; inbound_next gives it when its turn has come */
    INBOUND_SEEN      /* processed or kept before: to be acknowledged again, and no more */
};

struct inbound;

/* Expects the message numbered 0 first. */
struct inbound *inbound_new(void);
void inbound_free(struct inbound *inbound); /* NULL is allowed */

/* Takes one WebSocket message. *message is borrowed from frame, and filled for all verdicts but
 * INBOUND_REJECTED, where *err says why. */
enum inbound_verdict inbound_take(struct inbound *inbound, struct sv frame, struct message *message,
                                  struct err *err);

/* The message that was next has been processed: it is to be acknowledged, and the one behind it is
 * next. A message that cannot be processed yet is not accepted; it comes again. */
void inbound_accept(struct inbound *inbound);

/* The kept message whose turn has come, if any; it was acknowledged when it was kept. Borrowed
 * until the next call of inbound_accept, which is to follow when it has been processed. */
bool inbound_next(struct inbound *inbound, struct message *message);

#endif
