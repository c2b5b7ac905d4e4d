/*
 * credentials: what requests are signed with.
 */
#ifndef CORE_AWS_CREDENTIALS_H
#define CORE_AWS_CREDENTIALS_H

#include "core/base/secret.h"

#define ACCESS_KEY_ID_SIZE 132

/* Immutable and counted; any runner. */
struct credentials;

/* Copies the id; takes references of its own to the secrets (session_token may be NULL).
 * expires_at_ms is wall clock, 0: they do not expire. The result has one reference. */
struct credentials *credentials_new(struct sv access_key_id, struct secret *secret_access_key,
                                    struct secret *session_token, int64_t expires_at_ms);
/* The same with another expiry. */
struct credentials *credentials_until(const struct credentials *credentials, int64_t expires_at_ms);
struct credentials *credentials_ref(struct credentials *credentials); /* NULL is allowed */
void credentials_unref(struct credentials *credentials);              /* NULL is allowed */

/* Borrowed as long as a reference is held. */
const char *credentials_key_id(const struct credentials *credentials);
struct sv credentials_secret(const struct credentials *credentials);
struct sv credentials_token(const struct credentials *credentials); /* SV_NONE: there is none */
int64_t credentials_expire_at_ms(const struct credentials *credentials);
/* A number that no other credentials of this process have had. */
uint64_t credentials_serial(const struct credentials *credentials);
/* Whether both hold the same key id, secret and token. */
bool credentials_equal(const struct credentials *a, const struct credentials *b);

#endif
