#include "core/aws/cred/provider.h"

#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/json_pick.h"
#include "core/base/mem.h"

#define PROVIDER(name) extern const struct credential_provider provider_##name;
#include "core/aws/cred/providers.def"
#undef PROVIDER

static const struct credential_provider *const providers[] = {
#define PROVIDER(name) &provider_##name,
#include "core/aws/cred/providers.def"
#undef PROVIDER
};

const struct credential_provider *provider_at(size_t index)
{
    return index < ARRAY_LEN(providers) ? providers[index] : NULL;
}

bool rejected_has(const struct rejected_credentials *rejected,
                  const struct credentials *credentials)
{
    for (size_t i = 0; i < rejected->n; i++) {
        if (credentials_equal(rejected->list[i], credentials))
            return true;
    }
    return false;
}

void provider_end(struct provider_job *job, struct credentials *take_credentials,
                  const struct err *err)
{
    job->ended(job, take_credentials, err);
    credentials_unref(take_credentials);
}

/* --- parameters ------------------------------------------------------------------------------ */

struct sv provider_variable(const char *name)
{
    return sv_trim(sv_of(getenv(name)));
}

const char *provider_place(const struct config_section *profile, const char *key)
{
    const struct config_property *property = config_get(profile, key);
    if (property != NULL)
        return property->file;
    return profile != NULL ? profile->name : "the environment";
}

struct sv provider_setting(const struct config_section *profile, const char *key,
                           const char *variable)
{
    return profile != NULL ? config_text(profile, key) : provider_variable(variable);
}

bool provider_is_true(struct sv text)
{
    return sv_eq_nocase(text, SV("true"));
}

/* --- replies --------------------------------------------------------------------------------- */

/* What a reply says; the secrets are counted. */
struct found {
    char key_id[ACCESS_KEY_ID_SIZE], expiration[64];
    struct secret *secret, *token;
    int64_t expires_at_ms;
};

static const char *find_fault(struct sv body, const char *token_key, bool is_temporary,
                              struct found *found)
{
    struct sv expiration = json_pick(body, "Expiration");
    found->secret = json_pick_secret(json_pick(body, "SecretAccessKey"));
    found->token = json_pick_secret(json_pick(body, token_key));
    if (!json_pick_text(json_pick(body, "AccessKeyId"), found->key_id, sizeof found->key_id) ||
        found->key_id[0] == '\0')
        return "AccessKeyId";
    if (secret_bytes(found->secret).len == 0)
        return "SecretAccessKey";
    if (is_temporary && secret_bytes(found->token).len == 0)
        return token_key;
    bool has_expiration = expiration.len > 0 || is_temporary;
    if (has_expiration &&
        (!json_pick_text(expiration, found->expiration, sizeof found->expiration) ||
         !clock_parse_iso8601(sv_of(found->expiration), &found->expires_at_ms)))
        return "Expiration (an ISO 8601 time)";
    return NULL;
}

enum err_code provider_read_json(struct sv body, const char *token_key, bool is_temporary,
                                 const char *where, struct credentials **credentials,
                                 struct err *err)
{
    struct found found = {0};
    if (json_pick_check(body, where, err) != OK)
        return ERR_PARSE;
    const char *missing = find_fault(body, token_key, is_temporary, &found);
    if (missing == NULL) {
        bool has_token = secret_bytes(found.token).len > 0;
        *credentials = credentials_new(sv_of(found.key_id), found.secret,
                                       has_token ? found.token : NULL, found.expires_at_ms);
    }
    secret_unref(found.secret);
    secret_unref(found.token);
    if (missing != NULL)
        return err_set(err, ERR_PARSE, where, "the credentials lack %s", missing);
    return OK;
}
