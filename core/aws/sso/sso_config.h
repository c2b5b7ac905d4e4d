/*
 * sso_config: what a profile says of IAM Identity Center: by [sso-session NAME], or by itself alone
 * (the older form).
 */
#ifndef CORE_AWS_SSO_CONFIG_H
#define CORE_AWS_SSO_CONFIG_H

#include "core/aws/cred/shared_config.h"

struct sso_config {
    char session[128]; /* "" in the older form */
    char start_url[1024];
    char region[32];  /* of Identity Center, not of the profile */
    char scopes[256]; /* separated by single blanks; "" in the older form */
    char account_id[13];
    char role_name[65];
};

/* Whether the profile asks for Identity Center: it has a session or a start URL. May be NULL. */
bool sso_config_is_asked_for(const struct config_section *profile);

/*
 * Reads all of it. sso_start_url and sso_region may stand in both the profile and its session, and
 * must agree then; sso_registration_scopes ("a, b") of a session is sso:account:access when it is
 * absent; the older form has none, so that its tokens last as long as the login.
 * ERR_CONFIG names the profile or session, the key and the file.
 */
enum err_code sso_config_read(const struct shared_config *config,
                              const struct config_section *profile, struct sso_config *sso,
                              struct err *err);

#endif
