#include "core/gov/config/evaluation.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/gov/load/inquiry.h"
#include "core/gov/load/reply.h"
#include "core/gov/plan_account.h"
#include "core/gov/planner.h"
#include "core/gov/security_group/sg_policy.h"

#define UNDERWAY_FOR_MS INT64_C(1800000) /* of many resources */

static const char where[] = "config:StartConfigRulesEvaluation";

/* What DescribeConfigRuleEvaluationStatus says of a rule, in s since 1970; 0: never. */
struct standing {
    double invoked_s, evaluated_s, failed_s;
    struct sv words; /* of the failure; borrowed */
};

static void read_standing(const cJSON *page, struct standing *standing)
{
    const cJSON *status = json_items(page, "ConfigRulesEvaluationStatus");
    double invocation_s = json_double(status, "LastFailedInvocationTime", 0);
    *standing = (struct standing){
        .invoked_s = json_double(status, "LastSuccessfulInvocationTime", 0),
        .evaluated_s = json_double(status, "LastSuccessfulEvaluationTime", 0),
        .failed_s = json_double(status, "LastFailedEvaluationTime", 0),
        .words = json_sv(status, "LastErrorMessage"),
    };
    if (invocation_s > standing->failed_s)
        standing->failed_s = invocation_s;
}

cJSON *evaluation_params(struct sv rule)
{
    AUTO_FREE char *name = sv_dup(rule);
    cJSON *params = cJSON_CreateObject();
    cJSON_AddItemToObject(params, "ConfigRuleNames", reply_list_of(name));
    return params;
}

/* One is on; it was asked for within the last minute. */
bool evaluation_is_too_early(const struct err *refusal)
{
    return strcmp(refusal->aws_code, "ResourceInUseException") == 0 ||
           strcmp(refusal->aws_code, "LimitExceededException") == 0;
}

/* MaximumExecutionFrequency as people say it. */
static const struct {
    const char *frequency, *period;
} periods[] = {
    {"One_Hour", "hour"},         {"Three_Hours", "3 hours"},       {"Six_Hours", "6 hours"},
    {"Twelve_Hours", "12 hours"}, {"TwentyFour_Hours", "24 hours"},
};

struct sv evaluation_period(const cJSON *rule)
{
    const cJSON *detail = json_items(json_get(rule, "Source"), "SourceDetails");
    struct sv frequency = json_sv(rule, "MaximumExecutionFrequency");
    for (; detail && frequency.len == 0; detail = detail->next)
        frequency = json_sv(detail, "MaximumExecutionFrequency");
    for (size_t i = 0; i < ARRAY_LEN(periods); i++)
        if (sv_eq_cstr(frequency, periods[i].frequency))
            return sv_of(periods[i].period);
    return frequency;
}

/* --- looking --------------------------------------------------------------------------------- */

struct glance {
    const struct change_plan *plan;
    enum change_stand stand;
    struct err why;
    change_looked_fn *looked;
    void *arg;
};

static enum change_stand judge(const struct change_plan *plan, const struct standing *now,
                               struct err *why)
{
    bool sent = plan->calls_done > 0;
    *why = ERR_NONE;
    if (now->failed_s > json_double(plan->state, "failed_s", 0)) {
        err_set(why, sent ? ERR_AWS : ERR_STALE, where, "the evaluation has failed: " SV_FMT,
                SV_ARG(now->words.len > 0 ? now->words : SV("AWS does not say why")));
        return sent ? STAND_FAILED : STAND_OTHER;
    }
    if (now->evaluated_s > json_double(plan->state, "evaluated_s", 0) &&
        now->evaluated_s >= now->invoked_s)
        return STAND_AFTER;
    if (!sent)
        return STAND_BEFORE;
    err_set(why, ERR_UNVERIFIED, where, "AWS Config is evaluating the rule");
    return STAND_UNDERWAY;
}

static void glance_page(void *arg, struct aws_page *page)
{
    struct glance *glance = arg;
    struct standing now;
    read_standing(page->body, &now);
    glance->stand = judge(glance->plan, &now, &glance->why);
}

static void glance_tell(struct glance *glance)
{
    struct glance told = *glance;
    mem_free(glance);
    told.looked(told.arg, told.stand, &told.why);
}

static void glance_done(void *arg, const struct aws_request *request,
                        const struct aws_outcome *outcome)
{
    (void)request;
    struct glance *glance = arg;
    if (outcome->err.code != OK) {
        glance->stand = STAND_UNREADABLE;
        glance->why = outcome->err;
    }
    glance_tell(glance);
}

static void glance_drop(void *arg)
{
    struct glance *glance = arg;
    glance->stand = STAND_UNREADABLE;
    err_set(&glance->why, ERR_CANCELLED, "look", "nobody waits for it any more");
    glance_tell(glance);
}

static void look_at(struct aws_client *client, struct scope *scope, const struct change_plan *plan,
                    change_looked_fn *looked, void *arg)
{
    struct glance *glance = mem_new(struct glance);
    struct aws_request request = {.op = OP_config_DescribeConfigRuleEvaluationStatus,
                                  .target = plan->target,
                                  .params = evaluation_params(json_sv(plan->state, "rule"))};
    *glance =
        (struct glance){.plan = plan, .stand = STAND_UNREADABLE, .looked = looked, .arg = arg};
    client_read(client, scope, &request, glance_page, glance_done, glance_drop, glance);
}

static enum err_code accept(struct change_plan *plan, size_t call, const cJSON *reply,
                            struct err *err)
{
    (void)plan, (void)call, (void)reply, (void)err;
    return OK;
}

const struct change_kind change_evaluation = {
    .name = "evaluation",
    .look = look_at,
    .accept = accept,
    .is_too_early = evaluation_is_too_early,
    .underway_for_ms = UNDERWAY_FOR_MS,
};

/* --- planning -------------------------------------------------------------------------------- */

struct planning {
    struct aws_target target;
    char *rule;
    planned_fn *done;
    void *arg;
};

static void planning_drop(void *arg)
{
    struct planning *planning = arg;
    mem_free(planning->rule);
    mem_free(planning);
}

static void begin(struct inquiry *inquiry, void *arg)
{
    const struct planning *planning = arg;
    struct sv rule = sv_of(planning->rule);
    inquiry_read(inquiry, OP_config_DescribeConfigRules, &planning->target, evaluation_params(rule),
                 NULL);
    inquiry_read(inquiry, OP_config_DescribeConfigRuleEvaluationStatus, &planning->target,
                 evaluation_params(rule), NULL);
    inquiry_read(inquiry, OP_config_DescribeRemediationConfigurations, &planning->target,
                 evaluation_params(rule), NULL);
    plan_read_account(inquiry, &planning->target);
}

static void add_call(struct change_plan *plan, const struct planning *planning,
                     const struct standing *standing)
{
    cJSON *state = plan->state = cJSON_CreateObject();
    cJSON_AddStringToObject(state, "rule", planning->rule);
    cJSON_AddNumberToObject(state, "evaluated_s", standing->evaluated_s);
    cJSON_AddNumberToObject(state, "failed_s", standing->failed_s);
    change_plan_add_call(plan, OP_config_StartConfigRulesEvaluation,
                         evaluation_params(sv_of(planning->rule)));
}

static bool mends_itself(const struct inquiry *inquiry)
{
    bool automatic = false;
    INQUIRY_EACH(inquiry, OP_config_DescribeRemediationConfigurations, "RemediationConfigurations",
                 item)
    automatic |= json_bool(item, "Automatic", false);
    return automatic;
}

static void add_evidence(struct change_plan *plan, const struct inquiry *inquiry, const cJSON *rule,
                         const struct standing *standing)
{
    struct sv period = evaluation_period(rule);
    char at[CLOCK_ISO_SIZE];
    if (standing->evaluated_s > 0) {
        clock_iso8601((int64_t)(standing->evaluated_s * 1000), false, at);
        change_plan_evidence(plan, "last evaluated at %s", at);
    }
    if (period.len > 0)
        change_plan_evidence(plan, "evaluated by itself each " SV_FMT, SV_ARG(period));
    if (mends_itself(inquiry))
        change_plan_evidence(plan, "what it finds wrong, its remediation mends by itself");
    if (inquiry_err(inquiry, OP_config_DescribeRemediationConfigurations)->code != OK)
        change_plan_evidence(plan, "whether a remediation runs by itself could not be read");
    change_plan_evidence(plan, "AWS bills each resource that is evaluated; no resource is changed "
                               "by that, and there is nothing to undo");
}

/* What it may set off has been approved once, when the remedy was made automatic: its severity. */
static struct change_plan *make_plan(struct inquiry *inquiry, const struct planning *planning,
                                     const cJSON *rule)
{
    struct change_plan *plan = change_plan_new(&change_evaluation);
    struct buf title = BUF_NONE;
    struct standing standing;
    read_standing(inquiry_page(inquiry, OP_config_DescribeConfigRuleEvaluationStatus, 0),
                  &standing);
    add_call(plan, planning, &standing);
    str_copy(plan->severity, severity_name(mends_itself(inquiry) ? SEVERITY_HIGH : SEVERITY_LOW));
    plan->reversible = REVERSIBLE;
    plan_add_account(plan, inquiry, &planning->target);
    buf_addf(&title, "Evaluate %s again", planning->rule);
    plan->title = buf_take(&title);
    plan->why = mem_strdup("what it says may be older than what was mended");
    change_plan_diff(plan, '+', "%s says how its resources are now", planning->rule);
    add_evidence(plan, inquiry, rule, &standing);
    change_plan_seal(plan);
    return plan;
}

static enum err_code check(struct inquiry *inquiry, const struct planning *planning,
                           const cJSON *rule, struct err *err)
{
    const struct err *status = inquiry_err(inquiry, OP_config_DescribeConfigRuleEvaluationStatus);
    *err = *inquiry_err(inquiry, OP_config_DescribeConfigRules);
    if (err->code == OK)
        *err = *status;
    if (err->code == OK && !rule)
        err_set(err, ERR_NOT_FOUND, planning->rule, "there is no such rule any more");
    if (err->code == OK && sv_eq_cstr(json_sv(rule, "ConfigRuleState"), "EVALUATING"))
        err_set(err, ERR_STALE, planning->rule, "it is being evaluated already");
    return err->code;
}

static void end(struct inquiry *inquiry, void *arg)
{
    struct planning *planning = arg;
    const cJSON *rule =
        json_items(inquiry_page(inquiry, OP_config_DescribeConfigRules, 0), "ConfigRules");
    struct change_plan *plan = NULL;
    struct err err;
    if (check(inquiry, planning, rule, &err) == OK)
        plan = make_plan(inquiry, planning, rule);
    planned_tell(inquiry_scope(inquiry), planning->done, planning->arg, plan, &err);
    planning_drop(planning);
}

static void plan_rule(struct gov *gov, struct scope *scope, const struct aws_target *target,
                      const char *const *args, planned_fn *done, void *arg)
{
    static const struct inquiry_kind kind = {begin, end, planning_drop};
    struct planning *planning = mem_new(struct planning);
    *planning =
        (struct planning){.target = *target, .rule = mem_strdup(args[0]), .done = done, .arg = arg};
    inquiry_start(gov, scope, &kind, planning);
}

const struct planner planner_evaluate = {.name = "evaluate", .n_args = 1, .plan = plan_rule};
