/*
 * resource: rows of the screen `resources`, whichever way they are read.
 */
#ifndef CORE_GOV_RESOURCE_H
#define CORE_GOV_RESOURCE_H

#include "core/gov/load/load.h"

/* Raw, borrowed while the row is added; what is not known is SV_NONE: so is the compliance of what
 * no rule has judged. */
struct resource {
    struct aws_target target;
    struct sv type, id, name, tags, compliance;
};
void resource_add(struct load *load, const struct resource *resource);
/* All of target are about to be added anew. */
void resources_take_back(struct load *load, const struct aws_target *target);

/*
 * Asks the account itself: config GetDiscoveredResourceCounts for the types that there are,
 * DescribeComplianceByResource, then ListDiscoveredResources of each type. A region where nothing
 * records is a gap. A load_target_fn; arg is not used. On RUN_WORKER.
 */
void resources_read_direct(struct load *load, const struct account *account,
                           const struct aws_target *target, void *arg);

/*
 * Asks the first aggregator of the home region by SelectAggregateResourceConfig; sources that it
 * does not have, or everything when there is none or it may not be used, are asked directly.
 * Sources that are outdated or failed are gaps. On RUN_WORKER.
 */
void resources_read(struct load *load);

#endif
