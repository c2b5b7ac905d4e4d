/*
 * automation_item: automations that wait at aws:approve: items of the kind "automation".
 */
#ifndef CORE_GOV_AUTOMATION_ITEM_H
#define CORE_GOV_AUTOMATION_ITEM_H

#include "core/gov/queue/item.h"

/*
 * resource and proposal are the execution's id, subject is the step. An execution whose parameter
 * ItemKey is the key of an item is that item's proposal. It is HIGH, for somebody has made it wait,
 * unless its parameter Severity says otherwise. What is left is the step's timeout, 7 days when it
 * names none. Source: DescribeAutomationExecutions, then GetAutomationExecution of what waits.
 */
extern const struct item_source item_source_automations;

#endif
