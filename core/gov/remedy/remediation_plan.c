/* remediation_plan: from what a rule has found to the plan that mends it: by the rule's remediation
 * configuration, where it has one, else by AWS's own document (runbook_plan.c). */
#include <string.h>

#include "core/gov/config/config_rule.h"
#include "core/gov/config/evaluation.h"
#include "core/gov/config/recorded.h"
#include "core/gov/plan_account.h"
#include "core/gov/planner.h"
#include "core/gov/queue/item.h"
#include "core/gov/remedy/remediation_internal.h"
#include "core/gov/security_group/sg_users.h"

static void planning_drop(void *arg)
{
    struct planning *planning = arg;
    json_free(planning->state);
    json_free(planning->inputs);
    mem_free(planning);
}

const char *planning_text(const struct planning *planning, const char *key)
{
    const cJSON *text = json_get(planning->state, key);
    return cJSON_IsString(text) ? text->valuestring : "";
}

void planning_set_text(struct planning *planning, const char *key, struct sv text)
{
    AUTO_FREE char *copy = sv_dup(text);
    cJSON_DeleteItemFromObjectCaseSensitive(planning->state, key);
    cJSON_AddStringToObject(planning->state, key, copy ? copy : "");
}

/* What uses a security group is known in the same way, whoever has found it wrong. */
bool planning_is_group(const struct planning *planning)
{
    return strcmp(planning_text(planning, "resource_type"), "AWS::EC2::SecurityGroup") == 0;
}

const cJSON *planning_find_result(const struct planning *planning, const struct inquiry *inquiry)
{
    const cJSON *result = NULL;
    INQUIRY_EACH(inquiry, OP_config_GetComplianceDetailsByResource, "EvaluationResults", it)
    {
        if (remediation_is_result(planning->state, it))
            result = it;
    }
    return result;
}

/* --- reading --------------------------------------------------------------------------------- */

/* The configuration has come: it names the document. AWS refuses to tell the status of a rule that
 * has none. */
static void configuration_is_there(struct inquiry *inquiry, void *arg)
{
    struct planning *planning = arg;
    const cJSON *page = inquiry_page(inquiry, OP_config_DescribeRemediationConfigurations, 0);
    const cJSON *configuration = json_items(page, "RemediationConfigurations");
    if (!configuration) {
        planning->is_wanted = true;
        runbook_read(inquiry, planning);
        return;
    }
    planning_set_text(planning, "document", json_sv(configuration, "TargetId"));
    planning_set_text(planning, "version", json_sv(configuration, "TargetVersion"));
    inquiry_read(inquiry, OP_ssm_DescribeDocument, &planning->target,
                 remediation_document_params(planning->state), NULL);
    inquiry_read(inquiry, OP_ssm_GetDocument, &planning->target,
                 remediation_document_params(planning->state), NULL);
    inquiry_read(inquiry, OP_config_DescribeRemediationExecutionStatus, &planning->target,
                 remediation_key_params(planning->state), NULL);
}

static void more_is_there(struct inquiry *inquiry, void *arg)
{
    struct planning *planning = arg;
    planning->n_told++;
    runbook_read(inquiry, planning);
}

static void begin(struct inquiry *inquiry, void *arg)
{
    struct planning *planning = arg;
    const struct aws_target *target = &planning->target;
    const char *id = planning_text(planning, "resource_id");
    struct sv rule = sv_of(planning_text(planning, "rule"));
    inquiry_read(inquiry, OP_config_DescribeRemediationConfigurations, target,
                 evaluation_params(rule), configuration_is_there);
    inquiry_read(inquiry, OP_config_DescribeConfigRules, target, evaluation_params(rule),
                 more_is_there);
    inquiry_read(inquiry, OP_config_GetComplianceDetailsByResource, target,
                 remediation_compliance_params(planning->state), more_is_there);
    recorded_read(inquiry, target, planning_text(planning, "resource_type"), id);
    if (planning_is_group(planning))
        sg_users_read(inquiry, target, id);
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
    const char *name = planning_text(planning, "document");
    const struct err *unread = inquiry_err(inquiry, OP_ssm_DescribeDocument);
    if (unread->code != OK)
        return err_set(&planning->err, ERR_REFUSED, name, "the document cannot be read: %s",
                       unread->message);
    cJSON_ArrayForEach (parameter, json_get(planning->configuration, "Parameters")) {
        if (!has_parameter(planning->document, parameter->string))
            return err_set(&planning->err, ERR_REFUSED, name,
                           "the document has no parameter %s, which the remediation of %s gives it",
                           parameter->string, planning_text(planning, "rule"));
    }
    return OK;
}

enum err_code planning_check_result(struct planning *planning, struct inquiry *inquiry)
{
    (void)inquiry;
    if (sv_eq_cstr(json_sv(planning->result, "ComplianceType"), "NON_COMPLIANT"))
        return OK;
    return err_set(&planning->err, ERR_STALE, planning_text(planning, "resource_id"),
                   "%s does not find it non-compliant any more", planning_text(planning, "rule"));
}

/* Accounts are no type of resource that AWS Config documents for the keys of its remediations.
 * Where it takes none to tell how one stands, it takes none to start one either: the keys are the
 * same. */
static bool is_refused_account(const struct planning *planning, const struct err *err)
{
    return strcmp(err->aws_code, "ValidationException") == 0 &&
           !recorded_is_kept(planning_text(planning, "resource_type"));
}

static enum err_code check_run(struct planning *planning, struct inquiry *inquiry)
{
    const struct err *err = inquiry_err(inquiry, OP_config_DescribeRemediationExecutionStatus);
    const cJSON *page = inquiry_page(inquiry, OP_config_DescribeRemediationExecutionStatus, 0);
    if (is_refused_account(planning, err))
        return err_set(&planning->err, ERR_UNSUPPORTED, planning_text(planning, "rule"),
                       "AWS Config starts the remediation of an account for nobody: its keys name "
                       "no %s. Start %s as an automation in the account, or let the remediation "
                       "be automatic",
                       planning_text(planning, "resource_type"),
                       planning_text(planning, "document"));
    if (err->code != OK) {
        planning->err = *err;
        return err->code;
    }
    remediation_run_read(json_items(page, "RemediationExecutionStatuses"), &planning->run);
    if (planning->run.is_on)
        return err_set(&planning->err, ERR_STALE, planning_text(planning, "resource_id"),
                       "a remediation of it is on its way already");
    return OK;
}

/* --- the plan -------------------------------------------------------------------------------- */

static void add_item(struct planning *planning)
{
    struct change_plan *plan = planning->plan;
    cJSON *item = cJSON_AddObjectToObject(plan->state, "item");
    cJSON_AddStringToObject(item, "resource", planning_text(planning, "resource_id"));
    cJSON_AddStringToObject(item, "type", planning_text(planning, "rule"));
    item_key(&planning->target, planning_text(planning, "resource_id"),
             planning_text(planning, "rule"), "", plan->item_key);
}

/* What its rule is; HIGH when that cannot be read. */
static enum severity severity_of(const cJSON *rule)
{
    return rule ? config_rule_severity(json_sv(json_get(rule, "Source"), "SourceIdentifier"))
                : SEVERITY_HIGH;
}

static struct change_plan *bare_plan(struct planning *planning, struct inquiry *inquiry)
{
    const struct remediation_subject of = {.rule = planning_text(planning, "rule"),
                                           .resource_type =
                                               planning_text(planning, "resource_type"),
                                           .resource_id = planning_text(planning, "resource_id")};
    return planning->configuration ? remediation_plan_new(&of, planning->configuration,
                                                          planning->document, &planning->run)
                                   : runbook_make_plan(planning, inquiry, &of);
}

/* That it cannot be undone asks for the account's name, whatever the severity. */
static void make_plan(struct planning *planning, struct inquiry *inquiry)
{
    planning->plan = bare_plan(planning, inquiry);
    str_copy(planning->plan->severity, severity_name(severity_of(planning->rule)));
    plan_add_account(planning->plan, inquiry, &planning->target);
    remediation_say(planning, inquiry);
    add_item(planning);
    if (planning->runbook)
        runbook_plan_token(planning->plan);
    change_plan_seal(planning->plan);
}

static enum err_code check(struct planning *planning, struct inquiry *inquiry)
{
    static enum err_code (*const checks[])(struct planning * planning, struct inquiry * inquiry) = {
        check_document, planning_check_result, check_run};
    enum err_code code = OK;
    if (!planning->configuration)
        return runbook_check(planning, inquiry);
    for (size_t i = 0; code == OK && i < ARRAY_LEN(checks); i++)
        code = checks[i](planning, inquiry);
    return code;
}

/* What has been read, whichever way it is mended. */
static void take_replies(struct planning *planning, const struct inquiry *inquiry)
{
    const cJSON *page = inquiry_page(inquiry, OP_config_DescribeRemediationConfigurations, 0);
    planning->configuration = json_items(page, "RemediationConfigurations");
    planning->rule =
        json_items(inquiry_page(inquiry, OP_config_DescribeConfigRules, 0), "ConfigRules");
    planning->document = json_get(inquiry_page(inquiry, OP_ssm_DescribeDocument, 0), "Document");
    planning->result = planning_find_result(planning, inquiry);
}

static void end(struct inquiry *inquiry, void *arg)
{
    struct planning *planning = arg;
    take_replies(planning, inquiry);
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
