/*
 * server: HTTP/1.1 on a loopback address, over libmicrohttpd, in the one loop. Answers wait for
 * their latency with the connection suspended, so hundreds wait side by side.
 */
#ifndef SANDBOX_SERVER_H
#define SANDBOX_SERVER_H

#include "core/base/err.h"
#include "tests/sandbox/sandbox.h"
#include "tests/sandbox/wire/loop.h"
#include "tests/sandbox/wire/tls.h"

/* Fills in response, which is empty. */
typedef void answer_fn(struct sandbox *sandbox, const struct http_request *request,
                       struct http_response *response);

struct server_options {
    const char *address; /* "127.0.0.1" or "::1" */
    uint16_t port;       /* 0: any */
    int latency_ms;
    const struct tls_identity *tls; /* NULL: plain */
    answer_fn *answer;
};

struct server;

/* Listens, and serves while loop runs. ERR_IO: the address cannot be had. */
enum err_code server_new(const struct server_options *options, struct loop *loop,
                         struct sandbox *sandbox, struct server **server, struct err *err);
void server_free(struct server *server); /* after the loop has ended; NULL is allowed */
/* "http://127.0.0.1:40123", borrowed. */
const char *server_url(const struct server *server);
uint16_t server_port(const struct server *server);

#endif
