/*
 * remediation_look: how AWS stands to the two kinds of remediation, for AWS Config's own and for a
 * document of AWS that is started itself: whether it was run since it was planned, and what the
 * rule says. state->invoked_s: a run that began later is newer than the plan. Of a document's runs
 * those are newer that state->earlier does not list.
 */
#include <string.h>

#include "core/base/clock.h"
#include "core/gov/config/recorded.h"
#include "core/gov/remedy/remediation.h"
#include "core/gov/systems_manager/automation.h"

#define RECORDED_WITHIN_S 300 /* a change, once it is made; documented are minutes */

/* The reads, one after the other, and what they said. */
struct look {
    struct aws_client *client;
    struct scope *scope;
    const struct change_plan *plan;
    size_t at;          /* which of reads */
    VEC(char *) runs;   /* of the document: those that are to be read yet */
    bool has_execution; /* the run that AWS has named */
    struct remediation_run run;
    bool has_result, is_compliant;
    double judged_s; /* when the rule has found that, since 1970 */
    bool document_differs;
    double recorded_s; /* of when AWS Config has the resource, since 1970; 0: not known */
    change_looked_fn *looked;
    void *arg;
};

static struct sv state_text(const struct look *look, const char *key)
{
    return json_sv(look->plan->state, key);
}

static const char *planned_type(const struct look *look)
{
    const cJSON *type = json_get(look->plan->state, "resource_type");
    return cJSON_IsString(type) ? type->valuestring : "";
}

/* --- what is read ---------------------------------------------------------------------------- */

static cJSON *run_params(const struct look *look)
{
    return remediation_key_params(look->plan->state);
}

static cJSON *list_params(const struct look *look)
{
    return remediation_runs_params(look->plan->state);
}

static cJSON *execution_params(const struct look *look)
{
    AUTO_FREE char *known = sv_dup(state_text(look, "execution_id"));
    return automation_get_params(look->runs.len > 0 ? vec_last(&look->runs) : known);
}

static cJSON *result_params(const struct look *look)
{
    return remediation_compliance_params(look->plan->state);
}

static cJSON *document_params(const struct look *look)
{
    return remediation_document_params(look->plan->state);
}

static cJSON *record_params(const struct look *look)
{
    cJSON *params = cJSON_CreateObject(), *key = cJSON_CreateObject();
    const cJSON *state = look->plan->state;
    cJSON_AddItemToObject(key, "resourceType",
                          cJSON_Duplicate(json_get(state, "resource_type"), true));
    cJSON_AddItemToObject(key, "resourceId", cJSON_Duplicate(json_get(state, "resource_id"), true));
    cJSON_AddItemToArray(cJSON_AddArrayToObject(params, "resourceKeys"), key);
    return params;
}

/* --- what it says ---------------------------------------------------------------------------- */

static void on_run(struct look *look, const cJSON *reply)
{
    const cJSON *item = json_items(reply, "RemediationExecutionStatuses");
    if (item)
        remediation_run_read(item, &look->run);
}

static bool is_earlier(const struct look *look, struct sv id)
{
    for (const cJSON *it = json_items(look->plan->state, "earlier"); it; it = it->next)
        if (sv_eq(json_string(it), id))
            return true;
    return false;
}

static void on_list(struct look *look, const cJSON *reply)
{
    const cJSON *item = json_items(reply, "AutomationExecutionMetadataList");
    for (; item; item = item->next) {
        struct sv id = json_sv(item, "AutomationExecutionId");
        if (sv_eq(json_sv(item, "DocumentName"), state_text(look, "document")) &&
            !is_earlier(look, id))
            vec_push(&look->runs, sv_dup(id));
    }
}

static void on_execution(struct look *look, const cJSON *reply)
{
    const cJSON *execution = json_get(reply, "AutomationExecution");
    bool is_own = look->runs.len == 0;
    struct remediation_run run;
    look->has_execution = is_own;
    if (!is_own)
        mem_free(look->runs.ptr[--look->runs.len]);
    if (!is_own && !remediation_is_run_of(look->plan->state, execution))
        return;
    remediation_run_of_execution(execution, &run);
    if (run.invoked_s > look->run.invoked_s)
        look->run = run;
}

static void on_result(struct look *look, const cJSON *reply)
{
    for (const cJSON *it = json_items(reply, "EvaluationResults"); it; it = it->next) {
        if (!remediation_is_result(look->plan->state, it))
            continue;
        look->has_result = true;
        look->judged_s = json_double(it, "ResultRecordedTime", 0);
        look->is_compliant = sv_eq_cstr(json_sv(it, "ComplianceType"), "COMPLIANT");
    }
}

static void on_document(struct look *look, const cJSON *reply)
{
    look->document_differs =
        !sv_eq(json_sv(json_get(reply, "Document"), "Hash"), state_text(look, "hash"));
}

static void on_record(struct look *look, const cJSON *reply)
{
    const cJSON *item = json_items(reply, "baseConfigurationItems");
    look->recorded_s = json_double(item, "configurationItemCaptureTime", 0);
}

/* Whether the plan's next call waits until the first one has done its work. */
static bool waits(const struct look *look)
{
    return look->plan->calls_done > 0 && look->plan->calls_done < look->plan->calls.len;
}

static bool by_config(const struct look *look)
{
    return look->plan->kind == &change_remediation;
}

static bool is_named(const struct look *look)
{
    return state_text(look, "execution_id").len > 0;
}

static bool lists_runs(const struct look *look)
{
    return !by_config(look) && !is_named(look);
}

/* The run that AWS has named, else all of those that the list has. */
static bool wants_execution(const struct look *look)
{
    return !by_config(look) && is_named(look) ? !look->has_execution : look->runs.len > 0;
}

/* How far the next call has to wait for what is recorded. */
static bool wants_record(const struct look *look)
{
    return waits(look) && recorded_is_kept(planned_type(look));
}

static bool always(const struct look *look)
{
    (void)look;
    return true;
}

static const struct {
    enum aws_op_id op;
    bool (*is_wanted)(const struct look *look);
    cJSON *(*params)(const struct look *look);
    void (*on_page)(struct look *look, const cJSON *reply);
    bool repeats;  /* as long as it is wanted */
    bool may_fail; /* that it could not be read says nothing */
} reads[] = {
    {OP_config_DescribeRemediationExecutionStatus, by_config, run_params, on_run, false, false},
    {OP_ssm_DescribeAutomationExecutions, lists_runs, list_params, on_list, false, false},
    {OP_ssm_GetAutomationExecution, wants_execution, execution_params, on_execution, true, false},
    {OP_config_GetComplianceDetailsByResource, always, result_params, on_result, false, false},
    {OP_ssm_DescribeDocument, always, document_params, on_document, false, false},
    {OP_config_BatchGetResourceConfig, wants_record, record_params, on_record, false, true},
};

/* --- what that means ---------------------------------------------------------------------------
 */

static void look_tell(struct look *look, enum change_stand stand, const struct err *why)
{
    change_looked_fn *looked = look->looked;
    void *arg = look->arg;
    struct err err = *why;
    for (size_t i = 0; i < look->runs.len; i++)
        mem_free(look->runs.ptr[i]);
    vec_free(&look->runs);
    mem_free(look);
    looked(arg, stand, &err);
}

static enum change_stand failed(const struct look *look, struct err *why)
{
    const struct remediation_run *run = &look->run;
    err_set(why, ERR_AWS,
            by_config(look) ? "config:StartRemediationExecution" : "ssm:StartAutomationExecution",
            "the remediation has failed%s%s%s%s", run->step[0] ? " in step " : "", run->step,
            run->words[0] ? ": " : "", run->words);
    return look->plan->calls_done > 0 ? STAND_FAILED : STAND_OTHER;
}

/* Asked before that, the rule would judge what was recorded before. What is not recorded at all is
 * not waited for for ever; accounts never are, and rules about them ask AWS itself. */
static bool is_recorded(const struct look *look)
{
    return !recorded_is_kept(planned_type(look)) || look->recorded_s > look->run.invoked_s ||
           (double)clock_wall_ms() / 1000 > look->run.updated_s + RECORDED_WITHIN_S;
}

/* It has ended well, but the rule still says what it said before. One that is evaluated at times is
 * asked to look again, when the plan has it so. */
static enum change_stand not_seen_yet(const struct look *look, struct err *why)
{
    const struct change_plan *plan = look->plan;
    if (plan->calls_done == 0) {
        err_set(why, ERR_STALE, "look",
                "a remediation has ended well, but the rule has not found it compliant since");
        return STAND_OTHER;
    }
    if (waits(look) && !is_recorded(look)) {
        err_set(why, ERR_UNVERIFIED, "look",
                "the remediation has ended well; AWS Config has not recorded that yet");
        return STAND_UNDERWAY;
    }
    if (waits(look)) {
        err_set(why, ERR_UNVERIFIED, "look",
                "the remediation has ended well; that the rule was asked to look again is not "
                "known: :evaluate asks it");
        return STAND_DUE;
    }
    if (look->judged_s > look->run.updated_s)
        err_set(why, ERR_UNVERIFIED, "look",
                "the remediation has ended well; the rule has looked since, and finds it "
                "NON_COMPLIANT as before");
    else
        err_set(why, ERR_UNVERIFIED, "look",
                "the remediation has ended well, but the rule has not looked since%s",
                plan->calls.len > 1 ? ", though it was asked to" : "");
    return STAND_UNDERWAY;
}

/* Nothing was started since the plan was made, or it has ended well. */
static enum change_stand stand_by_result(const struct look *look, bool is_newer, struct err *why)
{
    if (look->is_compliant || (is_newer && !look->has_result))
        return STAND_AFTER;
    if (is_newer)
        return not_seen_yet(look, why);
    if (look->plan->calls_done > 0) {
        err_set(why, ERR_UNVERIFIED, "look", "AWS has accepted it and shows nothing of it yet");
        return STAND_UNDERWAY;
    }
    if (look->document_differs) {
        err_set(why, ERR_STALE, "look", "the document was changed since the plan was made");
        return STAND_OTHER;
    }
    return STAND_BEFORE;
}

static enum change_stand judge(const struct look *look, struct err *why)
{
    bool is_newer = look->run.invoked_s > json_double(look->plan->state, "invoked_s", 0);
    if (is_newer && look->run.has_failed)
        return failed(look, why);
    if (!look->run.is_on)
        return stand_by_result(look, is_newer, why);
    if (look->plan->calls_done == 0)
        err_set(why, ERR_REFUSED, "look", "a remediation of the resource is on its way");
    else
        err_set(why, ERR_UNVERIFIED, "look", "the remediation is on its way");
    return STAND_UNDERWAY;
}

static void look_next(struct look *look);

static void look_page(void *arg, struct aws_page *page)
{
    struct look *look = arg;
    reads[look->at].on_page(look, page->body);
}

static void look_done(void *arg, const struct aws_request *request,
                      const struct aws_outcome *outcome)
{
    (void)request;
    struct look *look = arg;
    if (outcome->err.code != OK && !reads[look->at].may_fail) {
        look_tell(look, STAND_UNREADABLE, &outcome->err);
        return;
    }
    look->at += !reads[look->at].repeats;
    look_next(look);
}

static void look_drop(void *arg)
{
    struct err err;
    err_set(&err, ERR_CANCELLED, "look", "nobody waits for it any more");
    look_tell(arg, STAND_UNREADABLE, &err);
}

static void look_next(struct look *look)
{
    struct err why = ERR_NONE;
    while (look->at < ARRAY_LEN(reads) && !reads[look->at].is_wanted(look))
        look->at++;
    if (look->at == ARRAY_LEN(reads)) {
        enum change_stand stand = judge(look, &why);
        look_tell(look, stand, &why);
        return;
    }
    struct aws_request request = {.op = reads[look->at].op,
                                  .target = look->plan->target,
                                  .params = reads[look->at].params(look)};
    client_read(look->client, look->scope, &request, look_page, look_done, look_drop, look);
}

void remediation_look(struct aws_client *client, struct scope *scope,
                      const struct change_plan *plan, change_looked_fn *looked, void *arg)
{
    struct look *look = mem_new(struct look);
    *look =
        (struct look){.client = client, .scope = scope, .plan = plan, .looked = looked, .arg = arg};
    look_next(look);
}
