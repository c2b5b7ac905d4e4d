/*
 * config_item: resources that break a Config rule which has a way to mend them: items of the kind
 * "config".
 */
#ifndef CORE_GOV_CONFIG_ITEM_H
#define CORE_GOV_CONFIG_ITEM_H

#include "core/gov/queue/item.h"

/*
 * type is the rule's name, resource the resource's id, subject its type. Severity goes by the
 * rule's identifier, MEDIUM for rules of one's own. What AWS Config mends by itself waits for
 * nobody, and is not here. Source: DescribeComplianceByConfigRule,
 * DescribeRemediationConfigurations and DescribeConfigRules of what is broken,
 * GetComplianceDetailsByConfigRule of what can be mended.
 */
extern const struct item_source item_source_config;

#endif
