/*
 * config_query: advanced queries over what is recorded, in one account and region or in all that
 * the aggregator knows.
 *
 * A query runs once; its matches are kept for the pages that follow, until another query comes.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/aggregator.h"
#include "tests/sandbox/config.h"
#include "tests/sandbox/query.h"
#include "tests/sandbox/template.h"

#define PAGE            25
#define PAGE_MAX        100
#define GROUPS_PAGE     500
#define COMPLIANCE_TYPE "AWS::Config::ResourceCompliance"
#define COMPLIANCE_MARK (UINT64_C(1) << 63) /* on a packed ref: the compliance of that resource */

struct query_cache {
    struct query query;
    char *expression;
    uint32_t cell; /* n_cells: the aggregator */
    int64_t now_ms;
    VEC(uint64_t) matches; /* packed refs */
    cJSON *groups;         /* of a query with functions: its results */
};

void query_cache_free(struct query_cache *cache)
{
    if (!cache)
        return;
    query_done(&cache->query);
    mem_free(cache->expression);
    vec_free(&cache->matches);
    cJSON_Delete(cache->groups);
    mem_free(cache);
}

/* --- rows ----------------------------------------------------------------------------------- */

/* One resource, or its compliance; what it is asked for is made when it is asked for. */
struct row {
    struct world *world;
    struct ref ref;
    int64_t at_ms;
    bool is_compliance;
    bool described, opened;
    struct resource resource;
    struct item item;
    cJSON *made; /* properties so far */
};

static void row_open(struct row *row)
{
    if (!row->opened && !item_recorded(row->world, row->ref, row->at_ms, &row->item))
        row->item.doc = NULL;
    row->opened = true;
}

static void row_done(struct row *row)
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

static cJSON *make_region(struct row *row)
{
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
    row_open(row);
    const char *name = item_name(&row->item);
    return row->is_compliance || !*name ? NULL : cJSON_CreateString(name);
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

/* What the rules found: the configuration of a compliance item. */
static cJSON *make_findings(struct row *row)
{
    size_t n;
    uint64_t counts[N_COMPLIANCES] = {0};
    cJSON *list = cJSON_CreateArray();
    const struct deployed *of = evaluation_rules(row->world, row->ref.cell, &n);
    for (size_t i = 0; i < n; i++) {
        if (!(of[i].rule->types & TYPE_BIT(row->ref.type)))
            continue;
        enum compliance found = evaluation_verdict(row->world, &of[i], row->ref, row->at_ms);
        counts[found]++;
        if (found == COMPLIANT || found == NON_COMPLIANT)
            cJSON_AddItemToArray(list, json_make("{configRuleName:%s,complianceType:%s}",
                                                 of[i].rule->name, compliance_name(found)));
    }
    return json_make("{targetResourceType:%s,targetResourceId:%s,complianceType:%s,"
                     "configRuleList:%o}",
                     type_infos[row->ref.type].name, row_resource(row)->id,
                     compliance_name(evaluation_of_rule(counts)), list);
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
    row_open(row);
    const cJSON *tag;
    cJSON_ArrayForEach (tag, json_get(row->item.doc, "tags")) {
        AUTO(buf_done) struct buf joined = BUF_NONE;
        buf_addf(&joined, "%s=%s", tag->string, tag->valuestring);
        cJSON_AddItemToArray(tags, json_make("{key:%s,value:%s,tag:%s}", tag->string,
                                             tag->valuestring, buf_cstr(&joined)));
    }
    return tags;
}

static const cJSON *row_property(void *arg, struct sv property)
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

static struct row row_of(struct world *world, const struct query_cache *cache, uint64_t packed)
{
    struct ref ref = ref_unpack(packed & ~COMPLIANCE_MARK);
    int64_t at_ms = cache->cell == world->n_cells
                        ? aggregator_as_of_ms(world, ref.cell, cache->now_ms)
                        : cache->now_ms;
    return (struct row){.world = world,
                        .ref = ref,
                        .at_ms = at_ms,
                        .is_compliance = (packed & COMPLIANCE_MARK) != 0};
}

/* --- matching ------------------------------------------------------------------------------- */

/* What there is to look at: resources of some types, their compliance, or both. */
struct plan {
    uint64_t types;            /* of resources */
    uint64_t compliance_types; /* of resources whose compliance is meant */
};

static bool mentions_compliance(const struct query *query)
{
    static const char *const members[] = {
        "configuration.complianceType", "configuration.configRuleList",
        "configuration.targetResourceId", "configuration.targetResourceType"};
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (query_mentions(query, members[i]))
            return true;
    return false;
}

static struct plan make_plan(const struct query *query)
{
    uint64_t stored = TYPE_BIT(N_STORED_TYPES) - 1, evaluated = TYPE_BIT(N_TYPES) - 1;
    const struct query_condition *demand = query_demands(query->where, "resourceType");
    struct plan plan = {0};
    if (!demand) {
        plan.types = stored;
        plan.compliance_types = mentions_compliance(query) ? evaluated : 0;
    }
    for (size_t i = 0; demand && i < demand->n_literals; i++) {
        enum resource_type type = type_by_name(demand->literals[i].text);
        if (type != N_TYPES)
            plan.types |= TYPE_BIT(type);
        if (strcmp(demand->literals[i].text, COMPLIANCE_TYPE) == 0)
            plan.compliance_types = evaluated;
    }
    return plan;
}

static void match_row(struct world *world, struct query_cache *cache, uint64_t packed)
{
    struct row row = row_of(world, cache, packed);
    if (item_is_recorded(world, row.ref, row.at_ms) &&
        query_matches(cache->query.where, row_property, &row))
        vec_push(&cache->matches, packed);
    row_done(&row);
}

static void match_cell(struct world *world, struct query_cache *cache, const struct plan *plan,
                       uint32_t cell)
{
    for (int type = 0; type < N_TYPES; type++) {
        bool resources = plan->types & TYPE_BIT(type);
        bool compliance = plan->compliance_types & TYPE_BIT(type);
        uint64_t n =
            resources || compliance ? resource_count(world, cell, (enum resource_type)type) : 0;
        for (uint64_t i = 0; i < n; i++) {
            uint64_t packed = ref_pack((struct ref){(enum resource_type)type, cell, i});
            if (resources)
                match_row(world, cache, packed);
            if (compliance)
                match_row(world, cache, packed | COMPLIANCE_MARK);
        }
    }
}

static void match_all(struct world *world, struct query_cache *cache)
{
    struct plan plan = make_plan(&cache->query);
    bool aggregate = cache->cell == world->n_cells;
    for (uint32_t cell = 0; cell < world->n_cells; cell++)
        if (aggregate ? aggregator_has_data(world, cell) : cell == cache->cell)
            match_cell(world, cache, &plan, cell);
}

/* --- ordering ------------------------------------------------------------------------------- */

static void keep_first(void *arg, const cJSON *value)
{
    cJSON **first = arg;
    if (!*first)
        *first = cJSON_Duplicate(value, true);
}

struct sorted {
    uint64_t packed;
    cJSON **keys;
};

static int by_keys(const void *a, const void *b, void *arg)
{
    const struct query *query = arg;
    const struct sorted *x = a, *y = b;
    for (size_t i = 0; i < query->n_order_by; i++) {
        int order = query_compare(x->keys[i], y->keys[i]);
        if (order)
            return query->order_by[i].descending ? -order : order;
    }
    return (x->packed > y->packed) - (x->packed < y->packed);
}

static void sort_matches(struct world *world, struct query_cache *cache)
{
    const struct query *query = &cache->query;
    size_t n = cache->matches.len, n_keys = query->n_order_by;
    struct sorted *sorted = mem_alloc((n + 1) * sizeof *sorted);
    cJSON **keys = mem_alloc((n * n_keys + 1) * sizeof *keys);
    for (size_t i = 0; i < n; i++) {
        struct row row = row_of(world, cache, cache->matches.ptr[i]);
        sorted[i] = (struct sorted){cache->matches.ptr[i], keys + i * n_keys};
        for (size_t k = 0; k < n_keys; k++)
            query_values(query->order_by[k].property, row_property, &row, keep_first,
                         &sorted[i].keys[k]);
        row_done(&row);
    }
    qsort_r(sorted, n, sizeof *sorted, by_keys, (void *)query);
    for (size_t i = 0; i < n; i++)
        cache->matches.ptr[i] = sorted[i].packed;
    for (size_t i = 0; i < n * n_keys; i++)
        cJSON_Delete(keys[i]);
    mem_free(keys);
    mem_free(sorted);
}

/* --- functions ------------------------------------------------------------------------------ */

/* One function over one group. */
struct tally {
    uint64_t n;
    double sum;
    cJSON *min, *max;
};

struct group {
    cJSON *keys[QUERY_GROUPS_MAX]; /* NULL: the row has no such property */
    struct tally tallies[QUERY_ITEMS_MAX];
};

struct grouping {
    const struct query *query;
    struct map index; /* text of the keys -> number of the group, plus one */
    VEC(struct group *) groups;
};

static void tally_value(void *arg, const cJSON *value)
{
    struct tally *tally = arg;
    tally->n++;
    tally->sum += cJSON_IsNumber(value) ? value->valuedouble : 0;
    if (!tally->min || query_compare(value, tally->min) < 0) {
        cJSON_Delete(tally->min);
        tally->min = cJSON_Duplicate(value, true);
    }
    if (!tally->max || query_compare(value, tally->max) > 0) {
        cJSON_Delete(tally->max);
        tally->max = cJSON_Duplicate(value, true);
    }
}

static void tally_row(const struct query *query, struct group *group, struct row *row)
{
    for (size_t i = 0; i < query->n_select; i++) {
        if (!query->select[i].function)
            continue;
        if (strcmp(query->select[i].property, "*") == 0)
            group->tallies[i].n++;
        else
            query_values(query->select[i].property, row_property, row, tally_value,
                         &group->tallies[i]);
    }
}

static struct group *group_for(struct grouping *grouping, cJSON *const keys[])
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    for (size_t i = 0; i < grouping->query->n_group_by; i++) {
        AUTO_FREE char *key = keys[i] ? json_print(keys[i]) : NULL;
        buf_addf(&text, "%s\n", key ? key : "");
    }
    buf_add_char(&text, '.');
    union map_value *slot = map_put(&grouping->index, buf_sv(&text), NULL);
    if (!slot->u64) {
        struct group *made = mem_new(struct group);
        for (size_t i = 0; i < grouping->query->n_group_by; i++)
            made->keys[i] = keys[i] ? cJSON_Duplicate(keys[i], true) : NULL;
        vec_push(&grouping->groups, made);
        slot->u64 = grouping->groups.len;
    }
    return grouping->groups.ptr[slot->u64 - 1];
}

typedef VEC(cJSON *) value_list;

static void add_value(void *arg, const cJSON *value)
{
    value_list *values = arg;
    vec_push(values, cJSON_Duplicate(value, true));
}

/* A property with several values puts its row into several groups. */
static void group_row(struct grouping *grouping, struct row *row, size_t level,
                      cJSON *keys[QUERY_GROUPS_MAX])
{
    if (level == grouping->query->n_group_by) {
        tally_row(grouping->query, group_for(grouping, keys), row);
        return;
    }
    value_list values = {0};
    query_values(grouping->query->group_by[level], row_property, row, add_value, &values);
    if (values.len == 0)
        vec_push(&values, NULL);
    for (size_t i = 0; i < values.len; i++) {
        keys[level] = values.ptr[i];
        group_row(grouping, row, level + 1, keys);
    }
    for (size_t i = 0; i < values.len; i++)
        cJSON_Delete(values.ptr[i]);
    vec_free(&values);
}

static cJSON *tally_result(enum query_function function, const struct tally *tally)
{
    switch (function) {
    case FUNCTION_COUNT:
        return cJSON_CreateNumber((double)tally->n);
    case FUNCTION_SUM:
        return cJSON_CreateNumber(tally->sum);
    case FUNCTION_AVG:
        return tally->n ? cJSON_CreateNumber(tally->sum / (double)tally->n) : NULL;
    default:
        break;
    }
    const cJSON *extreme = function == FUNCTION_MIN ? tally->min : tally->max;
    return extreme ? cJSON_Duplicate(extreme, true) : NULL;
}

/* Puts the value where the property has its place: {"configuration": {"state": ...}}. */
static void put_property(cJSON *into, const char *property, const cJSON *value)
{
    struct sv path = sv_of(property);
    for (;;) {
        char key[128];
        sv_copy(sv_split(&path, '.'), key, sizeof key);
        if (path.len == 0) {
            cJSON_AddItemToObject(into, key, cJSON_Duplicate(value, true));
            return;
        }
        cJSON *below = cJSON_GetObjectItemCaseSensitive(into, key);
        into = below ? below : cJSON_AddObjectToObject(into, key);
    }
}

static cJSON *group_result(const struct query *query, const struct group *group)
{
    cJSON *result = cJSON_CreateObject();
    for (size_t i = 0; i < query->n_select; i++) {
        const struct query_item *item = &query->select[i];
        cJSON *value = item->function ? tally_result(item->function, &group->tallies[i]) : NULL;
        if (value)
            cJSON_AddItemToObject(result, item->label, value);
        for (size_t k = 0; !item->function && k < query->n_group_by; k++)
            if (strcmp(query->group_by[k], item->property) == 0 && group->keys[k])
                put_property(result, item->property, group->keys[k]);
    }
    return result;
}

static const cJSON *result_value(const cJSON *result, const struct query_item *item)
{
    return item->function ? json_get(result, item->label) : json_path(result, item->property);
}

static int by_result(const void *a, const void *b, void *arg)
{
    const struct query *query = arg;
    const cJSON *const *x = a, *const *y = b;
    for (size_t i = 0; i < query->n_order_by; i++) {
        const struct query_item *item = &query->order_by[i];
        int order = query_compare(result_value(*x, item), result_value(*y, item));
        if (order)
            return item->descending ? -order : order;
    }
    return 0;
}

static void free_group(const struct query *query, struct group *group)
{
    for (size_t i = 0; i < query->n_select; i++) {
        cJSON_Delete(group->tallies[i].min);
        cJSON_Delete(group->tallies[i].max);
    }
    for (size_t i = 0; i < query->n_group_by; i++)
        cJSON_Delete(group->keys[i]);
    mem_free(group);
}

static void group_matches(struct world *world, struct query_cache *cache)
{
    struct grouping grouping = {.query = &cache->query};
    cJSON *keys[QUERY_GROUPS_MAX] = {0};
    for (size_t i = 0; i < cache->matches.len; i++) {
        struct row row = row_of(world, cache, cache->matches.ptr[i]);
        group_row(&grouping, &row, 0, keys);
        row_done(&row);
    }
    if (cache->query.n_group_by == 0 && grouping.groups.len == 0)
        group_for(&grouping, keys); /* nothing matches: one row that says 0 */
    value_list results = {0};
    for (size_t i = 0; i < grouping.groups.len; i++) {
        vec_push(&results, group_result(&cache->query, grouping.groups.ptr[i]));
        free_group(&cache->query, grouping.groups.ptr[i]);
    }
    if (results.len)
        qsort_r(results.ptr, results.len, sizeof results.ptr[0], by_result, &cache->query);
    cache->groups = cJSON_CreateArray();
    for (size_t i = 0; i < results.len; i++)
        cJSON_AddItemToArray(cache->groups, results.ptr[i]);
    vec_free(&results);
    vec_free(&grouping.groups);
    map_done(&grouping.index);
}

/* --- the handlers --------------------------------------------------------------------------- */

static bool is_cached(const struct world *world, const struct call *call, uint32_t cell)
{
    const struct query_cache *cache = world->query_cache;
    return cache && *in_str(call, "NextToken") && cache->cell == cell &&
           strcmp(cache->expression, in_str(call, "Expression")) == 0;
}

/* Parses and runs the query of the call, or takes up the one that is cached. */
static struct query_cache *run(struct world *world, const struct call *call, struct reply *reply,
                               uint32_t cell)
{
    char message[256];
    if (is_cached(world, call, cell))
        return world->query_cache;
    query_cache_free(world->query_cache);
    world->query_cache = NULL;
    struct query_cache *cache = mem_new(struct query_cache);
    cache->cell = cell;
    cache->now_ms = call->now_ms;
    cache->expression = mem_strdup(in_str(call, "Expression"));
    if (!query_parse(sv_of(cache->expression), &cache->query, message)) {
        reply_error(reply, 0, "InvalidExpressionException", "%s", message);
        query_cache_free(cache);
        return NULL;
    }
    match_all(world, cache);
    if (cache->query.aggregates)
        group_matches(world, cache);
    else if (cache->query.n_order_by)
        sort_matches(world, cache);
    return world->query_cache = cache;
}

struct result_page {
    struct world *world;
    const struct query_cache *cache;
};

static void add_result(void *arg, size_t i, cJSON *list)
{
    const struct result_page *page = arg;
    const struct query_cache *cache = page->cache;
    cJSON *result = NULL;
    if (!cache->groups) {
        struct row row = row_of(page->world, cache, cache->matches.ptr[i]);
        result = query_project(&cache->query, row_property, &row);
        row_done(&row);
    }
    AUTO_FREE char *text = json_print(result ? result : cJSON_GetArrayItem(cache->groups, (int)i));
    cJSON_AddItemToArray(list, cJSON_CreateString(text));
    cJSON_Delete(result);
}

static cJSON *make_query_info(const struct query *query)
{
    cJSON *fields = cJSON_CreateArray();
    for (size_t i = 0; query->star && i < n_query_scalars; i++)
        cJSON_AddItemToArray(fields, json_make("{Name:%s}", query_scalars[i]));
    for (size_t i = 0; i < query->n_select; i++)
        cJSON_AddItemToArray(fields, json_make("{Name:%s}", query->select[i].label));
    return json_make("{SelectFields:%o}", fields);
}

static bool orders_by_function(const struct query *query)
{
    for (size_t i = 0; i < query->n_order_by; i++)
        if (query->order_by[i].function)
            return true;
    return false;
}

/* Ordered by a function, groups come in one page. */
static void select_from(struct world *world, const struct call *call, struct reply *reply,
                        uint32_t cell)
{
    struct query_cache *cache = run(world, call, reply, cell);
    if (!cache)
        return;
    struct result_page page = {world, cache};
    size_t n = cache->groups ? (size_t)cJSON_GetArraySize(cache->groups) : cache->matches.len;
    bool whole = orders_by_function(&cache->query);
    size_t usual = cache->groups && cell == world->n_cells ? GROUPS_PAGE : PAGE;
    if (whole && n > GROUPS_PAGE)
        n = GROUPS_PAGE;
    page_reply(call, reply,
               &(struct page_spec){.list_member = "Results",
                                   .n_items = n,
                                   .page_default = whole ? GROUPS_PAGE : usual,
                                   .page_max = whole || cache->groups ? GROUPS_PAGE : PAGE_MAX,
                                   .add_item = add_result,
                                   .arg = &page});
    cJSON_AddItemToObject(reply->output, "QueryInfo", make_query_info(&cache->query));
}

void config_select(struct world *world, const struct call *call, struct reply *reply)
{
    select_from(world, call, reply, config_cell(world, call));
}

void config_select_aggregate(struct world *world, const struct call *call, struct reply *reply)
{
    if (aggregator_asked_for(world, call, reply))
        select_from(world, call, reply, (uint32_t)world->n_cells);
}
