/*
 * web_identity: tokens of an OpenID Connect provider of the sandbox's own, as a cluster or a build
 * service hands them to what runs in it: JWTs (RFC 7519), signed with HMAC-SHA-256 (RFC 7518 3.2)
 * under a key of this run.
 */
#ifndef SANDBOX_WEB_IDENTITY_H
#define SANDBOX_WEB_IDENTITY_H

#include <stdint.h>

#include "core/base/str.h"

#define WEB_IDENTITY_ISSUER   "oidc.sandbox.example"
#define WEB_IDENTITY_AUDIENCE "sts.amazonaws.com"

struct web_identity {
    char subject[256];
    char audience[256];
    int64_t expires_at_s; /* on the clock that auth.h describes */
};

enum web_identity_fault {
    WEB_IDENTITY_OK,
    WEB_IDENTITY_NO_JWT,
    WEB_IDENTITY_FOREIGN, /* of another issuer */
    WEB_IDENTITY_FORGED,  /* the signature is another one */
};

/* Appends a token. */
void web_identity_write(struct buf *out, const struct web_identity *identity);
/* Reads a token; that it is expired, and for whom it is, the caller judges. */
enum web_identity_fault web_identity_read(struct sv token, struct web_identity *identity);

#endif
