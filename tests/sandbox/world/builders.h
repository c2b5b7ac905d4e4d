/*
 * builders: the documents that derive from the seed, one builder a type.
 *
 * A builder makes {configuration, supplementaryConfiguration?, relationships?, availabilityZone?}
 * from the identity of the resource and its random choices; tags are added for all types alike.
 * The names and nesting are those that AWS Config records for the type.
 */
#ifndef SANDBOX_BUILDERS_H
#define SANDBOX_BUILDERS_H

#include "core/base/clock.h"
#include "tests/sandbox/world/template.h"
#include "tests/sandbox/world/world_doc.h"

typedef cJSON *builder_fn(const struct resource *resource);

#define DECLARE_BUILDER(name, aws_name, share, home_share, builder) builder_fn build_##builder;
RESOURCE_TYPES(DECLARE_BUILDER)
#undef DECLARE_BUILDER
builder_fn build_account_settings, build_log_group;

/* Chances and choices of the resource; what tells them apart within its type. */
#define chance(r, what, per_mille) ref_chance((r)->world, (r)->ref, (what), (per_mille))
#define choice(r, what, below)     ref_random((r)->world, (r)->ref, (what), (below))
#define pick(r, what, array)       ((array)[choice(r, what, sizeof(array) / sizeof((array)[0]))])

/* The same with other odds in production than elsewhere. */
bool chance_by_place(const struct resource *r, unsigned what, unsigned prod_per_mille,
                     unsigned other_per_mille);
/* The id of a random resource of a type in the same cell; NULL when there is none. */
const char *pick_sibling(const struct resource *r, unsigned what, enum resource_type type,
                         char *id);

#endif
