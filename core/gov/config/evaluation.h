/*
 * evaluation: having AWS Config evaluate a rule again: the change kind `evaluation`. A rule that is
 * evaluated at times alone would go on finding what has been mended wrong for up to a day.
 */
#ifndef CORE_GOV_EVALUATION_H
#define CORE_GOV_EVALUATION_H

#include "core/gov/gov.h"

/*
 * evaluation: config StartConfigRulesEvaluation of one rule. A change, for AWS bills it, and what
 * it finds may set off a remedy that runs by itself. Done when the rule was evaluated since; a
 * failure is told in AWS's words. AWS refuses it while one is on (ResourceInUseException), and
 * within a minute of the one before (LimitExceededException): then the gate waits and checks again.
 * It has no undo.
 */
extern const struct change_kind change_evaluation;

/* Parameters, the caller's, of StartConfigRulesEvaluation, and of what else takes ConfigRuleNames:
 * one rule. */
cJSON *evaluation_params(struct sv rule);
/* Whether AWS refuses StartConfigRulesEvaluation only for now. Pure. */
bool evaluation_is_too_early(const struct err *refusal);

/* How often a rule is evaluated, of an item of DescribeConfigRules: each "24 hours", each "hour";
 * SV_NONE when changes set it off. Pure. */
struct sv evaluation_period(const cJSON *rule);

/* The planner `evaluate` (the rule's name): in planners.def. No key opens it, `:evaluate` does. */

#endif
