/*
 * config_rule: the Config rules of an account and region, with what they say.
 */
#ifndef CORE_GOV_CONFIG_RULE_H
#define CORE_GOV_CONFIG_RULE_H

#include "core/gov/load/load.h"
#include "core/gov/security_group/sg_policy.h"

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
 * Reads the three lists of target side by side and calls fn for each rule once all have come. On
 * RUN_WORKER.
 */
void config_rules_read(struct load *load, const struct account *account,
                       const struct aws_target *target, config_rule_fn *fn, void *arg);

/* COMPLIANT, NON_COMPLIANT, NOT_APPLICABLE, INSUFFICIENT_DATA; SV_NONE when it could not be read.
 * A rule that the list of compliance does not name has no data. */
struct sv config_rule_compliance(const struct config_rule *rule);

/* How severe it is that a rule is broken, by its source's identifier: as Security Hub rates the
 * same control; MEDIUM for AWS's other rules and for everybody's own. Pure. */
enum severity config_rule_severity(struct sv identifier);

/* The parameters of DescribeComplianceByConfigRule, the caller's, for the rules that are broken
 * alone. */
cJSON *config_rule_only_failing(void);
/* How many resources break the rule of an item of DescribeComplianceByConfigRule (NULL: none);
 * *capped when AWS has stopped counting (at 25). */
int64_t config_rule_noncompliant(const cJSON *compliance, bool *capped);

#endif
