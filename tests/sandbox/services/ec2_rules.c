/* ec2_rules: DescribeSecurityGroupRules. */
#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/services/ec2_change.h"
#include "tests/sandbox/world/security_group.h"

cJSON *ec2_shape_rule(const struct resource *group, const cJSON *rule)
{
    char arn[RESOURCE_ID_SIZE];
    cJSON *shaped = ec2_shape(rule);
    const char *id = cJSON_GetStringValue(json_get(rule, "securityGroupRuleId"));
    snprintf(arn, sizeof arn, "arn:aws:ec2:%s:%s:security-group-rule/%s", group->region,
             group->account->id, id);
    cJSON_AddStringToObject(shaped, "GroupId", group->id);
    cJSON_AddStringToObject(shaped, "GroupOwnerId", group->account->id);
    cJSON_AddStringToObject(shaped, "SecurityGroupRuleArn", arn);
    if (!json_get(shaped, "Tags"))
        cJSON_AddArrayToObject(shaped, "Tags");
    return shaped;
}

static const struct ec2_filter rule_filters[] = {{"group-id", "GroupId"},
                                                 {"security-group-rule-id", "SecurityGroupRuleId"}};

static cJSON *tags_of_rule(const cJSON *shaped)
{
    cJSON *tags = cJSON_CreateObject();
    for (const cJSON *tag = json_items(shaped, "Tags"); tag; tag = tag->next)
        cJSON_AddItemToObject(tags, json_get(tag, "Key")->valuestring,
                              cJSON_Duplicate(json_get(tag, "Value"), true));
    return tags;
}

static bool rule_passes(const struct call *call, const cJSON *shaped)
{
    cJSON *doc = cJSON_CreateObject();
    cJSON_AddItemReferenceToObject(doc, "configuration", (cJSON *)shaped);
    cJSON_AddItemToObject(doc, "tags", tags_of_rule(shaped));
    bool passes = ec2_passes_filters(call, "", doc, rule_filters, ARRAY_LEN(rule_filters));
    cJSON_Delete(doc);
    return passes;
}

/* Adds those of the group's rules that pass the filters and, unless rule_id is NULL, have it. */
static size_t add_group_rules(struct world *world, const struct call *call, struct ref ref,
                              const char *rule_id, cJSON *rules)
{
    struct resource group;
    cJSON *doc = doc_live(world, ref);
    size_t found = 0;
    resource_describe(world, ref, &group);
    for (const cJSON *rule = json_items(doc, "rules"); rule; rule = rule->next) {
        if (rule_id && strcmp(json_get(rule, "securityGroupRuleId")->valuestring, rule_id) != 0)
            continue;
        cJSON *shaped = ec2_shape_rule(&group, rule);
        found++;
        if (rule_passes(call, shaped))
            cJSON_AddItemToArray(rules, shaped);
        else
            cJSON_Delete(shaped);
    }
    cJSON_Delete(doc);
    return found;
}

static bool add_rules_by_id(struct world *world, const struct call *call, struct reply *reply,
                            uint32_t cell, cJSON *rules)
{
    for (const cJSON *id = in_list(call, "SecurityGroupRuleIds"); id; id = id->next) {
        struct ref group;
        if (!ec2_check_id(reply, id->valuestring, "sgr-", "InvalidSecurityGroupRuleId.Malformed"))
            return false;
        if (!security_group_of_rule(world, cell, id->valuestring, &group) ||
            add_group_rules(world, call, group, id->valuestring, rules) == 0) {
            reply_error(reply, 0, "InvalidSecurityGroupRuleId.NotFound",
                        "The security group rule ID '%s' does not exist", id->valuestring);
            return false;
        }
    }
    return true;
}

/* The filter on group ids when it names whole ids, so that only those groups are looked at. */
static const cJSON *named_groups(const struct call *call)
{
    for (const cJSON *filter = in_list(call, "Filters"); filter; filter = filter->next) {
        if (!sv_eq_cstr(json_sv(filter, "Name"), "group-id"))
            continue;
        const cJSON *values = json_items(filter, "Values"), *value = values;
        while (value && !strpbrk(value->valuestring, "*?\\"))
            value = value->next;
        return value ? NULL : values;
    }
    return NULL;
}

static void add_all_rules(struct world *world, const struct call *call, uint32_t cell, cJSON *rules)
{
    const cJSON *named = named_groups(call);
    struct ref group;
    for (const cJSON *id = named; id; id = id->next)
        if (resource_find(world, cell, EC2_SECURITY_GROUP, id->valuestring, &group))
            add_group_rules(world, call, group, NULL, rules);
    uint64_t n = named ? 0 : resource_count(world, cell, EC2_SECURITY_GROUP);
    for (uint64_t i = 0; i < n; i++) {
        group = (struct ref){.type = EC2_SECURITY_GROUP, .cell = cell, .index = i};
        add_group_rules(world, call, group, NULL, rules);
    }
}

struct rule_page {
    cJSON *rules;
    const cJSON *next; /* the item that comes after the last one that was asked for */
    size_t position;
};

/* Pages ask for items in ascending order, so that a walk finds them without counting anew. */
static void add_rule(void *arg, size_t i, cJSON *list)
{
    struct rule_page *page = arg;
    if (!page->next)
        page->next = page->rules->child;
    for (; page->position < i; page->position++)
        page->next = page->next->next;
    cJSON_AddItemToArray(list, cJSON_Duplicate(page->next, true));
}

void ec2_describe_security_group_rules(struct world *world, const struct call *call,
                                       struct reply *reply)
{
    uint32_t cell = cell_number(world, call_cell(world, call));
    if (!ec2_check_filters(call, reply, rule_filters, ARRAY_LEN(rule_filters)))
        return;
    cJSON *rules = cJSON_CreateArray();
    bool by_id = in_list(call, "SecurityGroupRuleIds") != NULL;
    bool ok = !by_id || add_rules_by_id(world, call, reply, cell, rules);
    if (!by_id)
        add_all_rules(world, call, cell, rules);
    size_t n = (size_t)cJSON_GetArraySize(rules);
    struct rule_page page = {.rules = rules};
    if (ok)
        page_reply(call, reply,
                   &(struct page_spec){.list_member = "SecurityGroupRules",
                                       .n_items = n,
                                       .page_default = n + 1,
                                       .add_item = add_rule,
                                       .arg = &page});
    cJSON_Delete(rules);
}
