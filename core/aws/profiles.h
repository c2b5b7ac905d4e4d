/*
 * profiles: the profiles of the shared config as accounts, for those who have no organization:
 * whose credentials they are, and calls to an account as one of them.
 */
#ifndef CORE_AWS_PROFILES_H
#define CORE_AWS_PROFILES_H

#include "core/aws/client.h"

#define AWS_PROFILE_SIZE 128

/* A profile and whose credentials it has; err.code != OK: why AWS did not say. */
struct aws_profile {
    char name[AWS_PROFILE_SIZE];
    char account_id[AWS_ACCOUNT_SIZE];
    char arn[256];
    struct err err;
};

/*
 * Asks as each profile that has credentials of its own, but the client's, who that is
 * (GetCallerIdentity). Nobody is asked for a code or a login: a profile that wants one has an
 * error. found fires on RUN_WORKER for each, in the order of the files, then done, once; neither
 * once scope is closed (then drop, when not NULL, is called instead of done). At most 8 are asked
 * for at a time. On RUN_WORKER.
 */
void client_find_profiles(struct aws_client *client, struct scope *scope,
                          void (*found)(void *arg, const struct aws_profile *profile),
                          void (*done)(void *arg), void (*drop)(void *arg), void *arg);

/* Gives up what is being asked. After run_stop. */
void profiles_done(struct aws_client *client);

/* From now on the account is entered by the profile, not by a role in it. Any runner. */
void client_use_profile(struct aws_client *client, const char *account_id, const char *profile);

#endif
