/* data: files that travel inside the program. */
#ifndef CORE_GOV_DATA_DATA_H
#define CORE_GOV_DATA_DATA_H

#include "core/base/str.h"

/* A document of Systems Manager that is ours: its name in AWS, its content as it was written. */
struct gov_document {
    const char *name;
    struct sv content;
};
/* The one that closes a rule of a security group after somebody else has approved it. Its
 * parameters: GroupId, SecurityGroupRuleId, ItemKey, Severity, Reason, Approvers. Any runner;
 * static. */
struct gov_document gov_document_close_rule(void);

/* The policy for security groups, as the text of a CUSTOM_POLICY for AWS Config. Any runner;
 * static.
 */
struct sv gov_guard_rule(void);

#endif
