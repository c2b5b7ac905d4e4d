/*
 * sg_plan_internal: what finding out about a rule, checking a narrower source for it, and writing
 * the plan share.
 */
#ifndef CORE_GOV_SG_PLAN_INTERNAL_H
#define CORE_GOV_SG_PLAN_INTERNAL_H

#include "core/gov/load/inquiry.h"
#include "core/gov/security_group/sg_policy.h"

/* What a plan is made of, while it is made. */
struct sg_planning {
    struct gov *gov;
    struct inquiry *inquiry;
    struct aws_target target;
    char group_id[32], rule_id[32];
    const char *key;           /* see struct sg_reading */
    const char *narrow_to;     /* the same */
    struct cidr source;        /* what narrow_to says, */
    struct sg_violation left;  /* and what the rule would break then still */
    VEC(struct sg_rule) rules; /* of the group */
    const cJSON *json;         /* the rule, as AWS gives it */
    size_t at;                 /* where it stands in rules */
    VEC(struct cidrs *) lists; /* the entries of the rules' prefix lists */
    struct sg_violation violation;
    struct change_plan *plan;
    struct err err;
};

/* Whether the rule can let in what planning->narrow_to says instead, and what of it would still
 * break policy: fills source and left. The error says what to type. */
enum err_code sg_plan_narrow(struct sg_planning *planning);

/* Fills title, why, lines, evidence and item of planning->plan. */
void sg_plan_say(struct sg_planning *planning);

#endif
