/*
 * signer: puts the signature on requests, with the day keys of the credentials at hand and the
 * clocks of the hosts. RUN_NET alone.
 */
#ifndef CORE_AWS_SIGNER_H
#define CORE_AWS_SIGNER_H

#include "core/aws/cred/credentials.h"
#include "core/aws/endpoint/endpoint.h"
#include "core/aws/wire/sigv4.h"
#include "core/base/map.h"
#include "core/net/http.h"

#define SIGNER_KEYS              256
#define SIGNER_SKEW_TOLERANCE_MS 60000 /* clocks that differ by less are left alone */

/* Zero-initialised is ready. */
struct signer {
    struct day_key {
        uint64_t credentials_serial; /* 0: the slot is empty */
        const struct aws_service *service;
        char region[32], day[9];
        struct secret *key;
    } keys[SIGNER_KEYS]; /* a cache: each key has one slot by its hash */
    struct map skews;    /* host to milliseconds */
};

/* The server's clock minus ours, as the host last said. 0 as long as they agree. */
int64_t signer_skew_ms(const struct signer *signer, const char *host);
/* Reads the Date header and keeps what differs from what is known by more than a minute. Returns
 * the server's clock minus ours as the reply has it, what is known when it has no date. */
int64_t signer_note_date(struct signer *signer, const char *host, const struct http_reply *reply);

/* The headers of a signed request, to be wiped after use. */
struct signed_headers {
    struct http_header list[8];
    size_t n;
    struct buf authorization, target, token;
    char amz_date[CLOCK_ISO_SIZE];
};

/* Signs a POST of body to endpoint for op; credentials NULL: only the headers that it has else. */
void signer_sign(struct signer *signer, const struct aws_op *op, const struct endpoint *endpoint,
                 const struct credentials *credentials, struct sv body,
                 struct signed_headers *headers);
void signed_headers_done(struct signed_headers *headers);

/* Wipes the keys. */
void signer_done(struct signer *signer);

#endif
