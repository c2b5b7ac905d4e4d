#include "core/aws/sso/sso_config.h"

#include <string.h>

#define DEFAULT_SCOPE "sso:account:access"

bool sso_config_is_asked_for(const struct config_section *profile)
{
    return config_get(profile, "sso_session") != NULL ||
           config_get(profile, "sso_start_url") != NULL;
}

/* Where to look: the file of a key of the section. */
static const char *place_of(const struct config_section *section, const char *key)
{
    const struct config_property *property = config_get(section, key);
    if (property == NULL && section->properties.len > 0)
        property = &section->properties.ptr[0];
    return property != NULL ? property->file : section->name;
}

static enum err_code take(const struct config_section *section, const char *key, struct sv value,
                          char *dst, size_t size, struct err *err)
{
    const char *kind = section->kind == CONFIG_SSO_SESSION ? "sso-session" : "profile";
    if (value.len == 0)
        return err_set(err, ERR_CONFIG, place_of(section, key), "%s \"%s\" lacks %s", kind,
                       section->name, key);
    if (value.len >= size)
        return err_set(err, ERR_CONFIG, place_of(section, key), "%s of %s \"%s\" is too long", key,
                       kind, section->name);
    sv_copy(value, dst, size);
    return OK;
}

/* A key that may stand in the profile too, where it must say the same. */
static enum err_code take_shared(const struct config_section *profile,
                                 const struct config_section *session, const char *key, char *dst,
                                 size_t size, struct err *err)
{
    struct sv own = config_text(profile, key), common = config_text(session, key);
    if (session == NULL)
        return take(profile, key, own, dst, size, err);
    if (own.len > 0 && common.len > 0 && !sv_eq(own, common))
        return err_set(err, ERR_CONFIG, place_of(profile, key),
                       "%s differs from that of [sso-session %s]: keep one of them", key,
                       session->name);
    return take(session, key, common, dst, size, err);
}

/* "a, b" as "a b". */
static enum err_code take_scopes(const struct config_section *session, struct sso_config *sso,
                                 struct err *err)
{
    AUTO(buf_done) struct buf scopes = BUF_NONE;
    struct sv rest = config_text(session, "sso_registration_scopes");
    if (session == NULL)
        return OK;
    if (rest.len == 0)
        rest = SV(DEFAULT_SCOPE);
    while (rest.ptr != NULL) {
        struct sv scope = sv_trim(sv_split(&rest, ','));
        if (scope.len > 0)
            buf_addf(&scopes, "%s" SV_FMT, scopes.len > 0 ? " " : "", SV_ARG(scope));
    }
    if (scopes.len >= sizeof sso->scopes)
        return err_set(err, ERR_CONFIG, place_of(session, "sso_registration_scopes"),
                       "sso_registration_scopes is too long");
    str_copy(sso->scopes, buf_cstr(&scopes));
    return OK;
}

static enum err_code find_session(const struct shared_config *config,
                                  const struct config_section *profile, struct sso_config *sso,
                                  const struct config_section **session, struct err *err)
{
    struct sv name = config_text(profile, "sso_session");
    *session = NULL;
    if (config_get(profile, "sso_session") == NULL)
        return OK;
    if (take(profile, "sso_session", name, sso->session, sizeof sso->session, err) != OK)
        return err->code;
    *session = shared_config_find(config, CONFIG_SSO_SESSION, name);
    if (*session == NULL)
        return err_set(err, ERR_CONFIG, place_of(profile, "sso_session"),
                       "there is no [sso-session %s]", sso->session);
    return OK;
}

static bool is_account_id(const char *id)
{
    return strspn(id, "0123456789") == 12 && id[12] == '\0';
}

static enum err_code take_role(const struct config_section *profile, struct sso_config *sso,
                               struct err *err)
{
    enum err_code code = take(profile, "sso_account_id", config_text(profile, "sso_account_id"),
                              sso->account_id, sizeof sso->account_id, err);
    if (code == OK)
        code = take(profile, "sso_role_name", config_text(profile, "sso_role_name"), sso->role_name,
                    sizeof sso->role_name, err);
    if (code == OK && !is_account_id(sso->account_id))
        code = err_set(err, ERR_CONFIG, place_of(profile, "sso_account_id"),
                       "sso_account_id of profile \"%s\" has not twelve digits", profile->name);
    return code;
}

enum err_code sso_config_read(const struct shared_config *config,
                              const struct config_section *profile, struct sso_config *sso,
                              struct err *err)
{
    const struct config_section *session = NULL;
    struct err ignored;
    if (err == NULL)
        err = &ignored;
    *sso = (struct sso_config){0};
    enum err_code code = find_session(config, profile, sso, &session, err);
    if (code == OK)
        code = take_shared(profile, session, "sso_start_url", sso->start_url, sizeof sso->start_url,
                           err);
    if (code == OK)
        code = take_shared(profile, session, "sso_region", sso->region, sizeof sso->region, err);
    if (code == OK)
        code = take_scopes(session, sso, err);
    if (code == OK)
        code = take_role(profile, sso, err);
    return code;
}
