/*
 * parameter_look: how AWS stands to a plan of parameter_change, and the value that its call lacks.
 */
#ifndef CORE_GOV_PARAMETER_LOOK_H
#define CORE_GOV_PARAMETER_LOOK_H

#include "core/change/gate.h"

/*
 * The look of both kinds: ssm GetParameterHistory, sealed as it is, of the parameter and of what
 * its value comes from, for their versions, types, keys and tiers; where these are as wanted,
 * GetParameter of both with decryption: the values are compared in locked memory and wiped.
 */
void parameter_look_put(struct aws_client *client, struct scope *scope,
                        const struct change_plan *plan, change_looked_fn *looked, void *arg);
void parameter_look_delete(struct aws_client *client, struct scope *scope,
                           const struct change_plan *plan, change_looked_fn *looked, void *arg);

/* The fill of parameter-put: the member Value, from the plan's source (ssm GetParameter
 * NAME:VERSION with decryption); nothing when the plan has the value itself. */
void parameter_fill(struct aws_client *client, struct scope *scope, const struct change_plan *plan,
                    size_t call, change_filled_fn *filled, void *arg);

#endif
