/*
 * moved_clock: a monotonic clock that a test moves. Linked into a test it stands in front of libc's
 * for all of that program.
 */
#ifndef TESTS_SUPPORT_MOVED_CLOCK_H
#define TESTS_SUPPORT_MOVED_CLOCK_H

#include <stdatomic.h>
#include <stdint.h>

/* From now on the clock is ahead by what stands there, which may only grow. Before there are other
 * threads. */
void moved_clock_follow(const _Atomic int64_t *ahead_ms);

#endif
