/*
 * world_doc: what a resource looks like, now and before.
 *
 * A document is a JSON object:
 *     configuration              as AWS Config records it (its `configuration`, not yet a string)
 *     supplementaryConfiguration {name: value}, or absent
 *     relationships              [{resourceType, resourceId, relationshipName}], or absent
 *     availabilityZone           or absent
 *     tags                       {key: value}
 *     rules, nextRule            of a security group; see security_group.h
 * Its versions are what derives from the seed (version 0, for some resources also 1) and then what
 * doc_change stored. A version without a document means that the resource was deleted.
 */
#ifndef SANDBOX_WORLD_DOC_H
#define SANDBOX_WORLD_DOC_H

#include "tests/sandbox/world/resource.h"

/* The tags that derive from the seed, the caller's: those of a resource that was never changed. */
cJSON *doc_derived_tags(const struct resource *r);
/* The document as it is now, the caller's; NULL when it is deleted. */
cJSON *doc_live(struct world *world, struct ref ref);
bool doc_exists(struct world *world, struct ref ref);

/*
 * Version 0, 1, ... of the document: false behind the last. *doc (may be NULL) becomes the
 * caller's, NULL for a deletion; *at_ms is when it came into being.
 */
bool doc_version(struct world *world, struct ref ref, size_t version, cJSON **doc, int64_t *at_ms);
/* The number of the version that AWS Config had recorded by at_ms; -1 when none. */
int doc_recorded_version(struct world *world, struct ref ref, int64_t at_ms);
/*
 * When AWS Config captured a version that came into being at at_ms: a moment later, or when the
 * recorder was started.
 */
int64_t doc_captured_ms(const struct world *world, struct ref ref, int64_t at_ms);
bool doc_is_changed(struct world *world, struct ref ref);

/* Stores a new version as of now; NULL deletes. */
void doc_change(struct world *world, struct ref ref, cJSON *take_doc);
/* Adds a resource that does not derive from the seed. */
struct ref doc_add(struct world *world, uint32_t cell, enum resource_type type, const char *id,
                   cJSON *take_doc);
void doc_free_changes(struct world *world);

/* Of the resources that doc_add made: their number, one by id, the id of one (NULL: derived). */
uint64_t doc_n_added(const struct world *world, uint32_t cell, enum resource_type type);
bool doc_find_added(const struct world *world, uint32_t cell, enum resource_type type,
                    const char *id, struct ref *ref);
const char *doc_added_id(const struct world *world, struct ref ref);

#endif
