/*
 * decision_say: what the sheet says of an automation that waits at aws:approve: who may approve it,
 * who has, and what one more yes does.
 */
#ifndef CORE_GOV_DECISION_SAY_H
#define CORE_GOV_DECISION_SAY_H

#include "core/base/json.h"
#include "core/change/gate.h"

/*
 * Adds lines of evidence to plan; execution is as GetAutomationExecution tells it, and waits.
 * is_no: the plan says no to it, for which no votes are counted (SSM, aws:approve: one no ends it).
 * Pure.
 */
void decision_say_waiting(struct change_plan *plan, const cJSON *execution, bool is_no);

#endif
