/* config_resources: what is recorded in one account and region, now and before. */
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/config.h"
#include "tests/sandbox/template.h"

#define COUNTS_PAGE  100
#define LIST_PAGE    100
#define HISTORY_PAGE 10
#define HISTORY_MAX  100
#define SPAN_MS      (7 * INT64_C(86400000)) /* one call looks at so much of the past */

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

/* --- history -------------------------------------------------------------------------------- */

/*
 * A history is cut into spans of seven days from its end (or, going forward, from its beginning);
 * a page never reaches beyond its span, and that of an uneventful span is empty. Every span has at
 * least one entry here, which stands for nothing in an empty one.
 */
struct entry {
    int64_t span;
    int version; /* -1: none */
};

struct history {
    struct world *world;
    struct ref ref;
    VEC(struct entry) entries;
};

struct period {
    int64_t earlier_ms, later_ms;
    bool forward;
};

static int64_t span_of(const struct period *period, int64_t at_ms)
{
    return (period->forward ? at_ms - period->earlier_ms : period->later_ms - at_ms) / SPAN_MS;
}

/* Adds the version, and before it what stands for the empty spans that lie between. */
static void add_entry(struct history *history, int64_t span, int version)
{
    int64_t next = history->entries.len ? vec_last(&history->entries).span + 1 : 0;
    for (; next < span; next++)
        vec_push(&history->entries, ((struct entry){.span = next, .version = -1}));
    vec_push(&history->entries, ((struct entry){.span = span, .version = version}));
}

static bool version_time(struct world *world, struct ref ref, int version, int64_t *captured_ms)
{
    int64_t at_ms;
    if (version < 0 || !doc_version(world, ref, (size_t)version, NULL, &at_ms))
        return false;
    *captured_ms = doc_captured_ms(world, ref, at_ms);
    return true;
}

static void collect(struct history *history, const struct period *period, int n_versions)
{
    int64_t captured_ms;
    for (int i = 0; i < n_versions; i++) {
        int version = period->forward ? i : n_versions - 1 - i;
        if (version_time(history->world, history->ref, version, &captured_ms) &&
            captured_ms >= period->earlier_ms && captured_ms <= period->later_ms)
            add_entry(history, span_of(period, captured_ms), version);
    }
}

static void add_version(void *arg, size_t i, cJSON *list)
{
    const struct history *history = arg;
    struct item item;
    int version = history->entries.ptr[i].version;
    if (version < 0 || !item_version(history->world, history->ref, (size_t)version, &item))
        return;
    cJSON_AddItemToArray(list, item_full(&item));
    item_done(&item);
}

static bool span_ends_before(void *arg, size_t i)
{
    const struct history *history = arg;
    return history->entries.ptr[i].span != history->entries.ptr[i - 1].span;
}

static int64_t in_ms(const struct call *call, const char *member, int64_t otherwise)
{
    const cJSON *time = json_get(call->input, member);
    return cJSON_IsNumber(time) ? (int64_t)(time->valuedouble * 1000.0) : otherwise;
}

static bool read_period(struct world *world, const struct call *call, struct reply *reply,
                        struct ref ref, struct period *period)
{
    int64_t first_ms = 0;
    version_time(world, ref, 0, &first_ms);
    period->later_ms = in_ms(call, "laterTime", call->now_ms);
    period->earlier_ms = in_ms(call, "earlierTime", first_ms);
    period->forward = strcmp(in_str(call, "chronologicalOrder"), "Forward") == 0;
    if (in_ms(call, "earlierTime", period->later_ms) <= period->later_ms)
        return true;
    reply_error(reply, 0, "InvalidTimeRangeException",
                "The specified time range is not valid. The earlier time is not chronologically "
                "before the later time.");
    return false;
}

void config_get_history(struct world *world, const struct call *call, struct reply *reply)
{
    struct history history = {.world = world};
    struct period period;
    enum resource_type type = type_by_name(in_str(call, "resourceType"));
    const char *id = in_str(call, "resourceId");
    uint32_t cell = config_cell(world, call);
    if (!config_need_recorder(world, cell, reply))
        return;
    int recorded = -1;
    if (type != N_TYPES && resource_find(world, cell, type, id, &history.ref))
        recorded = doc_recorded_version(world, history.ref, call->now_ms);
    if (recorded < 0) {
        reply_error(reply, 0, "ResourceNotDiscoveredException",
                    "Resource %s of resourceType:%s is unknown or has not been discovered", id,
                    in_str(call, "resourceType"));
        return;
    }
    if (!read_period(world, call, reply, history.ref, &period))
        return;
    collect(&history, &period, recorded + 1);
    page_reply(call, reply,
               &(struct page_spec){.list_member = "configurationItems",
                                   .n_items = history.entries.len,
                                   .page_default = HISTORY_PAGE,
                                   .page_max = HISTORY_MAX,
                                   .add_item = add_version,
                                   .ends_before = span_ends_before,
                                   .arg = &history});
    vec_free(&history.entries);
}
