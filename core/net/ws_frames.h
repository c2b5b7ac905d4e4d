/*
 * ws_frames: the frames of a WebSocket connection from the client's side (RFC 6455), without a
 * socket: bytes come in, messages come out, and the other way round. libwslay does the framing.
 */
#ifndef CORE_NET_WS_FRAMES_H
#define CORE_NET_WS_FRAMES_H

#include "core/base/str.h"

enum ws_state {
    WS_OPEN,
    WS_CLOSED, /* the peer has sent a close frame */
    WS_FAILED  /* the peer broke the protocol, or went away without a close frame */
};

/* Close codes (RFC 6455 7.4.1). */
enum {
    WS_NORMAL = 1000,
    WS_GOING_AWAY = 1001,
    WS_PROTOCOL_ERROR = 1002,
    WS_NO_CODE = 1005, /* a close frame without a code */
    WS_ABNORMAL = 1006,
    WS_INVALID_DATA = 1007,
    WS_POLICY = 1008,
    WS_TOO_BIG = 1009
};

typedef void ws_message_fn(void *arg, bool is_text, struct sv message);

struct ws_frames;

/* on_message is called for each whole message, from within ws_frames_feed; one larger than
 * message_bytes_max ends the connection with WS_TOO_BIG, and no memory is taken for it. */
struct ws_frames *ws_frames_new(size_t message_bytes_max, ws_message_fn *on_message, void *arg);
void ws_frames_free(struct ws_frames *frames); /* NULL is allowed */

/* Bytes have come. Pings are answered by themselves; what follows a close frame is not read. */
void ws_frames_feed(struct ws_frames *frames, struct sv bytes);
/* The peer has closed its side. */
void ws_frames_end(struct ws_frames *frames);

/* Queues a message or a ping (at most 125 bytes). Nothing is sent behind a close frame. */
void ws_frames_send(struct ws_frames *frames, bool is_text, struct sv message);
void ws_frames_ping(struct ws_frames *frames, struct sv payload);
/* Queues a close frame: WS_NORMAL or WS_GOING_AWAY. */
void ws_frames_close(struct ws_frames *frames, int code);

/* What is to be written to the socket: the caller takes bytes off its front (ws_frames_sent). */
struct sv ws_frames_unsent(const struct ws_frames *frames);
void ws_frames_sent(struct ws_frames *frames, size_t n);

/* *code, which may be NULL: of the close frame, or with what the connection was failed; 0 while it
 * is open. */
enum ws_state ws_frames_state(const struct ws_frames *frames, int *code);
/* What the peer's close frame says, raw; borrowed. */
struct sv ws_frames_reason(const struct ws_frames *frames);

#endif
