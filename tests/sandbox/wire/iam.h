/*
 * iam: who may sign requests here, and what they may do.
 *
 * Two users of the management account with keys of their own, and roles that they may assume:
 *   oncall  may do everything the console uses, changes included
 *   viewer  may read, and assume the read-only role
 * A small evaluation after IAM's: a service control policy wins, then any statement that allows;
 * otherwise it is denied.
 */
#ifndef SANDBOX_IAM_H
#define SANDBOX_IAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"
#include "tests/sandbox/identity/mfa.h"

#define ACCESS_KEY_ID_SIZE     21
#define SECRET_ACCESS_KEY_SIZE 41

/* Roles the organization puts into every member account, as far as the world lets it. */
#define ROLE_ADMIN "OrganizationAccountAccessRole"
#define ROLE_READ  "WatchdeckReadOnly"
/* A role of the management account, with sessions of up to 12 hours: for role chaining. */
#define ROLE_ONCALL "WatchdeckOnCall"
/* Roles of the management account that want something more of whoever assumes them. */
#define ROLE_MFA          "WatchdeckMfa"
#define ROLE_PARTNER      "WatchdeckPartner"
#define ROLE_WEB_IDENTITY "WatchdeckWebIdentity"
/* Roles of a machine and of a container in the management account. */
#define ROLE_INSTANCE "WatchdeckInstance"
#define ROLE_TASK     "WatchdeckTask"
/* A role of every account that automations may act with. */
#define ROLE_AUTOMATION "WatchdeckAutomation"

struct policy;

/* Whom a role's trust policy lets in. */
enum trust {
    TRUST_MANAGEMENT,   /* the management account */
    TRUST_MFA,          /* the same, with an MFA code */
    TRUST_EXTERNAL_ID,  /* the same, with the role's external id */
    TRUST_WEB_IDENTITY, /* the bearers of tokens of web_identity.h */
    TRUST_SERVICE,      /* nobody who asks STS: the platform hands sessions out itself */
};

struct role {
    const char *name;
    const struct policy *policy;
    int64_t max_session_s;
    bool in_management; /* else in the member accounts */
    enum trust trust;
    const char *external_id; /* with TRUST_EXTERNAL_ID */
};

/* A user, or the session of a role. */
struct principal {
    char name[100]; /* "oncall"; "WatchdeckReadOnly/night-shift" */
    char account_id[13];
    char arn[256];
    char user_id[100]; /* "AIDA..."; "AROA...:night-shift" */
    char access_key_id[ACCESS_KEY_ID_SIZE];
    char secret_access_key[SECRET_ACCESS_KEY_SIZE];
    char *session_token;   /* NULL: a user's long-term key */
    int64_t expires_at_ms; /* of a session, on the clock that auth.h describes */
    int64_t n_calls;       /* that a session has made: iam_count_call */
    const struct policy *policy;
    const char *may; /* for the ready line: what a user may, in words */
    bool powerless;  /* a service control policy denies everything */
};

/*
 * What the portal of single sign-on hands out under the name of a permission set: the role that
 * stands for it in every account, for the accounts whose member_role can be assumed.
 */
struct permission_set {
    const char *name;
    const char *member_role;
    struct role role;
};

struct iam;

/* Key ids follow from the seed; secrets are random, as others on this machine may know seeds. */
struct iam *iam_new(const char *management_account, uint64_t seed);
void iam_free(struct iam *iam);

const char *iam_management_account(const struct iam *iam);
size_t iam_n_users(const struct iam *iam);
const struct principal *iam_user(const struct iam *iam, size_t i);
size_t iam_n_sessions(const struct iam *iam);

/* The owner of an access key id; NULL when nobody has it. */
const struct principal *iam_find(const struct iam *iam, struct sv access_key_id);
const struct role *iam_role(const char *name); /* NULL when there is none of that name */
size_t iam_n_roles(void);
const struct role *iam_role_at(size_t i);
/* The device of a user; NULL for a session, which has none. */
struct mfa_device *iam_mfa(struct iam *iam, const struct principal *principal);

size_t iam_n_permission_sets(void);
const struct permission_set *iam_permission_set(size_t i);

/*
 * A new session of role in account_id. The oldest sessions are forgotten when there are very many.
 * Borrowed from iam.
 */
const struct principal *iam_open_session(struct iam *iam, const struct role *role,
                                         const char *account_id, const char *session_name,
                                         bool powerless, int64_t expires_at_ms);

/* One more call of a session; how many it has made before. -1 for a user's key. */
int64_t iam_count_call(struct iam *iam, const struct principal *principal);
/* Ends a session before its time. */
void iam_end_session(struct iam *iam, const struct principal *principal);

enum decision {
    DECISION_ALLOW,
    DECISION_IMPLICIT_DENY, /* no policy of the caller's allows it */
    DECISION_SCP_DENY,      /* a service control policy denies it explicitly */
};
/* action as "ec2:DescribeRegions", resource an ARN or "*". sts:GetCallerIdentity is never denied.
 */
enum decision iam_decide(const struct principal *principal, const char *action,
                         const char *resource);
/* Appends a refusal in AWS's words; resource NULL: the service names none. */
void iam_explain(struct buf *text, const struct principal *principal, enum decision decision,
                 const char *action, const char *resource);
/* Fills *session with one that a service opens for itself in account_id: it has no keys. */
void iam_service_session(const struct role *role, const char *account_id, const char *session_name,
                         struct principal *session);

#endif
