/*
 * relay: bytes between a client and the server, so that a connection can break in ways in which an
 * HTTP library does not break them. Only there when --fault asks for it.
 *
 * A relay has two owners, the loop and the server's connection; each lets go of it when it is done.
 */
#ifndef SANDBOX_RELAY_H
#define SANDBOX_RELAY_H

#include "tests/sandbox/wire/loop.h"

struct relay;

/* How an answer breaks, after so many of its bytes. */
struct relay_break {
    enum {
        RELAY_WHOLE, /* it does not */
        RELAY_RESET, /* a TCP reset */
        RELAY_CLOSE, /* an end */
        RELAY_STALL, /* nothing more, until the client has enough */
        RELAY_SLOW,  /* one byte every pace_ms */
    } how;
    int64_t after_bytes, pace_ms;
};

/* The relays of one loop. */
struct relays {
    struct loop *loop;
    struct relay *live;
    struct relay *ended; /* until relays_reap: events of the same round may still name them */
};

/*
 * Takes client_fd (TCP, non-blocking). *server_fd is the other end, for the server to read
 * from. The caller owns one reference. NULL when the system gives no socket pair; client_fd is
 * closed then.
 */
struct relay *relay_new(struct relays *relays, int client_fd, int *server_fd);
void relay_unref(struct relay *relay); /* NULL is allowed */
/* The same between two sockets, non-blocking both and taken; server_fd may still be connecting.
 * Borrowed from relays, to be broken at once or never. */
struct relay *relay_join(struct relays *relays, int client_fd, int server_fd);
/* How what now comes from the server reaches the client. relay NULL is allowed and does nothing. */
void relay_break_after(struct relay *relay, const struct relay_break *how);
/* Slow ones are turned by the clock (monotonic): what is due now, and how long until the next is;
 * -1: none will be. */
void relays_run_due(struct relays *relays, int64_t now_ms);
int64_t relays_timeout_ms(const struct relays *relays, int64_t now_ms);
/* Lets go of the relays that ended. Call after each round of events. */
void relays_reap(struct relays *relays);
/* Ends them all. */
void relays_done(struct relays *relays);

#endif
