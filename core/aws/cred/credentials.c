#include "core/aws/cred/credentials.h"

#include <stdatomic.h>
#include <string.h>

#include "core/base/mem.h"

struct credentials {
    atomic_uint refs;
    uint64_t serial;
    char key_id[ACCESS_KEY_ID_SIZE];
    struct secret *secret, *token;
    int64_t expire_at_ms;
};

struct credentials *credentials_new(struct sv access_key_id, struct secret *secret_access_key,
                                    struct secret *session_token, int64_t expires_at_ms)
{
    static atomic_uint_fast64_t last_serial;
    struct credentials *credentials = mem_new(struct credentials);
    atomic_init(&credentials->refs, 1);
    credentials->serial = atomic_fetch_add(&last_serial, 1) + 1;
    sv_copy(access_key_id, credentials->key_id, sizeof credentials->key_id);
    credentials->secret = secret_ref(secret_access_key);
    credentials->token = secret_ref(session_token);
    credentials->expire_at_ms = expires_at_ms;
    return credentials;
}

struct credentials *credentials_until(const struct credentials *credentials, int64_t expires_at_ms)
{
    return credentials_new(sv_of(credentials->key_id), credentials->secret, credentials->token,
                           expires_at_ms);
}

struct credentials *credentials_ref(struct credentials *credentials)
{
    if (credentials != NULL)
        atomic_fetch_add(&credentials->refs, 1);
    return credentials;
}

void credentials_unref(struct credentials *credentials)
{
    if (credentials == NULL || atomic_fetch_sub(&credentials->refs, 1) != 1)
        return;
    secret_unref(credentials->secret);
    secret_unref(credentials->token);
    mem_free(credentials);
}

const char *credentials_key_id(const struct credentials *credentials)
{
    return credentials->key_id;
}

struct sv credentials_secret(const struct credentials *credentials)
{
    return secret_bytes(credentials->secret);
}

struct sv credentials_token(const struct credentials *credentials)
{
    return credentials->token != NULL ? secret_bytes(credentials->token) : SV_NONE;
}

int64_t credentials_expire_at_ms(const struct credentials *credentials)
{
    return credentials->expire_at_ms;
}

uint64_t credentials_serial(const struct credentials *credentials)
{
    return credentials->serial;
}

bool credentials_equal(const struct credentials *a, const struct credentials *b)
{
    return strcmp(a->key_id, b->key_id) == 0 && secret_equal(a->secret, b->secret) &&
           secret_equal(a->token, b->token);
}
