/*
 * config_item: resources that break a Config rule, and that something mends: the remediation
 * configuration of the rule, else a document that AWS has for what the rule finds (runbook.h).
 * Items of the kind "config".
 */
#ifndef CORE_GOV_CONFIG_ITEM_H
#define CORE_GOV_CONFIG_ITEM_H

#include "core/gov/queue/item.h"

/*
 * type is the rule's name, resource the resource's id, subject its type. Severity goes by the
 * rule's identifier, MEDIUM for rules of one's own. What AWS Config mends by itself waits for
 * nobody, and is not here; nor is what breaks a rule of one's own that has no remediation. Source:
 * DescribeComplianceByConfigRule, DescribeRemediationConfigurations and DescribeConfigRules of what
 * is broken, GetComplianceDetailsByConfigRule of what can be mended.
 */
extern const struct item_source item_source_config;

#endif
