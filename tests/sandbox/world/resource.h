/*
 * resource: what a resource is called, and which one an id stands for.
 */
#ifndef SANDBOX_RESOURCE_H
#define SANDBOX_RESOURCE_H

#include "tests/sandbox/world/world_model.h"

/* The identity of one resource. */
struct resource {
    struct world *world;
    struct ref ref;
    const struct account *account;
    const char *region;
    int64_t created_ms;
    char id[256];   /* AWS Config's resourceId */
    char name[128]; /* AWS Config's resourceName, "" when the type has none */
    char arn[320];
};

/* Fills *resource; the ref must be one that resource_find or a count gave. */
void resource_describe(struct world *world, struct ref ref, struct resource *resource);
/* The id alone; text holds RESOURCE_ID_SIZE. Also for rules and prefix lists. */
#define RESOURCE_ID_SIZE 256
void resource_id(struct world *world, struct ref ref, char *text);
/* The resource of that type and id in that cell, deleted or not; false when there never was. */
bool resource_find(struct world *world, uint32_t cell, enum resource_type type, const char *id,
                   struct ref *ref);
/* What an id of the form that the type has stands for, whether it exists or not. */
bool resource_parse_id(const struct world *world, enum resource_type type, const char *id,
                       struct ref *ref);
/* Another resource of the same cell, as its document refers to it. */
struct ref resource_sibling(const struct resource *resource, enum resource_type type,
                            uint64_t index);

/* All that there ever was of a type in a cell: 0 .. n-1 are valid indexes. */
uint64_t resource_count(struct world *world, uint32_t cell, enum resource_type type);

#endif
