/*
 * config_query: advanced queries over what is recorded, in one account and region or in all that
 * the aggregator knows.
 *
 * A query runs once; its matches are kept for the pages that follow, until many others have come.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/services/aggregator.h"
#include "tests/sandbox/services/query_rows.h"
#include "tests/sandbox/world/template.h"

#define PAGE             25
#define PAGE_MAX         100
#define GROUPS_PAGE      500

#define KEPT_MAX         512      /* queries */
#define KEPT_MATCHES_MAX 20000000 /* of all of them */

static void free_one(struct query_cache *cache)
{
    query_done(&cache->query);
    mem_free(cache->expression);
    vec_free(&cache->matches);
    cJSON_Delete(cache->groups);
    mem_free(cache);
}

void query_cache_free(struct query_cache *cache)
{
    while (cache) {
        struct query_cache *next = cache->next;
        free_one(cache);
        cache = next;
    }
}

/* The one asked last comes first; the ones that nobody has asked for pages of lately go. */
static struct query_cache *keep(struct world *world, struct query_cache *cache)
{
    size_t n = 1, n_matches = cache->matches.len;
    cache->next = world->query_cache;
    world->query_cache = cache;
    for (struct query_cache **at = &cache->next; *at; at = &(*at)->next) {
        n_matches += (*at)->matches.len;
        if (++n <= KEPT_MAX && n_matches <= KEPT_MATCHES_MAX)
            continue;
        query_cache_free(*at);
        *at = NULL;
        break;
    }
    return cache;
}

/* Takes the query of that text off the list; NULL when it is not there. */
static struct query_cache *take(struct world *world, const char *expression, uint32_t cell)
{
    for (struct query_cache **at = &world->query_cache; *at; at = &(*at)->next) {
        struct query_cache *cache = *at;
        if (cache->cell != cell || strcmp(cache->expression, expression) != 0)
            continue;
        *at = cache->next;
        return cache;
    }
    return NULL;
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

static bool is_of_places(const struct query_condition *where)
{
    static const char *const properties[] = {"accountId", "awsRegion", "resourceType",
                                             "configuration.targetResourceType",
                                             "configuration.complianceType"};
    if (!where)
        return true;
    for (size_t i = 0; where->property && i < ARRAY_LEN(properties); i++)
        if (strcmp(where->property, properties[i]) == 0)
            return true;
    return !where->property && is_of_places(where->left) && is_of_places(where->right);
}

/* All rows of a place with the same verdict are alike to such a condition. */
static bool meets(struct world *world, struct query_cache *cache, struct row *row, uint64_t packed)
{
    uint64_t counts[N_COMPLIANCES], place = query_place(packed);
    if (!cache->is_of_places)
        return query_matches(cache->query.where, row_property, row);
    if (place != cache->place) {
        cache->place = place;
        memset(cache->met, -1, sizeof cache->met);
    }
    enum compliance verdict = COMPLIANT;
    if (row->is_compliance) {
        evaluation_of_resource(world, row->ref, row->at_ms, counts);
        verdict = evaluation_of_rule(counts);
    }
    if (cache->met[verdict] < 0)
        cache->met[verdict] = query_matches(cache->query.where, row_property, row);
    return cache->met[verdict];
}

static void match_row(struct world *world, struct query_cache *cache, uint64_t packed)
{
    world_breathe(world);
    struct row row = row_of(world, cache, packed);
    if (item_is_recorded(world, row.ref, row.at_ms) && meets(world, cache, &row, packed))
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

static bool names(const struct query_condition *demand, const char *text)
{
    bool found = !demand;
    for (size_t i = 0; demand && i < demand->n_literals; i++)
        found |= strcmp(demand->literals[i].text, text) == 0;
    return found;
}

/* Where nothing can match need not be looked. */
static bool may_match(const struct world *world, const struct query_cache *cache, uint32_t cell)
{
    const struct query_condition *where = cache->query.where;
    const struct query_condition *regions = query_demands(where, "awsRegion");
    if (cache->cell != world->n_cells)
        return cell == cache->cell;
    return aggregator_has_data(world, cell) &&
           names(query_demands(where, "accountId"), cell_account(world, cell)->id) &&
           (names(regions, cell_region(world, cell)) || names(regions, "global"));
}

static void set_wanted(struct query_cache *cache, bool all)
{
    cache->wants_rules = query_reads(&cache->query, "configuration.configRuleList", all);
    cache->wants_target_id = query_reads(&cache->query, "configuration.targetResourceId", all);
}

static void match_all(struct world *world, struct query_cache *cache)
{
    struct plan plan = make_plan(&cache->query);
    set_wanted(cache, false);
    cache->is_of_places = is_of_places(cache->query.where);
    cache->place = UINT64_MAX;
    for (uint32_t cell = 0; cell < world->n_cells; cell++)
        if (may_match(world, cache, cell))
            match_cell(world, cache, &plan, cell);
    set_wanted(cache, true);
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
        world_breathe(world);
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

/* --- the handlers --------------------------------------------------------------------------- */

static struct query_cache *make(struct world *world, const struct call *call, struct reply *reply,
                                uint32_t cell)
{
    char message[256];
    struct query_cache *cache = mem_new(struct query_cache);
    cache->cell = cell;
    cache->now_ms = call->now_ms;
    cache->expression = mem_strdup(in_str(call, "Expression"));
    if (!query_parse(sv_of(cache->expression), &cache->query, message)) {
        reply_error(reply, 0, "InvalidExpressionException", "%s", message);
        free_one(cache);
        return NULL;
    }
    match_all(world, cache);
    if (cache->query.aggregates)
        query_group_matches(world, cache);
    else if (cache->query.n_order_by)
        sort_matches(world, cache);
    return cache;
}

/* Runs the query of the call, or takes up the one whose next page is asked for. */
static struct query_cache *run(struct world *world, const struct call *call, struct reply *reply,
                               uint32_t cell)
{
    struct query_cache *cache = take(world, in_str(call, "Expression"), cell);
    if (cache && !*in_str(call, "NextToken")) {
        free_one(cache);
        cache = NULL;
    }
    if (!cache)
        cache = make(world, call, reply, cell);
    return cache ? keep(world, cache) : NULL;
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
