/*
 * sigv4: AWS Signature Version 4 in its stages, each of which can be tested alone.
 *
 * Source of the rules: AWS General Reference, "Create a signed AWS API request". libcurl's own
 * signer is not used: it normalises neither path nor query.
 */
#ifndef CORE_AWS_SIGV4_H
#define CORE_AWS_SIGV4_H

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/str.h"

struct sigv4_header {
    struct sv name, value; /* as sent; several of one name are joined in their order */
};

/* What is signed. All of it is borrowed. */
struct sigv4_request {
    struct sv method;
    struct sv path;  /* as on the wire, "" counts as "/" */
    struct sv query; /* as on the wire, without the '?' */
    const struct sigv4_header *headers;
    size_t n_headers;
    struct sv body;
    bool keep_path; /* S3: neither dot segments nor double slashes are removed */
};

/* For when, where and what the signature holds. */
struct sigv4_scope {
    char amz_date[CLOCK_ISO_SIZE]; /* "20150830T123600Z" */
    struct sv region;
    struct sv service; /* the signing name */
};

#define SIGV4_KEY_BYTES SHA256_BYTES

/* Stage 1, appended to out: the canonical request, LF between its lines, none at the end. */
void sigv4_canonical_request(const struct sigv4_request *request, struct buf *out);

/* Stage 2, appended to out: the string to sign for a canonical request. */
void sigv4_string_to_sign(const struct sigv4_scope *scope, struct sv canonical_request,
                          struct buf *out);

/* The key of one day, region and service. It is a secret: wipe it or keep it in one. */
void sigv4_signing_key(struct sv secret_access_key, const struct sigv4_scope *scope,
                       uint8_t key[SIGV4_KEY_BYTES]);

/* Stage 3: the signature in lower-case hex. */
void sigv4_signature(const uint8_t key[SIGV4_KEY_BYTES], struct sv string_to_sign,
                     char hex[SHA256_HEX_SIZE]);

/*
 * All stages at once: appends the value of the Authorization header to out. request->headers must
 * hold host and x-amz-date, and x-amz-security-token where the credentials have a token.
 */
void sigv4_authorization(const struct sigv4_request *request, const struct sigv4_scope *scope,
                         struct sv access_key_id, const uint8_t key[SIGV4_KEY_BYTES],
                         struct buf *out);

/*
 * The query form (presigned URL): appends to out the query that is to be signed, which is
 * request->query and the X-Amz-* pairs but the signature. Sign a request that has it as its query,
 * then add "&X-Amz-Signature=HEX". session_token is "" when there is none.
 */
void sigv4_presign_query(const struct sigv4_request *request, const struct sigv4_scope *scope,
                         struct sv access_key_id, struct sv session_token, int64_t expires_s,
                         struct buf *out);

/* Percent-encodes all but A-Z a-z 0-9 - _ . ~ and, with keep_slash, '/' (RFC 3986 2.3). */
void sigv4_uri_encode(struct buf *out, struct sv text, bool keep_slash);

#endif
