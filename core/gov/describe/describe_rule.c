/* describe_rule: a rule of AWS Config: where it comes from, when it was evaluated, who changed it.
 */
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
    changes_ask(inquiry, describing, describing->id);
}

static void tell_times(struct describing *describing, const cJSON *status)
{
    for (const cJSON *item = status ? status->child : NULL; item; item = item->next) {
        if (sv_ends(sv_of(item->string), SV("Time")))
            tell_time(describing, "Evaluations", item->string, status, item->string);
        else
            tell(describing, "Evaluations", sv_of(item->string), json_string(item));
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
    changes_tell(inquiry, describing);
    tell_json(describing, rule);
}

const struct describer describer_rule = {rule_begin, rule_end};
