#include "core/aws/cred/credentials.h"

#include <stdatomic.h>
#include <stdlib.h>
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

struct credentials *credentials_ref(struct credentials *credentials)
{
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

/* --- the chain ----------------------------------------------------------------------------------
 */

#define PROVIDER(name) extern const struct credential_provider provider_##name;
#define FOREIGN(key, variable, what)
#include "core/aws/cred/providers.def"
#undef PROVIDER
#undef FOREIGN

/* A link of the chain: a provider, or a kind that is refused. */
static const struct link {
    const struct credential_provider *provider;
    const char *key, *variable, *what;
} chain[] = {
#define PROVIDER(name)               {&provider_##name, NULL, NULL, NULL},
#define FOREIGN(key, variable, what) {NULL, key, variable, what},
#include "core/aws/cred/providers.def"
#undef PROVIDER
#undef FOREIGN
};

static const struct config_section *profile_of(const struct credential_source *source)
{
    return shared_config_find(source->config, CONFIG_PROFILE, sv_of(source->profile));
}

static bool link_is_asked_for(const struct link *link, const struct credential_source *source)
{
    if (link->provider != NULL)
        return link->provider->claims(source);
    if (link->key != NULL && config_get(profile_of(source), link->key) != NULL)
        return true;
    const char *value = link->variable != NULL ? getenv(link->variable) : NULL;
    return value != NULL && value[0] != '\0' && !source->profile_is_explicit;
}

static enum err_code refuse_foreign(const struct link *link, const struct credential_source *source,
                                    struct err *err)
{
    const struct config_property *property =
        link->key != NULL ? config_get(profile_of(source), link->key) : NULL;
    return err_set(err, ERR_UNSUPPORTED, "credentials",
                   "%s asks for %s, which this version cannot use: give it keys, as "
                   "`aws configure export-credentials --format env` prints them",
                   property != NULL ? property->file : link->variable, link->what);
}

static enum err_code nothing_found(const struct credential_source *source, struct err *err)
{
    if (profile_of(source) != NULL)
        return err_set(err, ERR_CREDENTIALS, "credentials", "profile \"%s\" holds no credentials",
                       source->profile);
    return err_set(err, ERR_CREDENTIALS, "credentials",
                   "none in the environment, and no profile \"%s\" in %s or %s", source->profile,
                   source->config->credentials_file, source->config->config_file);
}

enum err_code credentials_load(const struct credential_source *source,
                               struct credentials **credentials,
                               const struct credential_provider **from, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(chain); i++) {
        const struct link *link = &chain[i];
        if (!link_is_asked_for(link, source))
            continue;
        if (link->provider == NULL)
            return refuse_foreign(link, source, err);
        *from = link->provider;
        return link->provider->load(source, credentials, err);
    }
    return nothing_found(source, err);
}
