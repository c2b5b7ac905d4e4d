/*
 * server: HTTP/1.1 on a loopback address: one thread, one epoll, libmicrohttpd. Answers wait for
 * their latency with the connection suspended, so hundreds wait side by side.
 */
#ifndef SANDBOX_SERVER_H
#define SANDBOX_SERVER_H

#include "core/base/err.h"
#include "tests/sandbox/sandbox.h"
#include "tests/sandbox/wire/tls.h"

struct server_options {
    const char *address; /* "127.0.0.1" or "::1" */
    uint16_t port;       /* 0: any */
    int latency_ms;
    const struct tls_identity *tls; /* NULL: plain */
    int parent_fd;                  /* -1: none */
};

struct server;

/* Listens. ERR_USAGE: parent_fd cannot be watched; ERR_IO: the address cannot be had. */
enum err_code server_new(const struct server_options *options, struct sandbox *sandbox,
                         struct server **server, struct err *err);
void server_free(struct server *server);
/* "http://127.0.0.1:40123", borrowed. */
const char *server_url(const struct server *server);
/* Serves until parent_fd ends. */
void server_run(struct server *server);

#endif
