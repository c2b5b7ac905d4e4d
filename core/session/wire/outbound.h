/*
 * outbound: what goes to the node, each message until it is acknowledged.
 *
 * Pure: times come in, frames go out. Messages are numbered in the order in which they were added.
 * One that stays unacknowledged beyond its time (rto.h), or is overtaken by three that were sent
 * later, is sent again, the same bytes. Messages are paced by a token bucket, for the service
 * closes channels that send more than about a thousand a second.
 */
#ifndef CORE_SESSION_WIRE_OUTBOUND_H
#define CORE_SESSION_WIRE_OUTBOUND_H

#include "core/session/wire/message.h"

#define OUTBOUND_QUEUED_MAX 1000 /* messages that are not acknowledged, sent or not */
#define OUTBOUND_PROBE_MS   1000 /* while paused: how often the oldest message is tried */

struct outbound;

/* At most so many messages a second; 0: as fast as they come. */
struct outbound *outbound_new(unsigned messages_per_s);
void outbound_free(struct outbound *outbound); /* NULL is allowed */

/* Queues a message to the node. It is never refused: who adds a stream asks outbound_room. */
void outbound_add(struct outbound *outbound, enum payload_type type, struct sv payload);
/* How many messages of a stream may be added now. */
size_t outbound_room(const struct outbound *outbound);
/* Whether everything was acknowledged. */
bool outbound_is_empty(const struct outbound *outbound);

/* The frame that is to be sent now: call it until it is false. Borrowed until the next call. */
bool outbound_next(struct outbound *outbound, int64_t now_us, struct sv *frame);
/* When outbound_next will have one; INT64_MAX: not before something is added or acknowledged. */
int64_t outbound_due_us(const struct outbound *outbound, int64_t now_us);

/* The node has acknowledged that message; one that is not known, or was before, is ignored. */
void outbound_acknowledged(struct outbound *outbound, int64_t sequence, int64_t now_us);

/* The node is away (pause_publication): nothing new goes out, the oldest message is tried now and
 * then. false: it is back, and all that is unacknowledged is due. */
void outbound_pause(struct outbound *outbound, bool is_paused, int64_t now_us);
/* There is another socket: all that is unacknowledged goes out again, in order. */
void outbound_again(struct outbound *outbound, int64_t now_us);

/* How long the node has owed the acknowledgement of the oldest message; 0: it owes none. */
int64_t outbound_owed_ms(const struct outbound *outbound, int64_t now_us);

#endif
