/*
 * remediation: letting AWS mend what a rule of AWS Config has found: by the document that the
 * rule's remediation configuration names, the change kind `remediation`; for rules that have none
 * by AWS's own document for what they find, which is started itself, the change kind `runbook`.
 */
#ifndef CORE_GOV_REMEDIATION_H
#define CORE_GOV_REMEDIATION_H

#include "core/gov/gov.h"
#include "core/gov/remedy/runbook.h"

/*
 * remediation: config StartRemediationExecution for one resource. It is followed to its end: an
 * execution that fails is a failure with the failing step's words. When it has ended well, the
 * rule is one that is evaluated at times, and AWS Config has recorded the resource since it began
 * (or does not within five minutes), the plan's second call is due: StartConfigRulesEvaluation. A
 * rule that changes alone set off looks by itself, once AWS Config has recorded the change; asked
 * before that, it would judge what was recorded before. Done is only what the rule finds COMPLIANT
 * afterwards, or has nothing more to say about; UNVERIFIED when it does not say so within a quarter
 * of an hour, or may not be asked. What AWS's document does is not undone by this console, so it
 * has no inverse.
 */
extern const struct change_kind change_remediation;

/*
 * runbook: ssm StartAutomationExecution of AWS's document, in the version and with the parameters
 * of the plan, and the same from there on. Its client token is made of the item's key, the
 * document, the finding's time and the run before it, so that two who have planned the same start
 * it once. A run of the same document for the same resource, by whomever, counts: before it was
 * sent it is in the way, and when no answer came it tells what became of it.
 */
extern const struct change_kind change_runbook;

/* What is to be mended, and what for. */
struct remediation_subject {
    const char *rule, *resource_type, *resource_id;
};

/*
 * Plans it: reads the rule and its remediation configuration, the document that this names, or that
 * AWS has for such rules, what the rule says of the resource now, and what was tried before. done
 * fires once on RUN_UI, not at all once scope is closed, with a sealed plan that is the callee's,
 * or NULL and why: ERR_UNSUPPORTED when the rule has no remediation and AWS no document whose
 * parameters are known, ERR_REFUSED when the document is not there or takes other parameters,
 * ERR_CONFIG when it wants a role (automation_role of the settings), ERR_STALE when the resource is
 * not NON_COMPLIANT or a remediation is on already. On RUN_UI.
 */
void remediation_plan(struct gov *gov, struct scope *scope, const struct aws_target *target,
                      const struct remediation_subject *subject,
                      void (*done)(void *arg, struct change_plan *take_plan, const struct err *err),
                      void *arg);

/* --- what planning and looking share ------------------------------------------------------------
 */

/* How a remediation of one resource stands. */
struct remediation_run {
    double invoked_s; /* since 1970; 0: there was none */
    double updated_s; /* when it was last heard of: its end, when it has ended */
    bool is_on;       /* QUEUED or IN_PROGRESS */
    bool has_failed;  /* FAILED or UNKNOWN */
    char step[128];   /* the one that failed, "" when AWS does not say */
    char words[512];  /* what it says */
};
/* From an item of RemediationExecutionStatuses; NULL is none. */
void remediation_run_read(const cJSON *item, struct remediation_run *run);
/* From an AutomationExecution of GetAutomationExecution. */
void remediation_run_of_execution(const cJSON *execution, struct remediation_run *run);
/* Whether an AutomationExecution of the document is about the resource of state. */
bool remediation_is_run_of(const cJSON *state, const cJSON *execution);

/* Parameters, the caller's, that ask about the resource of state {rule, resource_type,
 * resource_id}: of the operations behind them. */
cJSON *remediation_key_params(const cJSON *state);        /* ConfigRuleName, ResourceKeys */
cJSON *remediation_compliance_params(const cJSON *state); /* GetComplianceDetailsByResource */
cJSON *remediation_document_params(const cJSON *state);   /* DescribeDocument */
cJSON *remediation_runs_params(const cJSON *state);       /* DescribeAutomationExecutions */
/* Whether a result of GetComplianceDetailsByResource is of the rule of state. */
bool remediation_is_result(const cJSON *state, const cJSON *result);

/* The bare plan of either kind, the caller's: call and state. Of configuration as
 * DescribeRemediationConfigurations gives it, document as DescribeDocument does, and the latest
 * run. */
struct change_plan *remediation_plan_new(const struct remediation_subject *subject,
                                         const cJSON *configuration, const cJSON *document,
                                         const struct remediation_run *run);
/* Of what runbook_inputs gives; runs that began before since_ms (AWS's clock) do not count. state->
 * earlier is the caller's to fill with the ids of the document's runs since then, and state->last
 * with that of the latest one about the resource. */
struct change_plan *runbook_plan_new(const struct remediation_subject *subject,
                                     const struct runbook *runbook, const cJSON *document,
                                     const cJSON *inputs, int64_t since_ms);
/* Adds the client token, once item_key and state->earlier are there. */
void runbook_plan_token(struct change_plan *plan);

/* The look of both kinds; see struct change_kind. */
void remediation_look(struct aws_client *client, struct scope *scope,
                      const struct change_plan *plan, change_looked_fn *looked, void *arg);

#endif
