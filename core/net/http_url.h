/*
 * http_url: where a URL leads, and whether it may be gone to.
 */
#ifndef CORE_NET_HTTP_URL_H
#define CORE_NET_HTTP_URL_H

#include "core/base/err.h"

#define HTTP_ORIGIN_SIZE 288

struct http_origin {
    char text[HTTP_ORIGIN_SIZE]; /* "https://host:port" */
    char host[HTTP_ORIGIN_SIZE]; /* "host"; an IPv6 address without its brackets */
    bool is_local;               /* this machine or link-local: no proxy leads there */
};

/*
 * Takes http and https URLs with a host and without user or password. Plain http passes to this
 * machine (localhost, 127.0.0.0/8, ::1) and to link-local addresses (169.254.0.0/16,
 * fd00:ec2::/32), elsewhere only with allow_plain. ERR_CONFIG otherwise.
 */
enum err_code http_url_check(const char *url, bool allow_plain, struct http_origin *origin,
                             struct err *err);

/* "host:port" of an origin's text. Borrowed from it. */
const char *http_url_host(const char *origin);

#endif
