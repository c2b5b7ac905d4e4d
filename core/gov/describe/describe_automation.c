/*
 * describe_automation: an automation that waits for an approval: what it will do, of which
 * document, who asks for it, who may say yes, and how long there is for it.
 */
#include "core/base/clock.h"
#include "core/gov/describe/describing.h"
#include "core/gov/systems_manager/automation.h"

/* The document is known once the execution is. */
static void ask_document(struct inquiry *inquiry, void *arg)
{
    struct describing *describing = describing_of(arg);
    const cJSON *execution =
        json_get(inquiry_page(inquiry, OP_ssm_GetAutomationExecution, 0), "AutomationExecution");
    AUTO_FREE char *name = sv_dup(json_sv(execution, "DocumentName"));
    AUTO_FREE char *version = sv_dup(json_sv(execution, "DocumentVersion"));
    document_ask(inquiry, describing, name, version);
    changes_ask(inquiry, describing, name);
}

static void automation_begin(struct inquiry *inquiry, struct describing *describing)
{
    inquiry_read(inquiry, OP_ssm_GetAutomationExecution, &describing->target,
                 automation_get_params(describing->proposal), ask_document);
    changes_ask(inquiry, describing, describing->proposal);
}

/* --- who, and how long ------------------------------------------------------------------------ */

static void tell_approvers(struct describing *describing, const cJSON *step)
{
    AUTO_FREE char *text = automation_input(step, "Approvers");
    AUTO_FREE char *votes = automation_input(step, "MinRequiredApprovals");
    AUTO(json_free_at) cJSON *list = NULL;
    json_parse(sv_of(text), "Approvers", &list, NULL);
    for (const cJSON *one = list ? list->child : NULL; one; one = one->next)
        tell_identity(describing, "Approval", SV("may approve"), json_string(one));
    if (!cJSON_IsArray(list))
        tell_identity(describing, "Approval", SV("may approve"), sv_of(text));
    tell(describing, "Approval", SV("approvals wanted"), sv_of(votes[0] ? votes : "1"));
}

/* What has been said so far; AWS gives a text of JSON. */
static void tell_decisions(struct describing *describing, const cJSON *step)
{
    const cJSON *outputs = json_get(json_get(step, "Outputs"), "ApproverDecisions");
    for (const cJSON *one = outputs ? outputs->child : NULL; one; one = one->next) {
        AUTO(json_free_at) cJSON *parsed = NULL;
        const cJSON *said = one;
        if (cJSON_IsString(one) && json_parse(json_string(one), "decision", &parsed, NULL) == OK)
            said = parsed;
        tellf(describing, "Approval", SV("said"), SV_FMT " by " SV_FMT ": " SV_FMT,
              SV_ARG(json_sv(said, "Decision")), SV_ARG(json_sv(said, "Approver")),
              SV_ARG(json_sv(said, "Comment")));
    }
}

static void tell_deadline(struct describing *describing, const cJSON *step)
{
    int64_t deadline_ms = automation_deadline(step);
    char at[CLOCK_ISO_SIZE], left[CLOCK_AGE_SIZE];
    if (deadline_ms == 0)
        return;
    clock_iso8601(deadline_ms, false, at);
    clock_left(deadline_ms - clock_display_ms(), left);
    tellf(describing, "Approval", SV("AWS gives up"), "at %s, %s left", at, left);
}

static void tell_approval(struct describing *describing, const cJSON *step)
{
    AUTO_FREE char *message = automation_input(step, "Message");
    tell(describing, "Approval", SV("waits at"), json_sv(step, "StepName"));
    tell(describing, "Approval", SV("message"), sv_of(message));
    tell_approvers(describing, step);
    tell_decisions(describing, step);
    tell_deadline(describing, step);
}

/* --- what it does ----------------------------------------------------------------------------- */

static void tell_inputs(struct describing *describing, const cJSON *execution)
{
    const cJSON *parameter;
    cJSON_ArrayForEach (parameter, json_get(execution, "Parameters")) {
        AUTO(buf_done) struct buf text = BUF_NONE;
        for (const cJSON *value = parameter->child; value; value = value->next)
            buf_addf(&text, "%s" SV_FMT, text.len ? ", " : "", SV_ARG(json_string(value)));
        tell(describing, "Inputs", sv_of(parameter->string),
             automation_is_secret(sv_of(parameter->string)) ? SV("(not shown)") : buf_sv(&text));
    }
}

static const cJSON *step_named(const cJSON *steps, struct sv name)
{
    while (steps && !sv_eq(json_sv(steps, "StepName"), name))
        steps = steps->next;
    return steps;
}

/* Of the document the steps that there are, of the execution how far each of them is. */
static void tell_steps(struct inquiry *inquiry, struct describing *describing,
                       const cJSON *execution)
{
    AUTO(json_free_at) cJSON *content = NULL;
    const cJSON *run = json_items(execution, "StepExecutions");
    const cJSON *step = document_steps(inquiry, &content);
    for (const cJSON *only = step ? NULL : run; only; only = only->next)
        tellf(describing, "Steps", json_sv(only, "StepName"), SV_FMT "  " SV_FMT,
              SV_ARG(json_sv(only, "Action")), SV_ARG(json_sv(only, "StepStatus")));
    for (; step; step = step->next) {
        AUTO(buf_done) struct buf text = BUF_NONE;
        struct sv status = json_sv(step_named(run, json_sv(step, "name")), "StepStatus");
        document_step_text(step, &text);
        buf_addf(&text, "  " SV_FMT, SV_ARG(status.len > 0 ? status : SV("not begun")));
        tell(describing, "Steps", json_sv(step, "name"), buf_sv(&text));
    }
}

static void tell_execution(struct describing *describing, const cJSON *execution)
{
    static const struct told_member members[] = {
        {"AutomationExecutionId", "execution", true},
        {"AutomationExecutionStatus", "status", false},
        {"DocumentName", "document", true},
        {"DocumentVersion", "version", false},
        {"ExecutedBy", "asked for by", true},
        {"FailureMessage", "failure", false},
    };
    tell_members(describing, "Automation", execution, members, ARRAY_LEN(members));
    tell_time(describing, "Automation", "begun at", execution, "ExecutionStartTime");
}

static void automation_end(struct inquiry *inquiry, struct describing *describing)
{
    const cJSON *execution =
        json_get(inquiry_page(inquiry, OP_ssm_GetAutomationExecution, 0), "AutomationExecution");
    const cJSON *step = automation_waiting_step(execution);
    tell_execution(describing, execution);
    if (step)
        tell_approval(describing, step);
    tell_inputs(describing, execution);
    tell_steps(inquiry, describing, execution);
    document_tell(inquiry, describing);
    document_tell_content(inquiry, describing);
}

const struct describer describer_automation = {automation_begin, automation_end};
