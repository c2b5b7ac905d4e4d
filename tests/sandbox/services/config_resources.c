/* config_resources: what is recorded in one account and region. */
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "tests/sandbox/services/config.h"
#include "tests/sandbox/world/template.h"

#define COUNTS_PAGE 100
#define LIST_PAGE   100

/* --- counts --------------------------------------------------------------------------------- */

struct type_count {
    const char *name;
    uint64_t n;
};

static int by_count(const void *a, const void *b)
{
    const struct type_count *x = a, *y = b;
    if (x->n != y->n)
        return x->n < y->n ? 1 : -1;
    return strcmp(x->name, y->name);
}

static bool is_asked_for(const cJSON *types, const char *name)
{
    if (!types)
        return true;
    for (; types; types = types->next)
        if (strcmp(types->valuestring, name) == 0)
            return true;
    return false;
}

static void add_count(void *arg, size_t i, cJSON *list)
{
    const struct type_count *counts = arg;
    cJSON_AddItemToArray(
        list, json_make("{resourceType:%s,count:%l}", counts[i].name, (int64_t)counts[i].n));
}

void config_get_discovered_counts(struct world *world, const struct call *call, struct reply *reply)
{
    uint32_t cell = config_cell(world, call);
    struct type_count counts[N_STORED_TYPES];
    size_t n = 0;
    int64_t total = 0;
    for (int type = 0; type < N_STORED_TYPES; type++) {
        uint64_t count = config_count(world, cell, (enum resource_type)type, call->now_ms);
        if (count == 0 || !is_asked_for(in_list(call, "resourceTypes"), type_infos[type].name))
            continue;
        counts[n++] = (struct type_count){type_infos[type].name, count};
        total += (int64_t)count;
    }
    qsort(counts, n, sizeof counts[0], by_count);
    page_reply(call, reply,
               &(struct page_spec){.list_member = "resourceCounts",
                                   .n_items = n,
                                   .page_default = COUNTS_PAGE,
                                   .page_max = COUNTS_PAGE,
                                   .add_item = add_count,
                                   .arg = counts});
    cJSON_AddNumberToObject(reply->output, "totalDiscoveredResources", (double)total);
}

/* --- lists ---------------------------------------------------------------------------------- */

struct listing {
    struct world *world;
    const struct call *call;
    enum resource_type type;
    uint32_t cell;
};

static bool passes(const struct listing *listing, const struct item *item)
{
    const char *name = in_str(listing->call, "resourceName");
    if (*name && strcmp(name, item_name(item)) != 0)
        return false;
    const cJSON *id = in_list(listing->call, "resourceIds");
    return is_asked_for(id, item->resource.id);
}

static void add_identifier(void *arg, size_t i, cJSON *list)
{
    const struct listing *listing = arg;
    struct ref ref = {.type = listing->type, .cell = listing->cell, .index = i};
    struct item item;
    if (!item_recorded(listing->world, ref, listing->call->now_ms, &item))
        return;
    bool deleted = !item.doc;
    const char *name = item_name(&item);
    if (passes(listing, &item) && (!deleted || in_bool(listing->call, "includeDeletedResources"))) {
        cJSON *identifier =
            json_make("{resourceType:%s,resourceId:%s,resourceName:%s}", type_infos[ref.type].name,
                      item.resource.id, *name ? name : NULL);
        if (deleted)
            cJSON_AddNumberToObject(identifier, "resourceDeletionTime",
                                    (double)item.captured_ms / 1000.0);
        cJSON_AddItemToArray(list, identifier);
    }
    item_done(&item);
}

void config_list_discovered(struct world *world, const struct call *call, struct reply *reply)
{
    struct listing listing = {.world = world,
                              .call = call,
                              .type = type_by_name(in_str(call, "resourceType")),
                              .cell = config_cell(world, call)};
    if (!config_need_recorder(world, listing.cell, reply))
        return;
    if (in_list(call, "resourceIds") && *in_str(call, "resourceName")) {
        reply_error(reply, 0, "ValidationException",
                    "You can specify either resource IDs or a resource name, but not both.");
        return;
    }
    bool stored = listing.type != N_TYPES;
    page_reply(call, reply,
               &(struct page_spec){
                   .list_member = "resourceIdentifiers",
                   .n_items = stored ? resource_count(world, listing.cell, listing.type) : 0,
                   .page_default = LIST_PAGE,
                   .page_max = LIST_PAGE,
                   .add_item = add_identifier,
                   .arg = &listing});
}

/* --- items ---------------------------------------------------------------------------------- */

/* The item of a key as it is recorded now; false when it is not, or as deleted. */
static bool find_item(struct world *world, uint32_t cell, const cJSON *key, int64_t at_ms,
                      struct item *item)
{
    struct ref ref;
    enum resource_type type = type_by_name(json_sv(key, "resourceType").ptr);
    if (type == N_TYPES ||
        !resource_find(world, cell, type, json_sv(key, "resourceId").ptr, &ref) ||
        !item_recorded(world, ref, at_ms, item))
        return false;
    return item->doc != NULL;
}

void config_batch_get(struct world *world, const struct call *call, struct reply *reply)
{
    uint32_t cell = config_cell(world, call);
    if (!config_need_recorder(world, cell, reply))
        return;
    cJSON *items = cJSON_AddArrayToObject(reply->output, "baseConfigurationItems");
    cJSON *unprocessed = cJSON_AddArrayToObject(reply->output, "unprocessedResourceKeys");
    for (const cJSON *key = in_list(call, "resourceKeys"); key; key = key->next) {
        struct item item;
        if (find_item(world, cell, key, call->now_ms, &item)) {
            cJSON_AddItemToArray(items, item_base(&item));
            item_done(&item);
        } else {
            cJSON_AddItemToArray(unprocessed, cJSON_Duplicate(key, true));
        }
    }
}
