/*
 * estate: the accounts and regions that there are to look at: the organization's, when the
 * credentials may list it, else the one account at hand.
 *
 * Lives on RUN_WORKER; readers elsewhere get immutable, ref-counted snapshots.
 */
#ifndef CORE_GOV_ESTATE_H
#define CORE_GOV_ESTATE_H

#include "core/aws/client.h"
#include "core/gov/coverage.h"

struct account {
    char id[AWS_ACCOUNT_SIZE];
    char *name; /* raw, as Organizations gives it */
    char *email;
    char *state;   /* ACTIVE, SUSPENDED, PENDING_CLOSURE, ... (State; Status is retired) */
    char *ou_path; /* "Root/Workloads/Prod" */
    char *ou_id;
    bool production; /* by the settings' patterns */
    bool management;
    bool reachable_known, reachable; /* whether the member role could be entered */
};

struct ou {
    char *id, *name, *path;
    int depth; /* 0: the root */
};

/* Immutable. */
struct estate {
    VEC(struct account) accounts; /* in OU order, then by name */
    VEC(struct ou) ous;           /* parents before children */
    VEC(char *) regions;
    char organization_id[64]; /* "" without an organization */
    char management_id[AWS_ACCOUNT_SIZE];
    char caller_arn[256]; /* of the base credentials */
    char caller_account[AWS_ACCOUNT_SIZE];
    struct coverage coverage;
};

struct estate *estate_ref(struct estate *estate);
void estate_unref(struct estate *estate);
const struct account *estate_account(const struct estate *estate, struct sv account_id);

#endif
