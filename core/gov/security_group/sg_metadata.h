/*
 * sg_metadata: what a security-group rule says beside its traffic: its description and its tags.
 * A baseline may approve these too; where they differ, nobody is let in who was not before.
 */
#ifndef CORE_GOV_SG_METADATA_H
#define CORE_GOV_SG_METADATA_H

#include "core/gov/security_group/sg_policy.h"

/*
 * The Description and the Tags of a rule as DescribeSecurityGroupRules gives it, in either form
 * (sg_policy.h); tags as "Environment=dev, Owner=shop" by key, without those that AWS sets itself
 * (aws:...). The caller's; NULL for what json does not say, as a hand-written rule may. AWS leaves
 * out what is empty: of its replies NULL is "". Pure.
 */
char *sg_metadata_description(const cJSON *json);
char *sg_metadata_tags(const cJSON *json);

/* Whether two rules let the same through, by the same words: protocol, ports, direction, source.
 * Pure. */
bool sg_metadata_same_traffic(const struct sg_rule *a, const struct sg_rule *b);

/* Whether actual is described or tagged otherwise than approved says; appends how: "description
 * \"ssh\", approved \"office\"". What either does not say is no difference. Pure. */
bool sg_metadata_differs(const struct sg_rule *actual, const struct sg_rule *approved,
                         struct buf *how);

#endif
