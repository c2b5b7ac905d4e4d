/*
 * ws: a WebSocket to a server, over curl's connection (CURLOPT_CONNECT_ONLY): DNS, proxy, TLS and
 * the CA bundle are those of http.h. Everything here is for RUN_NET alone.
 *
 * The connection is kept alive by pings, which are answered by whoever lives: one that is silent
 * for longer than silence_ms is dead, whatever the kernel thinks of it.
 */
#ifndef CORE_NET_WS_H
#define CORE_NET_WS_H

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/net/ws_frames.h"
#include "core/run/run.h"

#define WS_PING_MS    10000
#define WS_SILENCE_MS 25000

struct ws_request {
    const char *url;     /* "wss://HOST/PATH?QUERY", sent as it is; "ws://" as allow_plain says */
    bool allow_plain;    /* ws:// to any host, not to this machine alone */
    const char *ca_file; /* NULL: as http_configure was told, else the system's */
    size_t message_bytes_max; /* of what comes; a larger one ends the connection */
    int ping_ms, silence_ms;  /* 0: WS_PING_MS, WS_SILENCE_MS */
};

/* How it ended. Borrowed during the call. */
struct ws_end {
    struct err err;   /* OK: the server has sent a close frame */
    int code;         /* of the close frame, or WS_ABNORMAL */
    struct sv reason; /* what it says, raw */
    bool was_open;    /* false: it never was a WebSocket */
};

/* All on RUN_NET. */
struct ws_handlers {
    void (*on_open)(void *arg);
    void (*on_message)(void *arg, bool is_text, struct sv message); /* borrowed */
    /* Behind the messages that have come at once: what is done for all of them is done here. NULL:
     * nothing. */
    void (*on_batch)(void *arg);
    /* The last call, but for ws_close and a closed scope: the ws is gone when it returns. */
    void (*on_end)(void *arg, const struct ws_end *end);
    /* The scope was closed, the ws is gone: called in place of on_end. */
    void (*drop)(void *arg);
    void *arg;
};

struct ws;

/*
 * Connects (request is copied) and upgrades. Calls back later, never from within. NULL when the
 * scope is closed already; then nothing is called. Errors that on_end gives: those of http_send,
 * those of ws_upgrade_read, ERR_PARSE for a URL that is none, ERR_TIMEOUT for silence, ERR_NET for
 * a connection that was lost, ERR_HTTP for a server that breaks RFC 6455.
 */
struct ws *ws_open(const struct ws_request *request, struct scope *scope,
                   const struct ws_handlers *handlers);

/* Queues a message, which leaves with this turn of the loop; nothing before on_open. */
void ws_send(struct ws *ws, bool is_text, struct sv message);
/* What is queued and has not left: a producer of much waits while it is much, 1 MB say. Beyond 2
 * MB, which only answers to a server can come to that sends without reading, nothing is read from
 * it. */
size_t ws_unsent_bytes(const struct ws *ws);

/* While it is held nothing is read, so that the server has to wait, and silence does not count.
 * What was read already still comes. */
void ws_hold(struct ws *ws, bool is_held);

/* Says goodbye with code and is gone for the caller: no handler is called any more. What is queued
 * still leaves, if it can within a second. NULL is allowed. */
void ws_close(struct ws *ws, int code);

#endif
