/*
 * rate: how often an operation is answered in an account and region within a second, before the
 * caller is told to slow down.
 */
#ifndef SANDBOX_RATE_H
#define SANDBOX_RATE_H

#include <stdbool.h>
#include <stdint.h>

/* Zero-initialised is ready. */
struct rate {
    int64_t left, second; /* of that second, counted from 1 */
};

/* One more; false when there were a_second in this second already. now_ms is a clock that goes on,
 * not the world's. */
bool rate_take(struct rate *rate, unsigned a_second, int64_t now_ms);

#endif
