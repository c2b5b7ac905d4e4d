/*
 * estate: the accounts and regions that there are to look at: the organization's, when the
 * credentials may list it, else the one account at hand.
 *
 * Lives on RUN_WORKER; readers elsewhere get immutable, ref-counted snapshots.
 */
#ifndef CORE_GOV_ESTATE_H
#define CORE_GOV_ESTATE_H

#include <stdatomic.h>

#include "core/aws/client.h"
#include "core/base/map.h"
#include "core/gov/coverage.h"

struct account {
    char id[AWS_ACCOUNT_SIZE];
    char *name; /* raw, as Organizations gives it */
    char *email;
    char *state;   /* ACTIVE, SUSPENDED, PENDING_CLOSURE, ... (State; Status is retired) */
    char *ou_path; /* "Root/Workloads/Prod" */
    char *ou_id;
    bool production; /* by the settings' patterns; its tags are read when a change is planned */
    bool management;
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
    struct map index;         /* of accounts, by id */
    size_t n_locked;          /* accounts where nothing is changed before :elevate */
    struct coverage coverage; /* its gaps: what of the organization could not be listed */
    atomic_uint refs;
};

struct gov;

/*
 * Reads who is calling (GetCallerIdentity), the regions (DescribeRegions, or the settings') and the
 * organization: ListRoots, ListOrganizationalUnitsForParent and ListAccountsForParent, breadth
 * first and one request at a time, for Organizations throttles harder than anything else. Without
 * an organization, or without the right to list it, the estate is the caller's account. done fires
 * once on RUN_WORKER: with the caller's reference, or with NULL and why nobody is known; never once
 * gov is closing.
 */
void estate_walk(struct gov *gov,
                 void (*done)(struct gov *gov, struct estate *take_estate, const struct err *err));

/* One more owner; NULL gives NULL. Any runner. */
struct estate *estate_ref(struct estate *estate);
/* The last owner frees it; NULL is allowed. Any runner. */
void estate_unref(struct estate *estate);
/* Borrowed as long as the estate is held; NULL when there is no such account. */
const struct account *estate_account(const struct estate *estate, struct sv account_id);
/* Only such accounts are asked anything. */
bool account_is_active(const struct account *account);
/* Whether patterns (see settings.h) match its id, its name or its OU path, with or without the
 * root's name before it: "payments", "1111*", "Workloads/Prod" all may. */
bool account_matches(const struct account *account, struct sv patterns);
struct settings;
/* Whether the settings keep it from changes until :elevate, by read_only or as production. */
bool account_is_locked(const struct account *account, const struct settings *settings);
/* Orders "a/b" paths as a tree is walked: parents first, siblings by name. */
int ou_path_compare(const char *a, const char *b);

#endif
