/*
 * parameter_item: settings that are not as approved, as items that wait for a decision.
 */
#ifndef CORE_GOV_PARAMETER_ITEM_H
#define CORE_GOV_PARAMETER_ITEM_H

#include "core/gov/queue/item.h"

/*
 * resource is the present parameter's full name (that of the tree, when the application as a whole
 * cannot be compared), subject the kind of difference, value which version of what it should
 * become.
 */
extern const struct item_source item_source_parameter;

#endif
