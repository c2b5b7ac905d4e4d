/*
 * ws: frames of a WebSocket (RFC 6455), as a server reads and writes them.
 *
 * Pure: bytes come in, messages go out. Whoever owns the socket answers pings and closes.
 */
#ifndef SANDBOX_SESSION_WS_H
#define SANDBOX_SESSION_WS_H

#include "core/base/str.h"

#define WS_MESSAGE_MAX ((size_t)1 << 20)

enum ws_opcode {
    WS_CONTINUATION = 0,
    WS_TEXT = 1,
    WS_BINARY = 2,
    WS_CLOSE = 8,
    WS_PING = 9,
    WS_PONG = 10
};

/* Why a connection is closed (RFC 6455 7.4.1). */
enum ws_status {
    WS_NORMAL = 1000,
    WS_PROTOCOL = 1002,
    WS_UNSUPPORTED = 1003,
    WS_NO_STATUS = 1005, /* never sent: a close frame without a status */
    WS_NOT_UTF8 = 1007,
    WS_POLICY = 1008,
    WS_TOO_BIG = 1009
};

/* The server's proof of a handshake (4.2.2): base64 of SHA-1 over key and a constant. False when
 * key is not the base64 of 16 bytes. */
bool ws_accept(struct sv key, struct buf *accept);

/* Zero-initialised is ready. */
struct ws_reader {
    bool is_client; /* reads a server's frames, which have no mask; else a client's, which have */
    struct buf in;
    size_t at; /* what lies before has been read */
    struct buf message;
    enum ws_opcode kind; /* of the message that comes in parts; WS_CONTINUATION: none does */
};
void ws_reader_done(struct ws_reader *reader);
/* Bytes as they came. */
void ws_feed(struct ws_reader *reader, struct sv bytes);

enum ws_event {
    WS_MORE,    /* nothing whole is there yet */
    WS_MESSAGE, /* kind: WS_TEXT, which is UTF-8, or WS_BINARY */
    WS_CONTROL, /* kind: WS_CLOSE (status and data: its reason), WS_PING, WS_PONG */
    WS_FAILED   /* status says why; there is nothing more to read */
};
struct ws_item {
    enum ws_opcode kind;
    struct sv data; /* borrowed until the next ws_next or ws_feed */
    unsigned status;
};
/* The next of what was fed. */
enum ws_event ws_next(struct ws_reader *reader, struct ws_item *item);

/* Appends a frame that is a whole message, without a mask. */
void ws_write(struct buf *out, enum ws_opcode kind, struct sv data);
void ws_write_close(struct buf *out, enum ws_status status, const char *reason);

#endif
