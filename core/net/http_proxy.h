/*
 * http_proxy: which proxy leads to a host, by the environment. A user and password in its URL are
 * given as the proxy wants them: by Digest (RFC 7616), NTLM where curl has it, or Basic (RFC 7617).
 */
#ifndef CORE_NET_HTTP_PROXY_H
#define CORE_NET_HTTP_PROXY_H

#include "core/net/http_url.h"

struct http_proxy {
    char *url;                   /* for curl alone: it may hold a password; NULL: no proxy */
    char name[HTTP_ORIGIN_SIZE]; /* "host:port", for messages */
    const char *from;            /* the variable that names it */
    bool has_user;
};

/*
 * The proxy for an origin: https_proxy or HTTPS_PROXY (http_proxy for plain http, in lower case
 * only, as in CGI programs the other is a header of the client), else all_proxy or ALL_PROXY; none
 * for this machine, for link-local addresses, and for what no_proxy or NO_PROXY lists: names, with
 * all that lies below them, addresses, address blocks ("10.0.0.0/8"), or "*". A proxy without a
 * scheme speaks http, one without a port has that of its scheme. ERR_CONFIG names the variable that
 * is no good, never what is in it. Wipe the result with http_proxy_done.
 */
enum err_code http_proxy_find(const struct http_origin *origin, struct http_proxy *proxy,
                              struct err *err);
void http_proxy_done(struct http_proxy *proxy);

#endif
