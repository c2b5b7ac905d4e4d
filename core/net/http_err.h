/*
 * http_err: what curl reports, in the program's own vocabulary.
 */
#ifndef CORE_NET_HTTP_ERR_H
#define CORE_NET_HTTP_ERR_H

#include <curl/curl.h>

#include "core/base/err.h"
#include "core/net/http.h"
#include "core/net/http_proxy.h"

/* What it was waiting for. */
enum http_stage { STAGE_DNS, STAGE_CONNECT, STAGE_TLS, STAGE_ANSWER };

/* What is known of a transfer that failed. Borrowed. */
struct http_failure {
    const char *origin;  /* "https://host:port" */
    const char *message; /* curl's own, "" when it has none */
    const char *ca_file; /* NULL: the system's */
    const struct http_proxy *proxy;
    enum http_stage stage;
    bool is_late; /* it was given up for the time that its stage took */
    bool too_big;
    size_t body_max_bytes;
    const struct http_timeouts *timeouts;
};

/* Fills *err with a message that names the host and what is wrong with it; returns its code. */
enum err_code http_err_from_curl(CURL *easy, CURLcode result, const struct http_failure *failure,
                                 struct err *err);

/* The same for an answer of the proxy itself, with its status. */
enum err_code http_err_from_proxy(long status, const struct http_failure *failure, struct err *err);

#endif
