/*
 * shared_record: what was decided on an item, kept where every console can read it: in the OpsItem
 * of its account and region whose dedup string is the item's key. The trail and the journal of this
 * machine are what it knows by itself; of the two the newer counts.
 *
 * Operational data, all of it SearchableString, so that DescribeOpsItems tells it:
 *   watchdeck            {type, by, at}: that the OpsItem is ours
 *   watchdeck-decision   {state, by, reason, at}
 *   watchdeck-exception  {owner, reason, by, at, until}: over when until is not after at
 * AWS keeps the keys that an update does not name, so that two who write different ones do not get
 * in each other's way. Whoever may update OpsItems may decide this way: that right is the guard.
 *
 * All of it on RUN_WORKER.
 */
#ifndef CORE_GOV_SHARED_RECORD_H
#define CORE_GOV_SHARED_RECORD_H

#include "core/base/digest.h"
#include "core/gov/load/load.h"

#define SHARED_RECORD "shared_record" /* the setting */

/* One thing that was said of an item; texts raw. */
struct shared_part {
    char state[12]; /* of a decision: PROPOSED, WITHDRAWN, REJECTED, APPROVED, DONE */
    char by[128];   /* a person, as automation_person has it */
    char owner[128], reason[256];
    int64_t at_ms;    /* 0: nothing was said */
    int64_t until_ms; /* of an exception */
};

/* What the OpsItem of an item says. */
struct shared_record {
    struct aws_target target;
    char ops_item_id[40];
    struct shared_part decision, exception;
    unsigned reading; /* in which it was seen last */
};

/* The decision that the end of a change is about its item, by the names of the trail: a constant;
 * NULL for what says nothing of it. Pure. */
const char *shared_decision_of(struct sv kind, bool is_undo, struct sv end);

/* NULL when nothing is known of it. */
const struct shared_record *shared_record_find(const struct gov *gov, const char *key);
/* The part of it that is an exception, else a decision; NULL when nothing is known of the item. */
const struct shared_part *shared_part_find(const struct gov *gov, const char *key,
                                           bool is_exception);
void shared_records_done(struct gov *gov);

/* --- reading --------------------------------------------------------------------------------- */

/* Keeps what a summary of DescribeOpsItems says; false when it is not one of ours. */
bool shared_record_take(struct gov *gov, const struct aws_target *target, const cJSON *summary);
/* Around the reading of one account and region: what it did not show any more is forgotten. */
unsigned shared_records_begin(struct gov *gov);
void shared_records_end(struct gov *gov, const struct aws_target *target, unsigned reading);
/* Whether a reading after that one has shown all of target. */
bool shared_records_read_since(const struct gov *gov, const struct aws_target *target,
                               unsigned reading);
/*
 * Reads them of target, then calls then(load, account, target, arg), also when they could not be
 * read, which is a gap; at once when they are not shared.
 */
void shared_records_read(struct load *load, const struct account *account,
                         const struct aws_target *target, load_target_fn *then, void *arg);

/* --- writing: what the gate tells; arg is the gov -------------------------------------------- */

/* Of a plan that is about an item: its state has `item`, or `of_item`, and its item_key is the
 * item's. */
void shared_record_ended(void *arg, const struct change_plan *plan, enum change_state end,
                         const char *reason);
void shared_record_excepted(void *arg, const struct change_exception *exception);
/* What this machine alone knows of an item that a list has shown; texts raw, borrowed. */
struct shared_retry {
    const struct aws_target *target;
    const char *key, *title, *severity;
    bool is_exception; /* else a decision */
    const struct shared_part *part;
};
/*
 * Tries once more to tell others of it, after the reading of its account and region that began with
 * since: when that has shown all OpsItems there, and nothing newer. Not while it is on its way, and
 * once in ten minutes at most. The door and the consent are those of the first time.
 */
void shared_record_retry(struct gov *gov, unsigned since, const struct shared_retry *retry);
/* change_exception_fn. */
bool shared_record_exception(void *arg, const char *item_key, struct change_exception *exception);

#endif
