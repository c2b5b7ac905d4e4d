/*
 * describe_finding: what a rule of AWS Config has found wrong with a resource: the resource, and
 * what there is to mend it: the document, what it is given, what was tried before.
 */
#include "core/gov/config/evaluation.h"
#include "core/gov/config/recorded.h"
#include "core/gov/describe/describing.h"
#include "core/gov/gov_internal.h"
#include "core/gov/load/reply.h"
#include "core/gov/remedy/remediation.h"
#include "core/gov/systems_manager/automation.h"

static const char section[] = "Remediation";

static cJSON *state_of(const struct describing *describing)
{
    cJSON *state = cJSON_CreateObject();
    cJSON_AddStringToObject(state, "rule", describing->rule);
    cJSON_AddStringToObject(state, "resource_type", describing->type);
    cJSON_AddStringToObject(state, "resource_id", describing->id);
    return state;
}

static cJSON *exceptions_params(const struct describing *describing)
{
    cJSON *params = cJSON_CreateObject(), *key = cJSON_CreateObject();
    cJSON_AddStringToObject(params, "ConfigRuleName", describing->rule);
    cJSON_AddStringToObject(key, "ResourceType", describing->type);
    cJSON_AddStringToObject(key, "ResourceId", describing->id);
    cJSON_AddItemToArray(cJSON_AddArrayToObject(params, "ResourceKeys"), key);
    return params;
}

/* --- reading --------------------------------------------------------------------------------- */

static const cJSON *configuration_of(const struct inquiry *inquiry)
{
    return json_items(inquiry_page(inquiry, OP_config_DescribeRemediationConfigurations, 0),
                      "RemediationConfigurations");
}

static const cJSON *rule_of(const struct inquiry *inquiry)
{
    return json_items(inquiry_page(inquiry, OP_config_DescribeConfigRules, 0), "ConfigRules");
}

/* What AWS has for want of a remediation; NULL while that is not known, or when there is nothing.
 */
static const struct runbook *runbook_for(const struct inquiry *inquiry)
{
    bool is_wanted = inquiry_page(inquiry, OP_config_DescribeRemediationConfigurations, 0) &&
                     !configuration_of(inquiry);
    return is_wanted ? runbook_of(rule_of(inquiry)) : NULL;
}

/* Of the two replies that tell which one it is the later one has come. */
static void ask_runbook(struct inquiry *inquiry, void *arg)
{
    const struct runbook *runbook = runbook_for(inquiry);
    if (runbook)
        document_ask(inquiry, describing_of(arg), runbook->document, "");
}

/* AWS refuses to tell how a remediation stands that is not configured. */
static void ask_more(struct inquiry *inquiry, void *arg)
{
    struct describing *describing = describing_of(arg);
    const cJSON *configuration = configuration_of(inquiry);
    AUTO_FREE char *document = sv_dup(json_sv(configuration, "TargetId"));
    AUTO_FREE char *version = sv_dup(json_sv(configuration, "TargetVersion"));
    AUTO(json_free_at) cJSON *state = state_of(describing);
    if (!configuration) {
        ask_runbook(inquiry, arg);
        return;
    }
    document_ask(inquiry, describing, document, version);
    if (recorded_is_kept(describing->type)) /* else AWS Config takes no such key */
        inquiry_read(inquiry, OP_config_DescribeRemediationExecutionStatus, &describing->target,
                     remediation_key_params(state), NULL);
    inquiry_read(inquiry, OP_config_DescribeRemediationExceptions, &describing->target,
                 exceptions_params(describing), NULL);
}

static void finding_begin(struct inquiry *inquiry, struct describing *describing)
{
    cJSON *configurations = cJSON_CreateObject(), *rules = cJSON_CreateObject();
    cJSON_AddItemToObject(configurations, "ConfigRuleNames", reply_list_of(describing->rule));
    cJSON_AddItemToObject(rules, "ConfigRuleNames", reply_list_of(describing->rule));
    inquiry_read(inquiry, OP_config_DescribeRemediationConfigurations, &describing->target,
                 configurations, ask_more);
    inquiry_read(inquiry, OP_config_DescribeConfigRules, &describing->target, rules, ask_runbook);
    describer_of_resource(describing)->begin(inquiry, describing);
}

/* --- telling --------------------------------------------------------------------------------- */

static void tell_rule(const struct inquiry *inquiry, struct describing *describing)
{
    static const struct told_member members[] = {
        {"ConfigRuleName", "name", false},
        {"Description", "says", false},
        {"CreatedBy", "made by", false},
    };
    const cJSON *rule = rule_of(inquiry);
    tell_members(describing, "Rule", rule, members, ARRAY_LEN(members));
    tell(describing, "Rule", SV("evaluated each"), evaluation_period(rule));
    tell(describing, "Rule", SV("identifier"),
         json_sv(json_get(rule, "Source"), "SourceIdentifier"));
}

/* What the document will be given; secrets have no business in a configuration, and may be there.
 */
static void tell_parameters(struct describing *describing, const cJSON *configuration)
{
    const cJSON *parameter;
    cJSON_ArrayForEach (parameter, json_get(configuration, "Parameters")) {
        AUTO(buf_done) struct buf text = BUF_NONE, label = BUF_NONE;
        const cJSON *value = json_items(json_get(parameter, "StaticValue"), "Values");
        buf_addf(&label, "gets %s", parameter->string);
        if (json_get(parameter, "ResourceValue"))
            buf_add_cstr(&text, describing->id);
        for (; value; value = value->next)
            buf_addf(&text, "%s" SV_FMT, text.len ? ", " : "", SV_ARG(json_string(value)));
        tell(describing, section, buf_sv(&label),
             automation_is_secret(sv_of(parameter->string)) ? SV("(not shown)") : buf_sv(&text));
    }
}

/* AWS's own document, which is not a remediation of the rule. */
static void tell_runbook(struct describing *describing, const struct runbook *runbook,
                         const cJSON *rule, struct sv values)
{
    struct sv rest = sv_of(runbook->parameters), name, value;
    AUTO(buf_done) struct buf lack = BUF_NONE;
    tell(describing, section, SV("none"),
         SV("the rule has none; AWS has a document for what it finds"));
    tell(describing, section, SV("document"), sv_of(runbook->document));
    while (runbook_parameter(&rest, &name, &value)) {
        AUTO(buf_done) struct buf label = BUF_NONE;
        buf_addf(&label, "gets " SV_FMT, SV_ARG(name));
        tell(describing, section, buf_sv(&label),
             sv_eq_cstr(value, "RESOURCE_ID") ? sv_of(describing->id) : value);
    }
    tell(describing, section, SV("to be known"), sv_of(runbook->note));
    if (runbook_lacks(runbook, rule, values, &lack))
        tell(describing, section, SV("not from here"), buf_sv(&lack));
}

static void tell_runs(const struct inquiry *inquiry, struct describing *describing)
{
    INQUIRY_EACH(inquiry, OP_config_DescribeRemediationExecutionStatus,
                 "RemediationExecutionStatuses", run)
    {
        tell(describing, "Last run", SV("state"), json_sv(run, "State"));
        tell_time(describing, "Last run", "begun at", run, "InvocationTime");
        for (const cJSON *step = json_items(run, "StepDetails"); step; step = step->next)
            tellf(describing, "Last run", json_sv(step, "Name"), SV_FMT "  " SV_FMT,
                  SV_ARG(json_sv(step, "State")), SV_ARG(json_sv(step, "ErrorMessage")));
    }
    INQUIRY_EACH(inquiry, OP_config_DescribeRemediationExceptions, "RemediationExceptions", item)
    {
        tell(describing, "Excepted in AWS Config", SV("reason"), json_sv(item, "Message"));
        tell_time(describing, "Excepted in AWS Config", "until", item, "ExpirationTime");
    }
}

static void tell_steps(const struct inquiry *inquiry, struct describing *describing)
{
    AUTO(json_free_at) cJSON *content = NULL;
    for (const cJSON *step = document_steps(inquiry, &content); step; step = step->next) {
        AUTO(buf_done) struct buf text = BUF_NONE;
        document_step_text(step, &text);
        tell(describing, "Steps", json_sv(step, "name"), buf_sv(&text));
    }
}

static void tell_remediation(struct inquiry *inquiry, struct describing *describing)
{
    static const struct told_member members[] = {
        {"TargetId", "document", true},
        {"TargetVersion", "version", false},
        {"Automatic", "by itself", false},
        {"MaximumAutomaticAttempts", "attempts", false},
    };
    const cJSON *configuration = configuration_of(inquiry);
    tell_members(describing, section, configuration, members, ARRAY_LEN(members));
    tell_parameters(describing, configuration);
    if (runbook_for(inquiry))
        tell_runbook(describing, runbook_for(inquiry), rule_of(inquiry),
                     sv_of(inquiry_gov(inquiry)->settings.document_values));
    else if (!configuration &&
             inquiry_page(inquiry, OP_config_DescribeRemediationConfigurations, 0))
        tell(describing, section, SV("none"),
             SV("the rule has none; PutRemediationConfigurations gives it one"));
    tell_runs(inquiry, describing);
    tell_steps(inquiry, describing);
}

static void finding_end(struct inquiry *inquiry, struct describing *describing)
{
    tell_rule(inquiry, describing);
    tell_remediation(inquiry, describing);
    describer_of_resource(describing)->end(inquiry, describing);
    document_tell(inquiry, describing);
}

const struct describer describer_finding = {finding_begin, finding_end};
