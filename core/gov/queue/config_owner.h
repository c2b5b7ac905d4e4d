/*
 * config_owner: whose the resources are that rules of AWS Config find wrong, by the tags that it
 * has recorded of them.
 */
#ifndef CORE_GOV_CONFIG_OWNER_H
#define CORE_GOV_CONFIG_OWNER_H

#include "core/base/map.h"
#include "core/base/vec.h"
#include "core/gov/load/load.h"

/* What the tags of a resource say; NULL: nothing. Lives as long as the load. */
struct config_owner {
    const char *id;
    const char *owner, *maker; /* as core/gov/estate/owner.h has them */
    const char *whose;         /* why they are not known, as struct item has it */
};

typedef void config_owners_fn(struct load *load, void *arg);

/* Of one account x region. Zero-initialised is ready. On RUN_WORKER. */
struct config_owners {
    struct map by_resource;            /* struct config_owner by "type id" */
    VEC(struct config_owner *) wanted; /* each once, as they were named */
    size_t n_reading;
    struct aws_target target;
    config_owners_fn *done;
    void *arg;
};

/* Names a resource; again is allowed. */
void config_owners_want(struct config_owners *owners, struct load *load, struct sv type,
                        struct sv id);
/*
 * Asks for the tags of what was named, many in one query (config SelectResourceConfig), and calls
 * done once when that has ended: at once when nothing was named. A refusal is a remark of the load:
 * the owners are not known then. What is named behind some 2,000 others is not asked for, and has a
 * remark too. What AWS Config has not recorded has no tags there, and is not readable.
 */
void config_owners_read(struct config_owners *owners, struct load *load,
                        const struct aws_target *target, config_owners_fn *done, void *arg);
/* That of a resource that was named. */
const struct config_owner *config_owners_find(const struct config_owners *owners, struct sv type,
                                              struct sv id);
void config_owners_done(struct config_owners *owners); /* for load_at_free */

#endif
