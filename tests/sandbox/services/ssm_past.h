/* ssm_past: what happened on nodes before the sandbox began, some of it on some of their days, as
 * it derives from the seed. */
#ifndef SANDBOX_SSM_PAST_H
#define SANDBOX_SSM_PAST_H

#include "core/base/vec.h"
#include "tests/sandbox/world/world_model.h"

/* Each choice about a day has a stream of its own, so many behind the first as there are days. */
struct past_kind {
    unsigned happens, time; /* the streams of whether, and of when */
    unsigned per_mille;     /* of a node's days have one */
};

/* One of them, by what it derives from. */
struct past {
    struct ref node;
    unsigned day; /* before the start */
    int64_t at_ms;
};

typedef VEC(struct past) pasts;

/* Those of a cell in the 30 days before the start (as long as AWS keeps them), the newest first.
 * Free with vec_free. */
void pasts_find(struct world *world, uint32_t cell, const struct past_kind *kind, pasts *found);
/* A number below `below`, from the stream `what` of its day. */
uint64_t past_choice(struct world *world, const struct past *past, unsigned what, uint64_t below);

#endif
