/*
 * ws_upgrade: how an HTTP connection becomes a WebSocket (RFC 6455 4.1), without a socket.
 */
#ifndef CORE_NET_WS_UPGRADE_H
#define CORE_NET_WS_UPGRADE_H

#include "core/base/str.h"

#define WS_KEY_SIZE          25 /* of Sec-WebSocket-Key: 16 random bytes in base64 */
#define WS_UPGRADE_BYTES_MAX ((size_t)64 << 10)
#define WS_UPGRADE_LINES_MAX 200

/* A key of this connection's own. */
void ws_upgrade_key(char key[WS_KEY_SIZE]);
/* Appends the request: path with its query as it is to be sent, host with its port where it is not
 * the scheme's own. No Origin, no extension, no subprotocol, nothing secret. */
void ws_upgrade_request(struct buf *out, const char *host, const char *path, const char *key);
/* The only right Sec-WebSocket-Accept for key (SHA-1 of key and a fixed GUID, in base64). */
void ws_upgrade_accept(const char *key, struct buf *out);

enum ws_upgrade {
    WS_UPGRADE_MORE, /* the answer is not whole yet */
    WS_UPGRADE_OPEN, /* from *used on, bytes are frames */
    WS_UPGRADE_FAILED
};

/*
 * Reads what the server has answered so far. Interim answers (1xx) before it are passed over.
 * *err when it failed: ERR_EXPIRED (401), ERR_DENIED (403), ERR_THROTTLED (429) and ERR_SERVICE
 * (5xx), after which another try makes sense; ERR_HTTP for any other answer, a redirect among them,
 * and for a switch of protocols that RFC 6455 forbids to accept: a wrong Accept, an extension or
 * subprotocol that nobody asked for, control bytes, lines without CR, more than
 * WS_UPGRADE_BYTES_MAX.
 */
enum ws_upgrade ws_upgrade_read(struct sv bytes, const char *key, size_t *used, struct err *err);

#endif
