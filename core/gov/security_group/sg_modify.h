/*
 * sg_modify: letting less in through a rule that stays: the change kind `sg-modify`.
 */
#ifndef CORE_GOV_SG_MODIFY_H
#define CORE_GOV_SG_MODIFY_H

#include "core/gov/gov.h"

/*
 * ec2 ModifySecurityGroupRules with another source of the same type, for AWS keeps the type of a
 * rule (EC2 API, SecurityGroupRuleRequest). The whole of the rule is sent, as AWS clears what is
 * left out, the description among it; the id and the tags stay. Its inverse is the same call with
 * what was. Done when DescribeSecurityGroupRules shows the id with the new source; a rule that is
 * gone, or of which anything else differs, is another one.
 */
extern const struct change_kind change_sg_modify;

/*
 * The bare plan: call, inverse and state, made from rule as DescribeSecurityGroupRules gives it
 * (the EC2 protocol's tree), whose source is an address range, and source: the canonical text of
 * another range of its family. Target, texts and lines are the caller's to add, then it seals it.
 */
struct change_plan *sg_modify_plan_new(const cJSON *rule, const char *source);

/* Whether a plan of this kind lets in more than there was. Pure. */
bool sg_modify_widens(const struct change_plan *plan);

#endif
