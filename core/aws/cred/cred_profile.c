/*
 * cred_profile: static keys in a profile of the credentials or the config file.
 */
#include "core/aws/cred/credentials.h"

extern const struct credential_provider provider_profile;

static const struct config_section *profile_of(const struct credential_source *source)
{
    return shared_config_find(source->config, CONFIG_PROFILE, sv_of(source->profile));
}

static bool claims(const struct credential_source *source)
{
    const struct config_section *profile = profile_of(source);
    return config_get(profile, "aws_access_key_id") != NULL ||
           config_get(profile, "aws_secret_access_key") != NULL;
}

static enum err_code load(const struct credential_source *source, struct credentials **credentials,
                          struct err *err)
{
    const struct config_section *profile = profile_of(source);
    const struct config_property *key_id = config_get(profile, "aws_access_key_id");
    const struct config_property *secret = config_get(profile, "aws_secret_access_key");
    const struct config_property *token = config_get(profile, "aws_session_token");
    const struct config_property *there = key_id != NULL ? key_id : secret;
    const char *place = there != NULL ? there->file : source->profile;
    struct sv id = config_text(profile, "aws_access_key_id");
    if (id.len == 0 || secret == NULL || secret_bytes(secret->secret).len == 0)
        return err_set(err, ERR_CREDENTIALS, "credentials", "%s: profile \"%s\" lacks %s", place,
                       source->profile, id.len > 0 ? "aws_secret_access_key" : "aws_access_key_id");
    if (id.len >= ACCESS_KEY_ID_SIZE)
        return err_set(err, ERR_CREDENTIALS, "credentials", "%s: the key id is too long", place);
    bool has_token = token != NULL && secret_bytes(token->secret).len > 0;
    *credentials = credentials_new(id, secret->secret, has_token ? token->secret : NULL, 0);
    return OK;
}

const struct credential_provider provider_profile = {
    .name = "a profile", .claims = claims, .load = load};
