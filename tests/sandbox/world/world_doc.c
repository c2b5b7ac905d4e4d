#include "tests/sandbox/world/world_doc.h"

#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/world/builders.h"
#include "tests/sandbox/world/security_group.h"

/* AWS Config captures a change some seconds after it; minutes in life. */
#define CAPTURE_LAG_MS 15000

struct version {
    int64_t at_ms;
    cJSON *doc; /* NULL: deleted */
};

struct change {
    struct ref ref;
    char *added_id; /* NULL: versions come behind the derived ones */
    VEC(struct version) versions;
};

static builder_fn *const builders[N_TYPES] = {
#define LIST_BUILDER(name, aws_name, share, home_share, builder) [name] = build_##builder,
    RESOURCE_TYPES(LIST_BUILDER)
#undef LIST_BUILDER
        [ACCOUNT_SETTINGS] = build_account_settings,
    [LOGS_LOG_GROUP] = build_log_group,
};

static struct sv key_of(const uint64_t *packed)
{
    return (struct sv){(const char *)packed, sizeof *packed};
}

static struct change *find_change(const struct world *world, struct ref ref)
{
    uint64_t packed = ref_pack(ref);
    union map_value *found = map_get(&world->changes, key_of(&packed));
    return found ? found->ptr : NULL;
}

static struct change *make_change(struct world *world, struct ref ref)
{
    uint64_t packed = ref_pack(ref);
    union map_value *slot = map_put(&world->changes, key_of(&packed), NULL);
    if (!slot->ptr) {
        struct change *change = slot->ptr = mem_new(struct change);
        change->ref = ref;
        vec_push(&world->changed, ref);
    }
    return slot->ptr;
}

static void add_version(struct world *world, struct change *change, cJSON *take_doc)
{
    vec_push(&change->versions, ((struct version){.at_ms = world_now_ms(world), .doc = take_doc}));
    world->cells[change->ref.cell].generation++;
    world->generation++;
}

void doc_change(struct world *world, struct ref ref, cJSON *take_doc)
{
    add_version(world, make_change(world, ref), take_doc);
}

bool doc_is_changed(struct world *world, struct ref ref)
{
    return find_change(world, ref) != NULL;
}

void doc_free_changes(struct world *world)
{
    union map_value value;
    struct sv key;
    for (size_t at = 0; map_next(&world->changes, &at, &key, &value);) {
        struct change *change = value.ptr;
        for (size_t i = 0; i < change->versions.len; i++)
            cJSON_Delete(change->versions.ptr[i].doc);
        vec_free(&change->versions);
        mem_free(change->added_id);
        mem_free(change);
    }
    map_done(&world->changes);
    map_done(&world->added);
    vec_free(&world->changed);
}

/* --- added resources ------------------------------------------------------------------------ */

static uint64_t *added_count(struct world *world, uint32_t cell, enum resource_type type)
{
    uint64_t packed = ref_pack((struct ref){.type = type, .cell = cell});
    return &map_put(&world->added, key_of(&packed), NULL)->u64;
}

struct ref doc_add(struct world *world, uint32_t cell, enum resource_type type, const char *id,
                   cJSON *take_doc)
{
    struct ref ref = {.type = type, .cell = cell, .index = resource_count(world, cell, type)};
    struct change *change = make_change(world, ref);
    change->added_id = mem_strdup(id);
    add_version(world, change, take_doc);
    ++*added_count(world, cell, type);
    return ref;
}

uint64_t doc_n_added(const struct world *world, uint32_t cell, enum resource_type type)
{
    uint64_t packed = ref_pack((struct ref){.type = type, .cell = cell});
    const union map_value *found = map_get(&world->added, key_of(&packed));
    return found ? found->u64 : 0;
}

bool doc_find_added(const struct world *world, uint32_t cell, enum resource_type type,
                    const char *id, struct ref *ref)
{
    if (doc_n_added(world, cell, type) == 0)
        return false;
    for (size_t i = 0; i < world->changed.len; i++) {
        struct ref at = world->changed.ptr[i];
        const char *added = doc_added_id(world, at);
        if (at.type != type || at.cell != cell || !added || strcmp(added, id) != 0)
            continue;
        *ref = at;
        return true;
    }
    return false;
}

const char *doc_added_id(const struct world *world, struct ref ref)
{
    const struct change *change = find_change(world, ref);
    return change ? change->added_id : NULL;
}

/* --- derived documents ---------------------------------------------------------------------- */

static size_t n_derived(struct world *world, struct ref ref)
{
    if (doc_added_id(world, ref))
        return 0;
    struct resource resource;
    if (ref.type != EC2_SECURITY_GROUP)
        return 1;
    resource_describe(world, ref, &resource);
    return security_group_changed_ms(&resource) > resource.created_ms ? 2 : 1;
}

cJSON *doc_derived_tags(const struct resource *r)
{
    static const char *const owners[] = {"team-checkout", "team-platform", "team-data"};
    static const char *const stacks[] = {"network", "service", "database"};
    cJSON *tags = cJSON_CreateObject();
    if (chance(r, 900, 860))
        cJSON_AddStringToObject(tags, "Environment", account_environment(r->account));
    if (chance(r, 901, 780))
        cJSON_AddStringToObject(tags, "Owner", pick(r, 902, owners));
    if (chance(r, 903, 600))
        cJSON_AddStringToObject(tags, "CostCenter", chance(r, 904, 500) ? "4711" : "0815");
    if (chance(r, 905, 450))
        cJSON_AddStringToObject(tags, "aws:cloudformation:stack-name", pick(r, 906, stacks));
    return tags;
}

static cJSON *derive(const struct resource *resource, size_t version)
{
    cJSON *doc = builders[resource->ref.type](resource);
    cJSON_AddItemToObject(doc, "tags", doc_derived_tags(resource));
    if (resource->ref.type == EC2_SECURITY_GROUP) {
        cJSON_AddItemToObject(doc, "rules", security_group_rules(resource, version));
        cJSON_AddNumberToObject(doc, "nextRule", 1000);
    }
    return doc;
}

/* --- versions ------------------------------------------------------------------------------- */

static bool derived_version(struct world *world, struct ref ref, size_t version, cJSON **doc,
                            int64_t *at_ms)
{
    struct resource resource;
    resource_describe(world, ref, &resource);
    bool first = version == 0;
    *at_ms = first ? resource.created_ms : security_group_changed_ms(&resource);
    if (doc)
        *doc = derive(&resource, version);
    return true;
}

bool doc_version(struct world *world, struct ref ref, size_t version, cJSON **doc, int64_t *at_ms)
{
    size_t derived = n_derived(world, ref);
    if (version < derived)
        return derived_version(world, ref, version, doc, at_ms);
    const struct change *change = find_change(world, ref);
    if (!change || version - derived >= change->versions.len)
        return false;
    const struct version *stored = &change->versions.ptr[version - derived];
    *at_ms = stored->at_ms;
    if (doc)
        *doc = stored->doc ? cJSON_Duplicate(stored->doc, true) : NULL;
    return true;
}

cJSON *doc_live(struct world *world, struct ref ref)
{
    const struct change *change = find_change(world, ref);
    if (change) {
        const cJSON *doc = vec_last(&change->versions).doc;
        return doc ? cJSON_Duplicate(doc, true) : NULL;
    }
    struct resource resource;
    resource_describe(world, ref, &resource);
    return derive(&resource, n_derived(world, ref) - 1);
}

bool doc_exists(struct world *world, struct ref ref)
{
    const struct change *change = find_change(world, ref);
    return !change || vec_last(&change->versions).doc;
}

/* Rules about an account ask the services themselves, and see a change at once. */
int64_t doc_captured_ms(const struct world *world, struct ref ref, int64_t at_ms)
{
    int64_t started_ms = world->cells[ref.cell].recorder_started_ms;
    int64_t lag_ms = ref.type == ACCOUNT_SETTINGS ? 0 : CAPTURE_LAG_MS;
    return (at_ms > started_ms ? at_ms : started_ms) + lag_ms;
}

int doc_recorded_version(struct world *world, struct ref ref, int64_t at_ms)
{
    const struct cell *cell = &world->cells[ref.cell];
    if (cell->recorder == RECORDER_MISSING)
        return -1;
    int64_t until_ms = at_ms, changed_ms;
    if (cell->recorder == RECORDER_STOPPED && cell->recorder_since_ms < until_ms)
        until_ms = cell->recorder_since_ms;
    int recorded = -1;
    while (doc_version(world, ref, (size_t)(recorded + 1), NULL, &changed_ms) &&
           doc_captured_ms(world, ref, changed_ms) <= until_ms)
        recorded++;
    return recorded;
}
