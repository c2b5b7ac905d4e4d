/*
 * remediation: letting AWS Config mend what a rule has found, by the document that the rule's
 * remediation configuration names: the change kind `remediation`.
 */
#ifndef CORE_GOV_REMEDIATION_H
#define CORE_GOV_REMEDIATION_H

#include "core/gov/gov.h"

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

/* What is to be mended, and what for. */
struct remediation_subject {
    const char *rule, *resource_type, *resource_id;
};

/*
 * Plans it: reads the rule's remediation configuration, the document that it names, what the rule
 * says of the resource now, and what was tried before. done fires once on RUN_UI, not at all once
 * scope is closed, with a sealed plan that is the callee's, or NULL and why: ERR_UNSUPPORTED when
 * the rule has no remediation, ERR_REFUSED when its document is not there or takes other
 * parameters, ERR_STALE when the resource is not NON_COMPLIANT or a remediation is on already. On
 * RUN_UI.
 */
void remediation_plan(struct gov *gov, struct scope *scope, const struct aws_target *target,
                      const struct remediation_subject *subject,
                      void (*done)(void *arg, struct change_plan *take_plan, const struct err *err),
                      void *arg);

/* --- what planning and looking share ------------------------------------------------------------
 */

/* How a remediation of one resource stands, as DescribeRemediationExecutionStatus tells it. */
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

/* Parameters that ask about the resource of state {rule, resource_type, resource_id}. */
cJSON *remediation_key_params(const cJSON *state);        /* ConfigRuleName, ResourceKeys */
cJSON *remediation_compliance_params(const cJSON *state); /* GetComplianceDetailsByResource */
cJSON *remediation_document_params(const cJSON *state);   /* DescribeDocument */
/* Whether a result of GetComplianceDetailsByResource is of the rule of state. */
bool remediation_is_result(const cJSON *state, const cJSON *result);

/* The bare plan: call and state, of configuration as DescribeRemediationConfigurations gives it,
 * document as DescribeDocument does, and the latest run. */
struct change_plan *remediation_plan_new(const struct remediation_subject *subject,
                                         const cJSON *configuration, const cJSON *document,
                                         const struct remediation_run *run);

#endif
