#include "tests/sandbox/world/ops_item.h"

#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/world/rng.h"
#include "tests/sandbox/world/template.h"

#define HOUR_MS INT64_C(3600000)

struct ops_item *ops_item_find(const struct ops_store *store, const char *id)
{
    for (size_t i = 0; i < store->items.len; i++)
        if (sv_eq_cstr(json_sv(store->items.ptr[i].doc, "OpsItemId"), id))
            return &store->items.ptr[i];
    return NULL;
}

struct ops_item *ops_item_add(struct world *world, struct ops_store *store, cJSON *take_doc)
{
    char id[32], arn[160];
    uint64_t n = (uint64_t)store->cell << 24 | store->n_made++;
    snprintf(id, sizeof id, "oi-%012llx",
             (unsigned long long)(rng_at(world->spec.seed, STREAM_OPS_ITEM, n) >> 16));
    snprintf(arn, sizeof arn, "arn:aws:ssm:%s:%s:opsitem/%s", cell_region(world, store->cell),
             cell_account(world, store->cell)->id, id);
    cJSON_AddStringToObject(take_doc, "OpsItemId", id);
    cJSON_AddStringToObject(take_doc, "OpsItemArn", arn);
    vec_push(&store->items, ((struct ops_item){take_doc, cJSON_CreateObject()}));
    return &vec_last(&store->items);
}

char *ops_item_dedup(const cJSON *operational_data)
{
    const cJSON *entry = json_get(operational_data, "/aws/dedup");
    cJSON *value = cJSON_Parse(json_sv(entry, "Value").ptr);
    struct sv dedup = json_sv(value, "dedupString");
    char *copy = dedup.ptr ? sv_dup(dedup) : NULL;
    cJSON_Delete(value);
    return copy;
}

struct ops_item *ops_item_duplicate(const struct ops_store *store, struct sv dedup)
{
    for (size_t i = 0; i < store->items.len; i++) {
        const cJSON *doc = store->items.ptr[i].doc;
        AUTO_FREE char *other = ops_item_dedup(json_get(doc, "OperationalData"));
        if (other && sv_eq_cstr(dedup, other) && !sv_eq_cstr(json_sv(doc, "Status"), "Resolved"))
            return &store->items.ptr[i];
    }
    return NULL;
}

/* --- to begin with -------------------------------------------------------------------------- */

struct subject {
    const char *title, *source, *severity, *category, *status;
    int hours;         /* its age */
    const char *owner; /* its tag; NULL: none */
};

static const struct subject subjects[] = {
    {"Database storage is above 95 percent", "CloudWatch", "1", "Availability", "Open", 2,
     "team-data"},
    {"Certificate of the public endpoint expires in 3 days", "ACM", "2", "Security", "Open", 30,
     "team-platform"},
    {"Nightly backup has not finished", "Backup", "2", "Recovery", "InProgress", 9, "team-data"},
    {"Instances run an image that is no longer patched", "SSM", "3", "Security", "Open", 140, NULL},
    {"Unattached volumes", "Config", "4", "Cost", "Open", 300, NULL},
    {"Queue was not drained for an hour", "CloudWatch", "1", "Performance", "Resolved", 70,
     "team-checkout"},
};

static void add_subject(struct world *world, struct ops_store *store, const struct subject *subject)
{
    int64_t at_ms = world->start_ms - subject->hours * HOUR_MS;
    char arn[120];
    snprintf(arn, sizeof arn, "arn:aws:sts::%s:assumed-role/OpsCenter/events",
             cell_account(world, store->cell)->id);
    const struct ops_item *item = ops_item_add(
        world, store,
        json_make("{CreatedBy:%s,OpsItemType:'/aws/issue',CreatedTime:%e,Description:%s,"
                  "LastModifiedBy:%s,LastModifiedTime:%e,Notifications:[],Priority:%d,"
                  "RelatedOpsItems:[],Status:%s,Version:'1',Title:%s,Source:%s,"
                  "OperationalData:{},Category:%s,Severity:%s}",
                  arn, at_ms, subject->title, arn, at_ms, subject->severity[0] - '0',
                  subject->status, subject->title, subject->source, subject->category,
                  subject->severity));
    if (subject->owner)
        cJSON_AddStringToObject(item->tags, "Owner", subject->owner);
}

/* The showcase has one of each; production now and then one, development hardly any. */
static void seed(struct world *world, struct ops_store *store)
{
    const struct account *account = cell_account(world, store->cell);
    bool showcase = account == &world->accounts[world->showcase];
    unsigned per_mille = ou_is_production(account->home_ou) ? 90 : 30;
    if (!cell_is_home(world, store->cell))
        return;
    for (size_t i = 0; i < ARRAY_LEN(subjects); i++)
        if (showcase || rng_below(world->spec.seed, STREAM_OPS_ITEM, (uint64_t)store->cell << 8 | i,
                                  1000) < per_mille)
            add_subject(world, store, &subjects[i]);
}

struct ops_store *ops_store(struct world *world, uint32_t cell)
{
    if (!world->ops_items)
        world->ops_items = mem_alloc(world->n_cells * sizeof(struct ops_store *));
    if (!world->ops_items[cell]) {
        world->ops_items[cell] = mem_new(struct ops_store);
        world->ops_items[cell]->cell = cell;
        seed(world, world->ops_items[cell]);
    }
    return world->ops_items[cell];
}

void ops_stores_free(struct world *world)
{
    for (size_t cell = 0; world->ops_items && cell < world->n_cells; cell++) {
        struct ops_store *store = world->ops_items[cell];
        for (size_t i = 0; store && i < store->items.len; i++) {
            cJSON_Delete(store->items.ptr[i].doc);
            cJSON_Delete(store->items.ptr[i].tags);
        }
        if (store)
            vec_free(&store->items);
        mem_free(store);
    }
    mem_free(world->ops_items);
}
