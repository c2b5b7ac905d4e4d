/* decision: saying yes or no to an automation that waits. plan->state is {execution_id, step,
 * person, inner, item}: the last two when it is known what a yes does. inner is the plan of that,
 * as change_plan_to_json writes it. */
#include <string.h>

#include "core/base/mem.h"
#include "core/gov/proposal/form.h"
#include "core/gov/proposal/proposal.h"
#include "core/gov/systems_manager/automation.h"

/* The longest that one of our documents takes. */
#define UNDERWAY_FOR_MS ((int64_t)35 * 60 * 1000) /* of a remedy, until its rule has looked */

/* --- looking: the execution, then what it is about -------------------------------------------- */

struct judging {
    struct aws_client *client;
    struct scope *scope;
    const struct change_plan *plan;
    cJSON *execution;
    struct change_plan *inner; /* NULL: nobody knows what a yes does */
    enum change_stand stand;   /* how AWS stands to it, and why */
    struct err why;
    change_looked_fn *looked;
    void *arg;
};

static void look_tell(struct judging *judging, enum change_stand stand, const struct err *why)
{
    change_looked_fn *looked = judging->looked;
    void *arg = judging->arg;
    struct err err = *why;
    json_free(judging->execution);
    change_plan_free(judging->inner);
    mem_free(judging);
    looked(arg, stand, &err);
}

static void look_drop(void *arg)
{
    struct err err;
    err_set(&err, ERR_CANCELLED, "ssm:GetAutomationExecution", "nobody waits for it any more");
    look_tell(arg, STAND_UNREADABLE, &err);
}

static bool is_approval(const struct change_plan *plan)
{
    return plan->kind == &change_approve;
}

/* The step that it is about, whether it still waits or not. */
static const cJSON *step_of(const struct judging *judging)
{
    const cJSON *step = json_items(judging->execution, "StepExecutions");
    while (step && !sv_eq(json_sv(step, "StepName"), json_sv(judging->plan->state, "step")))
        step = step->next;
    return step;
}

static bool waits(const struct judging *judging)
{
    const cJSON *step = step_of(judging);
    return step && step == automation_waiting_step(judging->execution);
}

/* Whether AWS shows our own yes or no. */
static bool has_voted(const struct judging *judging)
{
    AUTO_FREE char *outputs = json_print(json_get(step_of(judging), "Outputs"));
    AUTO(buf_done) struct buf name = BUF_NONE;
    buf_addf(&name, "/" SV_FMT "\\\"", SV_ARG(json_sv(judging->plan->state, "person")));
    return outputs && strstr(outputs, buf_cstr(&name));
}

/* Whether it was sent: no answer may have come. */
static bool is_decided(const struct judging *judging)
{
    return judging->plan->calls_done > 0 || has_voted(judging);
}

static bool wants_others(const struct judging *judging)
{
    AUTO_FREE char *votes = automation_input(step_of(judging), "MinRequiredApprovals");
    int64_t n;
    return sv_to_i64(sv_of(votes), &n) && n > 1;
}

/* Nothing of ours is there: it can be sent, or it cannot any more. */
static enum change_stand undecided(const struct judging *judging, struct err *why)
{
    struct sv status = json_sv(judging->execution, "AutomationExecutionStatus");
    bool is_known = judging->inner != NULL;
    if (!waits(judging))
        err_set(why, ERR_STALE, "look", "it does not wait for an approval any more: it is " SV_FMT,
                SV_ARG(status));
    else if (is_known && judging->stand == STAND_AFTER)
        err_set(why, ERR_STALE, "look", "what it is to do is done already");
    else if (is_known && judging->stand != STAND_BEFORE && judging->why.code != OK)
        *why = judging->why;
    else if (is_known && judging->stand != STAND_BEFORE)
        err_set(why, ERR_STALE, "look", "what it is about was changed since the plan was made");
    else
        return STAND_BEFORE;
    return STAND_OTHER;
}

static enum change_stand goes_on(const struct judging *judging, struct err *why)
{
    err_set(why, judging->plan->calls_done > 0 ? ERR_UNVERIFIED : ERR_STALE, "look",
            "the automation goes on: it is " SV_FMT,
            SV_ARG(json_sv(judging->execution, "AutomationExecutionStatus")));
    return STAND_UNDERWAY;
}

/* What has become of a no. */
static enum change_stand after_no(const struct judging *judging, struct err *why)
{
    if (!automation_has_ended(judging->execution))
        return goes_on(judging, why);
    if (!sv_eq_cstr(json_sv(judging->execution, "AutomationExecutionStatus"), "Success"))
        return STAND_AFTER;
    err_set(why, ERR_STALE, "look", "somebody has approved it meanwhile");
    return STAND_OTHER;
}

/* It says that it has done it, and AWS does not show that, or not yet. */
static enum change_stand not_seen(const struct judging *judging, struct err *why)
{
    const char *more = judging->why.message;
    err_set(why, ERR_UNVERIFIED, "look",
            "the automation says that it has done it, but AWS does not show it%s%s",
            more[0] ? ": " : "", more);
    bool is_telling = judging->stand == STAND_FAILED || judging->stand == STAND_UNDERWAY;
    return is_telling ? judging->stand : STAND_BEFORE;
}

/* What has become of a yes. What AWS shows is what counts, whatever the automation says. */
/* Our yes was taken, and now somebody else is asked: the automation waits at another approval. */
static bool asks_another(const struct judging *judging)
{
    return automation_waiting_step(judging->execution) && !waits(judging);
}

static enum change_stand after_yes(const struct judging *judging, struct err *why)
{
    struct sv status = json_sv(judging->execution, "AutomationExecutionStatus");
    bool has_succeeded = sv_eq_cstr(status, "Success");
    if (waits(judging) && has_voted(judging) && wants_others(judging)) {
        err_set(why, ERR_STALE, "look", "you have approved it already; others are wanted too");
        return STAND_AFTER;
    }
    if (asks_another(judging))
        return STAND_AFTER;
    if (!automation_has_ended(judging->execution))
        return goes_on(judging, why);
    if (judging->inner ? judging->stand == STAND_AFTER : has_succeeded)
        return STAND_AFTER;
    if (has_succeeded)
        return not_seen(judging, why);
    err_set(why, ERR_AWS, "ssm:SendAutomationSignal",
            "the automation has ended as " SV_FMT ": " SV_FMT, SV_ARG(status),
            SV_ARG(json_sv(judging->execution, "FailureMessage")));
    return STAND_FAILED;
}

static void judge(struct judging *judging)
{
    struct err why = ERR_NONE;
    enum change_stand stand = !is_decided(judging)         ? undecided(judging, &why)
                              : is_approval(judging->plan) ? after_yes(judging, &why)
                                                           : after_no(judging, &why);
    look_tell(judging, stand, &why);
}

/* What could not be read of what it is about is not known of it either. */
static void on_inner(void *arg, enum change_stand stand, const struct err *why)
{
    struct judging *judging = arg;
    judging->stand = stand;
    judging->why = *why;
    if (stand == STAND_UNREADABLE)
        look_tell(judging, STAND_UNREADABLE, why);
    else
        judge(judging);
}

static void on_execution(void *arg, struct aws_page *page)
{
    struct judging *judging = arg;
    judging->execution = cJSON_DetachItemFromObjectCaseSensitive(page->body, "AutomationExecution");
}

static void execution_done(void *arg, const struct aws_request *request,
                           const struct aws_outcome *outcome)
{
    (void)request;
    struct judging *judging = arg;
    if (outcome->err.code != OK) {
        look_tell(judging, STAND_UNREADABLE, &outcome->err);
        return;
    }
    bool is_on = is_decided(judging) && !automation_has_ended(judging->execution);
    if (!judging->inner || is_on) {
        judge(judging);
        return;
    }
    judging->inner->calls_done = is_decided(judging) ? judging->inner->calls.len : 0;
    judging->inner->kind->look(judging->client, judging->scope, judging->inner, on_inner, judging);
}

/* The plan that a yes carries out; NULL: nobody knows. */
static struct change_plan *inner_of(const struct change_plan *plan)
{
    const cJSON *json = json_get(plan->state, "inner");
    return json ? form_plan(json, NULL) : NULL;
}

static void look_decision(struct aws_client *client, struct scope *scope,
                          const struct change_plan *plan, change_looked_fn *looked, void *arg)
{
    AUTO_FREE char *id = sv_dup(json_sv(plan->state, "execution_id"));
    struct judging *judging = mem_new(struct judging);
    struct aws_request request = {.op = OP_ssm_GetAutomationExecution,
                                  .target = plan->target,
                                  .params = automation_get_params(id)};
    *judging = (struct judging){
        .client = client, .scope = scope, .plan = plan, .looked = looked, .arg = arg};
    judging->inner = inner_of(plan);
    client_read(client, scope, &request, on_execution, execution_done, look_drop, judging);
}

/* What a yes has done is undone as if it had been sent from here. */
static struct change_plan *undo_approve(const struct change_plan *done, struct err *err)
{
    struct change_plan *inner = inner_of(done), *undo = NULL;
    if (inner && inner->kind->undo) {
        inner->calls_done = inner->calls.len;
        undo = inner->kind->undo(inner, err);
    } else {
        err_set(err, ERR_UNSUPPORTED, "undo",
                "what another's document has done is not undone here");
    }
    change_plan_free(inner);
    return undo;
}

const struct change_kind change_approve = {.name = "approve",
                                           .look = look_decision,
                                           .undo = undo_approve,
                                           .two_people = true,
                                           .underway_for_ms = UNDERWAY_FOR_MS};
const struct change_kind change_decline = {.name = "decline",
                                           .look = look_decision,
                                           .two_people = true,
                                           .underway_for_ms = UNDERWAY_FOR_MS};
