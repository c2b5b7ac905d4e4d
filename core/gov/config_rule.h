/*
 * config_rule: the Config rules of an account and region, with what they say.
 */
#ifndef CORE_GOV_CONFIG_RULE_H
#define CORE_GOV_CONFIG_RULE_H

#include "core/gov/load.h"

/* Borrowed while the callback runs. */
struct config_rule {
    const struct account *account;
    const struct aws_target *target;
    const cJSON *rule;       /* of DescribeConfigRules */
    const cJSON *compliance; /* of DescribeComplianceByConfigRule; NULL: not told */
    const cJSON *status;     /* of DescribeConfigRuleEvaluationStatus; NULL: not told */
    bool compliance_read;    /* false: it could not be read at all */
};

typedef void config_rule_fn(struct load *load, const struct config_rule *rule, void *arg);

/*
 * Reads the three lists of target side by side and calls fn for each rule once all have come; then
 * on_end (may be NULL), whatever came. On RUN_WORKER.
 */
void config_rules_read(struct load *load, const struct account *account,
                       const struct aws_target *target, config_rule_fn *fn,
                       void (*on_end)(struct load *load, void *arg), void *arg);

/* COMPLIANT, NON_COMPLIANT, NOT_APPLICABLE, INSUFFICIENT_DATA; SV_NONE when it could not be read.
 * A rule that the list of compliance does not name has no data. */
struct sv config_rule_compliance(const struct config_rule *rule);
/* How many resources break it; *capped when AWS has stopped counting (at 25). 0 when none. */
int64_t config_rule_noncompliant(const struct config_rule *rule, bool *capped);

#endif
