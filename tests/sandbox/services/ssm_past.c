#include "tests/sandbox/services/ssm_past.h"

#include <stdlib.h>

#include "core/base/mem.h"
#include "tests/sandbox/world/resource.h"

#define DAYS   30
#define DAY_MS INT64_C(86400000)

uint64_t past_choice(struct world *world, const struct past *past, unsigned what, uint64_t below)
{
    return ref_random(world, past->node, what + past->day, below);
}

static int newest_first(const void *a, const void *b)
{
    const struct past *x = a, *y = b;
    if (x->at_ms != y->at_ms)
        return x->at_ms > y->at_ms ? -1 : 1;
    return x->node.index < y->node.index ? -1 : x->node.index > y->node.index;
}

void pasts_find(struct world *world, uint32_t cell, const struct past_kind *kind, pasts *found)
{
    uint64_t n = cell_count(world, cell, SSM_INVENTORY);
    for (uint64_t i = 0; i < n; i++)
        for (unsigned day = 1; day <= DAYS; day++) {
            struct past past = {.node = {SSM_INVENTORY, cell, i}, .day = day};
            if (!ref_chance(world, past.node, kind->happens + day, kind->per_mille))
                continue;
            past.at_ms = world->start_ms - (int64_t)day * DAY_MS +
                         (int64_t)past_choice(world, &past, kind->time, (uint64_t)(DAY_MS / 2));
            vec_push(found, past);
        }
    if (found->len > 0)
        qsort(found->ptr, found->len, sizeof *found->ptr, newest_first);
}
