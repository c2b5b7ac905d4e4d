/*
 * helper_door: two kinds of change over one door that is open or shut: `door-shut` and its undo
 * `door-open`. They use the operations of security groups, so that real rows of the tables are
 * gone through.
 */
#ifndef TESTS_UNIT_CHANGE_HELPER_DOOR_H
#define TESTS_UNIT_CHANGE_HELPER_DOOR_H

#include "core/change/gate.h"

extern const struct change_kind door_shut, door_open;
extern const struct change_kind *const door_kinds[2];

/* The parameters by which a request names its door; the reply of a read is {"open","altered",
 * "jammed","moving"}. */
#define DOOR_PARAM "GroupId"

/* A sealed plan to shut a door that is open, with n_calls calls. */
struct change_plan *door_plan(const char *door, size_t n_calls);

#endif
