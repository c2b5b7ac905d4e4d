/*
 * pace: how fast a bucket sends, once AWS has told it to slow down.
 *
 * The client-side rate limiter of the SDKs' adaptive mode: off until the first throttling, then a
 * token bucket whose rate follows a cubic curve back towards where it was throttled (the congestion
 * control of RFC 8312). Pure: time comes in as seconds of a monotonic clock.
 */
#ifndef CORE_AWS_PACE_H
#define CORE_AWS_PACE_H

#include <stdbool.h>
#include <stdint.h>

/* Zero-initialised is ready, and off. */
struct pace {
    double
        rate_min; /* it never goes slower, however often it is throttled; 0: one in two seconds */
    bool is_on;
    double rate, tokens, refilled_at_s; /* the token bucket: tokens a second */
    double measured_rate;               /* smoothed, of what was sent */
    double window_s;                    /* the half second being counted, 0: none yet */
    unsigned n_in_window;
    double rate_at_throttle, throttled_at_s;
};

/* Seconds until a request may be sent; 0 when it may be now, and counts as sent then. */
double pace_take(struct pace *pace, double now_s);

/* What came of a request. */
void pace_note(struct pace *pace, double now_s, bool throttled);

/* Seconds from the last throttling until it is back at the rate of then. */
double pace_recovery_s(const struct pace *pace);

#endif
