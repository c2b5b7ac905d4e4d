#include "core/gov/proposal/decision_say.h"

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/gov/proposal/form.h"
#include "core/gov/systems_manager/automation.h"

/* AWS gives the list as a text of JSON. */
static void say_approvers(struct change_plan *plan, const cJSON *step)
{
    AUTO_FREE char *text = automation_input(step, "Approvers");
    AUTO(json_free_at) cJSON *list = NULL;
    AUTO(buf_done) struct buf names = BUF_NONE;
    json_parse(sv_of(text), "Approvers", &list, NULL);
    for (const cJSON *one = cJSON_IsArray(list) ? list->child : NULL; one; one = one->next) {
        if (names.len > 0)
            buf_add_cstr(&names, ", ");
        buf_add(&names, json_string(one));
    }
    change_plan_evidence(plan, "may be approved by %s", names.len > 0 ? buf_cstr(&names) : text);
}

/* What others have said, each a text of JSON; returns how many of them have said yes. */
static int64_t say_decisions(struct change_plan *plan, const cJSON *step)
{
    const cJSON *outputs = json_get(json_get(step, "Outputs"), "ApproverDecisions");
    int64_t n_yes = 0;
    for (const cJSON *one = outputs ? outputs->child : NULL; one; one = one->next) {
        AUTO(json_free_at) cJSON *said = NULL;
        if (json_parse(json_string(one), "decision", &said, NULL) != OK ||
            !sv_eq_cstr(json_sv(said, "Decision"), "Approve"))
            continue;
        struct sv comment = json_sv(said, "Comment");
        n_yes++;
        change_plan_evidence(plan, "approved by " SV_FMT "%s" SV_FMT,
                             SV_ARG(json_sv(said, "Approver")), comment.len > 0 ? ": " : "",
                             SV_ARG(comment));
    }
    return n_yes;
}

/* Whether our document asks a second person once this step is over. */
static bool asks_another(const cJSON *execution, const cJSON *step)
{
    return form_by_document(json_sv(execution, "DocumentName")) &&
           sv_eq(automation_parameter(execution, "Approvals"), SV("2")) &&
           sv_eq(json_sv(step, "StepName"), SV("approve"));
}

/* Who approves has to know whether that is all that it waits for. */
static void say_votes(struct change_plan *plan, const cJSON *execution, const cJSON *step,
                      int64_t n_yes)
{
    AUTO_FREE char *votes = automation_input(step, "MinRequiredApprovals");
    int64_t wanted = 1;
    sv_to_i64(sv_of(votes), &wanted);
    if (wanted > n_yes + 1)
        change_plan_evidence(plan, "%d approvals are wanted, %d so far: yours alone starts nothing",
                             (int)wanted, (int)n_yes);
    else if (wanted > 1)
        change_plan_evidence(
            plan, "%d approvals are wanted, %d so far: yours is the last of them, and starts it",
            (int)wanted, (int)n_yes);
    if (asks_another(execution, step))
        change_plan_evidence(plan,
                             "a second person is asked behind you: yours alone starts nothing");
}

void decision_say_waiting(struct change_plan *plan, const cJSON *execution, bool is_no)
{
    const cJSON *step = automation_waiting_step(execution);
    int64_t deadline_ms = automation_deadline(step);
    char until[CLOCK_ISO_SIZE];
    say_approvers(plan, step);
    int64_t n_yes = say_decisions(plan, step);
    if (!is_no)
        say_votes(plan, execution, step, n_yes);
    if (deadline_ms == 0)
        return;
    clock_iso8601(deadline_ms, false, until);
    change_plan_evidence(plan, "AWS gives it up at %s", until);
}
