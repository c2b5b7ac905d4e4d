/*
 * cred_profile: static keys of a profile. Those of the credentials file come early in the chain,
 * those of the config file late: two providers.
 */
#include <string.h>

#include "core/aws/cred/provider.h"

extern const struct credential_provider provider_credentials_file, provider_config_file;

/* The keys of a profile; the one that is missing is NULL. */
struct keys {
    const struct config_property *id, *secret, *token;
};

static struct keys keys_of(const struct config_section *profile)
{
    struct keys keys = {.id = config_get(profile, "aws_access_key_id"),
                        .secret = config_get(profile, "aws_secret_access_key"),
                        .token = config_get(profile, "aws_session_token")};
    if (keys.token == NULL)
        keys.token = config_get(profile, "aws_security_token"); /* boto's older name */
    return keys;
}

static bool stands_in(const char *file, const struct config_property *property)
{
    size_t len = strlen(file);
    return property != NULL && len > 0 && strncmp(property->file, file, len) == 0 &&
           property->file[len] == ':';
}

static bool is_in_credentials_file(const struct shared_config *config,
                                   const struct config_section *profile)
{
    struct keys keys = keys_of(profile);
    return stands_in(config->credentials_file, keys.id) ||
           stands_in(config->credentials_file, keys.secret);
}

static bool is_in_config_file(const struct shared_config *config,
                              const struct config_section *profile)
{
    struct keys keys = keys_of(profile);
    (void)config;
    return keys.id != NULL || keys.secret != NULL;
}

static enum err_code check(const struct shared_config *config, const struct config_section *profile,
                           struct err *err)
{
    struct keys keys = keys_of(profile);
    bool has_id = keys.id != NULL && keys.id->text[0] != '\0';
    bool has_secret = keys.secret != NULL && secret_bytes(keys.secret->secret).len > 0;
    (void)config;
    if (!has_id || !has_secret)
        return err_set(err, ERR_CREDENTIALS, "credentials", "%s: profile \"%s\" lacks %s",
                       provider_place(profile, keys.id != NULL ? "aws_access_key_id"
                                                               : "aws_secret_access_key"),
                       profile->name, has_id ? "aws_secret_access_key" : "aws_access_key_id");
    if (strlen(keys.id->text) >= ACCESS_KEY_ID_SIZE)
        return err_set(err, ERR_CREDENTIALS, "credentials", "%s: the key id is too long",
                       keys.id->file);
    return OK;
}

static void acquire(struct provider_job *job)
{
    struct keys keys = keys_of(job->profile);
    struct secret *token = keys.token != NULL ? keys.token->secret : NULL;
    struct credentials *credentials = credentials_new(
        sv_of(keys.id->text), keys.secret->secret, secret_bytes(token).len > 0 ? token : NULL, 0);
    provider_end(job, credentials, &ERR_NONE);
}

const struct credential_provider provider_credentials_file = {.name = "static keys",
                                                              .is_in_profile =
                                                                  is_in_credentials_file,
                                                              .check = check,
                                                              .acquire = acquire};
const struct credential_provider provider_config_file = {
    .name = "static keys", .is_in_profile = is_in_config_file, .check = check, .acquire = acquire};
