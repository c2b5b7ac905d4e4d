/*
 * sg_evaluate: the policy for security groups over rules that somebody has saved, for pipelines
 * that judge a change before it is made.
 */
#ifndef CORE_GOV_SG_EVALUATE_H
#define CORE_GOV_SG_EVALUATE_H

#include "core/gov/security_group/sg_policy.h"

/*
 * Judges a reply of EC2 DescribeSecurityGroupRules, {"SecurityGroupRules":[...]}, of one or more
 * groups; rules of one group are judged together. Appends
 * {"violations":[{"security_group_rule_id","group_id","type","severity","ports"}]} in the order of
 * the rules, one a rule at most, INFO included. What a rule does not say is not judged: whether its
 * group is the default one, and what a prefix list holds. *worst is the gravest severity.
 *
 * where names the text in errors: ERR_PARSE when it is no JSON; ERR_USAGE when it is no such reply,
 * or for the first rule that is none, with its place in the list. Pure.
 */
enum err_code sg_evaluate(const struct sg_policy *policy, struct sv text, const char *where,
                          struct buf *out, enum severity *worst, struct err *err);

#endif
