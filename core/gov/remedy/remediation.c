/* remediation: the kinds; how they look at AWS is in remediation_look.c. */
#include "core/gov/remedy/remediation.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/gov/config/evaluation.h"
#include "core/gov/load/reply.h"
#include "core/gov/systems_manager/automation.h"

#define UNDERWAY_FOR_MS \
    ((int64_t)15 * 60 * 1000) /* documents take their time, and rules look later */

static struct sv state_text(const cJSON *state, const char *key)
{
    struct sv text = json_sv(state, key);
    return text.ptr ? text : SV("");
}

static void add_text(cJSON *object, const char *key, struct sv text)
{
    AUTO_FREE char *copy = sv_dup(text);
    cJSON_AddStringToObject(object, key, copy);
}

cJSON *remediation_key_params(const cJSON *state)
{
    cJSON *params = cJSON_CreateObject(), *key = cJSON_CreateObject();
    add_text(params, "ConfigRuleName", state_text(state, "rule"));
    add_text(key, "resourceType", state_text(state, "resource_type"));
    add_text(key, "resourceId", state_text(state, "resource_id"));
    cJSON_AddItemToArray(cJSON_AddArrayToObject(params, "ResourceKeys"), key);
    return params;
}

cJSON *remediation_compliance_params(const cJSON *state)
{
    cJSON *params = cJSON_CreateObject();
    add_text(params, "ResourceType", state_text(state, "resource_type"));
    add_text(params, "ResourceId", state_text(state, "resource_id"));
    return params;
}

cJSON *remediation_document_params(const cJSON *state)
{
    cJSON *params = cJSON_CreateObject();
    add_text(params, "Name", state_text(state, "document"));
    if (state_text(state, "version").len > 0)
        add_text(params, "DocumentVersion", state_text(state, "version"));
    return params;
}

bool remediation_is_result(const cJSON *state, const cJSON *result)
{
    const cJSON *of = json_path(result, "EvaluationResultIdentifier.EvaluationResultQualifier");
    return sv_eq(json_sv(of, "ConfigRuleName"), state_text(state, "rule"));
}

void remediation_run_read(const cJSON *item, struct remediation_run *run)
{
    struct sv state = json_sv(item, "State");
    *run = (struct remediation_run){.invoked_s = json_double(item, "InvocationTime", 0),
                                    .updated_s = json_double(item, "LastUpdatedTime", 0)};
    run->is_on = sv_eq_cstr(state, "QUEUED") || sv_eq_cstr(state, "IN_PROGRESS");
    run->has_failed = sv_eq_cstr(state, "FAILED") || sv_eq_cstr(state, "UNKNOWN");
    for (const cJSON *step = json_items(item, "StepDetails"); step; step = step->next) {
        if (!sv_eq_cstr(json_sv(step, "State"), "FAILED"))
            continue;
        sv_copy(json_sv(step, "Name"), run->step, sizeof run->step);
        sv_copy(json_sv(step, "ErrorMessage"), run->words, sizeof run->words);
    }
}

/* --- of a document that is started itself ---------------------------------------------------- */

cJSON *remediation_runs_params(const cJSON *state)
{
    AUTO_FREE char *document = sv_dup(state_text(state, "document"));
    return automation_list_params(document, json_i64(state, "since_ms", 0));
}

/* One may be for several resources. Where no parameter names a resource, there is one an account
 * and region. */
bool remediation_is_run_of(const cJSON *state, const cJSON *execution)
{
    AUTO_FREE char *name = sv_dup(state_text(state, "parameter"));
    const cJSON *value = json_items(json_get(execution, "Parameters"), name);
    for (; value; value = value->next)
        if (sv_eq(json_string(value), state_text(state, "resource_id")))
            return true;
    return name[0] == '\0';
}

void remediation_run_of_execution(const cJSON *execution, struct remediation_run *run)
{
    bool has_ended = automation_has_ended(execution);
    struct sv status = json_sv(execution, "AutomationExecutionStatus");
    *run = (struct remediation_run){
        .invoked_s = json_double(execution, "ExecutionStartTime", 0),
        .updated_s = json_double(execution, "ExecutionEndTime", 0),
        .is_on = !has_ended,
        .has_failed = has_ended && !sv_eq_cstr(status, "Success"),
    };
    if (!run->has_failed)
        return;
    sv_copy(json_sv(execution, "FailureMessage"), run->words, sizeof run->words);
    for (const cJSON *step = json_items(execution, "StepExecutions"); step; step = step->next) {
        struct sv words = json_sv(step, "FailureMessage");
        if (!sv_eq_cstr(json_sv(step, "StepStatus"), "Failed"))
            continue;
        sv_copy(json_sv(step, "StepName"), run->step, sizeof run->step);
        if (words.len > 0)
            sv_copy(words, run->words, sizeof run->words);
    }
}

/* --- the kinds ------------------------------------------------------------------------------- */

static struct change_plan *plan_new(const struct change_kind *kind,
                                    const struct remediation_subject *subject)
{
    struct change_plan *plan = change_plan_new(kind);
    plan->state = cJSON_CreateObject();
    cJSON_AddStringToObject(plan->state, "rule", subject->rule);
    cJSON_AddStringToObject(plan->state, "resource_type", subject->resource_type);
    cJSON_AddStringToObject(plan->state, "resource_id", subject->resource_id);
    return plan;
}

static void add_document(struct change_plan *plan, struct sv name, struct sv version,
                         struct sv hash)
{
    add_text(plan->state, "document", name);
    add_text(plan->state, "version", version);
    add_text(plan->state, "hash", hash);
}

struct change_plan *remediation_plan_new(const struct remediation_subject *subject,
                                         const cJSON *configuration, const cJSON *document,
                                         const struct remediation_run *run)
{
    struct change_plan *plan = plan_new(&change_remediation, subject);
    add_document(plan, state_text(configuration, "TargetId"),
                 state_text(configuration, "TargetVersion"), state_text(document, "Hash"));
    cJSON_AddNumberToObject(plan->state, "invoked_s", run->invoked_s);
    plan->reversible = IRREVERSIBLE;
    change_plan_add_call(plan, OP_config_StartRemediationExecution,
                         remediation_key_params(plan->state));
    return plan;
}

struct change_plan *runbook_plan_new(const struct remediation_subject *subject,
                                     const struct runbook *runbook, const cJSON *document,
                                     const cJSON *inputs, int64_t since_ms)
{
    struct change_plan *plan = plan_new(&change_runbook, subject);
    cJSON *params = cJSON_CreateObject();
    add_document(plan, sv_of(runbook->document), state_text(document, "DocumentVersion"),
                 state_text(document, "Hash"));
    add_text(plan->state, "parameter", runbook_resource_parameter(runbook));
    cJSON_AddNumberToObject(plan->state, "since_ms", (double)since_ms);
    plan->reversible = runbook->mode == RUNBOOK_ADDS ? PARTLY_REVERSIBLE : IRREVERSIBLE;
    cJSON_AddStringToObject(params, "DocumentName", runbook->document);
    add_text(params, "DocumentVersion", state_text(document, "DocumentVersion"));
    cJSON_AddItemToObject(params, "Parameters", cJSON_Duplicate(inputs, true));
    change_plan_add_call(plan, OP_ssm_StartAutomationExecution, params);
    return plan;
}

void runbook_plan_token(struct change_plan *plan)
{
    AUTO(buf_done) struct buf made_of = BUF_NONE;
    char token[37];
    buf_addf(
        &made_of, "%s\n" SV_FMT "\n" SV_FMT "\n%lld\n" SV_FMT, plan->item_key,
        SV_ARG(state_text(plan->state, "document")), SV_ARG(state_text(plan->state, "version")),
        (long long)json_i64(plan->state, "since_ms", 0), SV_ARG(state_text(plan->state, "last")));
    automation_token(buf_sv(&made_of), token);
    cJSON_AddStringToObject(plan->calls.ptr[0].params, "ClientToken", token);
}

/* AWS answers 200 and names what it would not start. */
static enum err_code accept_remediation(struct change_plan *plan, size_t call, const cJSON *reply,
                                        struct err *err)
{
    (void)plan, (void)call;
    struct sv why = json_sv(reply, "FailureMessage");
    if (!json_items(reply, "FailedItems"))
        return OK;
    return err_set(err, ERR_AWS, "config:StartRemediationExecution",
                   "AWS did not start it: " SV_FMT,
                   SV_ARG(why.ptr ? why : SV("it says no reason")));
}

static enum err_code accept_runbook(struct change_plan *plan, size_t call, const cJSON *reply,
                                    struct err *err)
{
    struct sv id = json_sv(reply, "AutomationExecutionId");
    if (plan->calls.ptr[call].op != OP_ssm_StartAutomationExecution)
        return OK;
    if (id.len == 0)
        return err_set(err, ERR_AWS, "ssm:StartAutomationExecution", "AWS told no execution");
    add_text(plan->state, "execution_id", id);
    return OK;
}

const struct change_kind change_remediation = {
    .name = "remediation",
    .look = remediation_look,
    .accept = accept_remediation,
    .is_too_early = evaluation_is_too_early,
    .underway_for_ms = UNDERWAY_FOR_MS,
};

const struct change_kind change_runbook = {
    .name = "runbook",
    .look = remediation_look,
    .accept = accept_runbook,
    .is_too_early = evaluation_is_too_early,
    .underway_for_ms = UNDERWAY_FOR_MS,
};
