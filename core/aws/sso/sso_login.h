/*
 * sso_login: the access token of an sso-session, for all who need it: from the cache, renewed, or
 * by a login in a prompt. One of these goes on at a time; all who ask meanwhile wait for it.
 */
#ifndef CORE_AWS_SSO_LOGIN_H
#define CORE_AWS_SSO_LOGIN_H

#include "core/aws/sso/sso_cache.h"
#include "core/base/vec.h"

struct aws_client;

/* token is borrowed; NULL: err says why there is none. */
typedef void sso_token_fn(void *arg, const struct sso_token *token, const struct err *err);

/*
 * A token for sso, which profile asks for. When it takes a person and none of those who wait
 * may_ask, it is ERR_EXPIRED. rejected (NULL: none) is an access token that the portal
 * has just not taken: it is not handed out again, but renewed or replaced by a login. done fires
 * once, on RUN_WORKER, perhaps at once; if the client ends first, drop(arg) is called instead, from
 * client_free. Renewed when less than 15 minutes are left, but at most once a minute; a renewal
 * that fails leaves a token that still is good. Of several processes one renews, and the others
 * find in the cache what it got. ERR_CREDENTIALS when there is nobody to log in, when
 * the login was refused or given up; ERR_SERVICE and its like when a renewal is not answered, which
 * is no reason to bother a person. RUN_WORKER.
 */
void sso_login_get(struct aws_client *client, const struct sso_config *sso, const char *profile,
                   struct secret *rejected, bool may_ask, sso_token_fn *done,
                   void (*drop)(void *arg), void *arg);

/* Logins that were given up are asked for again when they are needed. RUN_WORKER. */
void sso_login_forgive(struct aws_client *client);

/* All logins of a client; zero-initialised is ready. */
struct sso_logins {
    VEC(struct sso_login *) all;
};
/* After run_stop. */
void sso_logins_done(struct sso_logins *logins);

#endif
