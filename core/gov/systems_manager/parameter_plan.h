/*
 * parameter_plan: plans what makes a present setting as the approved one is.
 */
#ifndef CORE_GOV_PARAMETER_PLAN_H
#define CORE_GOV_PARAMETER_PLAN_H

#include "core/gov/gov.h"
#include "core/gov/systems_manager/parameter_change.h"

/*
 * name: of the setting, on either side. type: the kind of difference that was seen, as
 * parameter_drift.h names it, or anything else: then it follows from what is read. Reads both trees
 * of the application afresh and plans
 *     for a missing one        its creation, with the approved type, key, tier and tags
 *     for another value, key   that the approved value is written over the present one
 *     for one not approved     its deletion
 *     for another type         its deletion, for AWS changes no type; then it is missing
 * Refuses (ERR_REFUSED) what is PARAMETER_UNKNOWN, and when one side of the application is empty:
 * what is not there may be what could not be read. done fires once on RUN_UI, not at all once scope
 * is closed, with a sealed plan that is the callee's, or NULL and why. On RUN_UI.
 */
void parameter_plan(struct gov *gov, struct scope *scope, const struct aws_target *target,
                    const char *name, const char *type,
                    void (*done)(void *arg, struct change_plan *take_plan, const struct err *err),
                    void *arg);

#endif
