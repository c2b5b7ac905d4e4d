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
 * Borrowed from relays, to be cut at once or never. */
struct relay *relay_join(struct relays *relays, int client_fd, int server_fd);
/*
 * The next bytes from the server still reach the client, with the byte after them it gets a TCP
 * reset. -1: all of them reach it. NULL is allowed and does nothing.
 */
void relay_cut_after(struct relay *relay, int64_t bytes);
/* Lets go of the relays that ended. Call after each round of events. */
void relays_reap(struct relays *relays);
/* Ends them all. */
void relays_done(struct relays *relays);

#endif
