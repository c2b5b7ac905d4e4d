/* decision_plan: what a person must know before saying yes or no to an automation that waits. Of
 * one that was proposed here, the plan that it was made of is made again, and has to be told the
 * document in the same words. */
#include <string.h>

#include "core/gov/gov_internal.h"
#include "core/gov/load/reply.h"
#include "core/gov/plan_account.h"
#include "core/gov/proposal/decision_say.h"
#include "core/gov/proposal/form.h"
#include "core/gov/proposal/proposal.h"
#include "core/gov/proposal/replan.h"
#include "core/gov/queue/item.h"
#include "core/gov/queue/item_type.h"
#include "core/gov/systems_manager/automation.h"

#define COMMENT_MAX 200

struct deciding {
    struct replan replan; /* first */
    char execution_id[37];
    char *reason;                            /* of a no; NULL: a yes */
    const struct form *form;                 /* of its document, when that is ours */
    char person[128], hash[SHA256_HEX_SIZE]; /* who decides; of the document's content */
    const char *earlier_type; /* as what it was proposed, when it is something else by now */
};

static void done_with(struct replan *replan)
{
    mem_free(((struct deciding *)replan)->reason);
}

static void drop(void *arg)
{
    (void)arg; /* the scope's end frees it */
}

static const cJSON *execution_of(const struct inquiry *inquiry)
{
    return json_get(inquiry_page(inquiry, OP_ssm_GetAutomationExecution, 0), "AutomationExecution");
}

/* --- first: what it is about -------------------------------------------------------------------
 */

static void begin_first(struct inquiry *inquiry, void *arg)
{
    const struct deciding *deciding = arg;
    inquiry_read(inquiry, OP_ssm_GetAutomationExecution, &deciding->replan.target,
                 automation_get_params(deciding->execution_id), NULL);
}

/* By what our own document was told that its plan was made. */
static void set_own_planner(struct replan *replan, const cJSON *execution)
{
    const struct planner *planner = planner_find(automation_parameter(execution, "Planner"));
    const cJSON *about = json_items(json_get(execution, "Parameters"), "About");
    const char *args[PLANNER_ARGS_MAX] = {0};
    size_t n = 0;
    for (; about && n < PLANNER_ARGS_MAX && cJSON_IsString(about); about = about->next)
        args[n++] = about->valuestring;
    if (planner && n > 0 && n == planner->n_args && planner != &planner_propose)
        replan_set(replan, planner, args);
}

/* Of somebody else's document it is known only when it is about a rule of a security group. */
static void set_planner(struct deciding *deciding, const cJSON *execution)
{
    char group_id[32], rule_id[32];
    const char *const rule[] = {group_id, rule_id};
    deciding->form = form_by_document(json_sv(execution, "DocumentName"));
    if (deciding->form)
        set_own_planner(&deciding->replan, execution);
    else if (automation_rule(execution, group_id, rule_id))
        replan_set(&deciding->replan, &planner_sg_revoke, rule);
}

static void begin(struct inquiry *inquiry, void *arg);
static void end(struct inquiry *inquiry, void *arg);

static void inner_is_there(struct replan *replan)
{
    static const struct inquiry_kind kind = {begin, end, drop};
    inquiry_start(replan->gov, replan->scope, &kind, replan);
}

static void end_first(struct inquiry *inquiry, void *arg)
{
    struct deciding *deciding = arg;
    if (!deciding->reason) /* a no needs to know no more */
        set_planner(deciding, execution_of(inquiry));
    replan_ask(&deciding->replan, inner_is_there);
}

/* --- then: how it stands -----------------------------------------------------------------------
 */

static void read_document(struct inquiry *inquiry, void *arg)
{
    const struct deciding *deciding = arg;
    const cJSON *execution = execution_of(inquiry);
    AUTO_FREE char *document = sv_dup(json_sv(execution, "DocumentName"));
    AUTO_FREE char *version = sv_dup(json_sv(execution, "DocumentVersion"));
    inquiry_read(inquiry, OP_ssm_GetDocument, &deciding->replan.target,
                 automation_document_params(document ? document : "", version ? version : ""),
                 NULL);
}

static void begin(struct inquiry *inquiry, void *arg)
{
    const struct deciding *deciding = arg;
    inquiry_read(inquiry, OP_ssm_GetAutomationExecution, &deciding->replan.target,
                 automation_get_params(deciding->execution_id), read_document);
    plan_read_account(inquiry, &deciding->replan.target);
}

/* --- what keeps it from being decided --------------------------------------------------------- */

static enum err_code check_waits(const cJSON *execution, struct err *err)
{
    struct sv status = json_sv(execution, "AutomationExecutionStatus");
    if (automation_waiting_step(execution))
        return OK;
    if (sv_eq_cstr(status, "TimedOut"))
        return err_set(err, ERR_STALE, "approve",
                       "nobody has decided in time: AWS has given it up; propose it again");
    return err_set(err, ERR_STALE, "approve",
                   "it does not wait for an approval any more: it is " SV_FMT, SV_ARG(status));
}

/* Who decides; "" when that is not known yet. */
static void find_person(struct deciding *deciding)
{
    struct estate *estate = gov_estate(deciding->replan.gov);
    sv_copy(automation_person(sv_of(estate ? estate->caller_arn : "")), deciding->person,
            sizeof deciding->person);
    estate_unref(estate);
}

/* Two sessions of one person are one person. */
/* Whether the person's yes stands at an approval that is over. */
static bool has_approved(const cJSON *execution, const char *person)
{
    AUTO(buf_done) struct buf name = BUF_NONE;
    buf_addf(&name, "/%s\\\"", person);
    for (const cJSON *step = json_items(execution, "StepExecutions"); step; step = step->next) {
        AUTO_FREE char *outputs = json_print(json_get(step, "Outputs"));
        if (sv_eq_cstr(json_sv(step, "Action"), "aws:approve") &&
            sv_eq_cstr(json_sv(step, "StepStatus"), "Success") && outputs &&
            strstr(outputs, buf_cstr(&name)))
            return true;
    }
    return false;
}

static enum err_code check_person(const struct deciding *deciding, const cJSON *execution,
                                  struct err *err)
{
    struct sv starter = automation_person(json_sv(execution, "ExecutedBy"));
    if (deciding->person[0] == '\0')
        return err_set(err, ERR_REFUSED, "approve", "who you are is not known yet");
    if (sv_eq_cstr(starter, deciding->person))
        return err_set(
            err, ERR_REFUSED, "approve",
            "you have proposed it yourself, as %s: somebody else has to approve it, and X "
            "takes it back",
            deciding->person);
    if (has_approved(execution, deciding->person))
        return err_set(err, ERR_REFUSED, "approve",
                       "you have approved it already, as %s: a second person is wanted",
                       deciding->person);
    return OK;
}

/* That it was proposed for two, when the settings here want two. */
static enum err_code check_votes(const struct deciding *deciding, const cJSON *execution,
                                 struct err *err)
{
    const struct replan *replan = &deciding->replan;
    if (!replan->inner || !proposal_needs_two(replan->gov, replan->inner) ||
        sv_eq(automation_parameter(execution, "Approvals"), SV("2")))
        return OK;
    return err_set(err, ERR_REFUSED, "approve",
                   "it was proposed for one approval, and four_eyes wants two others for this: "
                   "reject it, and have it proposed again");
}

/* Our own document has our own content, or nobody approves what it would do. */
static enum err_code check_document(struct deciding *deciding, const struct inquiry *inquiry,
                                    struct err *err)
{
    const cJSON *execution = execution_of(inquiry);
    const struct form *form = form_by_document(json_sv(execution, "DocumentName"));
    const cJSON *reply = inquiry_page(inquiry, OP_ssm_GetDocument, 0);
    char own_hash[SHA256_HEX_SIZE];
    deciding->form = form;
    if (inquiry_err(inquiry, OP_ssm_GetDocument)->code != OK) {
        *err = *inquiry_err(inquiry, OP_ssm_GetDocument);
        return err->code;
    }
    automation_content_hash(json_sv(reply, "Content"), deciding->hash, NULL);
    if (!form)
        return OK;
    automation_content_hash(form->document().content, own_hash, NULL);
    if (strcmp(deciding->hash, own_hash) == 0)
        return OK;
    return err_set(
        err, ERR_INTEGRITY, form->document().name,
        "the document was tampered with: version " SV_FMT
        " is not the one that this console makes (sha256 %.16s..., not %.16s...); reject it",
        SV_ARG(json_sv(execution, "DocumentVersion")), deciding->hash, own_hash);
}

/*
 * A rule may be found to be something else than when it was proposed: of several that together let
 * everybody in another one is closed, and by itself it lets in only many. It is the same rule, and
 * the same call, under another key. Returns the type under which it was proposed; NULL when the key
 * is none of the rule's.
 */
static const char *proposed_type(const struct deciding *deciding, const cJSON *execution)
{
    const cJSON *item = json_get(deciding->replan.inner->state, "item");
    AUTO_FREE char *resource = sv_dup(json_sv(item, "resource"));
    AUTO_FREE char *value = sv_dup(json_sv(item, "value"));
    const struct item_type *type;
    for (size_t i = 0; value[0] && (type = item_type(i)) != NULL; i++) {
        char key[SHA256_HEX_SIZE];
        item_key(&deciding->replan.target, resource, type->name, value, key);
        if (sv_eq_cstr(automation_parameter(execution, "ItemKey"), key))
            return type->name;
    }
    return NULL;
}

/* Whether it goes by another type's key; then that key stands in the inputs. */
static void find_earlier_type(struct deciding *deciding, const cJSON *execution, cJSON *inputs,
                              struct err *err)
{
    struct sv told = automation_parameter(execution, "ItemKey");
    const char *type = proposed_type(deciding, execution);
    if (!type || sv_eq_cstr(told, deciding->replan.inner->item_key))
        return;
    deciding->earlier_type = type;
    cJSON_DeleteItemFromObjectCaseSensitive(inputs, "ItemKey");
    form_add(inputs, "ItemKey", told, err);
}

/* What would have to be done now is what the automation was told to do. */
static enum err_code check_inner(struct deciding *deciding, const cJSON *execution, struct err *err)
{
    const struct replan *replan = &deciding->replan;
    const struct form_origin origin = {replan->planner, (const char *const *)replan->args};
    AUTO(json_free_at) cJSON *inputs = cJSON_CreateObject();
    if (replan->planner && !replan->inner) {
        *err = replan->inner_err;
        return err->code;
    }
    if (!deciding->form)
        return OK;
    if (!replan->inner || form_of(replan->inner) != deciding->form)
        return err_set(err, ERR_STALE, "approve",
                       "the proposal does not say what it is about, or it would be something else "
                       "now: reject it");
    if (form_fill(deciding->form, replan->inner, &origin, inputs, err) != OK)
        return err->code;
    if (check_votes(deciding, execution, err) != OK)
        return err->code;
    find_earlier_type(deciding, execution, inputs, err);
    return form_check(execution, inputs, err);
}

static enum err_code check(struct deciding *deciding, const struct inquiry *inquiry,
                           struct err *err)
{
    const cJSON *execution = execution_of(inquiry);
    bool is_yes = deciding->reason == NULL;
    find_person(deciding);
    *err = *inquiry_err(inquiry, OP_ssm_GetAutomationExecution);
    if (err->code == OK)
        check_waits(execution, err);
    if (err->code == OK && is_yes)
        check_person(deciding, execution, err);
    /* a no to a document that nobody can read, or that was tampered with, is always possible */
    if (err->code == OK && check_document(deciding, inquiry, err) != OK && !is_yes)
        *err = ERR_NONE;
    if (err->code == OK && is_yes)
        check_inner(deciding, execution, err);
    return err->code;
}

/* --- what the person sees --------------------------------------------------------------------- */

static void say_steps(struct change_plan *plan, const struct inquiry *inquiry)
{
    AUTO(json_free_at) cJSON *content = NULL;
    struct sv text = json_sv(inquiry_page(inquiry, OP_ssm_GetDocument, 0), "Content");
    if (json_parse(text, "document", &content, NULL) != OK)
        return;
    for (const cJSON *step = json_items(content, "mainSteps"); step; step = step->next) {
        const cJSON *inputs = json_get(step, "inputs");
        struct sv api = json_sv(inputs, "Api");
        change_plan_evidence(plan, "  step " SV_FMT ": " SV_FMT " " SV_FMT "%s" SV_FMT,
                             SV_ARG(json_sv(step, "name")), SV_ARG(json_sv(step, "action")),
                             SV_ARG(json_sv(inputs, "Service")), api.len > 0 ? ":" : "",
                             SV_ARG(api));
    }
}

static void say_document(struct change_plan *plan, const struct inquiry *inquiry,
                         const struct deciding *deciding)
{
    const cJSON *execution = execution_of(inquiry);
    change_plan_evidence(
        plan, "document " SV_FMT " version " SV_FMT ", whose content has the sha256 %s%s",
        SV_ARG(json_sv(execution, "DocumentName")), SV_ARG(json_sv(execution, "DocumentVersion")),
        deciding->hash, deciding->form ? ": ours" : ": not one of ours, it does this:");
    if (!deciding->form)
        say_steps(plan, inquiry);
    else if (deciding->form->note)
        change_plan_evidence(plan, "%s", deciding->form->note);
}

static cJSON *signal_params(const struct deciding *deciding)
{
    cJSON *params = automation_get_params(deciding->execution_id);
    char comment[COMMENT_MAX];
    sv_copy(sv_of(deciding->reason ? deciding->reason : "approved with watchdeck"), comment,
            sizeof comment);
    cJSON_AddStringToObject(params, "SignalType", deciding->reason ? "Reject" : "Approve");
    cJSON_AddItemToObject(cJSON_AddObjectToObject(params, "Payload"), "Comment",
                          reply_list_of(comment));
    return params;
}

/* What the other plan would do is what a yes does. */
static void take_over(struct change_plan *plan, const struct replan *replan)
{
    const struct change_plan *inner = replan->inner;
    replan_say_inner(replan, plan);
    cJSON_AddItemToObject(plan->state, "inner", change_plan_to_json(inner));
    if (json_get(inner->state, "item"))
        cJSON_AddItemToObject(plan->state, "item",
                              cJSON_Duplicate(json_get(inner->state, "item"), true));
    str_copy(plan->item_key, inner->item_key);
    plan->reversible = inner->kind->undo ? inner->reversible : IRREVERSIBLE; /* from here */
    if (severity_parse(sv_of(inner->severity)) > severity_parse(sv_of(plan->severity)))
        str_copy(plan->severity, inner->severity);
    for (size_t i = 0; i < inner->inverse.len; i++)
        change_plan_add_inverse(plan, inner->inverse.ptr[i].op,
                                cJSON_Duplicate(inner->inverse.ptr[i].params, true));
}

static void add_texts(struct change_plan *plan, const struct deciding *deciding,
                      const cJSON *execution)
{
    AUTO_FREE char *message = automation_input(automation_waiting_step(execution), "Message");
    struct buf title = BUF_NONE, why = BUF_NONE;
    struct sv reason = automation_parameter(execution, "Reason");
    buf_addf(&title, "%s: ", deciding->reason ? "Reject" : "Approve");
    buf_add(&title, message[0] ? sv_of(message) : json_sv(execution, "DocumentName"));
    buf_add(&why, deciding->reason ? sv_of(deciding->reason) : reason);
    plan->title = buf_take(&title);
    plan->why = buf_take(&why);
    plan->requester = sv_dup(json_sv(execution, "ExecutedBy"));
    if (deciding->reason)
        change_plan_diff(plan, '-', "automation %s waits; it will end without doing anything",
                         deciding->execution_id);
    else if (plan->diff.len == 0)
        change_plan_diff(plan, '+', "automation %s goes on", deciding->execution_id);
}

/* What was proposed about an item is decided on under the item's key. */
static void take_item_key(struct change_plan *plan, const cJSON *execution)
{
    uint8_t bytes[SHA256_BYTES];
    if (!hex_decode(automation_parameter(execution, "ItemKey"), bytes, sizeof bytes))
        return;
    hex_encode(bytes, sizeof bytes, plan->item_key);
    cJSON_AddBoolToObject(plan->state, "of_item", true);
}

static struct change_plan *plan_new(const struct inquiry *inquiry, const struct deciding *deciding)
{
    const cJSON *execution = execution_of(inquiry), *step = automation_waiting_step(execution);
    struct change_plan *plan =
        change_plan_new(deciding->reason ? &change_decline : &change_approve);
    enum severity said = severity_parse(automation_parameter(execution, "Severity"));
    AUTO_FREE char *name = sv_dup(json_sv(step, "StepName"));
    plan_add_account(plan, inquiry, &deciding->replan.target);
    str_copy(plan->severity, severity_name(said != SEVERITY_NONE ? said : SEVERITY_HIGH));
    plan->state = cJSON_CreateObject();
    cJSON_AddStringToObject(plan->state, "execution_id", deciding->execution_id);
    cJSON_AddStringToObject(plan->state, "step", name);
    cJSON_AddStringToObject(plan->state, "person", deciding->person);
    take_item_key(plan, execution);
    change_plan_add_call(plan, OP_ssm_SendAutomationSignal, signal_params(deciding));
    plan->reversible = IRREVERSIBLE;
    return plan;
}

/* It stays the item that was proposed: so it is decided on, and told to others. */
static void say_earlier_type(struct change_plan *plan, const struct deciding *deciding,
                             const cJSON *execution)
{
    const struct change_plan *inner = deciding->replan.inner;
    AUTO_FREE char *type = sv_dup(json_sv(json_get(inner->state, "item"), "type"));
    sv_copy(automation_parameter(execution, "ItemKey"), plan->item_key, sizeof plan->item_key);
    change_plan_evidence(plan,
                         "planned anew: it was proposed as %s, and is %s (%s) by now, as another "
                         "rule of the group was changed since; what is sent is the same",
                         deciding->earlier_type, type, inner->severity);
}

static struct change_plan *make_plan(const struct inquiry *inquiry, const struct deciding *deciding)
{
    const cJSON *execution = execution_of(inquiry);
    struct change_plan *plan = plan_new(inquiry, deciding);
    if (deciding->replan.inner)
        take_over(plan, &deciding->replan);
    if (deciding->replan.inner && deciding->earlier_type)
        say_earlier_type(plan, deciding, execution);
    add_texts(plan, deciding, execution);
    say_document(plan, inquiry, deciding);
    decision_say_waiting(plan, execution, deciding->reason != NULL);
    change_plan_seal(plan);
    return plan;
}

static void end(struct inquiry *inquiry, void *arg)
{
    struct deciding *deciding = arg;
    struct err err;
    struct change_plan *plan =
        check(deciding, inquiry, &err) == OK ? make_plan(inquiry, deciding) : NULL;
    replan_tell(&deciding->replan, plan, &err);
}

static void start(struct gov *gov, struct scope *scope, const struct aws_target *target,
                  const char *execution_id, const char *reason, planned_fn *done, void *arg)
{
    static const struct inquiry_kind kind = {begin_first, end_first, drop};
    struct deciding *deciding = mem_new(struct deciding);
    *deciding = (struct deciding){.reason = reason ? mem_strdup(reason) : NULL};
    str_copy(deciding->execution_id, execution_id);
    replan_begin(&deciding->replan, gov, scope, target, done, arg, done_with);
    inquiry_start(gov, deciding->replan.scope, &kind, deciding);
}

static void plan_approve(struct gov *gov, struct scope *scope, const struct aws_target *target,
                         const char *const *args, planned_fn *done, void *arg)
{
    start(gov, scope, target, args[0], NULL, done, arg);
}

static void plan_decline(struct gov *gov, struct scope *scope, const struct aws_target *target,
                         const char *const *args, planned_fn *done, void *arg)
{
    start(gov, scope, target, args[0], args[1], done, arg);
}

const struct planner planner_decline = {.name = "decline", .n_args = 2, .plan = plan_decline};
const struct planner planner_approve = {.name = "approve",
                                        .n_args = 1,
                                        .item_kinds = "automation",
                                        .item_columns = {"resource"},
                                        .reject = &planner_decline,
                                        .plan = plan_approve};
