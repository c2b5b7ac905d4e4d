/*
 * identity: as whom a call is made. The account of the base credentials is entered with these,
 * every other one by AssumeRole into the member role, or as the profile that it was given. RUN_NET
 * alone, but where said otherwise.
 */
#ifndef CORE_AWS_IDENTITY_H
#define CORE_AWS_IDENTITY_H

#include "core/aws/cred/credentials.h"
#include "core/base/map.h"

#define SESSION_NAME_SIZE 65

struct call;
struct aws_client;
struct err;

/* All identities of a client. */
struct identities {
    struct map by_account;                /* "" to the base identity; account id to the others */
    char home_account[13];                /* of the base credentials; "" until it is known */
    char partition[16];                   /* "aws" */
    char session_name[SESSION_NAME_SIZE]; /* the name of the principal; "" until it is known */
    bool is_asking_home;
};

/* Knows nobody yet: the base credentials are acquired when the first call wants them. */
void identities_init(struct aws_client *client);
/* After run_stop. */
void identities_done(struct aws_client *client);

/*
 * Finds credentials for call's account. Ends in call_authorised or call_fail, now or when the
 * chain (cred/acquire.h), GetCallerIdentity and AssumeRole have answered; one request serves all
 * who wait. Credentials are renewed before they lapse (cred/refresh.h); what was refused is not
 * asked for again for a while.
 */
void identity_provide(struct call *call);

/* The account is entered by a profile of the shared config from now on. */
void identity_use_profile(struct aws_client *client, const char *account_id, const char *profile);

/* AWS said that the credentials of call have lapsed or are unknown: they are not used again. */
void identity_reject(struct call *call, const struct err *err);

/* What has failed is tried again at the next call, not only after a while. */
void identities_forget_failures(struct aws_client *client);

/*
 * The name of a principal for RoleSessionName: the user's, or the session's of an assumed role,
 * cut to what STS takes ([A-Za-z0-9_+=,.@-], 2 to 64). arn is GetCallerIdentity's.
 */
void identity_session_name(struct sv arn, char name[SESSION_NAME_SIZE]);

#endif
