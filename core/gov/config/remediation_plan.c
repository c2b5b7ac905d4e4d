/* remediation_plan: what a person must know before AWS Config may mend something. */
#include <string.h>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/gov/config/config_rule.h"
#include "core/gov/config/evaluation.h"
#include "core/gov/config/recorded.h"
#include "core/gov/config/remediation.h"
#include "core/gov/gov_internal.h"
#include "core/gov/load/reply.h"
#include "core/gov/plan_account.h"
#include "core/gov/planner.h"
#include "core/gov/queue/item.h"
#include "core/gov/security_group/sg_users.h"

struct planning {
    struct aws_target target;
    cJSON *state; /* {rule, resource_type, resource_id}, later document and version: for params */
    void (*done)(void *arg, struct change_plan *take_plan, const struct err *err);
    void *arg;

    const cJSON *configuration, *document, *result;
    struct remediation_run run;
    struct change_plan *plan;
    struct err err;
};

static void planning_drop(void *arg)
{
    struct planning *planning = arg;
    json_free(planning->state);
    mem_free(planning);
}

static const char *subject(const struct planning *planning, const char *key)
{
    return json_get(planning->state, key)->valuestring;
}

/* What uses a security group is known in the same way, whoever has found it wrong. */
static bool is_group(const struct planning *planning)
{
    return strcmp(subject(planning, "resource_type"), "AWS::EC2::SecurityGroup") == 0;
}

/* --- reading --------------------------------------------------------------------------------- */

static void copy_text(cJSON *object, const char *key, struct sv text)
{
    AUTO_FREE char *copy = sv_dup(text);
    cJSON_DeleteItemFromObjectCaseSensitive(object, key);
    cJSON_AddStringToObject(object, key, copy ? copy : "");
}

/* The configuration has come: it names the document. AWS refuses to tell the status of a rule that
 * has none. */
static void read_more(struct inquiry *inquiry, void *arg)
{
    struct planning *planning = arg;
    const cJSON *page = inquiry_page(inquiry, OP_config_DescribeRemediationConfigurations, 0);
    const cJSON *configuration = json_items(page, "RemediationConfigurations");
    if (!configuration)
        return;
    copy_text(planning->state, "document", json_sv(configuration, "TargetId"));
    copy_text(planning->state, "version", json_sv(configuration, "TargetVersion"));
    inquiry_read(inquiry, OP_ssm_DescribeDocument, &planning->target,
                 remediation_document_params(planning->state), NULL);
    inquiry_read(inquiry, OP_ssm_GetDocument, &planning->target,
                 remediation_document_params(planning->state), NULL);
    inquiry_read(inquiry, OP_config_DescribeRemediationExecutionStatus, &planning->target,
                 remediation_key_params(planning->state), NULL);
}

static void begin(struct inquiry *inquiry, void *arg)
{
    struct planning *planning = arg;
    const struct aws_target *target = &planning->target;
    cJSON *rule = cJSON_CreateObject();
    cJSON_AddItemToArray(cJSON_AddArrayToObject(rule, "ConfigRuleNames"),
                         cJSON_CreateString(subject(planning, "rule")));
    inquiry_read(inquiry, OP_config_DescribeRemediationConfigurations, target,
                 cJSON_Duplicate(rule, true), read_more);
    inquiry_read(inquiry, OP_config_DescribeConfigRules, target, rule, NULL);
    inquiry_read(inquiry, OP_config_GetComplianceDetailsByResource, target,
                 remediation_compliance_params(planning->state), NULL);
    recorded_read(inquiry, target, subject(planning, "resource_type"),
                  subject(planning, "resource_id"));
    if (is_group(planning))
        sg_users_read(inquiry, target, subject(planning, "resource_id"));
    plan_read_account(inquiry, target);
}

/* --- judging --------------------------------------------------------------------------------- */

static bool has_parameter(const cJSON *document, const char *name)
{
    for (const cJSON *it = json_items(document, "Parameters"); it; it = it->next)
        if (sv_eq_cstr(json_sv(it, "Name"), name))
            return true;
    return false;
}

/* AWS takes a configuration whose document was changed since, and then fails. */
static enum err_code check_document(struct planning *planning, struct inquiry *inquiry)
{
    const cJSON *parameter;
    const char *name = subject(planning, "document");
    const struct err *unread = inquiry_err(inquiry, OP_ssm_DescribeDocument);
    if (unread->code != OK)
        return err_set(&planning->err, ERR_REFUSED, name, "the document cannot be read: %s",
                       unread->message);
    planning->document = json_get(inquiry_page(inquiry, OP_ssm_DescribeDocument, 0), "Document");
    cJSON_ArrayForEach (parameter, json_get(planning->configuration, "Parameters")) {
        if (!has_parameter(planning->document, parameter->string))
            return err_set(&planning->err, ERR_REFUSED, name,
                           "the document has no parameter %s, which the remediation of %s gives it",
                           parameter->string, subject(planning, "rule"));
    }
    return OK;
}

static enum err_code check_result(struct planning *planning, struct inquiry *inquiry)
{
    INQUIRY_EACH(inquiry, OP_config_GetComplianceDetailsByResource, "EvaluationResults", it)
    {
        if (remediation_is_result(planning->state, it))
            planning->result = it;
    }
    if (!sv_eq_cstr(json_sv(planning->result, "ComplianceType"), "NON_COMPLIANT"))
        return err_set(&planning->err, ERR_STALE, subject(planning, "resource_id"),
                       "%s does not find it non-compliant any more", subject(planning, "rule"));
    return OK;
}

static enum err_code check_configuration(struct planning *planning, struct inquiry *inquiry)
{
    const cJSON *page = inquiry_page(inquiry, OP_config_DescribeRemediationConfigurations, 0);
    planning->configuration = json_items(page, "RemediationConfigurations");
    if (planning->configuration)
        return OK;
    return err_set(&planning->err, ERR_UNSUPPORTED, subject(planning, "rule"),
                   "the rule has no remediation: put one with PutRemediationConfigurations");
}

static enum err_code check_run(struct planning *planning, struct inquiry *inquiry)
{
    const struct err *err = inquiry_err(inquiry, OP_config_DescribeRemediationExecutionStatus);
    const cJSON *page = inquiry_page(inquiry, OP_config_DescribeRemediationExecutionStatus, 0);
    if (err->code != OK) {
        planning->err = *err;
        return err->code;
    }
    remediation_run_read(json_items(page, "RemediationExecutionStatuses"), &planning->run);
    if (planning->run.is_on)
        return err_set(&planning->err, ERR_STALE, subject(planning, "resource_id"),
                       "a remediation of it is on its way already");
    return OK;
}

/* --- lines ----------------------------------------------------------------------------------- */

static void add_texts(struct planning *planning)
{
    struct change_plan *plan = planning->plan;
    struct buf title = BUF_NONE, why = BUF_NONE;
    struct sv annotation = json_sv(planning->result, "Annotation");
    buf_addf(&title, "Remediate %s by %s", subject(planning, "resource_id"),
             subject(planning, "document"));
    buf_addf(&why, "%s%s" SV_FMT, subject(planning, "rule"), annotation.len ? ": " : "",
             SV_ARG(annotation));
    plan->title = buf_take(&title);
    plan->why = buf_take(&why);
    change_plan_diff(plan, '-', "%s finds %s %s NON_COMPLIANT", subject(planning, "rule"),
                     subject(planning, "resource_type"), subject(planning, "resource_id"));
    change_plan_diff(plan, '+', "%s has run for it, and the rule finds it COMPLIANT",
                     subject(planning, "document"));
}

/* What the document will be given, as far as the configuration says it. */
static void add_parameters(struct planning *planning)
{
    const cJSON *parameter;
    cJSON_ArrayForEach (parameter, json_get(planning->configuration, "Parameters")) {
        AUTO(buf_done) struct buf text = BUF_NONE;
        const cJSON *value = json_items(json_get(parameter, "StaticValue"), "Values");
        if (json_get(parameter, "ResourceValue"))
            buf_add_cstr(&text, subject(planning, "resource_id"));
        for (; value; value = value->next)
            buf_addf(&text, "%s" SV_FMT, text.len ? ", " : "", SV_ARG(json_string(value)));
        change_plan_evidence(planning->plan, "gets %s: %s", parameter->string, buf_cstr(&text));
    }
}

/* "step Revoke: aws:executeAwsApi ec2 RevokeSecurityGroupIngress"; of a document in JSON. */
static void add_steps(struct planning *planning, struct inquiry *inquiry)
{
    AUTO(json_free_at) cJSON *content = NULL;
    const cJSON *page = inquiry_page(inquiry, OP_ssm_GetDocument, 0);
    json_parse(json_sv(page, "Content"), "document", &content, NULL);
    if (!json_items(content, "mainSteps"))
        change_plan_evidence(planning->plan, "its steps are not known: read the document");
    for (const cJSON *step = json_items(content, "mainSteps"); step; step = step->next) {
        const cJSON *inputs = json_get(step, "inputs");
        change_plan_evidence(planning->plan, "step " SV_FMT ": " SV_FMT " " SV_FMT " " SV_FMT,
                             SV_ARG(json_sv(step, "name")), SV_ARG(json_sv(step, "action")),
                             SV_ARG(json_sv(inputs, "Service")), SV_ARG(json_sv(inputs, "Api")));
    }
}

static void add_evidence(struct planning *planning, struct inquiry *inquiry)
{
    struct change_plan *plan = planning->plan;
    const cJSON *document = planning->document;
    char at[CLOCK_ISO_SIZE];
    int64_t at_ms;
    if (is_group(planning))
        sg_users_say(inquiry, plan);
    recorded_say(inquiry, plan);
    if (reply_time(planning->result, "ResultRecordedTime", &at_ms)) {
        clock_iso8601(at_ms, false, at);
        change_plan_evidence(plan, "the rule has found it at %s", at);
    }
    change_plan_evidence(
        plan, "document " SV_FMT " version " SV_FMT ", owned by " SV_FMT ", " SV_FMT " " SV_FMT,
        SV_ARG(json_sv(document, "Name")), SV_ARG(json_sv(document, "DocumentVersion")),
        SV_ARG(json_sv(document, "Owner")), SV_ARG(json_sv(document, "HashType")),
        SV_ARG(json_sv(document, "Hash")));
    add_parameters(planning);
    add_steps(planning, inquiry);
    if (planning->run.has_failed)
        change_plan_evidence(plan, "the last remediation of it has failed: %s",
                             planning->run.words[0] ? planning->run.words : "AWS does not say why");
    change_plan_evidence(plan,
                         "AWS runs it, and does not ask before each step; what it does is not "
                         "undone from here");
}

static void add_item(struct planning *planning)
{
    struct change_plan *plan = planning->plan;
    cJSON *item = cJSON_AddObjectToObject(plan->state, "item");
    cJSON_AddStringToObject(item, "resource", subject(planning, "resource_id"));
    cJSON_AddStringToObject(item, "type", subject(planning, "rule"));
    item_key(&planning->target, subject(planning, "resource_id"), subject(planning, "rule"), "",
             plan->item_key);
}

/* What its rule is; HIGH when that cannot be read. */
static enum severity severity_of(const cJSON *rule)
{
    return rule ? config_rule_severity(json_sv(json_get(rule, "Source"), "SourceIdentifier"))
                : SEVERITY_HIGH;
}

static bool mends_itself(const struct planning *planning)
{
    return json_bool(planning->configuration, "Automatic", false);
}

/* Until the rule looks again the finding stands, however well it was mended. */
static void add_evaluation(struct planning *planning, const cJSON *rule)
{
    struct change_plan *plan = planning->plan;
    struct sv frequency = evaluation_frequency(rule);
    if (!rule) {
        change_plan_evidence(plan,
                             "when the rule looks again could not be read: :evaluate asks it");
        return;
    }
    if (frequency.len == 0) {
        change_plan_evidence(plan, "the rule looks again once AWS Config has recorded the change");
        return;
    }
    change_plan_add_due_call(plan, OP_config_StartConfigRulesEvaluation,
                             evaluation_params(sv_of(subject(planning, "rule"))));
    change_plan_evidence(plan,
                         "the rule is evaluated each " SV_FMT
                         ": once the document has run, it is asked to look at once; AWS bills "
                         "each resource that it evaluates",
                         SV_ARG(frequency));
    if (mends_itself(planning))
        change_plan_evidence(plan,
                             "what else it finds wrong then, its remediation mends by itself");
}

/* That it cannot be undone asks for the account's name, whatever the severity. */
static void make_plan(struct planning *planning, struct inquiry *inquiry)
{
    const struct remediation_subject of = {.rule = subject(planning, "rule"),
                                           .resource_type = subject(planning, "resource_type"),
                                           .resource_id = subject(planning, "resource_id")};
    planning->plan =
        remediation_plan_new(&of, planning->configuration, planning->document, &planning->run);
    const cJSON *rule =
        json_items(inquiry_page(inquiry, OP_config_DescribeConfigRules, 0), "ConfigRules");
    str_copy(planning->plan->severity, severity_name(severity_of(rule)));
    plan_add_account(planning->plan, inquiry, &planning->target);
    add_texts(planning);
    add_evidence(planning, inquiry);
    add_evaluation(planning, rule);
    add_item(planning);
    change_plan_seal(planning->plan);
}

static enum err_code check(struct planning *planning, struct inquiry *inquiry)
{
    static enum err_code (*const checks[])(struct planning * planning, struct inquiry * inquiry) = {
        check_configuration, check_document, check_result, check_run};
    enum err_code code = OK;
    for (size_t i = 0; code == OK && i < ARRAY_LEN(checks); i++)
        code = checks[i](planning, inquiry);
    return code;
}

static void end(struct inquiry *inquiry, void *arg)
{
    struct planning *planning = arg;
    planning->err = *inquiry_err(inquiry, OP_config_DescribeRemediationConfigurations);
    if (planning->err.code == OK)
        planning->err = *inquiry_err(inquiry, OP_config_GetComplianceDetailsByResource);
    if (planning->err.code == OK && check(planning, inquiry) == OK)
        make_plan(planning, inquiry);
    planned_tell(inquiry_scope(inquiry), planning->done, planning->arg, planning->plan,
                 &planning->err);
    planning_drop(planning);
}

void remediation_plan(struct gov *gov, struct scope *scope, const struct aws_target *target,
                      const struct remediation_subject *of,
                      void (*done)(void *arg, struct change_plan *take_plan, const struct err *err),
                      void *arg)
{
    static const struct inquiry_kind kind = {begin, end, planning_drop};
    struct planning *planning = mem_new(struct planning);
    *planning = (struct planning){
        .target = *target, .state = cJSON_CreateObject(), .done = done, .arg = arg};
    cJSON_AddStringToObject(planning->state, "rule", of->rule);
    cJSON_AddStringToObject(planning->state, "resource_type", of->resource_type);
    cJSON_AddStringToObject(planning->state, "resource_id", of->resource_id);
    inquiry_start(gov, scope, &kind, planning);
}

static void plan_row(struct gov *gov, struct scope *scope, const struct aws_target *target,
                     const char *const *args, planned_fn *done, void *arg)
{
    const struct remediation_subject of = {
        .rule = args[0], .resource_type = args[1], .resource_id = args[2]};
    remediation_plan(gov, scope, target, &of, done, arg);
}

const struct planner planner_remediation = {
    .name = "remediation",
    .n_args = 3,
    .columns = {"rule", "resource_type", "resource_id"},
    .item_kinds = "config",
    .item_columns = {"type", "subject", "resource"},
    .plan = plan_row,
};
