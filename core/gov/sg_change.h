/*
 * sg_change: closing a security-group rule, and opening it again: the change kinds `sg-revoke` and
 * `sg-authorize`.
 */
#ifndef CORE_GOV_SG_CHANGE_H
#define CORE_GOV_SG_CHANGE_H

#include "core/gov/gov.h"

extern const struct change_kind change_sg_revoke;
extern const struct change_kind change_sg_authorize;

/*
 * Plans the revocation of one rule of a group: reads the rule, the group, and what uses it, afresh.
 * done fires once on RUN_UI, not at all once scope is closed, with a sealed plan that is the
 * callee's, or NULL and why. On RUN_UI.
 */
void sg_plan_revoke(struct gov *gov, struct scope *scope, const struct aws_target *target,
                    const char *group_id, const char *rule_id,
                    void (*done)(void *arg, struct change_plan *take_plan, const struct err *err),
                    void *arg);

#endif
