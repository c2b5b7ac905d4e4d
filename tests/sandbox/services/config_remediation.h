/*
 * config_remediation: the handlers of AWS Config's remedies, and what they share.
 */
#ifndef SANDBOX_CONFIG_REMEDIATION_H
#define SANDBOX_CONFIG_REMEDIATION_H

#include "tests/sandbox/automation/remediation.h"
#include "tests/sandbox/wire/handler.h"

handler_fn config_put_remediation, config_describe_remediations, config_delete_remediation;
handler_fn config_start_remediation, config_describe_remediation_status;
handler_fn config_put_exceptions, config_describe_exceptions, config_delete_exceptions;

/* The remedy of the rule that the call names; NULL after having refused. */
struct remedy *config_find_remedy(struct world *world, const struct call *call,
                                  struct reply *reply);
/* A resource of the call's list: its members are named with small or with capital first letters,
 * as the operation has them. */
struct remedy_key config_remedy_key(struct world *world, const struct call *call,
                                    const cJSON *resource);
/* Is it among those asked for, or are all? */
bool config_is_asked(struct world *world, const struct call *call, const struct remedy_key *key);

#endif
