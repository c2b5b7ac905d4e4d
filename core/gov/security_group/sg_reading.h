/*
 * sg_reading: what is read of a security-group rule before anybody decides on it, for whoever plans
 * something about it, within an inquiry of his own. All of it on RUN_WORKER.
 */
#ifndef CORE_GOV_SG_READING_H
#define CORE_GOV_SG_READING_H

#include "core/gov/load/inquiry.h"

/* Which rule. The first member of the inquiry's arg. */
struct sg_reading {
    struct aws_target target;
    char group_id[32], rule_id[32];
    /* The key of an item: the rule is to go for it is not in the baseline; "": it breaks policy. */
    char key[65];
    /* The range that it is to let in from then on, as somebody has typed it; "": it is to go. */
    char narrow_to[64];
};

/* Reads a group, its rules (then, which may be NULL, fires when these are there), the interfaces
 * and instances that use it. Within begin, or the `then` of a read. */
void sg_read_group(struct inquiry *inquiry, const struct aws_target *target, const char *group_id,
                   void (*then)(struct inquiry *inquiry, void *arg));

/* Reads the group's rules, the group, what uses it, the account's tags; reading is the inquiry's
 * arg. Within begin, or the `then` of a read. */
void sg_reading_begin(struct inquiry *inquiry, void *reading);
/* The sealed plan to revoke the rule, or to narrow it, the caller's; NULL and why, as
 * sg_plan_revoke says. Within end. */
struct change_plan *sg_reading_plan(struct inquiry *inquiry, const struct sg_reading *reading,
                                    struct err *err);

#endif
