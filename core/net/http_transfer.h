/*
 * http_transfer: one request on its way through curl. Shared by the files of http alone.
 */
#ifndef CORE_NET_HTTP_TRANSFER_H
#define CORE_NET_HTTP_TRANSFER_H

#include <curl/curl.h>

#include "core/net/http.h"
#include "core/net/http_proxy.h"
#include "core/net/pending.h"

struct host;

/* Why it was given up before its connection was there. */
enum transfer_late { LATE_NOT, LATE_DNS, LATE_CONNECT };

struct transfer {
    struct pending pending; /* first, so that one is the other */
    struct transfer *next;  /* in the host's queue */
    struct host *host;
    CURL *easy; /* NULL while it waits */
    struct curl_slist *headers;
    char *method, *url, *ca_file, *body;
    size_t body_len, body_max_bytes;
    struct http_timeouts timeouts; /* none is 0 */
    bool once, has_secrets, too_big, is_active, is_connected;
    bool head_is_whole; /* the empty line behind the headers has come */
    int sockets[4];     /* the last ones that were opened for it; 0: none */
    size_t n_sockets;
    enum transfer_late late;
    int64_t submitted_us, begun_us;
    struct http_origin origin;
    struct http_proxy proxy;
    char curl_message[CURL_ERROR_SIZE];
    struct http_reply reply;
    /* curl is done with it: with the exchange, or with connecting for a WebSocket */
    void (*finished)(struct transfer *transfer, CURLcode result);
    void (*done)(void *arg, struct http_reply *reply);
    void (*drop)(void *arg);
    void *arg;
};

/* Copies request; what it leaves open is as config says. */
struct transfer *transfer_new(const struct http_request *request, const struct http_config *config);
/* Wipes and frees; it has no handle any more. */
void transfer_free(struct transfer *transfer);

/*
 * Tells easy, a fresh or reset handle, all about transfer, and remembers it there. Connections that
 * have been idle for longer than idle_max_s are not used again; below 0: none is.
 */
void transfer_set_up(struct transfer *transfer, CURL *easy, long idle_max_s);

/* The loop's multi and the settings, for a connection that is no exchange (ws.c). On RUN_NET. */
CURLM *http_multi(void);
const struct http_config *http_config(void);

/* Puts what became of it into its reply. */
void transfer_conclude(struct transfer *transfer, CURLcode result);

#endif
