/*
 * parameter_plan: plans what makes a present setting as the approved one is.
 */
#ifndef CORE_GOV_PARAMETER_PLAN_H
#define CORE_GOV_PARAMETER_PLAN_H

#include "core/gov/gov.h"
#include "core/gov/parameter_change.h"

/*
 * name: of the setting, on either side. type: the kind of difference that was seen
 * (parameter_drift.h) or anything else, then it follows from what is read. Reads both trees of the
 * application afresh and plans: missing             its creation, with the approved one's type,
 * key, tier and tags another value, key  the present one overwritten with the approved value not
 * approved        its deletion another type        its deletion: Parameter Store changes no type;
 * it is missing then Refuses (ERR_REFUSED) when one side of the application is empty: what is not
 * there may be what could not be read. done fires once on RUN_UI, not at all once scope is closed,
 * with a sealed plan that is the callee's, or NULL and why. On RUN_UI.
 */
void parameter_plan(struct gov *gov, struct scope *scope, const struct aws_target *target,
                    const char *name, const char *type,
                    void (*done)(void *arg, struct change_plan *take_plan, const struct err *err),
                    void *arg);

#endif
