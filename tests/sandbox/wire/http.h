/*
 * http: one request as it came over the wire, and the answer to it. What lies between the server
 * (libmicrohttpd) and everything that knows AWS.
 */
#ifndef SANDBOX_HTTP_H
#define SANDBOX_HTTP_H

#include "core/base/os.h"
#include "core/base/str.h"
#include "tests/sandbox/wire/relay.h"

struct http_header {
    struct sv name, value;
};

/* Borrowed, all of it, for the time of the answer. */
struct http_request {
    struct sv method;
    struct sv target;                  /* as sent: "/path?query", nothing decoded */
    const struct http_header *headers; /* in the order of the wire */
    size_t n_headers;
    struct sv body;
};

/* A connection that has left HTTP (RFC 9110 7.8): whoever took it reads and writes fd, which does
 * not block, and gives it back with http_socket_close. */
struct http_socket {
    int fd;
    void *handle; /* the server's */
};
void http_socket_close(struct http_socket *socket); /* server.c */

/* Who takes the connection behind an answer of 101; early: bytes that came already. */
struct http_upgrade {
    void (*take)(void *arg, struct http_socket socket, struct sv target, struct sv early);
    void *arg;
};

struct http_response {
    int status;
    struct http_upgrade upgrade; /* with status 101; its header is Upgrade */
    const char *content_type;
    char request_id[OS_UUID_SIZE]; /* "": none is sent */
    char error_type[160];          /* of REST, x-amzn-ErrorType; "": none is sent */
    struct buf body;
    struct buf headers; /* further ones, "Name: value" and LF each */
    /* what only faults set */
    int64_t n_blanks;      /* that follow the body */
    int64_t length_off_by; /* what Content-Length says too much */
    struct relay_break broken;
};

/* The first header of that name (ASCII case ignored); SV_NONE when there is none. */
struct sv http_header(const struct http_request *request, const char *name);
struct sv http_path(const struct http_request *request);  /* the target up to '?' */
struct sv http_query(const struct http_request *request); /* behind '?'; SV_NONE without one */

/* Appends text with %XX resolved, broken escapes kept as they are; plus makes '+' a blank. */
void percent_decode(struct buf *out, struct sv text, bool plus);
/* Appends text with everything but RFC 3986's unreserved bytes (and keep) as %XX, upper case. */
void percent_encode(struct buf *out, struct sv text, const char *keep);

#endif
