/*
 * sg_change: closing a security-group rule, and opening it again: the change kinds `sg-revoke` and
 * `sg-authorize`.
 */
#ifndef CORE_GOV_SG_CHANGE_H
#define CORE_GOV_SG_CHANGE_H

#include "core/gov/gov.h"

/*
 * sg-revoke: ec2 RevokeSecurityGroupIngress or -Egress by rule id. Its inverse authorizes the same
 * rule with its description and tags; AWS gives it a new id. Done when DescribeSecurityGroupRules
 * does not know the id any more.
 */
extern const struct change_kind change_sg_revoke;
/*
 * sg-authorize, the undo: ec2 AuthorizeSecurityGroupIngress or -Egress. Done when the group has an
 * equivalent rule, whoever made it; so it never opens what is open already. Its inverse revokes the
 * new id.
 */
extern const struct change_kind change_sg_authorize;

/*
 * Plans the revocation of one rule of a group: reads the rule, the group, and what uses it, afresh.
 * done fires once on RUN_UI, not at all once scope is closed, with a sealed plan that is the
 * callee's, or NULL and why: ERR_STALE when the rule is gone or breaks no policy any more,
 * ERR_UNSUPPORTED for egress of a group that is no default one. On RUN_UI.
 */
void sg_plan_revoke(struct gov *gov, struct scope *scope, const struct aws_target *target,
                    const char *group_id, const char *rule_id,
                    void (*done)(void *arg, struct change_plan *take_plan, const struct err *err),
                    void *arg);

/*
 * The bare plan, the caller's: calls, inverse and state, made from rule as
 * DescribeSecurityGroupRules gives it (the EC2 protocol's tree). Target, texts and lines are the
 * caller's to add, then it seals it.
 */
struct change_plan *sg_revoke_plan_new(const cJSON *rule);
/* The same for the opening of a rule that is not there. */
struct change_plan *sg_authorize_plan_new(const cJSON *rule);
/* Whether a plan of either kind is about what a group lets out. */
bool sg_change_is_egress(const struct change_plan *plan);

#endif
