/* decision: saying yes or no to an automation that waits. plan->state is {execution_id, step,
 * signal, person, group_id, rule_id, rule, item}: the last four when it closes a rule of a security
 * group. */
#include <string.h>

#include "core/base/clock.h"
#include "core/gov/data/data.h"
#include "core/gov/gov_internal.h"
#include "core/gov/load/reply.h"
#include "core/gov/plan_account.h"
#include "core/gov/security_group/sg_change.h"
#include "core/gov/security_group/sg_reading.h"
#include "core/gov/systems_manager/automation.h"
#include "core/gov/systems_manager/proposal.h"

#define UNDERWAY_FOR_MS ((int64_t)5 * 60 * 1000)
#define COMMENT_MAX     200

/* --- looking: the execution, then the rule ---------------------------------------------------- */

struct judging {
    struct aws_client *client;
    struct scope *scope;
    const struct change_plan *plan;
    cJSON *execution;
    bool rule_is_there, rule_is_same;
    change_looked_fn *looked;
    void *arg;
};

static void look_tell(struct judging *judging, enum change_stand stand, const struct err *why)
{
    change_looked_fn *looked = judging->looked;
    void *arg = judging->arg;
    struct err err = *why;
    json_free(judging->execution);
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

static bool closes_rule(const struct judging *judging)
{
    return json_get(judging->plan->state, "rule") != NULL;
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
    if (!waits(judging))
        err_set(why, ERR_STALE, "look", "it does not wait for an approval any more: it is " SV_FMT,
                SV_ARG(status));
    else if (is_approval(judging->plan) && closes_rule(judging) && !judging->rule_is_same)
        err_set(why, ERR_STALE, "look", "the rule is not there any more, or was changed");
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

/* What has become of a yes. That a rule is gone is what counts, whatever the automation says. */
static enum change_stand after_yes(const struct judging *judging, struct err *why)
{
    struct sv status = json_sv(judging->execution, "AutomationExecutionStatus");
    if (waits(judging) && has_voted(judging) && wants_others(judging)) {
        err_set(why, ERR_STALE, "look", "you have approved it already; others are wanted too");
        return STAND_AFTER;
    }
    if (!automation_has_ended(judging->execution))
        return goes_on(judging, why);
    if (closes_rule(judging) ? !judging->rule_is_there : sv_eq_cstr(status, "Success"))
        return STAND_AFTER;
    if (sv_eq_cstr(status, "Success")) {
        err_set(why, ERR_UNVERIFIED, "look",
                "the automation says that it has closed the rule, but AWS still shows it");
        return STAND_BEFORE;
    }
    err_set(why, ERR_AWS, "ssm:SendAutomationSignal",
            "the automation has ended as " SV_FMT ": " SV_FMT, SV_ARG(status),
            SV_ARG(json_sv(judging->execution, "FailureMessage")));
    return STAND_FAILED;
}

static void judge(struct judging *judging)
{
    struct err why = ERR_NONE;
    bool decided = judging->plan->calls_done > 0 || has_voted(judging); /* no answer may come */
    enum change_stand stand = !decided                     ? undecided(judging, &why)
                              : is_approval(judging->plan) ? after_yes(judging, &why)
                                                           : after_no(judging, &why);
    look_tell(judging, stand, &why);
}

/* The same rule, and as it was: an id alone says nothing of what it lets in. */
static void on_rules(void *arg, struct aws_page *page)
{
    struct judging *judging = arg;
    struct sg_rule wanted, rule;
    if (sg_rule_from_json(json_get(judging->plan->state, "rule"), &wanted, NULL) != OK)
        return;
    for (const cJSON *item = sg_rules_in_reply(page->body); item; item = item->next)
        if (sg_rule_from_json(item, &rule, NULL) == OK &&
            strcmp(rule.rule_id, wanted.rule_id) == 0) {
            judging->rule_is_there = true;
            judging->rule_is_same = sg_rule_equivalent(&rule, &wanted);
        }
}

static void rules_done(void *arg, const struct aws_request *request,
                       const struct aws_outcome *outcome)
{
    (void)request;
    struct judging *judging = arg;
    if (outcome->err.code != OK)
        look_tell(judging, STAND_UNREADABLE, &outcome->err);
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
    AUTO_FREE char *group_id = sv_dup(json_sv(judging->plan->state, "group_id"));
    if (outcome->err.code != OK) {
        look_tell(judging, STAND_UNREADABLE, &outcome->err);
        return;
    }
    if (!json_get(judging->plan->state, "rule")) {
        judge(judging);
        return;
    }
    struct aws_request rules = {.op = OP_ec2_DescribeSecurityGroupRules,
                                .target = judging->plan->target,
                                .params = reply_filter("group-id", group_id)};
    client_read(judging->client, judging->scope, &rules, on_rules, rules_done, look_drop, judging);
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
    client_read(client, scope, &request, on_execution, execution_done, look_drop, judging);
}

/* What a yes has closed is opened again as any revoked rule is. */
static struct change_plan *undo_approve(const struct change_plan *done, struct err *err)
{
    if (json_get(done->state, "rule"))
        return change_sg_revoke.undo(done, err);
    err_set(err, ERR_UNSUPPORTED, "undo", "what another's document has done is not undone here");
    return NULL;
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

/* --- planning -------------------------------------------------------------------------------- */

struct deciding {
    struct sg_reading
        reading; /* first: what the inquiry's reads go by; no rule: another's affair */
    char execution_id[37];
    char *reason; /* of a no; NULL: a yes */
    bool closes_rule;
    planned_fn *done;
    void *arg;
};

static void deciding_drop(void *arg)
{
    struct deciding *deciding = arg;
    mem_free(deciding->reason);
    mem_free(deciding);
}

static const cJSON *execution_of(const struct inquiry *inquiry)
{
    return json_get(inquiry_page(inquiry, OP_ssm_GetAutomationExecution, 0), "AutomationExecution");
}

static void read_more(struct inquiry *inquiry, void *arg)
{
    struct deciding *deciding = arg;
    struct sg_reading *reading = &deciding->reading;
    const cJSON *execution = execution_of(inquiry);
    AUTO_FREE char *document = sv_dup(json_sv(execution, "DocumentName"));
    AUTO_FREE char *version = sv_dup(json_sv(execution, "DocumentVersion"));
    deciding->closes_rule = automation_rule(execution, reading->group_id, reading->rule_id);
    inquiry_read(inquiry, OP_ssm_GetDocument, &reading->target,
                 automation_document_params(document, version ? version : ""), NULL);
    if (deciding->closes_rule)
        sg_reading_begin(inquiry, deciding);
    else
        plan_read_account(inquiry, &reading->target);
}

static void begin(struct inquiry *inquiry, void *arg)
{
    struct deciding *deciding = arg;
    inquiry_read(inquiry, OP_ssm_GetAutomationExecution, &deciding->reading.target,
                 automation_get_params(deciding->execution_id), read_more);
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
static void find_person(const struct inquiry *inquiry, char *person, size_t size)
{
    struct estate *estate = gov_estate(inquiry_gov(inquiry));
    sv_copy(automation_person(sv_of(estate ? estate->caller_arn : "")), person, size);
    estate_unref(estate);
}

/* Two sessions of one person are one person. */
static enum err_code check_person(const cJSON *execution, const char *person, struct err *err)
{
    struct sv starter = automation_person(json_sv(execution, "ExecutedBy"));
    if (person[0] == '\0')
        return err_set(err, ERR_REFUSED, "approve", "who you are is not known yet");
    if (!sv_eq_cstr(starter, person))
        return OK;
    return err_set(err, ERR_REFUSED, "approve",
                   "you have proposed it yourself, as %s: somebody else has to approve it", person);
}

/* Our own document has our own content, or nobody approves what it would do. */
static enum err_code check_document(const struct inquiry *inquiry, const cJSON *execution,
                                    char hash[SHA256_HEX_SIZE], struct err *err)
{
    const struct gov_document own = gov_document_close_rule();
    const cJSON *reply = inquiry_page(inquiry, OP_ssm_GetDocument, 0);
    char own_hash[SHA256_HEX_SIZE];
    if (inquiry_err(inquiry, OP_ssm_GetDocument)->code != OK) {
        *err = *inquiry_err(inquiry, OP_ssm_GetDocument);
        return err->code;
    }
    automation_content_hash(json_sv(reply, "Content"), hash, NULL);
    automation_content_hash(own.content, own_hash, NULL);
    if (!sv_eq_cstr(json_sv(execution, "DocumentName"), own.name) || strcmp(hash, own_hash) == 0)
        return OK;
    return err_set(
        err, ERR_INTEGRITY, own.name,
        "the document was tampered with: version " SV_FMT
        " is not the one that this console makes (sha256 %.16s..., not %.16s...); reject it",
        SV_ARG(json_sv(execution, "DocumentVersion")), hash, own_hash);
}

/* --- what the person sees --------------------------------------------------------------------- */

static void say_document(struct change_plan *plan, const struct inquiry *inquiry,
                         const cJSON *execution, const char *hash)
{
    const struct gov_document own = gov_document_close_rule();
    AUTO(json_free_at) cJSON *content = NULL;
    struct sv name = json_sv(execution, "DocumentName");
    change_plan_evidence(plan, "document " SV_FMT " version " SV_FMT ", sha256 %s%s", SV_ARG(name),
                         SV_ARG(json_sv(execution, "DocumentVersion")), hash,
                         sv_eq_cstr(name, own.name) ? ": ours"
                                                    : ": not one of ours, it does this:");
    if (sv_eq_cstr(name, own.name) ||
        json_parse(json_sv(inquiry_page(inquiry, OP_ssm_GetDocument, 0), "Content"), "document",
                   &content, NULL) != OK)
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

static void say_waiting(struct change_plan *plan, const cJSON *step)
{
    AUTO_FREE char *approvers = automation_input(step, "Approvers");
    AUTO_FREE char *votes = automation_input(step, "MinRequiredApprovals");
    char until[CLOCK_ISO_SIZE];
    int64_t since_ms, timeout_s = json_i64(step, "TimeoutSeconds", 604800);
    change_plan_evidence(plan, "may be approved by %s", approvers);
    if (votes[0] && strcmp(votes, "1") != 0)
        change_plan_evidence(plan, "%s approvals are wanted: yours alone starts nothing", votes);
    if (reply_time(step, "ExecutionStartTime", &since_ms)) {
        clock_iso8601(since_ms + timeout_s * 1000, false, until);
        change_plan_evidence(plan, "AWS gives it up at %s", until);
    }
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

/* What the revoke would do, for a yes that closes a rule. */
static void take_over(struct change_plan *plan, const struct change_plan *revoke)
{
    static const char *const members[] = {"group_id", "rule_id", "rule", "item"};
    for (size_t i = 0; i < revoke->diff.len; i++)
        change_plan_diff(plan, revoke->diff.ptr[i].kind, "%s", revoke->diff.ptr[i].text);
    for (size_t i = 0; i < revoke->evidence.len; i++)
        change_plan_evidence(plan, "%s", revoke->evidence.ptr[i].text);
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        cJSON_AddItemToObject(plan->state, members[i],
                              cJSON_Duplicate(json_get(revoke->state, members[i]), true));
    str_copy(plan->item_key, revoke->item_key);
    if (severity_parse(sv_of(revoke->severity)) > severity_parse(sv_of(plan->severity)))
        str_copy(plan->severity, revoke->severity);
    for (size_t i = 0; i < revoke->inverse.len; i++)
        change_plan_add_inverse(plan, revoke->inverse.ptr[i].op,
                                cJSON_Duplicate(revoke->inverse.ptr[i].params, true));
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
    if (!deciding->reason && plan->diff.len == 0)
        change_plan_diff(plan, '+', "automation %s goes on", deciding->execution_id);
    else if (deciding->reason)
        change_plan_diff(plan, '-', "automation %s waits; it will end without doing anything",
                         deciding->execution_id);
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

static struct change_plan *plan_new(const struct inquiry *inquiry, const struct deciding *deciding,
                                    const char *person)
{
    const cJSON *execution = execution_of(inquiry), *step = automation_waiting_step(execution);
    struct change_plan *plan =
        change_plan_new(deciding->reason ? &change_decline : &change_approve);
    enum severity said = severity_parse(automation_parameter(execution, "Severity"));
    AUTO_FREE char *name = sv_dup(json_sv(step, "StepName"));
    plan_add_account(plan, inquiry, &deciding->reading.target);
    str_copy(plan->severity, severity_name(said != SEVERITY_NONE ? said : SEVERITY_HIGH));
    plan->state = cJSON_CreateObject();
    cJSON_AddStringToObject(plan->state, "execution_id", deciding->execution_id);
    cJSON_AddStringToObject(plan->state, "step", name);
    cJSON_AddStringToObject(plan->state, "person", person);
    take_item_key(plan, execution);
    change_plan_add_call(plan, OP_ssm_SendAutomationSignal, signal_params(deciding));
    plan->reversible = IRREVERSIBLE;
    return plan;
}

static struct change_plan *make_plan(const struct inquiry *inquiry, const struct deciding *deciding,
                                     const struct change_plan *revoke, const char *person,
                                     const char *hash)
{
    const cJSON *execution = execution_of(inquiry);
    struct change_plan *plan = plan_new(inquiry, deciding, person);
    if (revoke && !deciding->reason) {
        take_over(plan, revoke);
        plan->reversible = REVERSIBLE;
    }
    add_texts(plan, deciding, execution);
    say_document(plan, inquiry, execution, hash);
    say_waiting(plan, automation_waiting_step(execution));
    change_plan_seal(plan);
    return plan;
}

static void end(struct inquiry *inquiry, void *arg)
{
    struct deciding *deciding = arg;
    struct err err = *inquiry_err(inquiry, OP_ssm_GetAutomationExecution);
    const cJSON *execution = execution_of(inquiry);
    struct change_plan *plan = NULL, *revoke = NULL;
    char person[128] = "", hash[SHA256_HEX_SIZE] = "";
    find_person(inquiry, person, sizeof person);
    if (err.code == OK)
        check_waits(execution, &err);
    if (err.code == OK && !deciding->reason)
        check_person(execution, person, &err);
    /* a no to a document that nobody can read, or that was tampered with, is always possible */
    if (err.code == OK && check_document(inquiry, execution, hash, &err) != OK && deciding->reason)
        err = ERR_NONE;
    if (err.code == OK && !deciding->reason && deciding->closes_rule)
        revoke = sg_reading_plan(inquiry, &deciding->reading, &err);
    if (err.code == OK)
        plan = make_plan(inquiry, deciding, revoke, person, hash);
    change_plan_free(revoke);
    planned_tell(inquiry_scope(inquiry), deciding->done, deciding->arg, plan, &err);
    deciding_drop(deciding);
}

static void start(struct gov *gov, struct scope *scope, const struct aws_target *target,
                  const char *execution_id, const char *reason, planned_fn *done, void *arg)
{
    static const struct inquiry_kind kind = {begin, end, deciding_drop};
    struct deciding *deciding = mem_new(struct deciding);
    *deciding = (struct deciding){.reading = {.target = *target}, .done = done, .arg = arg};
    str_copy(deciding->execution_id, execution_id);
    deciding->reason = reason ? mem_strdup(reason) : NULL;
    inquiry_start(gov, scope, &kind, deciding);
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
