/*
 * signature: AWS Signature Version 4 from the server's side (AWS General Reference, "Signature
 * Version 4 signing process"), in the header form and in the query form. Written apart from the
 * client's signer, so that a mistake in one is not a mistake in both.
 *
 * Here is only what the request itself says; whose key it is and whether it may, auth.c knows.
 */
#ifndef SANDBOX_SIGNATURE_H
#define SANDBOX_SIGNATURE_H

#include <stdint.h>

#include "core/base/digest.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/sandbox/wire/http.h"

/* What a signed request claims. The texts live in arena. */
struct signature {
    bool in_query; /* the presigned form */
    struct sv access_key_id;
    struct sv scope; /* "20150830/us-east-1/sts/aws4_request" */
    struct sv date, region, service, terminator;
    struct sv signed_headers; /* "host;x-amz-date" */
    struct sv hex;            /* the signature itself */
    struct sv amz_date;       /* "20150830T123600Z" */
    int64_t signed_at_ms;     /* what amz_date says */
    int64_t expires_s;        /* of the query form */
    struct sv session_token;  /* SV_NONE without one */
    struct arena arena;
};

enum signature_state {
    SIGNATURE_PARSED,
    SIGNATURE_ABSENT,    /* no sign of one: nothing was signed */
    SIGNATURE_INCOMPLETE /* *problem says what is missing or malformed, in AWS's words */
};

/* Reads the claim. Free *signature with signature_done in any case. */
enum signature_state signature_parse(const struct http_request *request,
                                     struct signature *signature, struct buf *problem);
void signature_done(struct signature *signature);

/*
 * A header that has to be among the signed ones and is not: host, or any x-amz-* that was sent.
 * SV_NONE when all is well.
 */
struct sv signature_uncovered(const struct http_request *request,
                              const struct signature *signature);

/* The canonical request; normalize resolves "." and ".." and doubled slashes of the path, as all
 * services but S3 do. */
void signature_canonical(const struct http_request *request, const struct signature *signature,
                         bool normalize, struct buf *canonical);
/* What the signature is made over. */
void signature_string_to_sign(const struct signature *signature, struct sv canonical,
                              struct buf *out);
/* The key derived from the secret for the scope of the signature. */
void signature_key(struct sv secret, const struct signature *signature, uint8_t key[SHA256_BYTES]);
/* The signature that the request should carry. */
void signature_compute(const struct http_request *request, const struct signature *signature,
                       const uint8_t key[SHA256_BYTES], bool normalize, char hex[SHA256_HEX_SIZE]);

#endif
