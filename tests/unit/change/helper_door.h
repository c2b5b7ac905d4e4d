/*
 * helper_door: kinds of change over one door that is open or shut: `door-shut`, its undo
 * `door-open`, and `door-latch`, which shuts it, and latches it once it is seen shut. They use the
 * operations of security groups, so that real rows of the tables are gone through.
 */
#ifndef TESTS_UNIT_CHANGE_HELPER_DOOR_H
#define TESTS_UNIT_CHANGE_HELPER_DOOR_H

#include "core/change/gate.h"

extern const struct change_kind door_shut, door_open, door_latch;
extern const struct change_kind *const door_kinds[3];

/* The parameters by which a request names its door; the reply of a read is {"open","altered",
 * "jammed","moving","latched"}. */
#define DOOR_PARAM "GroupId"

/* A sealed plan to shut a door that is open, with n_calls calls. */
struct change_plan *door_plan(const char *door, size_t n_calls);
/* A sealed plan to shut and latch it: DOOR_LATCH_OP is its second call, when that is due. A latch
 * that comes too early is refused by DOOR_TOO_EARLY. */
struct change_plan *door_latch_plan(const char *door);
#define DOOR_LATCH_OP  OP_config_StartConfigRulesEvaluation
#define DOOR_TOO_EARLY "LimitExceededException"

#endif
