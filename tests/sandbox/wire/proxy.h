/*
 * proxy: an HTTP proxy in front of the sandbox, for CONNECT alone (RFC 9110 9.3.6), with Basic
 * authentication (RFC 7617), or Digest by SHA-256 (RFC 7616). Every host of AWS leads to the
 * sandbox, as does its own address; it never connects anywhere else.
 */
#ifndef SANDBOX_PROXY_H
#define SANDBOX_PROXY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "tests/sandbox/wire/loop.h"

enum proxy_mode {
    PROXY_WORKS,
    PROXY_REFUSES, /* 403 to everybody */
    PROXY_HTML,    /* a page instead of a tunnel, under status 200, as captive portals do it */
    PROXY_DIES,    /* the connection ends in the middle of the answer to CONNECT */
    PROXY_SILENT,  /* no answer at all */
};

/* --proxy USER:PASSWORD[,WORD...]: digest (no Basic); refuse, html, die or silent; cut=N ends
 * tunnels by a reset after N bytes of the sandbox's. */
struct proxy_options {
    char *credentials; /* NULL: no proxy */
    enum proxy_mode mode;
    bool wants_digest;
    int64_t cut_at; /* -1: not at all */
};

/* False: text is not of that form. Release with proxy_options_done in any case. */
bool proxy_options_parse(struct sv text, struct proxy_options *options);
void proxy_options_done(struct proxy_options *options);

struct proxy;

/* Listens on 127.0.0.1, any port, while loop runs; tunnels lead to address:port. options is
 * borrowed. ERR_IO. */
enum err_code proxy_new(const struct proxy_options *options, struct loop *loop, const char *address,
                        uint16_t port, struct proxy **proxy, struct err *err);
void proxy_free(struct proxy *proxy);
const char *proxy_url(const struct proxy *proxy);    /* "http://127.0.0.1:40123" */
uint64_t proxy_n_tunnels(const struct proxy *proxy); /* that were opened */

/* Does host, with or without a port, belong to AWS? */
bool proxy_is_aws(struct sv host);

#endif
