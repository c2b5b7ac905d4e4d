/*
 * helper_clock: a monotonic clock that a test moves for the programs of its room
 * (tests/support/moved_clock), so that minutes pass at once.
 */
#ifndef TESTS_UNIT_SCREENS_HELPER_CLOCK_H
#define TESTS_UNIT_SCREENS_HELPER_CLOCK_H

#include "tests/unit/screens/helper_console.h"

/* From now on the console's clock is the moved one; the sandbox's is not, nor is the wall's. */
void moved_clock_open(struct room *room);
void moved_clock_close(void);

void moved_clock_step(int64_t ms);
/* By how much it is ahead; what time it is there. */
int64_t moved_clock_ahead_ms(void);
int64_t moved_clock_now_ms(void);

#endif
