/*
 * preferences_item: session preferences that are not as approved, as items that wait for a
 * decision: one for each account and region, for its shells have one document.
 */
#ifndef CORE_GOV_PREFERENCES_ITEM_H
#define CORE_GOV_PREFERENCES_ITEM_H

#include "core/gov/queue/item.h"

#define PREFERENCES_DRIFT   "preferences_drift"
#define PREFERENCES_MISSING "preferences_missing" /* no document: AWS's defaults hold */
#define PREFERENCES_UNKNOWN "preferences_unknown"

struct preferences;

/* resource is the document, subject the type, value the hash of what is approved. Where nothing is
 * approved nothing is read. */
extern const struct item_source item_source_preferences;

/* The key of such an item; approved: all that is approved there. Pure. */
void preferences_item_key(const struct aws_target *target, const char *type,
                          const struct preferences *approved, char key[SHA256_HEX_SIZE]);

#endif
