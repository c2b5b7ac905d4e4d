/* describe_rule: a rule of AWS Config: where it comes from, and when it was evaluated. */
#include "core/base/clock.h"
#include "core/gov/describe/describing.h"
#include "core/gov/load/reply.h"

static void rule_begin(struct inquiry *inquiry, struct describing *describing)
{
    static const enum aws_op_id operations[] = {OP_config_DescribeConfigRules,
                                                OP_config_DescribeConfigRuleEvaluationStatus,
                                                OP_config_DescribeComplianceByConfigRule};
    for (size_t i = 0; i < ARRAY_LEN(operations); i++) {
        cJSON *params = cJSON_CreateObject();
        cJSON_AddItemToObject(params, "ConfigRuleNames", reply_list_of(describing->id));
        inquiry_read(inquiry, operations[i], &describing->target, params, NULL);
    }
}

static void tell_times(struct describing *describing, const cJSON *status)
{
    for (const cJSON *item = status ? status->child : NULL; item; item = item->next) {
        char at[CLOCK_ISO_SIZE];
        int64_t at_ms;
        bool is_time = sv_ends(sv_of(item->string), SV("Time"));
        if (is_time && reply_time(status, item->string, &at_ms))
            clock_iso8601(at_ms, false, at);
        tell(describing, "Evaluations", sv_of(item->string),
             is_time ? sv_of(at) : json_string(item));
    }
}

static void rule_end(struct inquiry *inquiry, struct describing *describing)
{
    const cJSON *rule =
        json_items(inquiry_page(inquiry, OP_config_DescribeConfigRules, 0), "ConfigRules");
    const cJSON *status =
        json_items(inquiry_page(inquiry, OP_config_DescribeConfigRuleEvaluationStatus, 0),
                   "ConfigRulesEvaluationStatus");
    tell_scalars(describing, "Rule", rule);
    tell_scalars(describing, "Source", json_get(rule, "Source"));
    for (const cJSON *type = json_items(json_get(rule, "Scope"), "ComplianceResourceTypes"); type;
         type = type->next)
        tell_identity(describing, "Scope", SV("type"), json_string(type));
    tell_times(describing, status);
    tell_json(describing, rule);
}

const struct describer describer_rule = {rule_begin, rule_end};
