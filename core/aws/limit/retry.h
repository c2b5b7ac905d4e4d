/*
 * retry: whether a call that failed is sent again, and when. Pure, so that every rule can be
 * tested.
 *
 * The standard mode of the AWS SDKs, unless another one is set: few attempts, a quota that all
 * calls of a bucket draw from and that successes fill up again, exponential delays with full
 * jitter. Transient failures start from a shorter delay than throttling, as the 2026 revision has
 * it.
 */
#ifndef CORE_AWS_RETRY_H
#define CORE_AWS_RETRY_H

#include "core/aws/wire/fault.h"

struct retry_rules {
    unsigned attempts_max; /* the first one included */
    int quota;             /* what a bucket begins with, and its most */
    int cost, timeout_cost;
    int64_t transient_scale_ms, throttled_scale_ms; /* the first delay, before jitter */
    int64_t delay_max_ms;
};

extern const struct retry_rules retry_standard;

/* The rules of a retry mode of the AWS SDKs: legacy, standard or adaptive; NULL when there is no
 * such mode. Slowing down when throttled (pace.h) is part of adaptive there, and of every mode
 * here. */
const struct retry_rules *retry_mode(struct sv name);

/* The quota of one account x region x service. */
struct retry_quota {
    int left;
};

/* What one call has drawn from it so far. Zero-initialised at the first attempt. */
struct retry_state {
    unsigned attempts; /* that have failed */
    int last_cost;
};

/* After a failed attempt: whether another may follow. Takes its cost from quota if so. */
bool retry_take(const struct retry_rules *rules, struct retry_quota *quota,
                struct retry_state *state, enum fault fault);

/*
 * How long to wait before it. jitter is from [0, 1). retry_after is the value of x-amz-retry-after
 * in milliseconds (SV_NONE: none): it can prolong the wait by up to 5 s, and is ignored when it is
 * no number.
 */
int64_t retry_delay_ms(const struct retry_rules *rules, const struct retry_state *state,
                       enum fault fault, double jitter, struct sv retry_after);

/* After a success: gives back what the last retry cost, or one for a call that needed none. */
void retry_succeeded(const struct retry_rules *rules, struct retry_quota *quota,
                     const struct retry_state *state);

#endif
