#include "core/aws/cred/fingerprint.h"

#include <stdlib.h>

/* Each of these names a principal by itself. */
static const char *const variables[] = {"AWS_ACCESS_KEY_ID", "AWS_ROLE_ARN"};
static const char *const properties[] = {"aws_access_key_id", "role_arn", "sso_role_name"};

static bool add_environment(struct buf *out)
{
    bool says = false;
    for (size_t i = 0; i < ARRAY_LEN(variables); i++) {
        const char *value = getenv(variables[i]);
        if (value == NULL || value[0] == '\0')
            continue;
        buf_addf(out, "%s=%s\n", variables[i], value);
        says = true;
    }
    return says;
}

/* All of its properties: a profile that was edited may be somebody else's. */
static bool add_profile(const struct config_section *profile, struct buf *out)
{
    bool says = false;
    for (size_t i = 0; i < profile->properties.len; i++) {
        const struct config_property *property = &profile->properties.ptr[i];
        if (property->text != NULL)
            buf_addf(out, "%s=%s\n", property->name, property->text);
    }
    for (size_t i = 0; i < ARRAY_LEN(properties); i++)
        says |= config_text(profile, properties[i]).len > 0;
    return says;
}

bool credential_fingerprint(const struct credential_source *source, struct buf *out)
{
    const struct config_section *profile =
        shared_config_find(source->config, CONFIG_PROFILE, sv_of(source->profile));
    bool says = !source->profile_is_explicit && add_environment(out);
    buf_addf(out, "profile=%s\n", source->profile);
    if (profile != NULL)
        says |= add_profile(profile, out);
    return says;
}
