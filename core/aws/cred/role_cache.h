/*
 * role_cache: credentials that roles have given, in ~/.aws/cli/cache, shared with the AWS CLI: what
 * one has assumed the other finds, under the name that botocore makes of the request.
 *
 * Files are written whole or not at all (0600, never through a link); one that is damaged, of
 * somebody else, or of nobody's use is as good as absent and replaced. RUN_WORKER.
 */
#ifndef CORE_AWS_ROLE_CACHE_H
#define CORE_AWS_ROLE_CACHE_H

#include "core/aws/cred/chain.h"
#include "core/base/digest.h"

/* The key of AssumeRole (or, for a base of its own, AssumeRoleWithWebIdentity: no mfa_serial and no
 * external_id): SHA-1 of the arguments as Python's json.dumps(sort_keys=True) prints them, without
 * a session name that was made up. */
void role_cache_key(const struct chain_role *role, char key[SHA1_HEX_SIZE]);

/* An entry that needs no renewal yet (refresh.h; its time began when the file was written), with a
 * reference of the caller's; NULL when there is none. */
struct credentials *role_cache_read(const char *key);

/* Replaces it. Without HOME, or where nothing can be written, it is not kept, which *err says. */
enum err_code role_cache_write(const char *key, const struct credentials *credentials,
                               struct err *err);

/* The lock beside it, as long as the descriptor is open: one process has it at a time, and one that
 * has died has none. -1: another has it (*is_busy), or there can be none. Never waits. */
int role_cache_try_lock(const char *key, bool *is_busy);

#endif
