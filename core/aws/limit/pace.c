#include "core/aws/limit/pace.h"

#include <math.h>

/* The constants of the SDKs' adaptive mode. */
#define WINDOW_S     0.5
#define SMOOTHING    0.8
#define BETA         0.7
#define SCALE        0.4
#define RATE_MIN     0.5
#define CAPACITY_MIN 1.0

static double capacity(const struct pace *pace)
{
    return fmax(CAPACITY_MIN, pace->rate);
}

static void refill(struct pace *pace, double now_s)
{
    double grown = (now_s - pace->refilled_at_s) * pace->rate;
    pace->tokens = fmin(capacity(pace), pace->tokens + fmax(0, grown));
    pace->refilled_at_s = now_s;
}

double pace_take(struct pace *pace, double now_s)
{
    if (!pace->is_on)
        return 0;
    refill(pace, now_s);
    if (pace->tokens < 1)
        return (1 - pace->tokens) / pace->rate;
    pace->tokens -= 1;
    return 0;
}

static void measure(struct pace *pace, double now_s)
{
    double window_s = floor(now_s / WINDOW_S) * WINDOW_S;
    if (pace->window_s == 0)
        pace->window_s = window_s;
    pace->n_in_window++;
    if (window_s > pace->window_s) {
        double rate = pace->n_in_window / (window_s - pace->window_s);
        pace->measured_rate = SMOOTHING * rate + (1 - SMOOTHING) * pace->measured_rate;
        pace->n_in_window = 0;
        pace->window_s = window_s;
    }
}

static void set_rate(struct pace *pace, double rate, double now_s)
{
    refill(pace, now_s);
    double rate_min = pace->rate_min > 0 ? pace->rate_min : RATE_MIN;
    pace->rate = fmax(rate_min, fmin(rate, 2 * pace->measured_rate));
    pace->tokens = fmin(pace->tokens, capacity(pace));
}

double pace_recovery_s(const struct pace *pace)
{
    return cbrt(pace->rate_at_throttle * (1 - BETA) / SCALE);
}

void pace_note(struct pace *pace, double now_s, bool throttled)
{
    measure(pace, now_s);
    if (throttled && pace->measured_rate == 0) /* the first window has not ended yet */
        pace->measured_rate = pace->n_in_window / WINDOW_S;
    if (throttled) {
        double rate = pace->is_on ? fmin(pace->measured_rate, pace->rate) : pace->measured_rate;
        pace->is_on = true;
        pace->rate_at_throttle = rate;
        pace->throttled_at_s = now_s;
        set_rate(pace, BETA * rate, now_s);
    } else if (pace->is_on) {
        double since_s = now_s - pace->throttled_at_s - pace_recovery_s(pace);
        set_rate(pace, SCALE * since_s * since_s * since_s + pace->rate_at_throttle, now_s);
    }
}
