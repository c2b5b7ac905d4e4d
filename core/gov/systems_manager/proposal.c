/* proposal: starting an automation of our own document, and withdrawing it. plan->state of propose
 * is {item, earlier, execution_id}: earlier are the executions about the item that were there when
 * it was planned, none of which waits; execution_id is there once AWS has told it. */
#include "core/gov/systems_manager/proposal.h"

#include <stdio.h>
#include <string.h>

#include "core/gov/data/data.h"
#include "core/gov/gov_internal.h"
#include "core/gov/load/reply.h"
#include "core/gov/security_group/sg_reading.h"
#include "core/gov/systems_manager/automation.h"

#define WAITS_H 4 /* timeoutSeconds of the document's approval */
/* How wrong our clock may be; what is older than the plan is known by its id. */
#define SKEW_MS ((int64_t)24 * 60 * 60 * 1000)

/* --- looking --------------------------------------------------------------------------------- */

struct judging {
    struct aws_client *client;
    struct scope *scope;
    const struct change_plan *plan;
    VEC(char *) ids; /* of executions that are new since it was planned */
    size_t at;
    bool found;
    change_looked_fn *looked;
    void *arg;
};

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

static void on_execution(void *arg, struct aws_page *page)
{
    struct judging *judging = arg;
    const cJSON *execution = json_get(page->body, "AutomationExecution");
    bool is_own = json_sv(judging->plan->state, "execution_id").len > 0;
    judging->found |=
        is_own || sv_eq_cstr(automation_parameter(execution, "ItemKey"), judging->plan->item_key);
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
    if (judging->found || judging->at == judging->ids.len) {
        look_tell(judging, judging->found ? STAND_AFTER : STAND_BEFORE, &ERR_NONE);
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
    *judging = (struct judging){
        .client = client, .scope = scope, .plan = plan, .looked = looked, .arg = arg};
    if (id.len > 0) {
        vec_push(&judging->ids, sv_dup(id));
        get_next(judging);
        return;
    }
    struct aws_request request = {.op = OP_ssm_DescribeAutomationExecutions,
                                  .target = plan->target,
                                  .params = automation_list_params(gov_document_close_rule().name,
                                                                   plan->made_at_ms - SKEW_MS)};
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
                                           .two_people = true};
const struct change_kind change_withdraw = {
    .name = "withdraw", .look = look_withdraw, .two_people = true};

/* --- planning -------------------------------------------------------------------------------- */

struct proposing {
    struct sg_reading reading; /* first: what the inquiry's reads go by */
    planned_fn *done;
    void *arg;
};

static void read_executions(struct inquiry *inquiry, void *arg)
{
    const struct proposing *proposing = arg;
    INQUIRY_EACH(inquiry, OP_ssm_DescribeAutomationExecutions, "AutomationExecutionMetadataList",
                 item)
    {
        AUTO_FREE char *id = sv_dup(json_sv(item, "AutomationExecutionId"));
        inquiry_read(inquiry, OP_ssm_GetAutomationExecution, &proposing->reading.target,
                     automation_get_params(id), NULL);
    }
}

static void begin(struct inquiry *inquiry, void *arg)
{
    const struct proposing *proposing = arg;
    const struct aws_target *target = &proposing->reading.target;
    const char *name = gov_document_close_rule().name;
    sg_reading_begin(inquiry, arg);
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

/* The document as it is there: its newest version, and whether that is ours. */
struct found_document {
    bool is_there, is_ours;
    int64_t version;
    char hash[SHA256_HEX_SIZE], own_hash[SHA256_HEX_SIZE];
};

static enum err_code find_document(const struct inquiry *inquiry, struct found_document *found,
                                   struct err *err)
{
    const cJSON *reply = inquiry_page(inquiry, OP_ssm_GetDocument, 0);
    const struct err *why = inquiry_err(inquiry, OP_ssm_GetDocument);
    *found = (struct found_document){.is_there = why->code == OK};
    if (why->code != OK && strcmp(why->aws_code, "InvalidDocument") != 0) {
        *err = *why;
        return err->code;
    }
    automation_content_hash(gov_document_close_rule().content, found->own_hash, NULL);
    if (!found->is_there)
        return OK;
    automation_content_hash(json_sv(reply, "Content"), found->hash, NULL);
    found->is_ours = strcmp(found->hash, found->own_hash) == 0;
    sv_to_i64(json_sv(reply, "DocumentVersion"), &found->version);
    return OK;
}

/* What has to be done before it can be started; the version that is started then. */
static int64_t add_document_call(struct change_plan *plan, const struct found_document *found)
{
    const struct gov_document document = gov_document_close_rule();
    if (found->is_ours)
        return found->version;
    cJSON *params = cJSON_CreateObject();
    AUTO_FREE char *content = sv_dup(document.content);
    cJSON_AddStringToObject(params, "Name", document.name);
    cJSON_AddStringToObject(params, "Content", content);
    cJSON_AddStringToObject(params, "DocumentFormat", "JSON");
    cJSON_AddStringToObject(params, found->is_there ? "DocumentVersion" : "DocumentType",
                            found->is_there ? "$LATEST" : "Automation");
    change_plan_add_call(plan, found->is_there ? OP_ssm_UpdateDocument : OP_ssm_CreateDocument,
                         params);
    return found->is_there ? found->version + 1 : 1;
}

static void say_document(struct change_plan *plan, const struct found_document *found,
                         int64_t version)
{
    const char *name = gov_document_close_rule().name;
    change_plan_evidence(plan, "document %s version %lld, sha256 %s%s", name, (long long)version,
                         found->own_hash, found->is_there ? "" : ", made now: it is not there yet");
    if (found->is_there && !found->is_ours)
        change_plan_evidence(plan,
                             "version %lld of it is not ours (sha256 %s): somebody has changed it, "
                             "or it is older; a new version is made",
                             (long long)found->version, found->hash);
}

/* AWS takes a token in the form of a UUID; two who propose the same have the same. */
static void make_token(const char *item_key, unsigned revision, char token[37])
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    char hash[SHA256_HEX_SIZE];
    buf_addf(&text, "%s\n%u", item_key, revision);
    sha256_hex(buf_sv(&text), hash);
    hash[12] = '5'; /* made of a name */
    hash[16] = '8';
    snprintf(token, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hash, hash + 8, hash + 12, hash + 16,
             hash + 20);
}

/* Who may approve in the account: users and roles by their ARNs. False when nobody is named. */
static bool add_approvers(const struct gov *gov, const struct aws_target *target,
                          const struct estate *estate, cJSON *approvers)
{
    struct sv rest = sv_of(gov->settings.approvers), name;
    struct sv caller = sv_of(estate ? estate->caller_arn : "arn:aws:"), partition;
    bool is_home = estate && strcmp(estate->caller_account, target->account_id) == 0;
    sv_split(&caller, ':');
    partition = sv_split(&caller, ':');
    if (rest.len == 0 && !is_home)
        rest = sv_of(client_member_role(gov->client));
    while (pattern_next(&rest, &name)) {
        AUTO(buf_done) struct buf arn = BUF_NONE;
        if (sv_starts(name, SV("arn:")))
            buf_add(&arn, name);
        else
            buf_addf(&arn, "arn:" SV_FMT ":iam::%s:role/" SV_FMT, SV_ARG(partition),
                     target->account_id, SV_ARG(name));
        cJSON_AddItemToArray(approvers, cJSON_CreateString(buf_cstr(&arn)));
    }
    return approvers->child != NULL;
}

static void add_parameter(cJSON *parameters, const char *name, const char *value)
{
    cJSON_AddItemToObject(parameters, name, reply_list_of(value));
}

static void add_start_call(struct change_plan *plan, const struct proposing *proposing,
                           const struct change_plan *revoke, int64_t version, cJSON *take_approvers)
{
    cJSON *params = cJSON_CreateObject(), *parameters = cJSON_CreateObject();
    char token[37], text[24];
    snprintf(text, sizeof text, "%lld", (long long)version);
    make_token(plan->item_key, plan->revision, token);
    add_parameter(parameters, "GroupId", proposing->reading.group_id);
    add_parameter(parameters, "SecurityGroupRuleId", proposing->reading.rule_id);
    add_parameter(parameters, "ItemKey", plan->item_key);
    add_parameter(parameters, "Severity", revoke->severity);
    add_parameter(parameters, "Reason", revoke->why);
    cJSON_AddItemToObject(parameters, "Approvers", take_approvers);
    cJSON_AddStringToObject(params, "DocumentName", gov_document_close_rule().name);
    cJSON_AddStringToObject(params, "DocumentVersion", text);
    cJSON_AddItemToObject(params, "Parameters", parameters);
    cJSON_AddStringToObject(params, "ClientToken", token);
    change_plan_add_call(plan, OP_ssm_StartAutomationExecution, params);
}

/* What the revoke would do, said of the proposal too. */
static void copy_texts(struct change_plan *plan, const struct change_plan *revoke)
{
    for (size_t i = 0; i < revoke->diff.len; i++)
        change_plan_diff(plan, revoke->diff.ptr[i].kind, "%s", revoke->diff.ptr[i].text);
    for (size_t i = 0; i < revoke->evidence.len; i++)
        change_plan_evidence(plan, "%s", revoke->evidence.ptr[i].text);
}

static void say_approvers(struct change_plan *plan, const cJSON *approvers)
{
    const cJSON *it;
    cJSON_ArrayForEach (it, approvers)
        change_plan_evidence(plan, "%s may approve it, but not who proposes it", it->valuestring);
    change_plan_evidence(plan, "it waits for %d hours; nothing is changed before it is approved",
                         WAITS_H);
}

static struct change_plan *plan_new(const struct change_plan *revoke, const cJSON *earlier)
{
    struct change_plan *plan = change_plan_new(&change_propose);
    struct buf title = BUF_NONE;
    plan->target = revoke->target;
    plan->production = revoke->production;
    plan->revision = (unsigned)cJSON_GetArraySize(earlier) + 1;
    plan->reversible = REVERSIBLE;
    str_copy(plan->account_name, revoke->account_name);
    str_copy(plan->item_key, revoke->item_key);
    str_copy(plan->severity, "LOW"); /* it only asks */
    buf_addf(&title, "Propose: %s", revoke->title);
    plan->title = buf_take(&title);
    plan->why = mem_strdup(revoke->why);
    plan->state = cJSON_CreateObject();
    cJSON_AddItemToObject(plan->state, "item",
                          cJSON_Duplicate(json_get(revoke->state, "item"), true));
    cJSON_AddItemToObject(plan->state, "earlier", cJSON_Duplicate(earlier, true));
    return plan;
}

static struct change_plan *make_plan(const struct inquiry *inquiry,
                                     const struct proposing *proposing,
                                     const struct change_plan *revoke, struct err *err)
{
    struct gov *gov = inquiry_gov(inquiry);
    struct estate *estate = gov_estate(gov);
    struct found_document found;
    AUTO(json_free_at) cJSON *approvers = cJSON_CreateArray();
    AUTO(json_free_at) cJSON *earlier = cJSON_CreateArray();
    struct change_plan *plan = NULL;
    if (!add_approvers(gov, &proposing->reading.target, estate, approvers))
        err_set(err, ERR_CONFIG, "propose",
                "nobody is named who may approve it here: set approvers in watchdeck.conf");
    else if (list_earlier(inquiry, revoke->item_key, earlier, err) == OK &&
             find_document(inquiry, &found, err) == OK) {
        plan = plan_new(revoke, earlier);
        int64_t version = add_document_call(plan, &found);
        change_plan_evidence(plan, "what it is about is %s; asking for it is not",
                             revoke->severity);
        copy_texts(plan, revoke);
        say_document(plan, &found, version);
        say_approvers(plan, approvers);
        add_start_call(plan, proposing, revoke, version, cJSON_Duplicate(approvers, true));
        plan->requester = mem_strdup(estate ? estate->caller_arn : "");
        change_plan_seal(plan);
    }
    estate_unref(estate);
    return plan;
}

static void end(struct inquiry *inquiry, void *arg)
{
    struct proposing *proposing = arg;
    struct err err = ERR_NONE;
    struct change_plan *plan = NULL;
    struct change_plan *revoke = sg_reading_plan(inquiry, &proposing->reading, &err);
    const struct err *why = inquiry_err(inquiry, OP_ssm_DescribeAutomationExecutions);
    if (revoke && why->code != OK)
        err = *why;
    else if (revoke)
        plan = make_plan(inquiry, proposing, revoke, &err);
    change_plan_free(revoke);
    planned_tell(inquiry_scope(inquiry), proposing->done, proposing->arg, plan, &err);
    mem_free(proposing);
}

static void plan_propose(struct gov *gov, struct scope *scope, const struct aws_target *target,
                         const char *const *args, planned_fn *done, void *arg)
{
    static const struct inquiry_kind kind = {begin, end, mem_free};
    struct proposing *proposing = mem_new(struct proposing);
    *proposing = (struct proposing){.reading = {.target = *target}, .done = done, .arg = arg};
    str_copy(proposing->reading.group_id, args[0]);
    str_copy(proposing->reading.rule_id, args[1]);
    inquiry_start(gov, scope, &kind, proposing);
}

const struct planner planner_propose = {.name = "propose", .n_args = 2, .plan = plan_propose};
