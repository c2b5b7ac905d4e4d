/*
 * cred_login: sessions of `aws login`, which are recognised and refused.
 */
#include "core/aws/cred/provider.h"

extern const struct credential_provider provider_login;

static bool is_in_profile(const struct shared_config *config, const struct config_section *profile)
{
    (void)config;
    return config_get(profile, "login_session") != NULL;
}

static enum err_code check(const struct shared_config *config, const struct config_section *profile,
                           struct err *err)
{
    (void)config;
    return err_set(err, ERR_UNSUPPORTED, "credentials",
                   "%s: profile \"%s\" asks for a login session (aws login), which cannot be used "
                   "here: export its keys with `aws configure export-credentials --profile %s "
                   "--format env`",
                   provider_place(profile, "login_session"), profile->name, profile->name);
}

static void acquire(struct provider_job *job)
{
    struct err err;
    check(job->config, job->profile, &err);
    provider_end(job, NULL, &err);
}

const struct credential_provider provider_login = {
    .name = "a login session", .is_in_profile = is_in_profile, .check = check, .acquire = acquire};
