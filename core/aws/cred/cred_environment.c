/*
 * cred_environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN.
 */
#include <stdlib.h>

#include "core/aws/cred/credentials.h"
#include "core/base/clock.h"

extern const struct credential_provider provider_environment;

/* "" counts as not there. */
static struct sv variable(const char *name)
{
    return sv_trim(sv_of(getenv(name)));
}

static bool claims(const struct credential_source *source)
{
    return !source->profile_is_explicit &&
           (variable("AWS_ACCESS_KEY_ID").len > 0 || variable("AWS_SECRET_ACCESS_KEY").len > 0);
}

static enum err_code load(const struct credential_source *source, struct credentials **credentials,
                          struct err *err)
{
    struct sv key_id = variable("AWS_ACCESS_KEY_ID"), secret = variable("AWS_SECRET_ACCESS_KEY");
    struct sv token = variable("AWS_SESSION_TOKEN");
    struct sv expiration = variable("AWS_CREDENTIAL_EXPIRATION");
    int64_t expires_at_ms = 0;
    (void)source;
    if (key_id.len == 0 || secret.len == 0)
        return err_set(err, ERR_CREDENTIALS, "environment", "%s is set, but %s is not",
                       key_id.len > 0 ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                       key_id.len > 0 ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
    if (key_id.len >= ACCESS_KEY_ID_SIZE)
        return err_set(err, ERR_CREDENTIALS, "environment", "AWS_ACCESS_KEY_ID is too long");
    if (expiration.len > 0 && !clock_parse_iso8601(expiration, &expires_at_ms))
        return err_set(err, ERR_CREDENTIALS, "environment",
                       "AWS_CREDENTIAL_EXPIRATION is no ISO 8601 time");
    struct secret *key = secret_new(secret);
    struct secret *session = token.len > 0 ? secret_new(token) : NULL;
    *credentials = credentials_new(key_id, key, session, expires_at_ms);
    secret_unref(key);
    secret_unref(session);
    return OK;
}

const struct credential_provider provider_environment = {
    .name = "the environment", .is_environment = true, .claims = claims, .load = load};
