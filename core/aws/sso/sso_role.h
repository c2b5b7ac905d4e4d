/*
 * sso_role: the messages of GetRoleCredentials (the AWS API "SSO Portal"), and what they are called
 * in the AWS CLI's cache. Knows no runner and no network.
 */
#ifndef CORE_AWS_SSO_ROLE_H
#define CORE_AWS_SSO_ROLE_H

#include "core/aws/cred/credentials.h"
#include "core/aws/sso/sso_config.h"
#include "core/base/digest.h"

/* The header that carries the access token. */
#define SSO_BEARER_HEADER "x-amz-sso_bearer_token"

/* Appends the path and query of the GET to url. */
void sso_role_add_path(struct buf *url, const struct sso_config *sso);

/* A reply of 200, to be wiped by the caller. ERR_PARSE when it holds no whole credentials. */
enum err_code sso_role_read(struct sv body, struct credentials **credentials, struct err *err);

/* What a reply that is no 200 means: true when the token is not taken (any more), so that one has
 * to log in again (401). *err has the details, for the role that sso names. */
bool sso_role_read_fault(const struct sso_config *sso, int status, struct sv error_type,
                         struct sv body, struct err *err);

/* The name, without its ending, of the file in ~/.aws/cli/cache that botocore keeps them in. */
void sso_role_cache_key(const struct sso_config *sso, char key[SHA1_HEX_SIZE]);

#endif
