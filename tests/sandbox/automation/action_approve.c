/* aws:approve: an execution that waits until enough of those named have said yes, or one no. */
#include <string.h>

#include "core/base/clock.h"
#include "tests/sandbox/automation/engine.h"
#include "tests/sandbox/wire/api.h"
#include "tests/sandbox/wire/invoke.h"

#define APPROVERS_MAX 10
#define MESSAGE_MAX   4096

/* The texts of Approvers, of lists within it too: a parameter of type StringList may stand there
 * as one element. */
static cJSON *approvers_of(const struct step_run *step)
{
    cJSON *flat = cJSON_CreateArray();
    const cJSON *given = json_get(step->inputs, "Approvers"), *item, *inner;
    if (cJSON_IsString(given))
        cJSON_AddItemToArray(flat, cJSON_CreateString(given->valuestring));
    cJSON_ArrayForEach (item, given) {
        if (cJSON_IsString(item))
            cJSON_AddItemToArray(flat, cJSON_CreateString(item->valuestring));
        cJSON_ArrayForEach (inner, item)
            if (cJSON_IsString(inner))
                cJSON_AddItemToArray(flat, cJSON_CreateString(inner->valuestring));
    }
    return flat;
}

static int64_t votes_needed(const struct step_run *step)
{
    return json_i64(step->inputs, "MinRequiredApprovals", 1);
}

static bool check_inputs(struct step_run *step)
{
    AUTO(json_free_at) cJSON *approvers = approvers_of(step);
    int n = cJSON_GetArraySize(approvers);
    struct sv topic = json_sv(step->inputs, "NotificationArn");
    struct sv topic_name = topic;
    while (topic_name.ptr && memchr(topic_name.ptr, ':', topic_name.len))
        sv_split(&topic_name, ':');
    if (n == 0)
        step_fail(step, "The list of approvers is empty.");
    else if (n > APPROVERS_MAX)
        step_fail(step, "There are more than %d approvers.", APPROVERS_MAX);
    else if (votes_needed(step) < 1 || votes_needed(step) > n)
        step_fail(step, "MinRequiredApprovals must be between 1 and the number of approvers.");
    else if (topic.len > 0 && !sv_starts(topic_name, SV("Automation")))
        step_fail(step, "The name of the notification topic must start with Automation.");
    else if (json_sv(step->inputs, "Message").len > MESSAGE_MAX)
        step_fail(step, "The message is longer than %d characters.", MESSAGE_MAX);
    return !step->failure;
}

/* Tells those who listen, where the sandbox has topics. */
static void notify(struct turn_of *turn)
{
    const struct automation *automation = turn->automation;
    struct sv topic = json_sv(turn->step->inputs, "NotificationArn");
    struct sv message = json_sv(turn->step->inputs, "Message");
    struct reply reply;
    if (topic.len == 0 || !api_service(SV("sns")))
        return;
    const struct call as = {
        .account_id = cell_account(turn->world, automation->cell)->id,
        .region = cell_region(turn->world, automation->cell),
        .principal = automation->acts_as_nobody ? NULL : &automation->as,
        .caller_arn = automation->executed_by,
        .caller_user_id = automation->as.user_id,
        .now_ms = world_now_ms(turn->world),
    };
    AUTO(json_free_at) cJSON *input = cJSON_CreateObject();
    cJSON_AddStringToObject(input, "TopicArn", topic.ptr);
    cJSON_AddStringToObject(input, "Message", message.len ? message.ptr : turn->step->name);
    if (!invoke(turn->world, &as, "sns", "Publish", input, &reply))
        step_fail(turn->step, "The notification could not be sent: %s", reply.message);
    cJSON_Delete(reply.output);
}

/* --- outputs ------------------------------------------------------------------------------------
 */

static cJSON *make_decision(const struct vote *vote)
{
    char at[CLOCK_ISO_SIZE];
    cJSON *made = cJSON_CreateObject();
    clock_iso8601(vote->at_ms, true, at);
    cJSON_AddStringToObject(made, "Approver", vote->arn);
    cJSON_AddStringToObject(made, "Decision", vote->approves ? "Approve" : "Reject");
    cJSON_AddStringToObject(made, "ApprovalDecisionTime", at);
    cJSON_AddStringToObject(made, "Comment", vote->comment ? vote->comment : "");
    return made;
}

static void write_outputs(struct step_run *step, const char *status)
{
    cJSON *decisions = cJSON_CreateArray();
    for (size_t i = 0; i < step->votes.len; i++)
        cJSON_AddItemToArray(decisions, make_decision(&step->votes.ptr[i]));
    step_output(step, "ApprovalStatus", cJSON_CreateString(status));
    step_output(step, "ApproverDecisions", decisions);
}

enum verdict approve_take(struct turn_of *turn)
{
    struct step_run *step = turn->step;
    int64_t n_yes = 0;
    if (step->status != RUN_WAITING) {
        if (check_inputs(step))
            notify(turn);
        if (step->failure)
            return STEP_FAILED;
    }
    for (size_t i = 0; i < step->votes.len; i++) {
        n_yes += step->votes.ptr[i].approves;
        if (step->votes.ptr[i].approves)
            continue;
        write_outputs(step, "Rejected");
        return step_fail(step, "The approval step was rejected by %s.", step->votes.ptr[i].arn);
    }
    write_outputs(step, n_yes >= votes_needed(step) ? "Approved" : "Waiting");
    return n_yes >= votes_needed(step) ? STEP_DONE : STEP_WAITING;
}

/* --- votes --------------------------------------------------------------------------------------
 */

/* "arn:aws:iam::A:role/PATH/NAME" lets in the sessions of the role,
 * "arn:aws:sts::A:assumed-role/NAME/SESSION". */
static bool is_session_of(struct sv role_arn, const char *caller_arn)
{
    AUTO(buf_done) struct buf prefix = BUF_NONE;
    struct sv rest = role_arn, account = SV_NONE;
    for (int i = 0; i < 5; i++)
        account = sv_split(&rest, ':'); /* the fifth part */
    if (!sv_starts(role_arn, SV("arn:aws:iam::")) || !sv_starts(rest, SV("role/")))
        return false;
    struct sv name = rest;
    while (memchr(name.ptr, '/', name.len))
        sv_split(&name, '/');
    buf_addf(&prefix, "arn:aws:sts::" SV_FMT ":assumed-role/" SV_FMT "/", SV_ARG(account),
             SV_ARG(name));
    return sv_starts(sv_of(caller_arn), buf_sv(&prefix));
}

/* A user's own name, or an ARN. */
static bool is_approver(struct sv entry, const struct call *call)
{
    AUTO(buf_done) struct buf user = BUF_NONE;
    buf_addf(&user, "arn:aws:iam::%s:user/" SV_FMT, call->account_id, SV_ARG(entry));
    return sv_eq_cstr(entry, call->caller_arn) || sv_eq(buf_sv(&user), sv_of(call->caller_arn)) ||
           is_session_of(entry, call->caller_arn);
}

static bool may_decide(const struct step_run *step, const struct call *call)
{
    AUTO(json_free_at) cJSON *approvers = approvers_of(step);
    const cJSON *entry;
    cJSON_ArrayForEach (entry, approvers) {
        if (is_approver(json_string(entry), call))
            return true;
    }
    return false;
}

static bool has_voted(const struct step_run *step, const char *arn)
{
    for (size_t i = 0; i < step->votes.len; i++)
        if (strcmp(step->votes.ptr[i].arn, arn) == 0)
            return true;
    return false;
}

#define BAD_SIGNAL "InvalidAutomationSignalException"

void automation_decide(struct world *world, struct automation *automation, const struct call *call,
                       bool approves, const char *comment, struct reply *reply)
{
    struct step_run *step = automation_current(automation);
    struct vote vote = {.approves = approves, .at_ms = call->now_ms};
    if (!step || step->status != RUN_WAITING || !step->action ||
        step->action->take != approve_take) {
        reply_error(reply, 0, BAD_SIGNAL, "The execution is not waiting for an approval.");
    } else if (!may_decide(step, call)) {
        reply_error(reply, 0, BAD_SIGNAL, "%s is not an approver of step %s.", call->caller_arn,
                    step->name);
    } else if (has_voted(step, call->caller_arn)) {
        reply_error(reply, 0, BAD_SIGNAL, "%s has already decided on step %s.", call->caller_arn,
                    step->name);
    } else {
        str_copy(vote.arn, call->caller_arn);
        vote.comment = *comment ? mem_strdup(comment) : NULL;
        vec_push(&step->votes, vote);
        automation_poke(world, automation);
    }
}
