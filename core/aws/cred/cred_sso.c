/*
 * cred_sso: the credentials of a role from IAM Identity Center, kept where the AWS CLI keeps them.
 */
#include "core/aws/cred/provider.h"
#include "core/aws/cred/role_cache.h"
#include "core/aws/sso/sso_provide.h"
#include "core/aws/sso/sso_role.h"
#include "core/base/log.h"
#include "core/base/mem.h"

extern const struct credential_provider provider_sso;

static bool is_in_profile(const struct shared_config *config, const struct config_section *profile)
{
    (void)config;
    return sso_config_is_asked_for(profile);
}

static enum err_code lacks(const struct config_section *profile, const char *there,
                           const char *missing, struct err *err)
{
    return err_set(err, ERR_CONFIG, "credentials", "%s: profile \"%s\" has %s, but no %s",
                   provider_place(profile, there), profile->name, there, missing);
}

/* One of the two without the other. */
static enum err_code check_role(const struct config_section *profile, struct err *err)
{
    bool has_account = config_text(profile, "sso_account_id").len > 0;
    bool has_role = config_text(profile, "sso_role_name").len > 0;
    if (has_account && !has_role)
        return lacks(profile, "sso_account_id", "sso_role_name", err);
    if (has_role && !has_account)
        return lacks(profile, "sso_role_name", "sso_account_id", err);
    return OK;
}

static enum err_code check_session(const struct shared_config *config,
                                   const struct config_section *profile, struct err *err)
{
    static const char *const keys[] = {"sso_start_url", "sso_region"};
    const struct config_property *name = config_get(profile, "sso_session");
    const struct config_section *session = NULL;
    if (name != NULL)
        session = shared_config_find(config, CONFIG_SSO_SESSION, sv_of(name->text));
    if (name != NULL && session == NULL)
        return err_set(err, ERR_CONFIG, "credentials",
                       "%s: there is no [sso-session %s], which profile \"%s\" asks for",
                       name->file, name->text, profile->name);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct sv value = config_text(session != NULL ? session : profile, keys[i]);
        if (value.len == 0 && session != NULL)
            return err_set(err, ERR_CONFIG, "credentials",
                           "%s: [sso-session %s] lacks %s, which has to stand there", name->file,
                           name->text, keys[i]);
        if (value.len == 0)
            return lacks(profile, "sso_start_url", keys[i], err);
    }
    return OK;
}

static enum err_code check(const struct shared_config *config, const struct config_section *profile,
                           struct err *err)
{
    enum err_code code = check_session(config, profile, err);
    return code == OK ? check_role(profile, err) : code;
}

/* --- the cache ------------------------------------------------------------------------------- */

/* What is kept for the role, if AWS has not just refused it. */
static struct credentials *look(const struct provider_job *job, const char *key)
{
    struct credentials *credentials = role_cache_read(key);
    if (credentials != NULL && rejected_has(job->rejected, credentials)) {
        credentials_unref(credentials);
        credentials = NULL;
    }
    return credentials;
}

/* --- the portal ------------------------------------------------------------------------------ */

struct asking {
    struct provider_job *job;
    char key[SHA1_HEX_SIZE];
};

static void on_credentials(void *arg, struct credentials *credentials, const struct err *err)
{
    struct asking *asking = arg;
    struct err unkept = ERR_NONE;
    if (credentials != NULL && role_cache_write(asking->key, credentials, &unkept) != OK)
        log_warn("sso", "%s: the role's credentials are not kept: %s", unkept.where,
                 unkept.message);
    asking->job->wants_person = err->code == ERR_EXPIRED && !asking->job->may_ask;
    provider_end(asking->job, credentials != NULL ? credentials_ref(credentials) : NULL, err);
    mem_free(asking);
}

static void acquire(struct provider_job *job)
{
    const struct err none = ERR_NONE;
    char key[SHA1_HEX_SIZE];
    struct sso_config sso;
    struct err err;
    if (sso_config_read(job->config, job->profile, &sso, &err) != OK) {
        provider_end(job, NULL, &err);
        return;
    }
    sso_role_cache_key(&sso, key);
    struct credentials *cached = look(job, key);
    if (cached != NULL) {
        provider_end(job, cached, &none);
        return;
    }
    struct asking *asking = mem_new(struct asking);
    asking->job = job;
    str_copy(asking->key, key);
    sso_provide(job->client, &sso, job->profile->name, job->may_ask, on_credentials, mem_free,
                asking);
}

const struct credential_provider provider_sso = {.name = "IAM Identity Center",
                                                 .is_in_profile = is_in_profile,
                                                 .check = check,
                                                 .acquire = acquire};
