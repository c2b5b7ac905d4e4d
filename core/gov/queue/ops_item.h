/*
 * ops_item: OpsItems of severity 1 and 2 that nobody has resolved: items of the kind "opsitem".
 */
#ifndef CORE_GOV_OPS_ITEM_H
#define CORE_GOV_OPS_ITEM_H

#include "core/gov/queue/item.h"

/*
 * resource is the OpsItem's id. One whose dedup string is the key of an item is that item's
 * proposal; one that a console has made of what it found is none by itself (shared_record.h).
 * Source: DescribeOpsItems; severity 1 is CRITICAL, 2 HIGH, and what its creator has not rated is
 * not here.
 */
extern const struct item_source item_source_ops_items;

#endif
