#include "core/gov/load/row_call.h"

#include "core/base/mem.h"

#define MEMBERS_MAX 2

/* A member of the call's parameters, taken from a column. */
struct member {
    const char *name, *column;
    bool is_list;
};

/* The rows of screen are read by op. */
static const struct {
    const struct screen *screen;
    enum aws_op_id op;
    struct member members[MEMBERS_MAX];
} calls[] = {
    {&screen_findings,
     OP_ec2_DescribeSecurityGroupRules,
     {{"SecurityGroupRuleIds", "security_group_rule_id", true}}},
    {&screen_triage,
     OP_ec2_DescribeSecurityGroupRules,
     {{"SecurityGroupRuleIds", "security_group_rule_id", true}}},
    {&screen_resources,
     OP_config_GetResourceConfigHistory,
     {{"resourceType", "resource_type", false}, {"resourceId", "resource_id", false}}},
    {&screen_rules, OP_config_DescribeConfigRules, {{"ConfigRuleNames", "name", true}}},
    {&screen_rule,
     OP_config_GetComplianceDetailsByResource,
     {{"ResourceType", "resource_type", false}, {"ResourceId", "resource_id", false}}},
    {&screen_recorders,
     OP_config_DescribeConfigurationRecorderStatus,
     {{"ConfigurationRecorderNames", "name", true}}},
    {&screen_nodes, OP_ssm_DescribeInstancePatchStates, {{"InstanceIds", "node", true}}},
    {&screen_parameters, OP_ssm_GetParameterHistory, {{"Name", "name", false}}},
    {&screen_aggregators,
     OP_config_DescribeConfigurationAggregatorSourcesStatus,
     {{"ConfigurationAggregatorName", "aggregator", false}}},
};

static bool add_member(cJSON *params, const struct member *member, struct sv value)
{
    AUTO_FREE char *text = sv_dup(value);
    cJSON *string = cJSON_CreateString(text), *item = string;
    if (member->is_list) {
        item = cJSON_CreateArray();
        cJSON_AddItemToArray(item, string);
    }
    return cJSON_AddItemToObject(params, member->name, item);
}

/* NULL when the row has no value for one of the members. */
static cJSON *params_of(const struct member *members, const struct table *table, size_t row)
{
    cJSON *params = cJSON_CreateObject();
    for (size_t i = 0; i < MEMBERS_MAX && members[i].name; i++) {
        struct sv value = table_text(table, row, members[i].column);
        if (value.len == 0 || !add_member(params, &members[i], value)) {
            json_free(params);
            return NULL;
        }
    }
    return params;
}

bool row_call_line(const struct screen *screen, const struct table *table, size_t row,
                   struct buf *line)
{
    struct sv own = table_text(table, row, "cli");
    if (own.len > 0) {
        buf_add(line, own);
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        struct aws_target target = {0};
        cJSON *params;
        if (calls[i].screen != screen || !(params = params_of(calls[i].members, table, row)))
            continue;
        sv_copy(table_text(table, row, "account_id"), target.account_id, sizeof target.account_id);
        sv_copy(table_text(table, row, "region"), target.region, sizeof target.region);
        aws_cli_line(line, calls[i].op, &target, params);
        json_free(params);
        return true;
    }
    return false;
}
