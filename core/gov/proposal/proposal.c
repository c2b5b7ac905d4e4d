/* proposal: starting an automation of our own document, and withdrawing it. plan->state of propose
 * is {document, item, earlier, execution_id}: earlier are the executions about the item that were
 * there when it was planned, none of which waits; execution_id is there once AWS has told it. */
#include "core/gov/proposal/proposal.h"

#include <string.h>

#include "core/gov/load/reply.h"
#include "core/gov/systems_manager/automation.h"

/* How wrong our clock may be; what is older than the plan is known by its id. */
#define SKEW_MS ((int64_t)24 * 60 * 60 * 1000)

/* --- looking --------------------------------------------------------------------------------- */

struct judging {
    struct aws_client *client;
    struct scope *scope;
    const struct change_plan *plan;
    VEC(char *) ids; /* of executions that are new since it was planned */
    size_t at;
    enum change_stand stand; /* of the proposal; BEFORE until it is found */
    struct err why;
    change_looked_fn *looked;
    void *arg;
};

/* The step at which it waits, or has waited. */
static const cJSON *approve_step(const cJSON *execution)
{
    for (const cJSON *step = json_items(execution, "StepExecutions"); step; step = step->next)
        if (sv_eq_cstr(json_sv(step, "Action"), "aws:approve"))
            return step;
    return NULL;
}

/* Before there is a verdict AWS says that it waits, or nothing. */
static bool was_rejected(const cJSON *step)
{
    return sv_eq_cstr(json_string(json_items(json_get(step, "Outputs"), "ApprovalStatus")),
                      "Rejected");
}

static struct sv failure_of(const cJSON *execution, const cJSON *step)
{
    struct sv message = json_sv(step, "FailureMessage");
    return message.len > 0 ? message : json_sv(execution, "FailureMessage");
}

enum change_stand proposal_stand(const cJSON *execution, struct err *why)
{
    const cJSON *step = approve_step(execution);
    struct sv status = json_sv(step, "StepStatus");
    bool has_ended = automation_has_ended(execution);
    bool has_failed = sv_eq_cstr(json_sv(execution, "AutomationExecutionStatus"), "Failed");
    bool is_to_come =
        status.len == 0 || sv_eq_cstr(status, "Pending") || sv_eq_cstr(status, "InProgress");
    if (is_to_come && !has_ended) {
        err_set(why, ERR_UNVERIFIED, "look", "AWS has started it; it does not wait for a yes yet");
        return STAND_UNDERWAY;
    }
    if (has_failed && !was_rejected(step) && (is_to_come || sv_eq_cstr(status, "Failed"))) {
        struct sv message = failure_of(execution, step);
        err_set(why, ERR_AWS, "ssm:StartAutomationExecution",
                "it has failed before anybody could say yes: " SV_FMT, SV_ARG(message));
        return STAND_FAILED;
    }
    return STAND_AFTER;
}

static void look_tell(struct judging *judging, enum change_stand stand, const struct err *why)
{
    change_looked_fn *looked = judging->looked;
    void *arg = judging->arg;
    struct err err = *why;
    for (size_t i = 0; i < judging->ids.len; i++)
        mem_free(judging->ids.ptr[i]);
    vec_free(&judging->ids);
    mem_free(judging);
    looked(arg, stand, &err);
}

static void look_drop(void *arg)
{
    struct err err;
    err_set(&err, ERR_CANCELLED, "ssm:GetAutomationExecution", "nobody waits for it any more");
    look_tell(arg, STAND_UNREADABLE, &err);
}

/* Somebody else's that has only just been started is a proposal, too. */
static void on_execution(void *arg, struct aws_page *page)
{
    struct judging *judging = arg;
    const cJSON *execution = json_get(page->body, "AutomationExecution");
    bool is_own = json_sv(judging->plan->state, "execution_id").len > 0;
    if (!is_own && !sv_eq_cstr(automation_parameter(execution, "ItemKey"), judging->plan->item_key))
        return;
    judging->stand = proposal_stand(execution, &judging->why);
    if (judging->stand == STAND_UNDERWAY && !is_own) {
        judging->stand = STAND_AFTER;
        judging->why = ERR_NONE;
    }
}

static void get_next(struct judging *judging);

static void execution_done(void *arg, const struct aws_request *request,
                           const struct aws_outcome *outcome)
{
    (void)request;
    struct judging *judging = arg;
    if (outcome->err.code != OK)
        look_tell(judging, STAND_UNREADABLE, &outcome->err);
    else
        get_next(judging);
}

static void get_next(struct judging *judging)
{
    if (judging->stand != STAND_BEFORE || judging->at == judging->ids.len) {
        look_tell(judging, judging->stand, &judging->why);
        return;
    }
    struct aws_request request = {.op = OP_ssm_GetAutomationExecution,
                                  .target = judging->plan->target,
                                  .params = automation_get_params(judging->ids.ptr[judging->at++])};
    client_read(judging->client, judging->scope, &request, on_execution, execution_done, look_drop,
                judging);
}

static bool is_earlier(const struct change_plan *plan, struct sv id)
{
    for (const cJSON *it = json_items(plan->state, "earlier"); it; it = it->next)
        if (sv_eq(json_string(it), id))
            return true;
    return false;
}

/* Whatever is new of the item is the proposal, whether it still waits or somebody has decided on it
 * since: of those who propose the same one has started it, for the others too. */
static void on_list(void *arg, struct aws_page *page)
{
    struct judging *judging = arg;
    const cJSON *item = json_items(page->body, "AutomationExecutionMetadataList");
    for (; item; item = item->next) {
        struct sv id = json_sv(item, "AutomationExecutionId");
        if (!is_earlier(judging->plan, id))
            vec_push(&judging->ids, sv_dup(id));
    }
}

static void look_propose(struct aws_client *client, struct scope *scope,
                         const struct change_plan *plan, change_looked_fn *looked, void *arg)
{
    struct judging *judging = mem_new(struct judging);
    struct sv id = json_sv(plan->state, "execution_id");
    *judging = (struct judging){.client = client,
                                .scope = scope,
                                .plan = plan,
                                .stand = STAND_BEFORE,
                                .looked = looked,
                                .arg = arg};
    if (id.len > 0) {
        vec_push(&judging->ids, sv_dup(id));
        get_next(judging);
        return;
    }
    AUTO_FREE char *document = sv_dup(json_sv(plan->state, "document"));
    struct aws_request request = {.op = OP_ssm_DescribeAutomationExecutions,
                                  .target = plan->target,
                                  .params =
                                      automation_list_params(document, plan->made_at_ms - SKEW_MS)};
    client_read(client, scope, &request, on_list, execution_done, look_drop, judging);
}

static enum err_code accept_propose(struct change_plan *plan, size_t call, const cJSON *reply,
                                    struct err *err)
{
    struct sv id = json_sv(reply, "AutomationExecutionId");
    AUTO_FREE char *text = sv_dup(id);
    if (plan->calls.ptr[call].op != OP_ssm_StartAutomationExecution)
        return OK;
    if (id.len == 0)
        return err_set(err, ERR_AWS, "ssm:StartAutomationExecution", "AWS told no execution");
    cJSON_DeleteItemFromObjectCaseSensitive(plan->state, "execution_id");
    cJSON_AddStringToObject(plan->state, "execution_id", text);
    return OK;
}

/* --- the document ---------------------------------------------------------------------------- */

/* Our document as it is when its making is about to be sent. */
struct finding {
    char own_hash[SHA256_HEX_SIZE]; /* of what would be made */
    int64_t version;                /* that is started behind it */
    bool is_there;                  /* with that content */
    int64_t there_version;
    change_needs_fn *needed;
    void *arg;
};

static void on_document(void *arg, struct aws_page *page)
{
    struct finding *finding = arg;
    char hash[SHA256_HEX_SIZE];
    automation_content_hash(json_sv(page->body, "Content"), hash, NULL);
    finding->is_there = strcmp(hash, finding->own_hash) == 0;
    sv_to_i64(json_sv(page->body, "DocumentVersion"), &finding->there_version);
}

static void document_done(void *arg, const struct aws_request *request,
                          const struct aws_outcome *outcome)
{
    (void)request;
    struct finding finding = *(struct finding *)arg;
    struct err err = outcome->err;
    mem_free(arg);
    if (strcmp(err.aws_code, "InvalidDocument") == 0)
        err = ERR_NONE;
    if (err.code == OK && finding.is_there && finding.there_version != finding.version)
        err_set(&err, ERR_STALE, "propose",
                "our document is there as version %lld meanwhile, not %lld: plan it anew",
                (long long)finding.there_version, (long long)finding.version);
    finding.needed(finding.arg, !finding.is_there, &err);
}

/* Several that are proposed at once each want the document; the first of them makes it. */
static void needs_call(struct aws_client *client, struct scope *scope,
                       const struct change_plan *plan, size_t call, change_needs_fn *needed,
                       void *arg)
{
    const struct change_call *making = &plan->calls.ptr[call];
    if (making->op == OP_ssm_StartAutomationExecution) {
        needed(arg, true, &ERR_NONE);
        return;
    }
    struct finding *finding = mem_new(struct finding);
    AUTO_FREE char *name = sv_dup(json_sv(making->params, "Name"));
    struct aws_request request = {.op = OP_ssm_GetDocument,
                                  .target = plan->target,
                                  .params = automation_document_params(name, "$LATEST")};
    *finding = (struct finding){.needed = needed, .arg = arg};
    automation_content_hash(json_sv(making->params, "Content"), finding->own_hash, NULL);
    sv_to_i64(json_sv(vec_last(&plan->calls).params, "DocumentVersion"), &finding->version);
    client_read(client, scope, &request, on_document, document_done, mem_free, finding);
}

/* Two who make it at once: one of them is told that it is there. */
static bool is_overtaken(const struct err *refusal)
{
    return sv_has_word(SV("DocumentAlreadyExists DuplicateDocumentContent"),
                       sv_of(refusal->aws_code));
}

/* --- withdrawing ----------------------------------------------------------------------------- */

static struct change_plan *undo_propose(const struct change_plan *done, struct err *err)
{
    AUTO_FREE char *id = sv_dup(json_sv(done->state, "execution_id"));
    if (!id || !id[0]) {
        err_set(err, ERR_NOT_FOUND, "undo",
                "AWS never told which automation it has started: reject it from the approvals");
        return NULL;
    }
    struct change_plan *plan = change_plan_new(&change_withdraw);
    cJSON *params = automation_get_params(id);
    cJSON_AddStringToObject(params, "Type", "Cancel");
    change_plan_add_call(plan, OP_ssm_StopAutomationExecution, params);
    plan->state = cJSON_Duplicate(done->state, true);
    plan->title = mem_strdup("Withdraw the proposal");
    plan->why = mem_strdup(done->title ? done->title : "");
    plan->reversible = IRREVERSIBLE;
    change_plan_diff(plan, '-', "automation %s waits for an approval", id);
    change_plan_evidence(plan, "nothing but the waiting is given up; it can be proposed again");
    return plan;
}

/* Of one execution: whether it still waits. */
struct waiting {
    enum change_stand stand;
    change_looked_fn *looked;
    void *arg;
};

static void on_withdrawn(void *arg, struct aws_page *page)
{
    struct waiting *waiting = arg;
    const cJSON *execution = json_get(page->body, "AutomationExecution");
    bool succeeded = sv_eq_cstr(json_sv(execution, "AutomationExecutionStatus"), "Success");
    waiting->stand = succeeded                         ? STAND_OTHER
                     : automation_has_ended(execution) ? STAND_AFTER
                                                       : STAND_BEFORE;
}

static void withdrawn_done(void *arg, const struct aws_request *request,
                           const struct aws_outcome *outcome)
{
    (void)request;
    struct waiting waiting = *(struct waiting *)arg;
    mem_free(arg);
    waiting.looked(waiting.arg, outcome->err.code == OK ? waiting.stand : STAND_UNREADABLE,
                   &outcome->err);
}

static void withdrawn_drop(void *arg)
{
    struct waiting waiting = *(struct waiting *)arg;
    struct err err;
    mem_free(arg);
    err_set(&err, ERR_CANCELLED, "ssm:GetAutomationExecution", "nobody waits for it any more");
    waiting.looked(waiting.arg, STAND_UNREADABLE, &err);
}

static void look_withdraw(struct aws_client *client, struct scope *scope,
                          const struct change_plan *plan, change_looked_fn *looked, void *arg)
{
    AUTO_FREE char *id = sv_dup(json_sv(plan->state, "execution_id"));
    struct waiting *waiting = mem_new(struct waiting);
    struct aws_request request = {.op = OP_ssm_GetAutomationExecution,
                                  .target = plan->target,
                                  .params = automation_get_params(id)};
    *waiting = (struct waiting){STAND_UNREADABLE, looked, arg};
    client_read(client, scope, &request, on_withdrawn, withdrawn_done, withdrawn_drop, waiting);
}

const struct change_kind change_propose = {.name = "propose",
                                           .look = look_propose,
                                           .accept = accept_propose,
                                           .undo = undo_propose,
                                           .needs = needs_call,
                                           .is_overtaken = is_overtaken,
                                           .two_people = true};
const struct change_kind change_withdraw = {
    .name = "withdraw", .look = look_withdraw, .two_people = true};
