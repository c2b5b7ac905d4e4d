/* ssm_automation_show: executions and their steps in the API's form. */
#include <stdio.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/automation/engine.h"
#include "tests/sandbox/services/ssm_automation.h"
#include "tests/sandbox/world/template.h"

static void add_time(cJSON *object, const char *name, int64_t at_ms)
{
    if (at_ms)
        cJSON_AddNumberToObject(object, name, (double)at_ms / 1000.0);
}

/* {name: text}: values in JSON. */
static cJSON *make_inputs(const cJSON *inputs)
{
    cJSON *made = cJSON_CreateObject();
    const cJSON *item;
    cJSON_ArrayForEach (item, inputs) {
        AUTO_FREE char *text = json_print(item);
        cJSON_AddStringToObject(made, item->string, text);
    }
    return made;
}

/* {name: [text]} */
static cJSON *make_outputs(const cJSON *values)
{
    cJSON *made = cJSON_CreateObject();
    const cJSON *item;
    cJSON_ArrayForEach (item, values)
        cJSON_AddItemToObject(made, item->string, value_texts(item));
    return made;
}

static cJSON *make_failure(const struct step_run *step)
{
    bool timed_out = step->status == RUN_TIMED_OUT;
    if (!step->failure)
        return NULL;
    return json_make("{FailureStage:%s,FailureType:%s,Details:{}}",
                     timed_out ? "Verification" : "Invocation",
                     timed_out ? "Timeout" : "ServiceError");
}

cJSON *ssm_make_step(const struct step_run *step)
{
    const cJSON *def = step->def;
    bool failed = step->status == RUN_FAILED || step->status == RUN_TIMED_OUT;
    int64_t timeout_s = step->deadline_ms == AUTOMATION_NEVER
                            ? 0
                            : (step->deadline_ms - step->started_ms) / SECOND_MS;
    struct sv on_failure = json_sv(def, "onFailure");
    cJSON *made = json_make(
        "{StepName:%s,Action:%s,OnFailure:%s,MaxAttempts:%l,StepStatus:%s,ResponseCode:%s,"
        "Inputs:%o,Outputs:%o,FailureMessage:%s,FailureDetails:%o,StepExecutionId:%s,"
        "OverriddenParameters:{},IsEnd:%b,NextStep:%s,IsCritical:%b}",
        step->name, json_sv(def, "action").ptr, on_failure.ptr ? on_failure.ptr : "Abort",
        json_i64(def, "maxAttempts", 1), run_status_name(step->status),
        step->status == RUN_SUCCESS ? "0"
        : failed                    ? "1"
                                    : NULL,
        make_inputs(step->inputs), make_outputs(step->values), failed ? step->failure : NULL,
        failed ? make_failure(step) : NULL, step->id, json_bool(def, "isEnd", false),
        json_sv(def, "nextStep").ptr,
        json_bool(def, "isCritical", !sv_eq_cstr(on_failure, "Continue")));
    add_time(made, "ExecutionStartTime", step->started_ms);
    add_time(made, "ExecutionEndTime", step->ended_ms);
    if (step->started_ms && timeout_s)
        cJSON_AddNumberToObject(made, "TimeoutSeconds", (double)timeout_s);
    return made;
}

/* What an execution and its line in a list have in common. */
static cJSON *make_common(const struct automation *automation)
{
    const struct step_run *step = automation_current((struct automation *)automation);
    char version[16];
    snprintf(version, sizeof version, "%d", automation->document_version);
    cJSON *made = json_make(
        "{AutomationExecutionId:%s,DocumentName:%s,DocumentVersion:%s,"
        "AutomationExecutionStatus:%s,Mode:%s,ExecutedBy:%s,CurrentStepName:%s,CurrentAction:%s,"
        "FailureMessage:%s,Outputs:%o,Targets:[],ResolvedTargets:{ParameterValues:[],"
        "Truncated:false}}",
        automation->id, automation->document_name, version, run_status_name(automation->status),
        automation->interactive ? "Interactive" : "Auto", automation->executed_by,
        step ? step->name : NULL, step ? json_sv(step->def, "action").ptr : NULL,
        automation->failure,
        automation->outputs ? cJSON_Duplicate(automation->outputs, true) : cJSON_CreateObject());
    add_time(made, "ExecutionStartTime", automation->started_ms);
    add_time(made, "ExecutionEndTime", automation->ended_ms);
    return made;
}

cJSON *ssm_make_execution_metadata(const struct automation *automation)
{
    cJSON *made = make_common(automation);
    cJSON_AddStringToObject(made, "AutomationType", "Local");
    return made;
}

cJSON *ssm_make_execution(const struct automation *automation)
{
    cJSON *made = make_common(automation);
    cJSON *steps = cJSON_AddArrayToObject(made, "StepExecutions");
    for (size_t i = 0; i < automation->n_steps; i++)
        cJSON_AddItemToArray(steps, ssm_make_step(&automation->steps[i]));
    cJSON_AddBoolToObject(made, "StepExecutionsTruncated", false);
    cJSON_AddItemToObject(made, "Parameters", cJSON_Duplicate(automation->parameters, true));
    return made;
}
