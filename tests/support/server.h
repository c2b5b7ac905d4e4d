/*
 * server: a server on loopback that answers as a test tells it to, byte for byte.
 *
 * Each connection has a thread of its own, which reads HTTP/1.1 requests and calls the handler
 * with each. The handler writes what it likes to the socket and says how to go on.
 */
#ifndef TESTS_SUPPORT_SERVER_H
#define TESTS_SUPPORT_SERVER_H

#include "core/base/str.h"

/* One request as it came. Borrowed for the time of the handler. */
struct server_request {
    struct server *server;
    int fd;
    size_t connection; /* 1 is the first one of the server */
    size_t number;     /* of the request, among all of the server; 1 is the first */
    struct sv head;    /* request line and headers */
    struct sv body;
};

enum server_next {
    SERVER_KEEP,  /* read the next request on this connection */
    SERVER_CLOSE, /* FIN */
    SERVER_RESET, /* RST */
};

typedef enum server_next server_handler(void *arg, const struct server_request *request);

struct server;

/* Listens on 127.0.0.1. A test that cannot have a server fails. */
struct server *server_new(server_handler *handler, void *arg);
/* Listens on ::1; NULL when this machine has no IPv6. */
struct server *server_new_ipv6(server_handler *handler, void *arg);
/* Ends all connections, stalled ones too, and waits for their threads. */
void server_free(struct server *server);

/* "http://127.0.0.1:PORT", "http://[::1]:PORT". */
const char *server_url(const struct server *server);
size_t server_n_requests(const struct server *server);
size_t server_n_connections(const struct server *server);

/* The value of a header, SV_NONE when absent. */
struct sv server_header(const struct server_request *request, const char *name);

/* A whole reply: "HTTP/1.1 STATUS X", Content-Length, headers ("A: b\r\n" each, may be ""), body.
 */
void server_reply(const struct server_request *request, int status, const char *headers,
                  struct sv body);
/* Bytes as they are. */
void server_write(const struct server_request *request, struct sv bytes);
/* Returns when the peer has closed the connection, or the server ends. */
void server_stall(const struct server_request *request);
/* Is readable once the server ends: for handlers that wait themselves. */
int server_stop_fd(const struct server_request *request);

#endif
