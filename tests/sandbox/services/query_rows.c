#include "tests/sandbox/services/query_rows.h"

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/services/aggregator.h"
#include "tests/sandbox/world/template.h"

static void row_open(struct row *row)
{
    if (!row->opened && !item_recorded(row->world, row->ref, row->at_ms, &row->item))
        row->item.doc = NULL;
    row->opened = true;
}

void row_done(struct row *row)
{
    if (row->opened)
        item_done(&row->item);
    cJSON_Delete(row->made);
}

static const struct resource *row_resource(struct row *row)
{
    if (!row->described)
        resource_describe(row->world, row->ref, &row->resource);
    row->described = true;
    return &row->resource;
}

static cJSON *make_account(struct row *row)
{
    return cJSON_CreateString(cell_account(row->world, row->ref.cell)->id);
}

static cJSON *make_type(struct row *row)
{
    return cJSON_CreateString(row->is_compliance ? COMPLIANCE_TYPE
                                                 : type_infos[row->ref.type].name);
}

/* What was never changed is what derives from the seed: its document need not be made. */
static bool is_derived(const struct row *row)
{
    return !row->opened && !doc_is_changed(row->world, row->ref);
}

static cJSON *make_region(struct row *row)
{
    if (is_derived(row))
        return cJSON_CreateString(resource_region(row_resource(row)));
    row_open(row);
    return cJSON_CreateString(item_region(&row->item));
}

static cJSON *make_id(struct row *row)
{
    AUTO(buf_done) struct buf id = BUF_NONE;
    if (row->is_compliance)
        buf_addf(&id, "%s/", type_infos[row->ref.type].name);
    buf_add_cstr(&id, row_resource(row)->id);
    return cJSON_CreateString(buf_cstr(&id));
}

static cJSON *make_arn(struct row *row)
{
    return row->is_compliance ? NULL : cJSON_CreateString(row_resource(row)->arn);
}

static cJSON *make_name(struct row *row)
{
    if (row->is_compliance)
        return NULL;
    bool derived = is_derived(row);
    if (!derived)
        row_open(row);
    const char *name = derived ? row_resource(row)->name : item_name(&row->item);
    return *name ? cJSON_CreateString(name) : NULL;
}

static cJSON *make_zone(struct row *row)
{
    row_open(row);
    return cJSON_CreateString(item_zone(&row->item));
}

static cJSON *make_time(int64_t ms)
{
    char iso[CLOCK_ISO_SIZE];
    clock_iso8601(ms, true, iso);
    return cJSON_CreateString(iso);
}

static cJSON *make_capture_time(struct row *row)
{
    row_open(row);
    return make_time(row->item.captured_ms);
}

static cJSON *make_creation_time(struct row *row)
{
    return make_time(row_resource(row)->created_ms);
}

static cJSON *make_status(struct row *row)
{
    row_open(row);
    return cJSON_CreateString(row->item.version == 0 ? "ResourceDiscovered" : "OK");
}

static cJSON *make_state_id(struct row *row)
{
    row_open(row);
    return json_make("%l", row->item.captured_ms);
}

static cJSON *make_version(struct row *row)
{
    (void)row;
    return cJSON_CreateString("1.3");
}

static cJSON *make_member(struct row *row, const char *name)
{
    row_open(row);
    const cJSON *member = json_get(row->item.doc, name);
    return member ? cJSON_Duplicate(member, true) : NULL;
}

/* What each rule says of it. */
static cJSON *make_rule_list(struct row *row)
{
    size_t n;
    cJSON *list = cJSON_CreateArray();
    const struct deployed *of = evaluation_rules(row->world, row->ref.cell, &n);
    for (size_t i = 0; i < n; i++) {
        if (!(of[i].rule->types & TYPE_BIT(row->ref.type)))
            continue;
        enum compliance found = evaluation_verdict(row->world, &of[i], row->ref, row->at_ms);
        if (found == COMPLIANT || found == NON_COMPLIANT)
            cJSON_AddItemToArray(list, json_make("{configRuleName:%s,complianceType:%s}",
                                                 of[i].rule->name, compliance_name(found)));
    }
    return list;
}

/* What the rules found: the configuration of a compliance item. */
static cJSON *make_findings(struct row *row)
{
    uint64_t counts[N_COMPLIANCES];
    evaluation_of_resource(row->world, row->ref, row->at_ms, counts);
    return json_make(
        "{targetResourceType:%s,targetResourceId:%s,complianceType:%s,"
        "configRuleList:%o}",
        type_infos[row->ref.type].name, row->wants_target_id ? row_resource(row)->id : NULL,
        compliance_name(evaluation_of_rule(counts)), row->wants_rules ? make_rule_list(row) : NULL);
}

static cJSON *make_configuration(struct row *row)
{
    return row->is_compliance ? make_findings(row) : make_member(row, "configuration");
}

static cJSON *make_supplementary(struct row *row)
{
    return row->is_compliance ? NULL : make_member(row, "supplementaryConfiguration");
}

static cJSON *make_relationships(struct row *row)
{
    return row->is_compliance ? NULL : make_member(row, "relationships");
}

/* In queries tags are a list with a third member that joins both. */
static cJSON *make_tags(struct row *row)
{
    cJSON *tags = cJSON_CreateArray();
    cJSON *derived = is_derived(row) ? doc_derived_tags(row_resource(row)) : NULL;
    if (!derived)
        row_open(row);
    const cJSON *tag, *all = derived ? derived : json_get(row->item.doc, "tags");
    cJSON_ArrayForEach (tag, all) {
        AUTO(buf_done) struct buf joined = BUF_NONE;
        buf_addf(&joined, "%s=%s", tag->string, tag->valuestring);
        cJSON_AddItemToArray(tags, json_make("{key:%s,value:%s,tag:%s}", tag->string,
                                             tag->valuestring, buf_cstr(&joined)));
    }
    cJSON_Delete(derived);
    return tags;
}

const cJSON *row_property(void *arg, struct sv property)
{
    static const struct {
        const char *name;
        cJSON *(*make)(struct row *row);
    } properties[] = {
        {"accountId", make_account},
        {"arn", make_arn},
        {"availabilityZone", make_zone},
        {"awsRegion", make_region},
        {"configuration", make_configuration},
        {"configurationItemCaptureTime", make_capture_time},
        {"configurationItemStatus", make_status},
        {"configurationStateId", make_state_id},
        {"relationships", make_relationships},
        {"resourceCreationTime", make_creation_time},
        {"resourceId", make_id},
        {"resourceName", make_name},
        {"resourceType", make_type},
        {"supplementaryConfiguration", make_supplementary},
        {"tags", make_tags},
        {"version", make_version},
    };
    struct row *row = arg;
    if (!row->made)
        row->made = cJSON_CreateObject();
    for (size_t i = 0; i < ARRAY_LEN(properties); i++) {
        if (!sv_eq_cstr(property, properties[i].name))
            continue;
        const cJSON *made = json_get(row->made, properties[i].name);
        cJSON *value = made ? NULL : properties[i].make(row);
        if (value)
            cJSON_AddItemToObject(row->made, properties[i].name, value);
        return made ? made : value;
    }
    return NULL;
}

struct row row_of(struct world *world, const struct query_cache *cache, uint64_t packed)
{
    struct ref ref = ref_unpack(packed & ~COMPLIANCE_MARK);
    int64_t at_ms = cache->cell == world->n_cells
                        ? aggregator_as_of_ms(world, ref.cell, cache->now_ms)
                        : cache->now_ms;
    return (struct row){.world = world,
                        .ref = ref,
                        .at_ms = at_ms,
                        .wants_rules = cache->wants_rules,
                        .wants_target_id = cache->wants_target_id,
                        .is_compliance = (packed & COMPLIANCE_MARK) != 0};
}
