/*
 * doors: the ways by which text from outside comes to be seen. Each is one line of doors.def and
 * one function; the terminal driver sends every hostile string through every door.
 */
#ifndef TESTS_CONFORMANCE_DOORS_H
#define TESTS_CONFORMANCE_DOORS_H

#include "core/base/str.h"

#define DOOR(name, flags) void door_##name(struct buf *out, struct sv text);
#include "tests/conformance/doors.def"
#undef DOOR

#endif
