/*
 * sso_cache: the token of a login in ~/.aws/sso/cache, shared with the AWS CLI and the SDKs.
 *
 * The file is called after the SHA-1 of the session's name, or of the start URL in the older form,
 * so that one login serves all profiles of a session.
 */
#ifndef CORE_AWS_SSO_CACHE_H
#define CORE_AWS_SSO_CACHE_H

#include "core/aws/sso/sso_config.h"

#define SSO_PATH_SIZE      512
#define SSO_CLIENT_ID_SIZE 256

/* Zero-initialised is none. Times are wall clock. */
struct sso_token {
    struct secret *access;
    int64_t expires_at_ms;
    struct secret *refresh; /* NULL: there is none */
    /* The client that it was given to; "" when that is not known. */
    char client_id[SSO_CLIENT_ID_SIZE];
    struct secret *client_secret;
    int64_t registration_expires_at_ms;
};
/* Wipes what it holds. */
void sso_token_done(struct sso_token *token);

/* Where the token of sso is; ERR_IO without HOME. path holds SSO_PATH_SIZE. */
enum err_code sso_cache_path(const struct sso_config *sso, char *path, struct err *err);

/*
 * Reads it, as any SDK may have written it (expiresAt with "Z" or "UTC"). ERR_NOT_FOUND when there
 * is none that is of use: no file, one that is damaged or torn, or of another start URL, region or
 * set of scopes; a login replaces it. A token may have expired: that is the caller's to judge.
 * RUN_WORKER.
 */
enum err_code sso_cache_read(const struct sso_config *sso, struct sso_token *token,
                             struct err *err);

/* Replaces it, atomically and for good (0600, its folder 0700). ERR_IO and its like. RUN_WORKER. */
enum err_code sso_cache_write(const struct sso_config *sso, const struct sso_token *token,
                              struct err *err);

/*
 * The lock beside the file, which one process has at a time, as long as the descriptor is open (a
 * dead one has none). -1 when another has it or none can be made; in the latter case *err says so,
 * else it is OK. Never waits. RUN_WORKER.
 */
int sso_cache_try_lock(const struct sso_config *sso, struct err *err);

#endif
