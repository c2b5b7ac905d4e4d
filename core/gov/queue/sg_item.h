/*
 * sg_item: rules of security groups that wait for a decision: those that break policy (kind
 * "sg-policy"), and those by which a group differs from its baseline ("sg-baseline").
 */
#ifndef CORE_GOV_SG_ITEM_H
#define CORE_GOV_SG_ITEM_H

#include "core/gov/queue/item.h"

/*
 * resource is the group's id, subject the rule's, which a missing rule has none of; value is the
 * rule as people read it. A rule that is not in the baseline and breaks policy is one item, of the
 * policy, and its note says so.
 */
extern const struct item_source item_source_sg;
/* The same for the list of drift, with who has changed the groups last. */
extern const struct item_source item_source_sg_drift;

#endif
