/*
 * ws_peer: the server's side of a WebSocket (RFC 6455), for tests: written by hand, so that it does
 * not share a library's view of the protocol with what is tested.
 */
#ifndef TESTS_SUPPORT_WS_PEER_H
#define TESTS_SUPPORT_WS_PEER_H

#include <semaphore.h>

#include "tests/support/server.h"

enum ws_opcode {
    WS_OP_TEXT = 1,
    WS_OP_BINARY = 2,
    WS_OP_CLOSE = 8,
    WS_OP_PING = 9,
    WS_OP_PONG = 10
};

/* One connection, on its thread. Zero-initialised but for request; what it is like is set once it
 * was accepted. */
struct ws_peer {
    const struct server_request *request;
    struct buf input;
    bool is_deaf;  /* leaves pings unanswered */
    sem_t *pinged; /* posted at each of them; NULL: none */
};

/* Whether the request wants to be a WebSocket; then it has been answered with 101. */
bool ws_peer_accept(struct ws_peer *peer, const struct server_request *request);
/* The peer is done; its socket is the server's. */
void ws_peer_done(struct ws_peer *peer);

enum ws_read {
    WS_READ_FRAME,
    WS_READ_NOTHING, /* within timeout_ms */
    WS_READ_END      /* the connection, or the server, has ended */
};

/* The next frame but pings (answered) and pongs; it must be masked, as a client's has to be, and
 * not fragmented. Replaces what payload holds. */
enum ws_read ws_peer_read(struct ws_peer *peer, int timeout_ms, enum ws_opcode *opcode,
                          struct buf *payload);
/* Sends a frame; blocks until it is written, or the server ends. */
void ws_peer_write(struct ws_peer *peer, enum ws_opcode opcode, struct sv payload);
/* A close frame. */
void ws_peer_close(struct ws_peer *peer, int code, const char *reason);

#endif
