/*
 * credentials: what requests are signed with, and the chain of places that they come from.
 *
 * A place is a provider: a file cred_NAME.c and a line in providers.def, in the order of the chain.
 */
#ifndef CORE_AWS_CREDENTIALS_H
#define CORE_AWS_CREDENTIALS_H

#include "core/aws/cred/shared_config.h"
#include "core/base/secret.h"

#define ACCESS_KEY_ID_SIZE 132

/* Immutable and counted; any runner. */
struct credentials;

/* Copies the id; takes references of its own to the secrets (session_token may be NULL).
 * expires_at_ms is wall clock, 0: they do not expire. The result has one reference. */
struct credentials *credentials_new(struct sv access_key_id, struct secret *secret_access_key,
                                    struct secret *session_token, int64_t expires_at_ms);
struct credentials *credentials_ref(struct credentials *credentials);
void credentials_unref(struct credentials *credentials); /* NULL is allowed */

/* Borrowed as long as a reference is held. */
const char *credentials_key_id(const struct credentials *credentials);
struct sv credentials_secret(const struct credentials *credentials);
struct sv credentials_token(const struct credentials *credentials); /* SV_NONE: there is none */
int64_t credentials_expire_at_ms(const struct credentials *credentials);
/* A number that no other credentials of this process have had. */
uint64_t credentials_serial(const struct credentials *credentials);
/* Whether both hold the same key id, secret and token. */
bool credentials_equal(const struct credentials *a, const struct credentials *b);

/* What providers look at: the environment, and a profile of the shared files. */
struct credential_source {
    const struct shared_config *config;
    const char *profile;      /* its name */
    bool profile_is_explicit; /* by --profile: the environment's keys do not count then */
};

struct credential_provider {
    const char *name;    /* for messages: "the environment" */
    bool is_environment; /* no profile is behind it */
    /* Whether the source asks for credentials of this kind. */
    bool (*claims)(const struct credential_source *source);
    /* Makes them; ERR_CREDENTIALS or ERR_CONFIG when they are asked for but no good. */
    enum err_code (*load)(const struct credential_source *source, struct credentials **credentials,
                          struct err *err);
};

/*
 * The credentials of the first provider that is asked for; *from gets it. A kind that this
 * version cannot use yet is ERR_UNSUPPORTED and named; ERR_CREDENTIALS when there is nothing at
 * all. Reads the environment, touches no network. RUN_WORKER, or before the runners start.
 */
enum err_code credentials_load(const struct credential_source *source,
                               struct credentials **credentials,
                               const struct credential_provider **from, struct err *err);

#endif
