/*
 * gov_internal: what gov is made of; for core/gov and its tests.
 */
#ifndef CORE_GOV_GOV_INTERNAL_H
#define CORE_GOV_GOV_INTERNAL_H

#include <pthread.h>

#include "core/aws/client_secret.h"
#include "core/aws/profiles.h"
#include "core/base/vec.h"
#include "core/gov/estate/look.h"
#include "core/gov/estate/saved_scope.h"
#include "core/gov/exception.h"
#include "core/gov/gov.h"
#include "core/gov/preferences/preferences_baseline.h"
#include "core/gov/security_group/sg_baseline.h"
#include "core/gov/settings.h"

/* The one way in which this room reads AWS: client_read, or canned replies in a test. */
typedef void gov_read_fn(struct aws_client *client, struct scope *scope,
                         const struct aws_request *take_request, aws_page_fn *on_page,
                         aws_done_fn *on_done, void (*drop)(void *arg), void *arg);

/* client_read_secret, or that of a test. */
typedef void gov_read_secret_fn(struct aws_client *client, struct scope *scope,
                                const struct aws_request *take_request, aws_secret_fn *on_secret,
                                void (*drop)(void *arg), void *arg);

/* client_find_profiles, or those of a test. */
typedef void gov_find_profiles_fn(struct aws_client *client, struct scope *scope,
                                  void (*found)(void *arg, const struct aws_profile *profile),
                                  void (*done)(void *arg), void (*drop)(void *arg), void *arg);

/* What the last load of a screen could not see, for the screen `gaps`. */
struct gov_seen {
    const struct screen *screen;
    struct coverage coverage;
};

/* Who waits for the estate; told in a task of its scope. */
struct estate_waiter {
    struct scope *scope; /* a reference */
    void (*fn)(void *arg);
    void (*drop)(void *arg);
    void *arg;
};

struct estate_waiters {
    struct estate_waiter *ptr; /* a VEC with a name */
    size_t len, size;
};

/* ":profile": what a person has chosen. */
struct chosen_profile {
    char account_id[AWS_ACCOUNT_SIZE], name[AWS_PROFILE_SIZE];
};

struct gov {
    struct settings settings;
    struct sg_baseline *baseline;
    struct preferences_baseline *preferences_baseline;
    struct exceptions *exceptions;
    bool read_only; /* --read-only: no elevation lifts it */
    struct aws_client *client;
    gov_read_fn *read;
    gov_read_secret_fn *read_secret;
    gov_find_profiles_fn *find_profiles;
    void (*use_profile)(struct aws_client *client, const char *account_id, const char *profile);
    struct gate *gate;
    char state_dir[1024];
    struct scope *scope;

    pthread_mutex_t estate_lock; /* of the pointer alone; what it points to never changes */
    struct estate *estate;
    /* RUN_WORKER: */
    bool estate_walking;
    struct err estate_err; /* why there is none */
    struct estate_waiters estate_waiters, tag_waiters;
    struct estate *tagging; /* whose tags are being read; a reference */
    VEC(struct gov_seen) seen;
    bool keeps_rows, cache_opened;
    struct cache *cache; /* opened when it is first wanted; NULL: there is none */
    struct look look;    /* look.h */
    bool look_is_read, keeps_looks;
    VEC(struct load *) loads; /* those that live */
    VEC(struct chosen_profile) chosen_profiles;

    bool raises_alerts;
    struct map records; /* by item key: struct shared_record; RUN_WORKER */
    unsigned record_reading;
    struct map records_read; /* "ACCOUNT REGION": the reading that has last shown all of them */
    struct map
        records_tried; /* record_write.c: what is on its way, what was tried again and when */
    struct map alerts_refused;   /* "WHAT ACCOUNT REGION": not asked again in this run */
    _Atomic unsigned n_alerting; /* rounds of alerts under way; any runner */

    char scopes_path[1024]; /* never changed once it is made */

    _Atomic int64_t elevated_until_up_ms; /* clock_up_ms; 0: not elevated */
    /* RUN_UI: */
    void (*on_change)(void *arg, const struct change_status *status);
    void *on_change_arg;
    void (*on_settled)(void *arg, size_t n_settled, size_t n_open);
    void *on_settled_arg;
    void (*on_alerted)(void *arg, const struct gov_alerted *alerted);
    void *on_alerted_arg;
    struct saved_scopes scopes;
    struct err scopes_err; /* why the file of them counts for nothing */
};

/* The cache of rows; NULL when there is none. On RUN_WORKER. */
struct cache *gov_cache(struct gov *gov);
/* change_policy_fn: --read-only, then the patterns of the settings, unless they are lifted. */
enum err_code gov_policy(void *arg, const struct change_plan *plan, struct err *err);
/* The same: four eyes. */
enum err_code gov_alone_policy(void *arg, const struct change_plan *plan, struct err *err);
/* change_wait_fn: for what takes more than a key, the time of the settings. */
int64_t gov_alone_wait(void *arg, const struct change_plan *plan);

/*
 * Calls fn(arg) in a task of scope on RUN_WORKER once the estate is known, or known not to be
 * (then gov->estate_err says why, and gov_estate gives the last good one or NULL). refresh: read it
 * anew even when it is known. drop(arg), when not NULL, is called instead once the scope is closed.
 * On RUN_WORKER.
 */
void gov_want_estate(struct gov *gov, bool refresh, struct scope *scope, void (*fn)(void *arg),
                     void (*drop)(void *arg), void *arg);

/* The same once the tags of its accounts have been asked for. There is an estate. On RUN_WORKER. */
void gov_want_tags(struct gov *gov, struct scope *scope, void (*fn)(void *arg),
                   void (*drop)(void *arg), void *arg);

/* Whether the profile is to be used for the account, which the one that it is named by leads to as
 * well: chosen by a person, else by the settings. On RUN_WORKER. */
bool gov_profile_replaces(const struct gov *gov, const struct account *account, const char *name);
/* Appends what of the rows depends on that. On RUN_WORKER. */
void gov_profiles_fingerprint(const struct gov *gov, struct buf *out);
/* The account is called name in the estate from now on. On RUN_WORKER. */
void gov_rename_account(struct gov *gov, const char *account_id, const char *name);

/* After run_stop: lets go of the estate and of those who wait. */
void gov_estate_done(struct gov *gov);

#endif
