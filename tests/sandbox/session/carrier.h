/*
 * carrier: a node's end of a session's two streams: what it says is numbered, kept and sent again
 * until it is acknowledged; what it hears is put into order and acknowledged.
 *
 * Pure but for emit. Times are of the monotonic clock. As agents do it: every 100 ms the oldest
 * unacknowledged message is looked at and sent again when its time is over; a message that comes
 * again is acknowledged again; one that the session cannot take yet is not acknowledged.
 */
#ifndef SANDBOX_SESSION_CARRIER_H
#define SANDBOX_SESSION_CARRIER_H

#include "core/base/vec.h"
#include "tests/sandbox/session/packet.h"

#define CARRIER_CHUNK          1024  /* bytes of plaintext in one message */
#define CARRIER_HELD_MAX       10000 /* messages that came early */
#define CARRIER_HELD_BYTES_MAX ((size_t)16 << 20)

/* How long a message may stay unacknowledged, from samples of the round trip (as RFC 6298, without
 * a lower bound). */
struct rto {
    double srtt_ms, rttvar_ms, rto_ms;
};
#define RTO_START ((struct rto){.srtt_ms = 100, .rttvar_ms = 0, .rto_ms = 200})
void carrier_rto_sample(struct rto *rto, double sample_ms);

struct sent_message;
struct held_message;

struct carrier {
    /* Takes a whole message on its way; is_new is false of one that is sent again. */
    void (*emit)(void *arg, struct sv bytes);
    /* Takes what came, in order. False: not now. It is not acknowledged then, and comes again. */
    bool (*take)(void *arg, const struct packet *message);
    void *arg;
    unsigned pace;                 /* messages a second; 0: as many as there are */
    bool resends_all;              /* not the oldest alone */
    bool is_paused;                /* nothing goes out */
    int64_t next_out;              /* the number of the next message */
    int64_t expected_in;           /* the one that is to come next */
    VEC(struct sent_message) sent; /* from first on, numbered without gaps up to next_out - 1 */
    size_t first, n_on_way;        /* n_on_way: what was sent at least once begins first */
    int64_t looked_at_ms, paced_ms;
    VEC(struct held_message) held; /* came early, by number */
    size_t held_bytes;
    struct rto rto;
    uint64_t n_resent;
};

void carrier_init(struct carrier *carrier, void *arg);
void carrier_done(struct carrier *carrier);

/* Says something, in one message; at most CARRIER_CHUNK bytes and what encryption adds. */
void carrier_send(struct carrier *carrier, enum payload_type type, struct sv payload,
                  int64_t now_ms);
/* How many messages have not been acknowledged. */
size_t carrier_unacked(const struct carrier *carrier);
/* Input, or an acknowledgement; anything else is ignored. */
void carrier_receive(struct carrier *carrier, const struct packet *message, int64_t now_ms);
/* Sends what is due, and offers again what was held. */
void carrier_turn(struct carrier *carrier, int64_t now_ms);
/* When carrier_turn is due; -1: nothing waits. */
int64_t carrier_due_ms(const struct carrier *carrier);

#endif
