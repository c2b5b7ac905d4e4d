/* gate: plans and changes as a person would have them made, one after the other, on the real
 * runners. */
#ifndef TESTS_GOV_HELPER_GATE_H
#define TESTS_GOV_HELPER_GATE_H

#include "core/gov/gov_internal.h"
#include "core/gov/planner.h"

/* Listens to the changes of gov from now on. */
void gate_follow(struct gov *gov);
/* The plan of planner for target, the caller's; NULL, and why in gate_plan_err. */
struct change_plan *gate_plan(const struct planner *planner, const struct aws_target *target,
                              const char *const *args);
extern struct err gate_plan_err;
/* Takes the plan through check and consent; fails the test when it does not end in state. Returns
 * its id, until the next call. */
const char *gate_fix(struct change_plan *take_plan, enum change_state state);
/* Undoes it and waits until that has succeeded. */
void gate_take_back(const char *plan_id);
/* Loads a list for those accounts and returns its rows. */
cJSON *gate_rows(struct gov *gov, const struct screen *screen, const char *accounts,
                 const char *regions);

#endif
