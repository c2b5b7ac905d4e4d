/*
 * estate: the accounts and regions that there are to look at: the organization's, when the
 * credentials may list it, else those of the shared config's profiles, the one at hand among them.
 *
 * Lives on RUN_WORKER; readers elsewhere get immutable, ref-counted snapshots.
 */
#ifndef CORE_GOV_ESTATE_H
#define CORE_GOV_ESTATE_H

#include <stdatomic.h>

#include "core/aws/client.h"
#include "core/base/map.h"
#include "core/gov/load/coverage.h"

struct account {
    char id[AWS_ACCOUNT_SIZE];
    char *name; /* raw, as Organizations gives it */
    char *email;
    char *state;   /* ACTIVE, SUSPENDED, PENDING_CLOSURE, ... (State; Status is retired) */
    char *ou_path; /* "Root/Workloads/Prod" */
    char *ou_id;
    char *tags;      /* "KEY=VALUE" a line; NULL: not read */
    char *profiles;  /* those that lead there, "NAME (ROLE)" a line; NULL: the organization does */
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
    int64_t tags_at_ms;       /* wall clock, when the tags were asked for; 0: they were not */
    struct err tags_err;      /* why they are not all there */
    atomic_uint refs;
};

struct gov;

/*
 * Reads who is calling (GetCallerIdentity), the regions (DescribeRegions, or the settings') and the
 * organization: ListRoots, ListOrganizationalUnitsForParent and ListAccountsForParent, breadth
 * first and one request at a time, for Organizations throttles harder than anything else. Without
 * an organization, or without the right to list it, the estate is the caller's account, and (unless
 * the settings say no) those that the other profiles of the shared config lead to. done fires
 * once on RUN_WORKER: with the caller's reference, or with NULL and why nobody is known; never once
 * gov is closing.
 */
void estate_walk(struct gov *gov,
                 void (*done)(struct gov *gov, struct estate *take_estate, const struct err *err));

/*
 * Reads the tags of every account (ListTagsForResource, one at a time as Organizations wants it)
 * into a copy of estate. What is denied once is denied for all: then it stops there. done fires
 * once on RUN_WORKER with the caller's reference, its tags_at_ms set; never once gov is closing.
 */
void estate_read_tags(struct gov *gov, const struct estate *estate,
                      void (*done)(struct gov *gov, struct estate *take_estate));

/* One more owner; NULL gives NULL. Any runner. */
struct estate *estate_ref(struct estate *estate);
/* The last owner frees it; NULL is allowed. Any runner. */
void estate_unref(struct estate *estate);
/* Borrowed as long as the estate is held; NULL when there is no such account. */
const struct account *estate_account(const struct estate *estate, struct sv account_id);
/* Appends the ARN of an account's role of that name, in the caller's partition; of aws when nobody
 * knows who calls (estate NULL). */
void estate_add_role_arn(const struct estate *estate, const char *account_id, struct sv name,
                         struct buf *out);
/* Only such accounts are asked anything. */
bool account_is_active(const struct account *account);
/*
 * Whether one of the patterns (see settings.h) matches:
 *
 *     payments, 1111*          its name, its id, its OU's path, or a profile that leads there
 *     ou:Workloads/Prod        its OU, or one above it, with or without the root's name before it
 *     tag:Environment=prod*    a tag; `tag:Owner` alone: that it has one. ASCII case does not
 * matter
 *
 * Without its tags having been read it matches no tag.
 */
bool account_matches(const struct account *account, struct sv patterns);
/* Takes the next name off *rest, which begins as account->profiles; false behind the last. */
bool account_next_profile(struct sv *rest, struct sv *name);
/* Whether that profile leads to the account. */
bool account_has_profile(const struct account *account, struct sv name);
/* Whether one of the patterns is about tags. */
bool patterns_want_tags(struct sv patterns);

/* A copy of the accounts and OUs for one owner, with what is known of them. */
struct estate *estate_copy(const struct estate *estate);
#define ESTATE_TAGS_MAX_AGE_MS ((int64_t)3600 * 1000)
/* Tags of former that are not older than that go over to estate, when former knows all of its
 * accounts. estate is still nobody else's. */
void estate_keep_tags(struct estate *estate, const struct estate *former);
struct settings;
/* Whether the settings keep it from changes until :elevate, by read_only or as production. */
bool account_is_locked(const struct account *account, const struct settings *settings);
/* Orders "a/b" paths as a tree is walked: parents first, siblings by name. */
int ou_path_compare(const char *a, const char *b);

#endif
