/*
 * remediation: the kind. plan->state is {rule, resource_type, resource_id, document, version, hash,
 * invoked_s}: invoked_s is when the latest remediation of the resource was started before the plan
 * was made, so that a later one is told from it.
 */
#include "core/gov/config/remediation.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/gov/config/evaluation.h"

#define UNDERWAY_FOR_MS \
    ((int64_t)15 * 60 * 1000) /* documents take their time, and rules look later */
#define RECORDED_WITHIN_S 300 /* a change, once it is made; documented are minutes */

static struct sv state_text(const cJSON *state, const char *key)
{
    struct sv text = json_sv(state, key);
    return text.ptr ? text : SV("");
}

static void add_text(cJSON *object, const char *key, struct sv text)
{
    AUTO_FREE char *copy = sv_dup(text);
    cJSON_AddStringToObject(object, key, copy);
}

cJSON *remediation_key_params(const cJSON *state)
{
    cJSON *params = cJSON_CreateObject(), *key = cJSON_CreateObject();
    add_text(params, "ConfigRuleName", state_text(state, "rule"));
    add_text(key, "resourceType", state_text(state, "resource_type"));
    add_text(key, "resourceId", state_text(state, "resource_id"));
    cJSON_AddItemToArray(cJSON_AddArrayToObject(params, "ResourceKeys"), key);
    return params;
}

cJSON *remediation_compliance_params(const cJSON *state)
{
    cJSON *params = cJSON_CreateObject();
    add_text(params, "ResourceType", state_text(state, "resource_type"));
    add_text(params, "ResourceId", state_text(state, "resource_id"));
    return params;
}

cJSON *remediation_document_params(const cJSON *state)
{
    cJSON *params = cJSON_CreateObject();
    add_text(params, "Name", state_text(state, "document"));
    if (state_text(state, "version").len > 0)
        add_text(params, "DocumentVersion", state_text(state, "version"));
    return params;
}

static cJSON *record_params(const cJSON *state)
{
    cJSON *params = cJSON_CreateObject(), *key = cJSON_CreateObject();
    add_text(key, "resourceType", state_text(state, "resource_type"));
    add_text(key, "resourceId", state_text(state, "resource_id"));
    cJSON_AddItemToArray(cJSON_AddArrayToObject(params, "resourceKeys"), key);
    return params;
}

bool remediation_is_result(const cJSON *state, const cJSON *result)
{
    const cJSON *of = json_path(result, "EvaluationResultIdentifier.EvaluationResultQualifier");
    return sv_eq(json_sv(of, "ConfigRuleName"), state_text(state, "rule"));
}

void remediation_run_read(const cJSON *item, struct remediation_run *run)
{
    struct sv state = json_sv(item, "State");
    *run = (struct remediation_run){.invoked_s = json_double(item, "InvocationTime", 0),
                                    .updated_s = json_double(item, "LastUpdatedTime", 0)};
    run->is_on = sv_eq_cstr(state, "QUEUED") || sv_eq_cstr(state, "IN_PROGRESS");
    run->has_failed = sv_eq_cstr(state, "FAILED") || sv_eq_cstr(state, "UNKNOWN");
    for (const cJSON *step = json_items(item, "StepDetails"); step; step = step->next) {
        if (!sv_eq_cstr(json_sv(step, "State"), "FAILED"))
            continue;
        sv_copy(json_sv(step, "Name"), run->step, sizeof run->step);
        sv_copy(json_sv(step, "ErrorMessage"), run->words, sizeof run->words);
    }
}

struct change_plan *remediation_plan_new(const struct remediation_subject *subject,
                                         const cJSON *configuration, const cJSON *document,
                                         const struct remediation_run *run)
{
    struct change_plan *plan = change_plan_new(&change_remediation);
    cJSON *state = cJSON_CreateObject();
    cJSON_AddStringToObject(state, "rule", subject->rule);
    cJSON_AddStringToObject(state, "resource_type", subject->resource_type);
    cJSON_AddStringToObject(state, "resource_id", subject->resource_id);
    add_text(state, "document", state_text(configuration, "TargetId"));
    add_text(state, "version", state_text(configuration, "TargetVersion"));
    add_text(state, "hash", state_text(document, "Hash"));
    cJSON_AddNumberToObject(state, "invoked_s", run->invoked_s);
    plan->state = state;
    plan->reversible = IRREVERSIBLE;
    change_plan_add_call(plan, OP_config_StartRemediationExecution, remediation_key_params(state));
    return plan;
}

/* --- looking --------------------------------------------------------------------------------- */

/* The reads, one after the other, and what they said. */
struct look {
    struct aws_client *client;
    struct scope *scope;
    const struct change_plan *plan;
    size_t at; /* which of reads */
    struct remediation_run run;
    bool has_result, is_compliant;
    double judged_s; /* when the rule has found that, since 1970 */
    bool document_differs;
    double recorded_s; /* of when AWS Config has the resource, since 1970; 0: not known */
    change_looked_fn *looked;
    void *arg;
};

static void on_run(struct look *look, const cJSON *reply)
{
    const cJSON *item = json_items(reply, "RemediationExecutionStatuses");
    if (item)
        remediation_run_read(item, &look->run);
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
        !sv_eq(json_sv(json_get(reply, "Document"), "Hash"), state_text(look->plan->state, "hash"));
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

static const struct {
    enum aws_op_id op;
    cJSON *(*params)(const cJSON *state);
    void (*on_page)(struct look *look, const cJSON *reply);
    bool when_waiting; /* asked then alone; that it could not be read says nothing */
} reads[] = {
    {OP_config_DescribeRemediationExecutionStatus, remediation_key_params, on_run, false},
    {OP_config_GetComplianceDetailsByResource, remediation_compliance_params, on_result, false},
    {OP_ssm_DescribeDocument, remediation_document_params, on_document, false},
    {OP_config_BatchGetResourceConfig, record_params, on_record, true},
};

static void look_tell(struct look *look, enum change_stand stand, const struct err *why)
{
    change_looked_fn *looked = look->looked;
    void *arg = look->arg;
    struct err err = *why;
    mem_free(look);
    looked(arg, stand, &err);
}

static enum change_stand failed(const struct look *look, struct err *why)
{
    const struct remediation_run *run = &look->run;
    err_set(why, ERR_AWS, "config:StartRemediationExecution", "the remediation has failed%s%s%s%s",
            run->step[0] ? " in step " : "", run->step, run->words[0] ? ": " : "", run->words);
    return look->plan->calls_done > 0 ? STAND_FAILED : STAND_OTHER;
}

/* Asked before that, the rule would judge what was recorded before. What is not recorded at all is
 * not waited for for ever. */
static bool is_recorded(const struct look *look)
{
    return look->recorded_s > look->run.invoked_s ||
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
    struct err why = outcome->err;
    if (why.code != OK && !reads[look->at].when_waiting) {
        look_tell(look, STAND_UNREADABLE, &why);
        return;
    }
    look->at++;
    if (look->at < ARRAY_LEN(reads) && (!reads[look->at].when_waiting || waits(look))) {
        look_next(look);
        return;
    }
    enum change_stand stand = judge(look, &why);
    look_tell(look, stand, &why);
}

static void look_drop(void *arg)
{
    struct err err;
    err_set(&err, ERR_CANCELLED, "look", "nobody waits for it any more");
    look_tell(arg, STAND_UNREADABLE, &err);
}

static void look_next(struct look *look)
{
    struct aws_request request = {.op = reads[look->at].op,
                                  .target = look->plan->target,
                                  .params = reads[look->at].params(look->plan->state)};
    client_read(look->client, look->scope, &request, look_page, look_done, look_drop, look);
}

static void look_at(struct aws_client *client, struct scope *scope, const struct change_plan *plan,
                    change_looked_fn *looked, void *arg)
{
    struct look *look = mem_new(struct look);
    *look =
        (struct look){.client = client, .scope = scope, .plan = plan, .looked = looked, .arg = arg};
    look_next(look);
}

/* AWS answers 200 and names what it would not start. */
static enum err_code accept(struct change_plan *plan, size_t call, const cJSON *reply,
                            struct err *err)
{
    (void)plan, (void)call;
    struct sv why = json_sv(reply, "FailureMessage");
    if (!json_items(reply, "FailedItems"))
        return OK;
    return err_set(err, ERR_AWS, "config:StartRemediationExecution",
                   "AWS did not start it: " SV_FMT,
                   SV_ARG(why.ptr ? why : SV("it says no reason")));
}

const struct change_kind change_remediation = {
    .name = "remediation",
    .look = look_at,
    .accept = accept,
    .is_too_early = evaluation_is_too_early,
    .underway_for_ms = UNDERWAY_FOR_MS,
};
