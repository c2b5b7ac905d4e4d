/*
 * helper_exchange: requests that a test sends over http and waits for.
 */
#ifndef TESTS_UNIT_NET_HELPER_EXCHANGE_H
#define TESTS_UNIT_NET_HELPER_EXCHANGE_H

#include <semaphore.h>

#include "core/net/http.h"

/* What was sent, and what came of it once `ended` was posted. */
struct exchange {
    struct http_request request;
    char url[1024];
    struct scope *scope;
    struct http_reply reply;
    size_t n_done, n_dropped;
    sem_t begun, ended;
};

/* Sends request.url + path; strings of request must outlive the exchange's beginning. */
struct exchange *exchange_begin(struct scope *scope, const char *url, const char *path,
                                const struct http_request *request);
/* Waits for the end, a minute at most; then the test fails. */
void exchange_wait(struct exchange *exchange);
void exchange_free(struct exchange *exchange);

#endif
