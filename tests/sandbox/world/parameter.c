#include "tests/sandbox/world/parameter.h"

#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"

/* Where name is or would be. */
static size_t position_of(const struct parameter_store *store, struct sv name)
{
    size_t low = 0, high = store->items.len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sv_cmp(sv_of(store->items.ptr[middle].name), name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct parameter *parameter_find(const struct parameter_store *store, struct sv name)
{
    size_t at = position_of(store, name);
    bool found = at < store->items.len && sv_eq_cstr(name, store->items.ptr[at].name);
    return found ? &store->items.ptr[at] : NULL;
}

struct parameter *parameter_add(struct parameter_store *store, struct sv name)
{
    size_t at = position_of(store, name);
    vec_push(&store->items, (struct parameter){0});
    struct parameter *slot = &store->items.ptr[at];
    memmove(slot + 1, slot, (store->items.len - 1 - at) * sizeof *slot);
    *slot = (struct parameter){
        .name = sv_dup(name), .versions = cJSON_CreateArray(), .tags = cJSON_CreateObject()};
    return slot;
}

static void parameter_done(struct parameter *parameter)
{
    mem_free(parameter->name);
    cJSON_Delete(parameter->versions);
    cJSON_Delete(parameter->tags);
}

void parameter_remove(struct parameter_store *store, struct sv name)
{
    struct parameter *gone = parameter_find(store, name);
    size_t at = (size_t)(gone - store->items.ptr);
    parameter_done(gone);
    store->items.len--;
    memmove(gone, gone + 1, (store->items.len - at) * sizeof *gone);
}

struct parameter_store *parameter_store(struct world *world, uint32_t cell)
{
    if (!world->parameters)
        world->parameters = mem_alloc(world->n_cells * sizeof(struct parameter_store *));
    if (!world->parameters[cell]) {
        struct parameter_store *store = world->parameters[cell] = mem_new(struct parameter_store);
        store->cell = cell;
        parameter_seed(world, store);
    }
    return world->parameters[cell];
}

void parameter_stores_free(struct world *world)
{
    for (size_t cell = 0; world->parameters && cell < world->n_cells; cell++) {
        struct parameter_store *store = world->parameters[cell];
        for (size_t i = 0; store && i < store->items.len; i++)
            parameter_done(&store->items.ptr[i]);
        if (store)
            vec_free(&store->items);
        mem_free(store);
    }
    mem_free(world->parameters);
}

const cJSON *parameter_latest(const struct parameter *parameter)
{
    return parameter->versions->child->prev; /* cJSON keeps the last one there */
}

const cJSON *parameter_version(const struct parameter *parameter, int64_t number)
{
    const cJSON *version;
    cJSON_ArrayForEach (version, parameter->versions) {
        if (json_i64(version, "Version", 0) == number)
            return version;
    }
    return NULL;
}

void parameter_arn(struct world *world, uint32_t cell, const char *name,
                   char arn[PARAMETER_ARN_SIZE])
{
    snprintf(arn, PARAMETER_ARN_SIZE, "arn:aws:ssm:%s:%s:parameter%s%s", cell_region(world, cell),
             cell_account(world, cell)->id, *name == '/' ? "" : "/", name);
}

bool parameter_is_below(struct sv name, struct sv path)
{
    while (path.len > 0 && path.ptr[path.len - 1] == '/')
        path.len--;
    return sv_starts(name, path) && (name.len == path.len || name.ptr[path.len] == '/');
}
