/* remediation_sheet: what a person must know before AWS may mend something. */
#include "core/base/clock.h"
#include "core/gov/config/evaluation.h"
#include "core/gov/config/recorded.h"
#include "core/gov/load/reply.h"
#include "core/gov/remedy/remediation_internal.h"
#include "core/gov/security_group/sg_users.h"

static void add_texts(struct planning *planning)
{
    struct change_plan *plan = planning->plan;
    struct buf title = BUF_NONE, why = BUF_NONE;
    struct sv annotation = json_sv(planning->result, "Annotation");
    buf_addf(&title, "Remediate %s by %s", planning_text(planning, "resource_id"),
             planning_text(planning, "document"));
    buf_addf(&why, "%s%s" SV_FMT, planning_text(planning, "rule"), annotation.len ? ": " : "",
             SV_ARG(annotation));
    plan->title = buf_take(&title);
    plan->why = buf_take(&why);
    change_plan_diff(plan, '-', "%s finds %s %s NON_COMPLIANT", planning_text(planning, "rule"),
                     planning_text(planning, "resource_type"),
                     planning_text(planning, "resource_id"));
    change_plan_diff(plan, '+', "%s has run for it, and the rule finds it COMPLIANT",
                     planning_text(planning, "document"));
}

/* It does more than the rule finds, or less. */
static void add_warnings(struct planning *planning)
{
    const struct runbook *runbook = runbook_by_document(json_sv(planning->document, "Name"));
    if (planning_is_group(planning))
        change_plan_evidence(
            planning->plan,
            "revoking the one rule by its id is more exact than a document, and "
            "can be undone: what opens the group is an item of its own (sg-policy)");
    if (runbook && runbook->note[0])
        change_plan_evidence(planning->plan, "%s", runbook->note);
}

/* What the document will be given, as far as the configuration says it. */
static void add_parameters(struct planning *planning)
{
    const cJSON *parameter;
    cJSON_ArrayForEach (parameter, json_get(planning->configuration, "Parameters")) {
        AUTO(buf_done) struct buf text = BUF_NONE;
        const cJSON *value = json_items(json_get(parameter, "StaticValue"), "Values");
        if (json_get(parameter, "ResourceValue"))
            buf_add_cstr(&text, planning_text(planning, "resource_id"));
        for (; value; value = value->next)
            buf_addf(&text, "%s" SV_FMT, text.len ? ", " : "", SV_ARG(json_string(value)));
        change_plan_evidence(planning->plan, "gets %s: %s", parameter->string, buf_cstr(&text));
    }
}

/* "step Revoke: aws:executeAwsApi ec2 RevokeSecurityGroupIngress"; of a document in JSON. */
static void add_steps(struct planning *planning, struct inquiry *inquiry)
{
    AUTO(json_free_at) cJSON *content = NULL;
    const cJSON *page = inquiry_page(inquiry, OP_ssm_GetDocument, 0);
    json_parse(json_sv(page, "Content"), "document", &content, NULL);
    if (!json_items(content, "mainSteps"))
        change_plan_evidence(planning->plan, "its steps are not known: read the document");
    for (const cJSON *step = json_items(content, "mainSteps"); step; step = step->next) {
        const cJSON *inputs = json_get(step, "inputs");
        change_plan_evidence(planning->plan, "step " SV_FMT ": " SV_FMT " " SV_FMT " " SV_FMT,
                             SV_ARG(json_sv(step, "name")), SV_ARG(json_sv(step, "action")),
                             SV_ARG(json_sv(inputs, "Service")), SV_ARG(json_sv(inputs, "Api")));
    }
}

static void add_evidence(struct planning *planning, struct inquiry *inquiry)
{
    struct change_plan *plan = planning->plan;
    const cJSON *document = planning->document;
    char at[CLOCK_ISO_SIZE];
    int64_t at_ms;
    add_warnings(planning);
    if (planning_is_group(planning))
        sg_users_say(inquiry, plan);
    recorded_say(inquiry, plan);
    if (reply_time(planning->result, "ResultRecordedTime", &at_ms)) {
        clock_iso8601(at_ms, false, at);
        change_plan_evidence(plan, "the rule has found it at %s", at);
    }
    change_plan_evidence(
        plan, "document " SV_FMT " version " SV_FMT ", owned by " SV_FMT ", " SV_FMT " " SV_FMT,
        SV_ARG(json_sv(document, "Name")), SV_ARG(json_sv(document, "DocumentVersion")),
        SV_ARG(json_sv(document, "Owner")), SV_ARG(json_sv(document, "HashType")),
        SV_ARG(json_sv(document, "Hash")));
    if (planning->runbook)
        runbook_say(planning);
    add_parameters(planning);
    add_steps(planning, inquiry);
    if (planning->run.has_failed)
        change_plan_evidence(plan, "the last remediation of it has failed: %s",
                             planning->run.words[0] ? planning->run.words : "AWS does not say why");
    change_plan_evidence(plan,
                         "AWS runs it, and does not ask before each step; what it does is not "
                         "undone from here");
}

/* Until the rule looks again the finding stands, however well it was mended. */
static void add_evaluation(struct planning *planning)
{
    const cJSON *rule = planning->rule;
    struct change_plan *plan = planning->plan;
    struct sv period = evaluation_period(rule);
    if (!rule) {
        change_plan_evidence(plan,
                             "when the rule looks again could not be read: :evaluate asks it");
        return;
    }
    if (period.len == 0) {
        change_plan_evidence(plan, "the rule looks again once AWS Config has recorded the change");
        return;
    }
    change_plan_add_due_call(plan, OP_config_StartConfigRulesEvaluation,
                             evaluation_params(sv_of(planning_text(planning, "rule"))));
    change_plan_evidence(plan,
                         "the rule is evaluated each " SV_FMT
                         ": once the document has run, it is asked to look at once; AWS bills "
                         "each resource that it evaluates",
                         SV_ARG(period));
    if (json_bool(planning->configuration, "Automatic", false))
        change_plan_evidence(plan,
                             "what else it finds wrong then, its remediation mends by itself");
}

void remediation_say(struct planning *planning, struct inquiry *inquiry)
{
    add_texts(planning);
    add_evidence(planning, inquiry);
    add_evaluation(planning);
}
