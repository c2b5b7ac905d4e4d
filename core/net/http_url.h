/*
 * http_url: where a URL leads, and whether it may be gone to.
 */
#ifndef CORE_NET_HTTP_URL_H
#define CORE_NET_HTTP_URL_H

#include <stddef.h>

#include "core/base/err.h"

#define HTTP_ORIGIN_SIZE 288

/*
 * Takes http and https URLs with a host and without user or password. Plain http passes to this
 * machine (localhost, 127.0.0.0/8, ::1) and to link-local addresses (169.254.0.0/16,
 * fd00:ec2::/32), elsewhere only with allow_plain. origin[size] receives "https://host:port".
 * ERR_CONFIG otherwise.
 */
enum err_code http_url_check(const char *url, bool allow_plain, char *origin, size_t size,
                             struct err *err);

/* "host:port" of an origin. Borrowed from it. */
const char *http_url_host(const char *origin);

#endif
