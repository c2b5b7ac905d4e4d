/*
 * ops_item: the OpsItems of OpsCenter, by cell. Some are there to begin with; all are stored.
 */
#ifndef SANDBOX_OPS_ITEM_H
#define SANDBOX_OPS_ITEM_H

#include "tests/sandbox/world/world_model.h"

struct ops_item {
    cJSON *doc;  /* as GetOpsItem shows it, in the API's member names */
    cJSON *tags; /* {key: value} */
};

struct ops_store {
    uint32_t cell;
    uint64_t n_made;            /* so far, for their ids */
    VEC(struct ops_item) items; /* the oldest first */
};

/* Never NULL. */
struct ops_store *ops_store(struct world *world, uint32_t cell);
void ops_stores_free(struct world *world);

/* NULL when there is none of that id. */
struct ops_item *ops_item_find(const struct ops_store *store, const char *id);
/* Adds one, with an id and an ARN of its own: doc has the other members. */
struct ops_item *ops_item_add(struct world *world, struct ops_store *store, cJSON *take_doc);
/* The item that is not resolved and has that deduplication string; NULL when there is none. */
struct ops_item *ops_item_duplicate(const struct ops_store *store, struct sv dedup);
/* The dedupString in the Value of /aws/dedup, the caller's; NULL when there is none. */
char *ops_item_dedup(const cJSON *operational_data);

#endif
