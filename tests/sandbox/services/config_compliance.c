/* config_compliance: what rules found, by rule, by resource and in numbers. */
#include <string.h>

#include "tests/sandbox/services/config.h"
#include "tests/sandbox/world/template.h"

#define PAGE          10
#define PAGE_MAX      100
#define RULES_CAP     25
#define RESOURCES_CAP 100
#define RESULTS       (COMPLIANCE_BIT(COMPLIANT) | COMPLIANCE_BIT(NON_COMPLIANT))

/* --- by rule -------------------------------------------------------------------------------- */

struct details {
    struct world *world;
    const struct deployed *deployed;
    struct scope scope;
    unsigned wanted;
    int64_t at_ms;
};

static void add_detail(void *arg, size_t i, cJSON *list)
{
    const struct details *details = arg;
    struct ref ref = scope_at(&details->scope, i);
    enum compliance compliance =
        evaluation_verdict(details->world, details->deployed, ref, details->at_ms);
    if (details->wanted & COMPLIANCE_BIT(compliance))
        cJSON_AddItemToArray(
            list, config_result(details->world, details->deployed, ref, details->at_ms, false));
}

void config_details_by_rule(struct world *world, const struct call *call, struct reply *reply)
{
    const char *name = in_str(call, "ConfigRuleName");
    uint32_t cell = config_cell(world, call);
    struct details details = {.world = world, .at_ms = call->now_ms};
    if (!config_wanted(call, reply, "ComplianceTypes", RESULTS | COMPLIANCE_BIT(NOT_APPLICABLE),
                       RESULTS, &details.wanted))
        return;
    details.deployed = evaluation_rule(world, cell, name);
    if (!details.deployed) {
        reply_error(reply, 0, "NoSuchConfigRuleException",
                    "The ConfigRule '%s' provided in the request is invalid. Please check the "
                    "configRule name",
                    name);
        return;
    }
    details.scope =
        (struct scope){.world = world, .cell = cell, .types = details.deployed->rule->types};
    page_reply(call, reply,
               &(struct page_spec){.list_member = "EvaluationResults",
                                   .n_items = scope_size(&details.scope),
                                   .page_default = PAGE,
                                   .page_max = PAGE_MAX,
                                   .add_item = add_detail,
                                   .arg = &details});
}

/* --- by resource ---------------------------------------------------------------------------- */

/* How many of the cell's rules found the resource compliant, and how many not. */
static void count_rules(struct world *world, struct ref ref, int64_t at_ms,
                        uint64_t counts[N_COMPLIANCES])
{
    size_t n;
    const struct deployed *of = evaluation_rules(world, ref.cell, &n);
    memset(counts, 0, N_COMPLIANCES * sizeof counts[0]);
    for (size_t i = 0; i < n; i++)
        if (of[i].rule->types & TYPE_BIT(ref.type))
            counts[evaluation_verdict(world, &of[i], ref, at_ms)]++;
}

static void add_resource(void *arg, size_t i, cJSON *list)
{
    const struct details *details = arg;
    struct ref ref = scope_at(&details->scope, i);
    uint64_t counts[N_COMPLIANCES];
    char id[RESOURCE_ID_SIZE];
    count_rules(details->world, ref, details->at_ms, counts);
    enum compliance compliance = evaluation_of_rule(counts);
    if (!(details->wanted & COMPLIANCE_BIT(compliance)))
        return;
    resource_id(details->world, ref, id);
    int64_t n = compliance == NON_COMPLIANT ? (int64_t)counts[NON_COMPLIANT] : -1;
    cJSON_AddItemToArray(list, json_make("{ResourceType:%s,ResourceId:%s,Compliance:%o}",
                                         type_infos[ref.type].name, id,
                                         config_compliance(compliance, n, RULES_CAP)));
}

/* One resource of the type asked for, or all of a type, or all that rules look at. */
static bool choose_scope(struct world *world, const struct call *call, struct reply *reply,
                         struct details *details, struct ref *single)
{
    const char *type_name = in_str(call, "ResourceType"), *id = in_str(call, "ResourceId");
    enum resource_type type = rule_type_by_name(in_str(call, "ResourceType"));
    uint32_t cell = config_cell(world, call);
    details->scope = (struct scope){
        .world = world, .cell = cell, .types = *type_name ? TYPE_BIT(type) : UINT64_MAX};
    if (type == N_TYPES && *type_name)
        details->scope.types = 0;
    if (!*id)
        return true;
    if (!*type_name) {
        reply_error(reply, 0, "InvalidParameterValueException",
                    "You must provide the resource type when you provide the resource id.");
        return false;
    }
    if (type == N_TYPES || !resource_find(world, cell, type, id, single)) {
        single->type = N_TYPES;
        details->scope.types = 0;
    }
    return true;
}

void config_compliance_by_resource(struct world *world, const struct call *call,
                                   struct reply *reply)
{
    struct details details = {.world = world, .at_ms = call->now_ms};
    struct ref single = {0};
    unsigned allowed = RESULTS | COMPLIANCE_BIT(INSUFFICIENT_DATA);
    if (!config_wanted(call, reply, "ComplianceTypes", allowed, RESULTS, &details.wanted) ||
        !choose_scope(world, call, reply, &details, &single))
        return;
    bool one = *in_str(call, "ResourceId") && single.type != N_TYPES;
    if (one) {
        uint64_t at = single.index;
        cJSON *list = cJSON_AddArrayToObject(reply->output, "ComplianceByResources");
        details.scope.types = TYPE_BIT(single.type);
        add_resource(&details, at, list);
        return;
    }
    page_reply(call, reply,
               &(struct page_spec){.list_member = "ComplianceByResources",
                                   .n_items = scope_size(&details.scope),
                                   .page_default = PAGE,
                                   .page_max = PAGE_MAX,
                                   .add_item = add_resource,
                                   .arg = &details});
}

struct resource_details {
    struct world *world;
    struct ref ref;
    const struct deployed *rules;
    unsigned wanted;
    int64_t at_ms;
};

static void add_rule_result(void *arg, size_t i, cJSON *list)
{
    const struct resource_details *details = arg;
    const struct deployed *deployed = &details->rules[i];
    if (!(deployed->rule->types & TYPE_BIT(details->ref.type)))
        return;
    enum compliance compliance =
        evaluation_verdict(details->world, deployed, details->ref, details->at_ms);
    if (details->wanted & COMPLIANCE_BIT(compliance))
        cJSON_AddItemToArray(
            list, config_result(details->world, deployed, details->ref, details->at_ms, false));
}

void config_details_by_resource(struct world *world, const struct call *call, struct reply *reply)
{
    struct resource_details details = {.world = world, .at_ms = call->now_ms};
    uint32_t cell = config_cell(world, call);
    enum resource_type type = rule_type_by_name(in_str(call, "ResourceType"));
    size_t n = 0;
    if (!*in_str(call, "ResourceType") || !*in_str(call, "ResourceId")) {
        reply_error(reply, 0, "InvalidParameterValueException",
                    "You must provide the resource type and the resource id.");
        return;
    }
    if (!config_wanted(call, reply, "ComplianceTypes", RESULTS | COMPLIANCE_BIT(NOT_APPLICABLE),
                       RESULTS, &details.wanted))
        return;
    if (type != N_TYPES &&
        resource_find(world, cell, type, in_str(call, "ResourceId"), &details.ref))
        details.rules = evaluation_rules(world, cell, &n);
    page_reply(call, reply,
               &(struct page_spec){.list_member = "EvaluationResults",
                                   .n_items = n,
                                   .page_default = PAGE_MAX,
                                   .page_max = PAGE_MAX,
                                   .add_item = add_rule_result,
                                   .arg = &details});
}

/* --- in numbers ----------------------------------------------------------------------------- */

void config_summary_by_rule(struct world *world, const struct call *call, struct reply *reply)
{
    size_t n;
    uint64_t totals[N_COMPLIANCES] = {0}, counts[N_COMPLIANCES];
    const struct deployed *of = evaluation_rules(world, config_cell(world, call), &n);
    for (size_t i = 0; i < n; i++) {
        evaluation_counts(world, &of[i], call->now_ms, counts);
        totals[evaluation_of_rule(counts)]++;
    }
    cJSON_AddItemToObject(reply->output, "ComplianceSummary",
                          config_summary((int64_t)totals[COMPLIANT], (int64_t)totals[NON_COMPLIANT],
                                         RULES_CAP, call->now_ms));
}

static void add_resources(struct world *world, uint32_t cell, enum resource_type type,
                          int64_t at_ms, uint64_t totals[N_COMPLIANCES])
{
    uint64_t n = resource_count(world, cell, type), counts[N_COMPLIANCES];
    for (uint64_t i = 0; i < n; i++) {
        count_rules(world, (struct ref){.type = type, .cell = cell, .index = i}, at_ms, counts);
        totals[evaluation_of_rule(counts)]++;
    }
}

static cJSON *type_summary(const char *name, const uint64_t totals[N_COMPLIANCES], int64_t at_ms)
{
    return json_make("{ResourceType:%s,ComplianceSummary:%o}", name,
                     config_summary((int64_t)totals[COMPLIANT], (int64_t)totals[NON_COMPLIANT],
                                    RESOURCES_CAP, at_ms));
}

/* Without types: one summary over all resources. */
void config_summary_by_type(struct world *world, const struct call *call, struct reply *reply)
{
    uint32_t cell = config_cell(world, call);
    const cJSON *name = in_list(call, "ResourceTypes");
    uint64_t totals[N_COMPLIANCES] = {0};
    cJSON *list = cJSON_CreateArray();
    for (int type = 0; !name && type < N_TYPES; type++)
        add_resources(world, cell, (enum resource_type)type, call->now_ms, totals);
    if (!name)
        cJSON_AddItemToArray(list, type_summary(NULL, totals, call->now_ms));
    for (; name; name = name->next) {
        enum resource_type type = rule_type_by_name(name->valuestring);
        memset(totals, 0, sizeof totals);
        if (type != N_TYPES)
            add_resources(world, cell, type, call->now_ms, totals);
        cJSON_AddItemToArray(list, type_summary(name->valuestring, totals, call->now_ms));
    }
    cJSON_AddItemToObject(reply->output, "ComplianceSummariesByResourceType", list);
}
