/*
 * fetch: one exchange with whoever hands out credentials or tokens: a metadata service, a
 * container's agent, the portal of IAM Identity Center. Not signed; JSON or plain text.
 *
 * Redirects are not followed (a 3xx is a reply like any other). What goes out and what comes in is
 * wiped afterwards, and neither is logged.
 */
#ifndef CORE_AWS_FETCH_H
#define CORE_AWS_FETCH_H

#include "core/base/secret.h"
#include "core/net/http.h"

#define FETCH_HEADERS_MAX 8
#define FETCH_BODY_MAX    ((size_t)64 << 10) /* of a reply, unless the request says otherwise */
#define FETCH_TIME_OUT_MS 10000

/* A header whose value is no secret has a value, any other has a secret. */
struct fetch_header {
    const char *name;
    const char *value;
    struct secret *secret;
};

struct fetch_request {
    const char *method; /* "GET", "PUT", "POST" */
    const char *url;    /* with its query, percent-encoded by the caller */
    struct fetch_header headers[FETCH_HEADERS_MAX]; /* up to the first without a name */
    struct secret *body;                            /* NULL: none */
    size_t body_max_bytes;                          /* of the reply; 0: FETCH_BODY_MAX */
    int timeout_ms;      /* of each try, connecting included; 0: FETCH_TIME_OUT_MS */
    unsigned tries_max;  /* 0: 1. Again after no answer, 429 and 5xx */
    int pause_ms;        /* between two tries */
    bool allow_plain;    /* http:// to any host: a person named it (http.h) */
    const char *ca_file; /* NULL: http's own */
};

/*
 * Called on RUN_WORKER, once, with the last reply: reply->code OK and the status, whatever it is,
 * or why there was none (the errors of http_send). Borrowed; what it holds is wiped afterwards.
 */
typedef void fetch_done_fn(void *arg, struct http_reply *reply);

/*
 * Sends request (copied; references to its secrets are taken). A header value with a control
 * character ends as ERR_CONFIG. If scope closes first, drop(arg) (NULL: nothing) is called instead
 * of done, on RUN_WORKER. Any runner.
 */
void fetch_start(const struct fetch_request *request, struct scope *scope, fetch_done_fn *done,
                 void (*drop)(void *arg), void *arg);

#endif
