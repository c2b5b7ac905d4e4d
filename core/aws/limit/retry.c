#include "core/aws/limit/retry.h"

#include <limits.h>

#include "core/base/mem.h"

#define RETRY_AFTER_MAX_MS 5000

const struct retry_rules retry_standard = {
    .attempts_max = 3,
    .quota = 500,
    .cost = 5,
    .timeout_cost = 10,
    .transient_scale_ms = 50,
    .throttled_scale_ms = 1000,
    .delay_max_ms = 20000,
};

/* More attempts, longer delays, and nothing to stop them but their number. */
static const struct retry_rules retry_legacy = {
    .attempts_max = 5,
    .quota = INT_MAX / 2,
    .transient_scale_ms = 1000,
    .throttled_scale_ms = 1000,
    .delay_max_ms = 20000,
};

const struct retry_rules *retry_mode(struct sv name)
{
    static const struct {
        const char *name;
        const struct retry_rules *rules;
    } modes[] = {
        {"legacy", &retry_legacy}, {"standard", &retry_standard}, {"adaptive", &retry_standard}};
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        if (sv_eq_cstr(name, modes[i].name))
            return modes[i].rules;
    }
    return NULL;
}

bool retry_take(const struct retry_rules *rules, struct retry_quota *quota,
                struct retry_state *state, enum fault fault)
{
    int cost = fault == FAULT_TIMEOUT ? rules->timeout_cost : rules->cost;
    state->attempts++;
    if (state->attempts >= rules->attempts_max || quota->left < cost)
        return false;
    quota->left -= cost;
    state->last_cost = cost;
    return true;
}

int64_t retry_delay_ms(const struct retry_rules *rules, const struct retry_state *state,
                       enum fault fault, double jitter, struct sv retry_after)
{
    int64_t delay_ms =
        fault == FAULT_THROTTLED ? rules->throttled_scale_ms : rules->transient_scale_ms;
    for (unsigned i = 1; i < state->attempts && delay_ms < rules->delay_max_ms; i++)
        delay_ms *= 2;
    if (delay_ms > rules->delay_max_ms)
        delay_ms = rules->delay_max_ms;
    delay_ms = (int64_t)(jitter * (double)delay_ms);

    int64_t asked_ms = 0;
    if (!sv_to_i64(retry_after, &asked_ms) || asked_ms <= delay_ms)
        return delay_ms;
    return asked_ms < delay_ms + RETRY_AFTER_MAX_MS ? asked_ms : delay_ms + RETRY_AFTER_MAX_MS;
}

void retry_succeeded(const struct retry_rules *rules, struct retry_quota *quota,
                     const struct retry_state *state)
{
    quota->left += state->last_cost > 0 ? state->last_cost : 1;
    if (quota->left > rules->quota)
        quota->left = rules->quota;
}
