/*
 * sso_provide: the credentials of a role in an account, from the portal of IAM Identity Center.
 */
#ifndef CORE_AWS_SSO_PROVIDE_H
#define CORE_AWS_SSO_PROVIDE_H

#include "core/aws/cred/credentials.h"
#include "core/aws/sso/sso_config.h"

struct aws_client;

/* credentials is borrowed; NULL: err says why there are none. */
typedef void sso_credentials_fn(void *arg, struct credentials *credentials, const struct err *err);

/*
 * GetRoleCredentials for sso, which profile asks for, with a token as sso_login_get has it; a token
 * that is not taken (401) is replaced once. may_ask: as there. done fires once, on RUN_WORKER; if
 * the client ends first, drop(arg) is called instead. ERR_DENIED when the role is not the person's,
 * the errors of fetch and of sso_login_get. RUN_WORKER.
 */
void sso_provide(struct aws_client *client, const struct sso_config *sso, const char *profile,
                 bool may_ask, sso_credentials_fn *done, void (*drop)(void *arg), void *arg);

#endif
