/*
 * cred_environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN (or the older
 * AWS_SECURITY_TOKEN), AWS_CREDENTIAL_EXPIRATION.
 */
#include "core/aws/cred/provider.h"
#include "core/base/clock.h"

extern const struct credential_provider provider_environment;

static bool is_in_environment(void)
{
    return provider_variable("AWS_ACCESS_KEY_ID").len > 0 ||
           provider_variable("AWS_SECRET_ACCESS_KEY").len > 0;
}

static enum err_code check(const struct shared_config *config, const struct config_section *profile,
                           struct err *err)
{
    struct sv key_id = provider_variable("AWS_ACCESS_KEY_ID");
    struct sv secret = provider_variable("AWS_SECRET_ACCESS_KEY");
    struct sv expiration = provider_variable("AWS_CREDENTIAL_EXPIRATION");
    int64_t expires_at_ms = 0;
    (void)config, (void)profile;
    if (key_id.len == 0 && secret.len == 0)
        return err_set(err, ERR_CREDENTIALS, "environment",
                       "credential_source is Environment, but AWS_ACCESS_KEY_ID and "
                       "AWS_SECRET_ACCESS_KEY are not set");
    if (key_id.len == 0 || secret.len == 0)
        return err_set(err, ERR_CREDENTIALS, "environment", "%s is set, but %s is not",
                       key_id.len > 0 ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                       key_id.len > 0 ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
    if (key_id.len >= ACCESS_KEY_ID_SIZE)
        return err_set(err, ERR_CREDENTIALS, "environment", "AWS_ACCESS_KEY_ID is too long");
    if (expiration.len > 0 && !clock_parse_iso8601(expiration, &expires_at_ms))
        return err_set(err, ERR_CREDENTIALS, "environment",
                       "AWS_CREDENTIAL_EXPIRATION is no ISO 8601 time");
    return OK;
}

static void acquire(struct provider_job *job)
{
    struct sv token = provider_variable("AWS_SECURITY_TOKEN");
    int64_t expires_at_ms = 0;
    struct err err = ERR_NONE;
    if (check(job->config, job->profile, &err) != OK) {
        provider_end(job, NULL, &err);
        return;
    }
    if (token.len == 0)
        token = provider_variable("AWS_SESSION_TOKEN");
    clock_parse_iso8601(provider_variable("AWS_CREDENTIAL_EXPIRATION"), &expires_at_ms);
    struct secret *key = secret_new(provider_variable("AWS_SECRET_ACCESS_KEY"));
    struct secret *session = token.len > 0 ? secret_new(token) : NULL;
    provider_end(
        job, credentials_new(provider_variable("AWS_ACCESS_KEY_ID"), key, session, expires_at_ms),
        &err);
    secret_unref(key);
    secret_unref(session);
}

const struct credential_provider provider_environment = {.name = "the environment",
                                                         .source = "Environment",
                                                         .is_environment = true,
                                                         .yields_to_profile = true,
                                                         .is_in_environment = is_in_environment,
                                                         .check = check,
                                                         .acquire = acquire};
