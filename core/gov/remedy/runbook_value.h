/*
 * runbook_value: what AWS's own documents are told and only an operator knows, as `document_values`
 * of the settings has it: "log_bucket=acme-logs-{account}-{region}, kms_key=alias/acme". In a value
 * {account} and {region} stand for where the document runs.
 */
#ifndef CORE_GOV_RUNBOOK_VALUE_H
#define CORE_GOV_RUNBOOK_VALUE_H

#include "core/aws/client.h"
#include "core/base/str.h"

/* The names there are, for people. */
#define RUNBOOK_VALUES                                                      \
    "flow_log_group, flow_log_role_arn, kms_key, kms_key_arn, log_bucket, " \
    "rotation_lambda_arn, trail_bucket, trail_name"

/* Whether each of values is one of RUNBOOK_VALUES, once, with a value; false with what is wanted, a
 * constant. Pure, like what follows. */
bool runbook_values_check(struct sv values, const char **why);
/* Whether name ("log_bucket") is one of them. */
bool runbook_value_is_known(struct sv name);
/* Appends the value of name in target; false, and nothing appended, when values do not say it. */
bool runbook_value(struct sv values, struct sv name, const struct aws_target *target,
                   struct buf *out);

#endif
