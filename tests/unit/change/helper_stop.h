/* helper_stop: the stop points of core/change, which exist in this build alone. */
#ifndef TESTS_UNIT_CHANGE_HELPER_STOP_H
#define TESTS_UNIT_CHANGE_HELPER_STOP_H

#include <stddef.h>

/* Kills this process (SIGKILL) at the nth stop point that it comes by, 1 is the first; 0: never. */
void stop_at(size_t nth);

#endif
