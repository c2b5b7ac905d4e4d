/*
 * http_err: what curl reports, in the program's own vocabulary.
 */
#ifndef CORE_NET_HTTP_ERR_H
#define CORE_NET_HTTP_ERR_H

#include <curl/curl.h>

#include "core/base/err.h"

/* What is known of a transfer that failed. Borrowed. */
struct http_failure {
    const char *origin;  /* "https://host:port" */
    const char *message; /* curl's own, "" when it has none */
    const char *ca_file; /* NULL: the system's */
    bool sent, too_big;
    size_t body_max_bytes;
    long connect_timeout_ms, silence_timeout_ms, total_timeout_ms;
};

/* Fills *err with a message that names the host and what is wrong with it; returns its code. */
enum err_code http_err_from_curl(CURL *easy, CURLcode result, const struct http_failure *failure,
                                 struct err *err);

#endif
