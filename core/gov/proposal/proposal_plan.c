/* proposal_plan: putting a change to somebody else: what the plan of it would do, as an automation
 * of our own document. */
#include <stdio.h>
#include <string.h>

#include "core/gov/gov_internal.h"
#include "core/gov/load/reply.h"
#include "core/gov/plan_account.h"
#include "core/gov/proposal/form.h"
#include "core/gov/proposal/proposal.h"
#include "core/gov/proposal/replan.h"
#include "core/gov/systems_manager/automation.h"

#define WAITS_H 4 /* timeoutSeconds of the documents' approvals */

struct proposing {
    struct replan replan; /* first */
    const struct form *form;
    struct gov_document document; /* of the form */
    cJSON *inputs;                /* what it is told */
};

static void done_with(struct replan *replan)
{
    json_free(((struct proposing *)replan)->inputs);
}

/* --- reading --------------------------------------------------------------------------------- */

static void read_executions(struct inquiry *inquiry, void *arg)
{
    const struct proposing *proposing = arg;
    INQUIRY_EACH(inquiry, OP_ssm_DescribeAutomationExecutions, "AutomationExecutionMetadataList",
                 item)
    {
        AUTO_FREE char *id = sv_dup(json_sv(item, "AutomationExecutionId"));
        inquiry_read(inquiry, OP_ssm_GetAutomationExecution, &proposing->replan.target,
                     automation_get_params(id), NULL);
    }
}

static void begin(struct inquiry *inquiry, void *arg)
{
    const struct proposing *proposing = arg;
    const struct aws_target *target = &proposing->replan.target;
    const char *name = proposing->document.name;
    inquiry_read(inquiry, OP_ssm_GetDocument, target, automation_document_params(name, "$LATEST"),
                 NULL);
    inquiry_read(inquiry, OP_ssm_DescribeAutomationExecutions, target,
                 automation_list_params(name, 0), read_executions);
}

/* The ids of those by which it was proposed before; ERR_REFUSED while one of these waits. All of
 * them count: their number makes the token, and AWS takes each once. */
static enum err_code list_earlier(const struct inquiry *inquiry, const char *item_key,
                                  cJSON *earlier, struct err *err)
{
    const struct err *why = inquiry_err(inquiry, OP_ssm_GetAutomationExecution);
    if (why->code != OK) {
        *err = *why;
        return err->code;
    }
    for (size_t i = 0; inquiry_page(inquiry, OP_ssm_GetAutomationExecution, i); i++) {
        const cJSON *execution = json_get(inquiry_page(inquiry, OP_ssm_GetAutomationExecution, i),
                                          "AutomationExecution");
        if (!sv_eq_cstr(automation_parameter(execution, "ItemKey"), item_key))
            continue;
        AUTO_FREE char *id = sv_dup(json_sv(execution, "AutomationExecutionId"));
        cJSON_AddItemToArray(earlier, cJSON_CreateString(id));
        if (!automation_has_ended(execution))
            return err_set(err, ERR_REFUSED, "propose",
                           SV_FMT " has proposed it already: it waits in the approvals",
                           SV_ARG(automation_person(json_sv(execution, "ExecutedBy"))));
    }
    return OK;
}

/* --- the document ---------------------------------------------------------------------------- */

/* As it is there: its newest version, and whether that is ours. */
struct found_document {
    bool is_there, is_ours;
    int64_t version;
    char hash[SHA256_HEX_SIZE], own_hash[SHA256_HEX_SIZE];
};

static enum err_code find_document(const struct inquiry *inquiry,
                                   const struct gov_document *document,
                                   struct found_document *found, struct err *err)
{
    const cJSON *reply = inquiry_page(inquiry, OP_ssm_GetDocument, 0);
    const struct err *why = inquiry_err(inquiry, OP_ssm_GetDocument);
    *found = (struct found_document){.is_there = why->code == OK};
    if (why->code != OK && strcmp(why->aws_code, "InvalidDocument") != 0) {
        *err = *why;
        return err->code;
    }
    automation_content_hash(document->content, found->own_hash, NULL);
    if (!found->is_there)
        return OK;
    automation_content_hash(json_sv(reply, "Content"), found->hash, NULL);
    found->is_ours = strcmp(found->hash, found->own_hash) == 0;
    sv_to_i64(json_sv(reply, "DocumentVersion"), &found->version);
    return OK;
}

/* What has to be done before it can be started; the version that is started then. */
static int64_t add_document_call(struct change_plan *plan, const struct gov_document *document,
                                 const struct found_document *found)
{
    if (found->is_ours)
        return found->version;
    cJSON *params = cJSON_CreateObject();
    AUTO_FREE char *content = sv_dup(document->content);
    cJSON_AddStringToObject(params, "Name", document->name);
    cJSON_AddStringToObject(params, "Content", content);
    cJSON_AddStringToObject(params, "DocumentFormat", "JSON");
    cJSON_AddStringToObject(params, found->is_there ? "DocumentVersion" : "DocumentType",
                            found->is_there ? "$LATEST" : "Automation");
    change_plan_add_call(plan, found->is_there ? OP_ssm_UpdateDocument : OP_ssm_CreateDocument,
                         params);
    return found->is_there ? found->version + 1 : 1;
}

static void say_document(struct change_plan *plan, const struct gov_document *document,
                         const struct found_document *found, int64_t version)
{
    change_plan_evidence(plan, "document %s version %lld, whose content has the sha256 %s%s",
                         document->name, (long long)version, found->own_hash,
                         found->is_there ? "" : ", made now: it is not there yet");
    if (found->is_there && !found->is_ours)
        change_plan_evidence(plan,
                             "version %lld of it is not ours (sha256 %s): somebody has changed it, "
                             "or it is older; a new version is made",
                             (long long)found->version, found->hash);
}

/* --- who, and which one ------------------------------------------------------------------------
 */

/* Two who propose the same have the same token. What was closed and what opens it again are one
 * item, by two documents. */
static void make_token(const char *item_key, const char *document, unsigned revision,
                       char token[37])
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    buf_addf(&text, "%s\n%s\n%u", item_key, document, revision);
    automation_token(buf_sv(&text), token);
}

/* Who may approve in the account: users and roles by their ARNs. False when nobody is named. */
static bool add_approvers(const struct gov *gov, const struct aws_target *target,
                          const struct estate *estate, cJSON *approvers)
{
    struct sv rest = sv_of(gov->settings.approvers), name;
    bool is_home = estate && strcmp(estate->caller_account, target->account_id) == 0;
    if (rest.len == 0 && !is_home)
        rest = sv_of(client_member_role(gov->client));
    while (pattern_next(&rest, &name)) {
        AUTO(buf_done) struct buf arn = BUF_NONE;
        if (sv_starts(name, SV("arn:")))
            buf_add(&arn, name);
        else
            estate_add_role_arn(estate, target->account_id, name, &arn);
        cJSON_AddItemToArray(approvers, cJSON_CreateString(buf_cstr(&arn)));
    }
    return approvers->child != NULL;
}

static void say_approvers(struct change_plan *plan, const cJSON *approvers)
{
    const cJSON *it;
    cJSON_ArrayForEach (it, approvers)
        change_plan_evidence(plan, "%s may approve it, but not who proposes it", it->valuestring);
    change_plan_evidence(plan, "it waits for %d hours; nothing is changed before it is approved",
                         WAITS_H);
}

/* --- the plan -------------------------------------------------------------------------------- */

bool proposal_needs_two(const struct gov *gov, const struct change_plan *inner)
{
    return gov->settings.four_eyes != SEVERITY_NONE &&
           (severity_parse(sv_of(inner->severity)) == SEVERITY_CRITICAL ||
            inner->reversible == IRREVERSIBLE);
}

static void add_start_call(struct change_plan *plan, const struct proposing *proposing,
                           int64_t version, const cJSON *approvers)
{
    cJSON *params = cJSON_CreateObject(), *parameters = cJSON_Duplicate(proposing->inputs, true);
    char token[37], text[24];
    snprintf(text, sizeof text, "%lld", (long long)version);
    make_token(plan->item_key, proposing->document.name, plan->revision, token);
    cJSON_AddItemToObject(parameters, "Approvers", cJSON_Duplicate(approvers, true));
    if (proposal_needs_two(proposing->replan.gov, proposing->replan.inner))
        cJSON_AddItemToObject(parameters, "Approvals", reply_list_of("2"));
    cJSON_AddStringToObject(params, "DocumentName", proposing->document.name);
    cJSON_AddStringToObject(params, "DocumentVersion", text);
    cJSON_AddItemToObject(params, "Parameters", parameters);
    cJSON_AddStringToObject(params, "ClientToken", token);
    change_plan_add_call(plan, OP_ssm_StartAutomationExecution, params);
}

static struct change_plan *plan_new(const struct change_plan *inner, const char *document,
                                    const cJSON *earlier)
{
    struct change_plan *plan = change_plan_new(&change_propose);
    struct buf title = BUF_NONE;
    plan->target = inner->target;
    plan->production = inner->production;
    plan->revision = (unsigned)cJSON_GetArraySize(earlier) + 1;
    plan->reversible = REVERSIBLE;
    str_copy(plan->account_name, inner->account_name);
    str_copy(plan->item_key, inner->item_key);
    str_copy(plan->severity, "LOW"); /* it only asks */
    buf_addf(&title, "Propose: %s", inner->title);
    plan->title = buf_take(&title);
    plan->why = mem_strdup(inner->why);
    plan->state = cJSON_CreateObject();
    cJSON_AddStringToObject(plan->state, "document", document);
    cJSON_AddItemToObject(plan->state, "earlier", cJSON_Duplicate(earlier, true));
    if (json_get(inner->state, "item"))
        cJSON_AddItemToObject(plan->state, "item",
                              cJSON_Duplicate(json_get(inner->state, "item"), true));
    return plan;
}

static struct change_plan *make_plan(const struct inquiry *inquiry,
                                     const struct proposing *proposing, struct err *err)
{
    const struct replan *replan = &proposing->replan;
    struct estate *estate = gov_estate(replan->gov);
    struct found_document found;
    AUTO(json_free_at) cJSON *approvers = cJSON_CreateArray();
    AUTO(json_free_at) cJSON *earlier = cJSON_CreateArray();
    struct change_plan *plan = NULL;
    if (!add_approvers(replan->gov, &replan->target, estate, approvers))
        err_set(err, ERR_CONFIG, "propose",
                "nobody is named who may approve it here: set approvers in watchdeck.conf");
    else if (list_earlier(inquiry, replan->inner->item_key, earlier, err) == OK &&
             find_document(inquiry, &proposing->document, &found, err) == OK) {
        plan = plan_new(replan->inner, proposing->document.name, earlier);
        int64_t version = add_document_call(plan, &proposing->document, &found);
        change_plan_evidence(plan, "what it is about is %s; asking for it is not",
                             replan->inner->severity);
        replan_say_inner(replan, plan);
        replan_say_way_back(replan, plan);
        if (proposing->form->note)
            change_plan_evidence(plan, "%s", proposing->form->note);
        say_document(plan, &proposing->document, &found, version);
        say_approvers(plan, approvers);
        if (proposal_needs_two(replan->gov, replan->inner))
            change_plan_evidence(plan, "two others have to approve it, one after the other");
        add_start_call(plan, proposing, version, approvers);
        plan->requester = mem_strdup(estate ? estate->caller_arn : "");
        change_plan_seal(plan);
    }
    estate_unref(estate);
    return plan;
}

static void end(struct inquiry *inquiry, void *arg)
{
    struct proposing *proposing = arg;
    struct err err = *inquiry_err(inquiry, OP_ssm_DescribeAutomationExecutions);
    struct change_plan *plan = err.code == OK ? make_plan(inquiry, proposing, &err) : NULL;
    replan_tell(&proposing->replan, plan, &err);
}

static void drop(void *arg)
{
    (void)arg; /* the scope's end frees it */
}

/* Whether there is a document for it, and it may be told what it would have to be. */
static enum err_code choose_form(struct proposing *proposing, struct err *err)
{
    const struct replan *replan = &proposing->replan;
    const struct form_origin origin = {replan->planner, (const char *const *)replan->args};
    if (!replan->inner) {
        *err = replan->inner_err;
        return err->code;
    }
    proposing->form = form_of(replan->inner);
    if (!proposing->form)
        return err_set(err, ERR_UNSUPPORTED, "propose",
                       "this cannot be put to somebody else: approve it here");
    proposing->document = proposing->form->document();
    proposing->inputs = cJSON_CreateObject();
    return form_fill(proposing->form, replan->inner, &origin, proposing->inputs, err);
}

static void inner_is_there(struct replan *replan)
{
    static const struct inquiry_kind kind = {begin, end, drop};
    struct proposing *proposing = (struct proposing *)replan;
    struct err err = ERR_NONE;
    if (choose_form(proposing, &err) != OK)
        replan_tell(replan, NULL, &err);
    else
        inquiry_start(replan->gov, replan->scope, &kind, proposing);
}

static bool has_args(const struct planner *planner, const char *const *args)
{
    for (size_t i = 0; i < planner->n_args; i++)
        if (i + 1 >= PLANNER_ARGS_MAX || !args[i])
            return false;
    return true;
}

/* args: the name of the planner whose plan it is about, and that one's arguments. */
static void plan_propose(struct gov *gov, struct scope *scope, const struct aws_target *target,
                         const char *const *args, planned_fn *done, void *arg)
{
    const struct planner *planner = planner_find(sv_of(args[0]));
    struct err err;
    if (!planner || planner == &planner_propose || !has_args(planner, args + 1)) {
        err_set(&err, ERR_USAGE, "propose", "\"%s\" plans nothing of what is named here", args[0]);
        planned_tell(scope, done, arg, NULL, &err);
        return;
    }
    struct proposing *proposing = mem_new(struct proposing);
    *proposing = (struct proposing){0};
    replan_begin(&proposing->replan, gov, scope, target, done, arg, done_with);
    replan_set(&proposing->replan, planner, args + 1);
    replan_ask(&proposing->replan, inner_is_there);
}

const struct planner planner_propose = {
    .name = "propose", .n_args = 1, .n_args_max = PLANNER_ARGS_MAX, .plan = plan_propose};
