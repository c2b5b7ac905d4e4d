/*
 * cred_sso: the credentials of a role from IAM Identity Center.
 */
#include "core/aws/cred/provider.h"
#include "core/aws/sso/sso_config.h"

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

static void acquire(struct provider_job *job)
{
    struct sso_config sso;
    struct err err;
    if (sso_config_read(job->config, job->profile, &sso, &err) != OK)
        provider_end(job, NULL, &err);
    else
        provider_fail(job, ERR_UNSUPPORTED,
                      "%s: IAM Identity Center cannot be asked yet: export keys with `aws "
                      "configure export-credentials --profile %s --format env`",
                      provider_place(job->profile, "sso_account_id"), job->profile->name);
}

const struct credential_provider provider_sso = {.name = "IAM Identity Center",
                                                 .is_in_profile = is_in_profile,
                                                 .check = check,
                                                 .acquire = acquire};
