/* query_groups: GROUP BY and the functions of advanced queries. */
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/services/query_rows.h"

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
    uint64_t weight;  /* how many rows the present one stands for */
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

static void tally_row(const struct grouping *grouping, struct group *group, struct row *row)
{
    const struct query *query = grouping->query;
    for (size_t i = 0; i < query->n_select; i++) {
        if (!query->select[i].function)
            continue;
        if (strcmp(query->select[i].property, "*") == 0)
            group->tallies[i].n += grouping->weight;
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
        tally_row(grouping, group_for(grouping, keys), row);
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

/* Does the group of a row depend on nothing but its cell and type, and are groups only counted? */
static bool counts_by_place(const struct query *query)
{
    static const char *const places[] = {"accountId", "awsRegion", "resourceType",
                                         "configuration.targetResourceType"};
    for (size_t i = 0; i < query->n_select; i++)
        if (query->select[i].function && strcmp(query->select[i].label, "COUNT(*)") != 0)
            return false;
    for (size_t i = 0; i < query->n_group_by; i++) {
        bool is_place = false;
        for (size_t k = 0; k < ARRAY_LEN(places); k++)
            is_place |= strcmp(query->group_by[i], places[k]) == 0;
        if (!is_place)
            return false;
    }
    return true;
}

uint64_t query_place(uint64_t packed)
{
    struct ref ref = ref_unpack(packed & ~COMPLIANCE_MARK);
    ref.index = 0;
    return ref_pack(ref) | (packed & COMPLIANCE_MARK);
}

/* How many of the matches from i on stand where it does; 1 if more than the place matters. */
static size_t run_length(const struct query_cache *cache, bool by_place, size_t i)
{
    size_t n = 1;
    while (by_place && i + n < cache->matches.len &&
           query_place(cache->matches.ptr[i + n]) == query_place(cache->matches.ptr[i]))
        n++;
    return n;
}

void query_group_matches(struct world *world, struct query_cache *cache)
{
    struct grouping grouping = {.query = &cache->query};
    cJSON *keys[QUERY_GROUPS_MAX] = {0};
    bool by_place = counts_by_place(&cache->query);
    for (size_t i = 0, n; i < cache->matches.len; i += n) {
        world_breathe(world);
        struct row row = row_of(world, cache, cache->matches.ptr[i]);
        n = run_length(cache, by_place, i);
        grouping.weight = n;
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
