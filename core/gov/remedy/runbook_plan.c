/* runbook_plan: starting AWS's own document for what a rule finds, where the rule has no
 * remediation configuration: what is read of the document and its runs, what is in the way, the
 * bare plan. */
#include <string.h>

#include "core/gov/gov_internal.h"
#include "core/gov/load/reply.h"
#include "core/gov/remedy/remediation_internal.h"
#include "core/gov/systems_manager/automation.h"

/* A run that is on still when the rule looks may have begun before. */
#define RUNS_BEFORE_MS INT64_C(3600000)

/* --- reading --------------------------------------------------------------------------------- */

/* The steps of the version that is described, whatever becomes the default one meanwhile. */
static void read_content(struct inquiry *inquiry, void *arg)
{
    struct planning *planning = arg;
    const cJSON *page = inquiry_page(inquiry, OP_ssm_DescribeDocument, 0);
    planning_set_text(planning, "version", json_sv(json_get(page, "Document"), "DocumentVersion"));
    inquiry_read(inquiry, OP_ssm_GetDocument, &planning->target,
                 remediation_document_params(planning->state), NULL);
}

static bool is_of_document(const struct planning *planning, const cJSON *item)
{
    return sv_eq_cstr(json_sv(item, "DocumentName"), planning->runbook->document);
}

static void read_runs(struct inquiry *inquiry, void *arg)
{
    const struct planning *planning = arg;
    INQUIRY_EACH(inquiry, OP_ssm_DescribeAutomationExecutions, "AutomationExecutionMetadataList",
                 item)
    {
        AUTO_FREE char *id = sv_dup(json_sv(item, "AutomationExecutionId"));
        if (is_of_document(planning, item))
            inquiry_read(inquiry, OP_ssm_GetAutomationExecution, &planning->target,
                         automation_get_params(id), NULL);
    }
}

static struct sv values_of(const struct inquiry *inquiry)
{
    return sv_of(inquiry_gov(inquiry)->settings.document_values);
}

void runbook_read(struct inquiry *inquiry, struct planning *planning)
{
    AUTO(buf_done) struct buf lack = BUF_NONE;
    const cJSON *page = inquiry_page(inquiry, OP_config_DescribeConfigRules, 0);
    int64_t found_ms = 0;
    if (!planning->is_wanted || planning->n_told < 2)
        return;
    planning->runbook = runbook_of(json_items(page, "ConfigRules"));
    if (!planning->runbook ||
        runbook_lacks(planning->runbook, json_items(page, "ConfigRules"), values_of(inquiry),
                      &lack) ||
        !reply_time(planning_find_result(planning, inquiry), "ResultRecordedTime", &found_ms))
        return;
    planning_set_text(planning, "document", sv_of(planning->runbook->document));
    cJSON_AddNumberToObject(planning->state, "since_ms", (double)(found_ms - RUNS_BEFORE_MS));
    inquiry_read(inquiry, OP_ssm_DescribeDocument, &planning->target,
                 remediation_document_params(planning->state), read_content);
    inquiry_read(inquiry, OP_ssm_DescribeAutomationExecutions, &planning->target,
                 remediation_runs_params(planning->state), read_runs);
}

/* --- judging --------------------------------------------------------------------------------- */

static enum err_code check_rule(struct planning *planning, struct inquiry *inquiry)
{
    struct sv maker = json_sv(planning->rule, "CreatedBy");
    const char *name = planning_text(planning, "rule");
    planning->err = *inquiry_err(inquiry, OP_config_DescribeConfigRules);
    if (planning->err.code != OK || planning->runbook)
        return planning->err.code;
    if (maker.len > 0)
        return err_set(&planning->err, ERR_UNSUPPORTED, name,
                       "the rule has no remediation, takes none as " SV_FMT
                       " has made it, and no document of AWS is known that mends what it finds",
                       SV_ARG(maker));
    return err_set(&planning->err, ERR_UNSUPPORTED, name,
                   "the rule has no remediation: put one with PutRemediationConfigurations");
}

static enum err_code check_lack(struct planning *planning, struct inquiry *inquiry)
{
    AUTO(buf_done) struct buf lack = BUF_NONE;
    if (!runbook_lacks(planning->runbook, planning->rule, values_of(inquiry), &lack))
        return OK;
    return err_set(&planning->err, ERR_UNSUPPORTED, planning_text(planning, "rule"),
                   "%s mends it, but %s%s", planning->runbook->document, buf_cstr(&lack),
                   strstr(buf_cstr(&lack), "document_values") ? "" : ": start it in AWS");
}

/* Not every partition and region has every document. */
static enum err_code check_document(struct planning *planning, struct inquiry *inquiry)
{
    const struct err *unread = inquiry_err(inquiry, OP_ssm_DescribeDocument);
    const char *name = planning->runbook->document;
    if (strcmp(unread->aws_code, "InvalidDocument") == 0)
        return err_set(&planning->err, ERR_REFUSED, name,
                       "AWS has no document %s in %s: mend it by hand", name,
                       planning->target.region);
    if (unread->code != OK)
        return err_set(&planning->err, ERR_REFUSED, name, "the document cannot be read: %s",
                       unread->message);
    return OK;
}

static enum err_code check_inputs(struct planning *planning, struct inquiry *inquiry)
{
    struct gov *gov = inquiry_gov(inquiry);
    struct estate *estate = gov_estate(gov);
    AUTO(buf_done) struct buf role = BUF_NONE;
    if (gov->settings.automation_role[0])
        estate_add_role_arn(estate, planning->target.account_id,
                            sv_of(gov->settings.automation_role), &role);
    const struct runbook_use use = {planning_text(planning, "resource_id"),
                                    buf_cstr(&role),
                                    planning->rule,
                                    planning->document,
                                    values_of(inquiry),
                                    &planning->target};
    estate_unref(estate);
    planning->inputs = runbook_inputs(planning->runbook, &use, &planning->err);
    return planning->inputs ? OK : planning->err.code;
}

/* What has ended well since the rule has looked may have mended it. */
static enum err_code check_last_run(struct planning *planning)
{
    const struct remediation_run *run = &planning->run;
    const char *document = planning->runbook->document;
    double judged_s = json_double(planning->result, "ResultRecordedTime", 0);
    if (run->is_on)
        return err_set(&planning->err, ERR_STALE, planning_text(planning, "resource_id"),
                       "%s runs for it already", document);
    if (run->invoked_s > 0 && !run->has_failed &&
        (run->updated_s > judged_s || run->invoked_s > judged_s))
        return err_set(&planning->err, ERR_STALE, planning_text(planning, "resource_id"),
                       "%s has run for it and ended well, and the rule has not looked since: "
                       ":evaluate asks it",
                       document);
    return OK;
}

/* The latest run about the resource, whoever has started it. */
static enum err_code check_runs(struct planning *planning, struct inquiry *inquiry)
{
    static const enum aws_op_id ops[] = {OP_ssm_DescribeAutomationExecutions,
                                         OP_ssm_GetAutomationExecution};
    planning_set_text(planning, "parameter", runbook_resource_parameter(planning->runbook));
    for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
        planning->err = *inquiry_err(inquiry, ops[i]);
        if (planning->err.code != OK)
            return planning->err.code;
    }
    for (size_t i = 0; inquiry_page(inquiry, OP_ssm_GetAutomationExecution, i); i++) {
        const cJSON *execution = json_get(inquiry_page(inquiry, OP_ssm_GetAutomationExecution, i),
                                          "AutomationExecution");
        struct remediation_run run;
        remediation_run_of_execution(execution, &run);
        if (!remediation_is_run_of(planning->state, execution) ||
            run.invoked_s < planning->run.invoked_s)
            continue;
        planning->run = run;
        planning_set_text(planning, "last", json_sv(execution, "AutomationExecutionId"));
    }
    return check_last_run(planning);
}

enum err_code runbook_check(struct planning *planning, struct inquiry *inquiry)
{
    static enum err_code (*const checks[])(struct planning * planning, struct inquiry * inquiry) = {
        check_rule, check_lack, planning_check_result, check_document, check_inputs, check_runs};
    enum err_code code = OK;
    for (size_t i = 0; code == OK && i < ARRAY_LEN(checks); i++)
        code = checks[i](planning, inquiry);
    return code;
}

/* --- the plan -------------------------------------------------------------------------------- */

struct change_plan *runbook_make_plan(struct planning *planning, struct inquiry *inquiry,
                                      const struct remediation_subject *of)
{
    struct change_plan *plan =
        runbook_plan_new(of, planning->runbook, planning->document, planning->inputs,
                         json_i64(planning->state, "since_ms", 0));
    cJSON *earlier = cJSON_AddArrayToObject(plan->state, "earlier");
    INQUIRY_EACH(inquiry, OP_ssm_DescribeAutomationExecutions, "AutomationExecutionMetadataList",
                 item)
    {
        if (is_of_document(planning, item))
            cJSON_AddItemToArray(earlier,
                                 cJSON_Duplicate(json_get(item, "AutomationExecutionId"), true));
    }
    cJSON_AddStringToObject(plan->state, "last", planning_text(planning, "last"));
    return plan;
}

static void say_inputs(struct planning *planning)
{
    const cJSON *input;
    cJSON_ArrayForEach (input, planning->inputs)
        change_plan_evidence(
            planning->plan, "gets %s: " SV_FMT "%s", input->string,
            SV_ARG(json_string(input->child)),
            runbook_is_told(planning->runbook, planning->rule, sv_of(input->string))
                ? " (document_values of watchdeck.conf)"
                : "");
    if (json_get(planning->inputs, RUNBOOK_ROLE))
        change_plan_evidence(
            planning->plan, "whoever starts it has to be allowed to pass that role (iam:PassRole)");
    else
        change_plan_evidence(planning->plan, "it acts with the rights of whoever starts it");
}

void runbook_say(struct planning *planning)
{
    struct change_plan *plan = planning->plan;
    struct sv maker = json_sv(planning->rule, "CreatedBy");
    if (maker.len > 0)
        change_plan_evidence(plan,
                             "the rule was made by " SV_FMT
                             " and takes no remediation: AWS's own document is started itself",
                             SV_ARG(maker));
    else
        change_plan_evidence(plan,
                             "the rule has no remediation: AWS's own document is started itself");
    say_inputs(planning);
    change_plan_evidence(plan, planning->runbook->mode == RUNBOOK_ADDS
                                   ? "it adds what protects, and breaks no traffic and no access; "
                                     "what it sets can be set back by hand"
                                   : "it may break traffic or access, or cannot be taken back");
}
