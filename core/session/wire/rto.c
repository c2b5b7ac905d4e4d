#include "core/session/wire/rto.h"

#include <math.h>

#define ALPHA          (1.0 / 8)
#define BETA           (1.0 / 4)
#define GRANULARITY_MS 10.0
#define TIMEOUT_MAX_MS 1000.0

const struct rto rto_initial = {.smoothed_ms = 100, .variation_ms = 0, .timeout_ms = 200};

void rto_sample(struct rto *rto, double sample_ms)
{
    rto->variation_ms = (1 - BETA) * rto->variation_ms + BETA * fabs(rto->smoothed_ms - sample_ms);
    rto->smoothed_ms = (1 - ALPHA) * rto->smoothed_ms + ALPHA * sample_ms;
    rto->timeout_ms =
        fmin(TIMEOUT_MAX_MS, rto->smoothed_ms + fmax(GRANULARITY_MS, 4 * rto->variation_ms));
}
