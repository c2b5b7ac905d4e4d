/*
 * parallel: one piece of pure work, cut into parts that run beside each other on the processors
 * of the machine.
 *
 * For work that a person waits for and whose parts touch nothing in common: a search through a
 * million rows. The threads live as long as the call; starting one takes some 20 us, so a piece
 * should be worth milliseconds.
 */
#ifndef CORE_BASE_PARALLEL_H
#define CORE_BASE_PARALLEL_H

#include <stddef.h>

#define PARALLEL_MAX 8

/* How many parts can run at once on the processors that this process may use: 1 to PARALLEL_MAX. */
size_t parallel_width(void);

/*
 * Calls part(arg, i) for each i below n (at most PARALLEL_MAX), each on a thread of its own but
 * one, which the caller runs itself, and returns when all have returned. A thread that cannot be
 * had is no failure: the caller runs its part too. Signals stay blocked in the threads. Any runner
 * but RUN_UI, which must not wait.
 */
void parallel_do(size_t n, void (*part)(void *arg, size_t i), void *arg);

#endif
