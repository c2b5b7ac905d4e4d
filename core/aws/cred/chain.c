#include "core/aws/cred/chain.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

#define ROLES_MAX        16
#define SESSION_NAME_MIN 2
#define SESSION_NAME_MAX 64
#define DURATION_LEAST_S 900 /* as STS has it */
#define DURATION_MOST_S  43200

static enum err_code wrong(struct err *err, enum err_code code,
                           const struct config_section *profile, const char *key, const char *what)
{
    return err_set(err, code, "credentials", "%s: profile \"%s\" %s", provider_place(profile, key),
                   profile->name, what);
}

/* --- roles ----------------------------------------------------------------------------------- */

static bool wants_role(const struct config_section *profile)
{
    return config_text(profile, "role_arn").len > 0 &&
           config_get(profile, "web_identity_token_file") == NULL;
}

/* What STS takes: [\w+=,.@-]. */
static bool is_session_name(struct sv name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        if (c >= 0x80 || (!isalnum(c) && strchr("_+=,.@-", c) == NULL))
            return false;
    }
    return name.len >= SESSION_NAME_MIN && name.len <= SESSION_NAME_MAX;
}

static enum err_code read_role(const struct config_section *profile, struct chain_role *role,
                               struct err *err)
{
    int64_t duration_s = 0;
    *role = (struct chain_role){.profile = profile,
                                .arn = config_text(profile, "role_arn"),
                                .session_name = config_text(profile, "role_session_name"),
                                .external_id = config_text(profile, "external_id"),
                                .mfa_serial = config_text(profile, "mfa_serial"),
                                .region = config_text(profile, "region")};
    if (role->session_name.len > 0 && !is_session_name(role->session_name))
        return wrong(err, ERR_CONFIG, profile, "role_session_name",
                     "has a role_session_name that STS does not take: 2 to 64 letters, digits or "
                     "_+=,.@-");
    if (!sv_to_i64(config_text(profile, "duration_seconds"), &duration_s))
        return OK; /* the SDKs ignore what is no number */
    if (duration_s < DURATION_LEAST_S || duration_s > DURATION_MOST_S)
        return wrong(err, ERR_CONFIG, profile, "duration_seconds",
                     "has duration_seconds that are not between 900 and 43200");
    role->duration_s = (int)duration_s;
    return OK;
}

/* --- the base -------------------------------------------------------------------------------- */

static enum err_code take_base(struct chain *chain, const struct shared_config *config,
                               const struct credential_provider *provider,
                               const struct config_section *profile, struct err *err)
{
    chain->base = provider;
    chain->base_profile = profile;
    return provider->check != NULL ? provider->check(config, profile, err) : OK;
}

/* The first kind that the profile (may be NULL) asks for, or the environment where it counts. */
static enum err_code find_base(struct chain *chain, const struct credential_source *source,
                               const struct config_section *profile, bool environment_counts,
                               struct err *err)
{
    const struct credential_provider *provider;
    for (size_t i = 0; (provider = provider_at(i)) != NULL; i++) {
        bool counts =
            environment_counts && !(provider->yields_to_profile && source->profile_is_explicit);
        if (counts && provider->is_in_environment != NULL && provider->is_in_environment())
            return take_base(chain, source->config, provider, NULL, err);
        if (profile != NULL && provider->is_in_profile != NULL &&
            provider->is_in_profile(source->config, profile))
            return take_base(chain, source->config, provider, profile, err);
    }
    if (profile != NULL)
        return err_set(err, ERR_CREDENTIALS, "credentials",
                       "profile \"%s\" holds no credentials, nor a way to them", profile->name);
    return err_set(err, ERR_CREDENTIALS, "credentials",
                   "none in the environment, and no profile \"%s\" in %s or %s", source->profile,
                   source->config->credentials_file, source->config->config_file);
}

/* The static keys of a profile, if it has any. */
static const struct credential_provider *find_keys(const struct shared_config *config,
                                                   const struct config_section *profile)
{
    extern const struct credential_provider provider_credentials_file, provider_config_file;
    if (provider_credentials_file.is_in_profile(config, profile))
        return &provider_credentials_file;
    return provider_config_file.is_in_profile(config, profile) ? &provider_config_file : NULL;
}

static enum err_code take_named_source(struct chain *chain, const struct credential_source *source,
                                       const struct config_section *profile, struct err *err)
{
    struct sv name = config_text(profile, "credential_source");
    const struct credential_provider *provider;
    for (size_t i = 0; (provider = provider_at(i)) != NULL; i++) {
        if (provider->source != NULL && sv_eq_cstr(name, provider->source))
            return take_base(chain, source->config, provider, NULL, err);
    }
    return wrong(err, ERR_CONFIG, profile, "credential_source",
                 "has a credential_source that is none of Environment, EcsContainer, "
                 "Ec2InstanceMetadata");
}

/* --- walking --------------------------------------------------------------------------------- */

static bool was_visited(const struct chain *chain, const struct config_section *profile)
{
    for (size_t i = 0; i < chain->roles.len; i++) {
        if (chain->roles.ptr[i].profile == profile)
            return true;
    }
    return false;
}

/* The profile that source_profile names. One that names itself is good for its own keys. */
static enum err_code find_source(const struct chain *chain, const struct credential_source *source,
                                 const struct config_section *profile,
                                 const struct config_section **next, struct err *err)
{
    struct sv name = config_text(profile, "source_profile");
    *next = shared_config_find(source->config, CONFIG_PROFILE, name);
    if (*next == NULL)
        return err_set(err, ERR_CONFIG, "credentials",
                       "%s: there is no profile \"" SV_FMT
                       "\", which is the source_profile of \"%s\"",
                       provider_place(profile, "source_profile"), SV_ARG(name), profile->name);
    bool is_own_source = *next == profile && chain->roles.len == 1;
    if (was_visited(chain, *next) && !is_own_source)
        return wrong(err, ERR_CONFIG, profile, "source_profile",
                     "closes a loop of source_profiles, which has no end: one of them needs "
                     "credentials of its own");
    if (chain->roles.len >= ROLES_MAX)
        return wrong(err, ERR_CONFIG, profile, "source_profile", "is behind too many roles");
    return OK;
}

/* Takes the role of profile, and finds the profile that it is assumed from (*next; NULL when the
 * base has been found). */
static enum err_code take_role(struct chain *chain, const struct credential_source *source,
                               const struct config_section *profile,
                               const struct config_section **next, struct err *err)
{
    struct chain_role role;
    bool has_source = config_text(profile, "source_profile").len > 0;
    bool has_named = config_text(profile, "credential_source").len > 0;
    *next = NULL;
    if (has_source && has_named)
        return wrong(err, ERR_CONFIG, profile, "credential_source",
                     "has both source_profile and credential_source: keep one of them");
    if (!has_source && !has_named)
        return wrong(err, ERR_CONFIG, profile, "role_arn",
                     "has a role_arn, but neither source_profile nor credential_source to assume "
                     "the role with");
    if (read_role(profile, &role, err) != OK)
        return err->code;
    vec_push(&chain->roles, role);
    return has_named ? take_named_source(chain, source, profile, err)
                     : find_source(chain, source, profile, next, err);
}

/* From the profile that is wanted down to its base. */
static enum err_code walk(struct chain *chain, const struct credential_source *source,
                          const struct config_section *profile, struct err *err)
{
    while (wants_role(profile)) {
        const struct config_section *next = NULL;
        if (take_role(chain, source, profile, &next, err) != OK)
            return err->code;
        if (next == NULL)
            return OK;
        /* A source's own keys come before its role. */
        const struct credential_provider *keys = find_keys(source->config, next);
        if (keys != NULL)
            return take_base(chain, source->config, keys, next, err);
        if (next == profile)
            return wrong(err, ERR_CONFIG, profile, "source_profile",
                         "closes a loop: it is its own source_profile, and has no keys");
        profile = next;
    }
    bool environment_counts = chain->roles.len == 0 && !source->is_profile_alone;
    return find_base(chain, source, profile, environment_counts, err);
}

/* They were found from the last to the first. */
static void reverse_roles(struct chain *chain)
{
    for (size_t i = 0; i < chain->roles.len / 2; i++) {
        struct chain_role *a = &chain->roles.ptr[i];
        struct chain_role *b = &chain->roles.ptr[chain->roles.len - 1 - i];
        struct chain_role kept = *a;
        *a = *b;
        *b = kept;
    }
}

enum err_code chain_resolve(const struct credential_source *source, struct chain *chain,
                            struct err *err)
{
    extern const struct credential_provider provider_environment;
    const struct config_section *profile =
        shared_config_find(source->config, CONFIG_PROFILE, sv_of(source->profile));
    struct err ignored;
    err = err != NULL ? err : &ignored;
    *chain = (struct chain){0};
    bool keys_count = !source->profile_is_explicit && !source->is_profile_alone &&
                      provider_environment.is_in_environment();
    enum err_code code = keys_count
                             ? take_base(chain, source->config, &provider_environment, NULL, err)
                             : walk(chain, source, profile, err);
    reverse_roles(chain);
    if (code != OK)
        chain_done(chain);
    return code;
}

void chain_done(struct chain *chain)
{
    vec_free(&chain->roles);
}

void chain_describe(const struct chain *chain, const char *profile, struct buf *out)
{
    if (chain->base_profile == NULL && chain->roles.len == 0) {
        buf_add_cstr(out, chain->base->name);
        return;
    }
    buf_addf(out, "profile %s: ", profile);
    for (size_t i = chain->roles.len; i > 0; i--)
        buf_addf(out, SV_FMT " by way of ", SV_ARG(chain->roles.ptr[i - 1].arn));
    buf_add_cstr(out, chain->base->name);
    if (chain->base_profile != NULL && chain->roles.len > 0)
        buf_addf(out, " of profile %s", chain->base_profile->name);
}
