/*
 * config_aggregate: the organization's aggregator, which knows what the accounts knew a minute
 * ago, and of one source what it knew days ago.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/services/aggregator.h"
#include "tests/sandbox/services/config.h"
#include "tests/sandbox/world/rng.h"
#include "tests/sandbox/world/template.h"

#define DAY_MS        INT64_C(86400000)
#define LAG_MS        60000
#define OUTDATED_MS   (3 * DAY_MS) /* before the world began */
#define GROUPS_PAGE   1000
#define DETAILS_PAGE  50
#define DETAILS_MAX   100
#define LIST_PAGE     100
#define RESOURCES_CAP 25

/* --- the aggregator ------------------------------------------------------------------------- */

static bool has_aggregator(const struct world *world, const struct call *call)
{
    return account_is_administrator(world, call->account_id) &&
           strcmp(call->region, world_region(world, 0)) == 0;
}

bool aggregator_asked_for(const struct world *world, const struct call *call, struct reply *reply)
{
    if (has_aggregator(world, call) &&
        strcmp(in_str(call, "ConfigurationAggregatorName"), AGGREGATOR_NAME) == 0)
        return true;
    reply_error(reply, 0, "NoSuchConfigurationAggregatorException",
                "The configuration aggregator does not exist. Check the configuration aggregator "
                "name and try again.");
    return false;
}

bool aggregator_has_source(const struct world *world, uint32_t cell)
{
    return account_is_active(cell_account(world, cell));
}

bool aggregator_has_data(const struct world *world, uint32_t cell)
{
    return aggregator_has_source(world, cell) && world->cells[cell].recorder != RECORDER_MISSING;
}

int64_t aggregator_as_of_ms(const struct world *world, uint32_t cell, int64_t now_ms)
{
    return cell == world->outdated ? world->start_ms - OUTDATED_MS : now_ms - LAG_MS;
}

static cJSON *make_aggregator(const struct world *world, const struct call *call)
{
    char arn[256], role[128], id[RNG_BASE32_LEN + 1];
    rng_base32(rng_at(world->spec.seed, STREAM_ORGANIZATION, 100), rng_lower32, 8, id);
    snprintf(arn, sizeof arn, "arn:aws:config:%s:%s:config-aggregator/config-aggregator-%s",
             call->region, call->account_id, id);
    snprintf(role, sizeof role, "arn:aws:iam::%s:role/service-role/AWSConfigRoleForOrganizations",
             call->account_id);
    int64_t made_ms = world->start_ms - 120 * DAY_MS;
    return json_make("{ConfigurationAggregatorName:'" AGGREGATOR_NAME
                     "',ConfigurationAggregatorArn:%s,"
                     "OrganizationAggregationSource:{RoleArn:%s,AllAwsRegions:true},"
                     "CreationTime:%e,LastUpdatedTime:%e}",
                     arn, role, made_ms, made_ms);
}

struct aggregator_page {
    struct world *world;
    const struct call *call;
};

static void add_aggregator(void *arg, size_t i, cJSON *list)
{
    const struct aggregator_page *page = arg;
    (void)i;
    cJSON_AddItemToArray(list, make_aggregator(page->world, page->call));
}

void config_describe_aggregators(struct world *world, const struct call *call, struct reply *reply)
{
    bool exists = has_aggregator(world, call);
    const cJSON *names = in_list(call, "ConfigurationAggregatorNames");
    for (const cJSON *name = names; name; name = name->next)
        if (!exists || strcmp(name->valuestring, AGGREGATOR_NAME) != 0) {
            reply_error(reply, 0, "NoSuchConfigurationAggregatorException",
                        "The configuration aggregator does not exist. Check the configuration "
                        "aggregator name and try again.");
            return;
        }
    page_reply(call, reply,
               &(struct page_spec){.list_member = "ConfigurationAggregators",
                                   .n_items = exists,
                                   .page_default = LIST_PAGE,
                                   .page_max = LIST_PAGE,
                                   .add_item = add_aggregator,
                                   .arg = &(struct aggregator_page){world, call}});
}

/* --- its sources ---------------------------------------------------------------------------- */

static const char *source_state(const struct world *world, uint32_t cell)
{
    return cell == world->outdated             ? "OUTDATED"
           : !aggregator_has_data(world, cell) ? "FAILED"
                                               : "SUCCEEDED";
}

static bool state_is_asked_for(const struct call *call, const char *state)
{
    const cJSON *asked = in_list(call, "UpdateStatus");
    bool found = !asked;
    for (; asked; asked = asked->next)
        found |= strcmp(asked->valuestring, state) == 0;
    return found;
}

static void add_source(void *arg, size_t i, cJSON *list)
{
    const struct aggregator_page *page = arg;
    const struct world *world = page->world;
    uint32_t cell = (uint32_t)i;
    const char *state = source_state(world, cell);
    if (!aggregator_has_source(world, cell) || !state_is_asked_for(page->call, state))
        return;
    bool outdated = cell == world->outdated, failed = strcmp(state, "FAILED") == 0;
    cJSON_AddItemToArray(
        list, json_make("{SourceId:%s,SourceType:'ACCOUNT',AwsRegion:%s,LastUpdateStatus:%s,"
                        "LastUpdateTime:%e,LastErrorCode:%s,LastErrorMessage:%s}",
                        cell_account(world, cell)->id, cell_region(world, cell), state,
                        aggregator_as_of_ms(world, cell, page->call->now_ms),
                        outdated ? "Throttled"
                        : failed ? "NoConfigurationRecorder"
                                 : NULL,
                        outdated ? "The data of this source could not be replicated in time."
                        : failed ? "AWS Config is not enabled in this account and region."
                                 : NULL));
}

void config_describe_sources(struct world *world, const struct call *call, struct reply *reply)
{
    struct aggregator_page page = {world, call};
    if (aggregator_asked_for(world, call, reply))
        page_reply(call, reply,
                   &(struct page_spec){.list_member = "AggregatedSourceStatusList",
                                       .n_items = world->n_cells,
                                       .page_default = LIST_PAGE,
                                       .page_max = LIST_PAGE,
                                       .add_item = add_source,
                                       .arg = &page});
}

/* --- filters -------------------------------------------------------------------------------- */

/* Filters name the region AwsRegion or Region. */
static bool cell_passes(const struct world *world, const struct call *call, uint32_t cell,
                        const char *region_member)
{
    const cJSON *filters = json_get(call->input, "Filters");
    struct sv account = json_sv(filters, "AccountId"), region = json_sv(filters, region_member);
    return aggregator_has_data(world, cell) &&
           (account.len == 0 || sv_eq_cstr(account, cell_account(world, cell)->id)) &&
           (region.len == 0 || sv_eq_cstr(region, cell_region(world, cell)));
}

/* Aggregators know results only. */
static bool check_compliance_type(struct sv type, struct reply *reply)
{
    if (type.len == 0 || sv_eq_cstr(type, "COMPLIANT") || sv_eq_cstr(type, "NON_COMPLIANT"))
        return true;
    reply_error(reply, 0, "ValidationException",
                "The compliance type " SV_FMT " is not supported. Use COMPLIANT or NON_COMPLIANT.",
                SV_ARG(type));
    return false;
}

/* --- compliance ----------------------------------------------------------------------------- */

struct rule_page {
    struct world *world;
    const struct call *call;
    VEC(const struct deployed *) rules;
};

static void collect_rules(struct rule_page *page)
{
    struct sv name = json_sv(json_get(page->call->input, "Filters"), "ConfigRuleName");
    for (uint32_t cell = 0; cell < page->world->n_cells; cell++) {
        size_t n = 0;
        const struct deployed *of = NULL;
        if (cell_passes(page->world, page->call, cell, "AwsRegion"))
            of = evaluation_rules(page->world, cell, &n);
        for (size_t i = 0; i < n; i++)
            if (name.len == 0 || sv_eq_cstr(name, of[i].rule->name))
                vec_push(&page->rules, &of[i]);
    }
}

static enum compliance aggregate_compliance(struct world *world, const struct deployed *deployed,
                                            int64_t now_ms, int64_t *n)
{
    uint64_t counts[N_COMPLIANCES];
    evaluation_counts(world, deployed, aggregator_as_of_ms(world, deployed->cell, now_ms), counts);
    enum compliance compliance = evaluation_of_rule(counts);
    *n = (int64_t)counts[compliance];
    return compliance;
}

/* Rules without results are not shown. */
static void add_aggregate_rule(void *arg, size_t i, cJSON *list)
{
    const struct rule_page *page = arg;
    const struct deployed *deployed = page->rules.ptr[i];
    struct sv wanted = json_sv(json_get(page->call->input, "Filters"), "ComplianceType");
    int64_t n;
    enum compliance compliance =
        aggregate_compliance(page->world, deployed, page->call->now_ms, &n);
    if (compliance == INSUFFICIENT_DATA ||
        (wanted.len && !sv_eq_cstr(wanted, compliance_name(compliance))))
        return;
    cJSON_AddItemToArray(
        list, json_make("{ConfigRuleName:%s,Compliance:%o,AccountId:%s,AwsRegion:%s}",
                        deployed->rule->name, config_compliance(compliance, n, RESOURCES_CAP),
                        cell_account(page->world, deployed->cell)->id,
                        cell_region(page->world, deployed->cell)));
}

void config_aggregate_by_rule(struct world *world, const struct call *call, struct reply *reply)
{
    struct rule_page page = {.world = world, .call = call};
    struct sv type = json_sv(json_get(call->input, "Filters"), "ComplianceType");
    if (!aggregator_asked_for(world, call, reply) || !check_compliance_type(type, reply))
        return;
    collect_rules(&page);
    page_reply(call, reply,
               &(struct page_spec){.list_member = "AggregateComplianceByConfigRules",
                                   .n_items = page.rules.len,
                                   .page_default = GROUPS_PAGE,
                                   .page_max = GROUPS_PAGE,
                                   .add_item = add_aggregate_rule,
                                   .arg = &page});
    vec_free(&page.rules);
}

struct detail_page {
    struct world *world;
    const struct call *call;
    const struct deployed *deployed;
    struct scope scope;
    int64_t at_ms;
};

static void add_aggregate_detail(void *arg, size_t i, cJSON *list)
{
    const struct detail_page *page = arg;
    struct ref ref = scope_at(&page->scope, i);
    enum compliance compliance = evaluation_verdict(page->world, page->deployed, ref, page->at_ms);
    const char *wanted = in_str(page->call, "ComplianceType");
    if (compliance != COMPLIANT && compliance != NON_COMPLIANT)
        return;
    if (!*wanted || strcmp(wanted, compliance_name(compliance)) == 0)
        cJSON_AddItemToArray(list,
                             config_result(page->world, page->deployed, ref, page->at_ms, true));
}

/* The rule in the source that the call names; NULL when there is none, which is no error. */
static const struct deployed *named_rule(struct world *world, const struct call *call)
{
    const struct cell *cell =
        world_cell(world, in_str(call, "AccountId"), in_str(call, "AwsRegion"));
    if (!cell || !aggregator_has_data(world, cell_number(world, cell)))
        return NULL;
    return evaluation_rule(world, cell_number(world, cell), in_str(call, "ConfigRuleName"));
}

void config_aggregate_details(struct world *world, const struct call *call, struct reply *reply)
{
    if (!aggregator_asked_for(world, call, reply) ||
        !check_compliance_type(sv_of(in_str(call, "ComplianceType")), reply))
        return;
    struct detail_page page = {.world = world, .call = call, .deployed = named_rule(world, call)};
    if (page.deployed) {
        page.scope = (struct scope){world, page.deployed->cell, page.deployed->rule->types};
        page.at_ms = aggregator_as_of_ms(world, page.deployed->cell, call->now_ms);
    }
    page_reply(call, reply,
               &(struct page_spec){.list_member = "AggregateEvaluationResults",
                                   .n_items = page.deployed ? scope_size(&page.scope) : 0,
                                   .page_default = DETAILS_PAGE,
                                   .page_max = DETAILS_MAX,
                                   .add_item = add_aggregate_detail,
                                   .arg = &page});
}

/* --- numbers by group ----------------------------------------------------------------------- */

struct group {
    const char *name; /* NULL: everything */
    uint64_t a, b;    /* compliant and not; or a number of resources */
};

struct group_page {
    VEC(struct group) groups;
    int64_t now_ms;
};

static struct group *group_of(struct group_page *page, const char *name)
{
    for (size_t i = 0; i < page->groups.len; i++)
        if (page->groups.ptr[i].name == name || strcmp(page->groups.ptr[i].name, name) == 0)
            return &page->groups.ptr[i];
    vec_push(&page->groups, ((struct group){.name = name}));
    return &vec_last(&page->groups);
}

static const char *group_name(const struct world *world, const char *key, uint32_t cell)
{
    return strcmp(key, "ACCOUNT_ID") == 0   ? cell_account(world, cell)->id
           : strcmp(key, "AWS_REGION") == 0 ? cell_region(world, cell)
                                            : NULL;
}

static void add_summary(void *arg, size_t i, cJSON *list)
{
    const struct group_page *page = arg;
    const struct group *group = &page->groups.ptr[i];
    cJSON_AddItemToArray(
        list, json_make("{GroupName:%s,ComplianceSummary:%o}", group->name,
                        config_summary((int64_t)group->a, (int64_t)group->b, 0, page->now_ms)));
}

void config_aggregate_summary(struct world *world, const struct call *call, struct reply *reply)
{
    const char *key = in_str(call, "GroupByKey");
    struct rule_page rules_page = {.world = world, .call = call};
    struct group_page page = {.now_ms = call->now_ms};
    if (!aggregator_asked_for(world, call, reply))
        return;
    collect_rules(&rules_page);
    for (size_t i = 0; i < rules_page.rules.len; i++) {
        const struct deployed *deployed = rules_page.rules.ptr[i];
        int64_t n;
        enum compliance compliance = aggregate_compliance(world, deployed, call->now_ms, &n);
        struct group *group = group_of(&page, group_name(world, key, deployed->cell));
        group->a += compliance == COMPLIANT;
        group->b += compliance == NON_COMPLIANT;
    }
    page_reply(call, reply,
               &(struct page_spec){.list_member = "AggregateComplianceCounts",
                                   .n_items = page.groups.len,
                                   .page_default = GROUPS_PAGE,
                                   .page_max = GROUPS_PAGE,
                                   .add_item = add_summary,
                                   .arg = &page});
    if (*key)
        cJSON_AddStringToObject(reply->output, "GroupByKey", key);
    vec_free(&rules_page.rules);
    vec_free(&page.groups);
}

static void add_group(void *arg, size_t i, cJSON *list)
{
    const struct group_page *page = arg;
    cJSON_AddItemToArray(list, json_make("{GroupName:%s,ResourceCount:%l}",
                                         page->groups.ptr[i].name, (int64_t)page->groups.ptr[i].a));
}

/* Adds what the cell has; returns how many resources that are. */
static uint64_t count_cell(struct world *world, const struct call *call, uint32_t cell,
                           struct group_page *page)
{
    const char *key = in_str(call, "GroupByKey");
    struct sv wanted = json_sv(json_get(call->input, "Filters"), "ResourceType");
    int64_t at_ms = aggregator_as_of_ms(world, cell, call->now_ms);
    uint64_t total = 0;
    for (int type = 0; type < N_STORED_TYPES; type++) {
        const char *name = type_infos[type].name;
        if (wanted.len && !sv_eq_cstr(wanted, name))
            continue;
        uint64_t n = config_count(world, cell, (enum resource_type)type, at_ms);
        const char *group = strcmp(key, "RESOURCE_TYPE") == 0 ? name : group_name(world, key, cell);
        if (n && group)
            group_of(page, group)->a += n;
        total += n;
    }
    return total;
}

void config_aggregate_counts(struct world *world, const struct call *call, struct reply *reply)
{
    struct group_page page = {0};
    uint64_t total = 0;
    if (!aggregator_asked_for(world, call, reply))
        return;
    for (uint32_t cell = 0; cell < world->n_cells; cell++)
        if (cell_passes(world, call, cell, "Region"))
            total += count_cell(world, call, cell, &page);
    page_reply(call, reply,
               &(struct page_spec){.list_member = "GroupedResourceCounts",
                                   .n_items = page.groups.len,
                                   .page_default = GROUPS_PAGE,
                                   .page_max = GROUPS_PAGE,
                                   .add_item = add_group,
                                   .arg = &page});
    cJSON_AddNumberToObject(reply->output, "TotalDiscoveredResources", (double)total);
    if (*in_str(call, "GroupByKey"))
        cJSON_AddStringToObject(reply->output, "GroupByKey", in_str(call, "GroupByKey"));
    vec_free(&page.groups);
}

/* --- resources ------------------------------------------------------------------------------ */

/* Cells one after the other: first[i] resources lie before the i-th. */
struct list_page {
    struct world *world;
    const struct call *call;
    enum resource_type type;
    VEC(uint32_t) cells;
    VEC(uint64_t) first;
    uint64_t n;
};

static void collect_cells(struct list_page *page)
{
    for (uint32_t cell = 0; cell < page->world->n_cells && page->type != N_TYPES; cell++) {
        if (!cell_passes(page->world, page->call, cell, "Region"))
            continue;
        vec_push(&page->cells, cell);
        vec_push(&page->first, page->n);
        page->n += resource_count(page->world, cell, page->type);
    }
}

static struct ref ref_at(const struct list_page *page, uint64_t i)
{
    size_t low = 0, high = page->cells.len;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (page->first.ptr[middle] <= i)
            low = middle;
        else
            high = middle;
    }
    return (struct ref){
        .type = page->type, .cell = page->cells.ptr[low], .index = i - page->first.ptr[low]};
}

static void add_aggregate_resource(void *arg, size_t i, cJSON *list)
{
    const struct list_page *page = arg;
    struct ref ref = ref_at(page, i);
    const cJSON *filters = json_get(page->call->input, "Filters");
    struct sv id = json_sv(filters, "ResourceId"), name = json_sv(filters, "ResourceName");
    struct item item;
    if (!item_recorded(page->world, ref,
                       aggregator_as_of_ms(page->world, ref.cell, page->call->now_ms), &item))
        return;
    const char *its_name = item_name(&item);
    if (item.doc && (id.len == 0 || sv_eq_cstr(id, item.resource.id)) &&
        (name.len == 0 || sv_eq_cstr(name, its_name)))
        cJSON_AddItemToArray(
            list, json_make("{SourceAccountId:%s,SourceRegion:%s,ResourceId:%s,ResourceType:%s,"
                            "ResourceName:%s}",
                            item.resource.account->id, item.resource.region, item.resource.id,
                            type_infos[ref.type].name, *its_name ? its_name : NULL));
    item_done(&item);
}

void config_aggregate_list(struct world *world, const struct call *call, struct reply *reply)
{
    struct list_page page = {
        .world = world, .call = call, .type = type_by_name(in_str(call, "ResourceType"))};
    if (!aggregator_asked_for(world, call, reply))
        return;
    collect_cells(&page);
    page_reply(call, reply,
               &(struct page_spec){.list_member = "ResourceIdentifiers",
                                   .n_items = page.n,
                                   .page_default = LIST_PAGE,
                                   .page_max = LIST_PAGE,
                                   .add_item = add_aggregate_resource,
                                   .arg = &page});
    vec_free(&page.cells);
    vec_free(&page.first);
}

static bool find_item(struct world *world, const cJSON *identifier, int64_t now_ms,
                      struct item *item)
{
    const struct cell *cell = world_cell(world, json_sv(identifier, "SourceAccountId").ptr,
                                         json_sv(identifier, "SourceRegion").ptr);
    enum resource_type type = type_by_name(json_sv(identifier, "ResourceType").ptr);
    struct ref ref;
    if (!cell || type == N_TYPES)
        return false;
    uint32_t number = cell_number(world, cell);
    return aggregator_has_data(world, number) &&
           resource_find(world, number, type, json_sv(identifier, "ResourceId").ptr, &ref) &&
           item_recorded(world, ref, aggregator_as_of_ms(world, number, now_ms), item) && item->doc;
}

void config_aggregate_batch_get(struct world *world, const struct call *call, struct reply *reply)
{
    if (!aggregator_asked_for(world, call, reply))
        return;
    cJSON *items = cJSON_AddArrayToObject(reply->output, "BaseConfigurationItems");
    cJSON *unprocessed = cJSON_AddArrayToObject(reply->output, "UnprocessedResourceIdentifiers");
    for (const cJSON *at = in_list(call, "ResourceIdentifiers"); at; at = at->next) {
        struct item item;
        if (find_item(world, at, call->now_ms, &item)) {
            cJSON_AddItemToArray(items, item_base(&item));
            item_done(&item);
        } else {
            cJSON_AddItemToArray(unprocessed, cJSON_Duplicate(at, true));
        }
    }
}
