#include "core/aws/cred/refresh.h"

#include <stdbool.h>

#define MINUTE_MS (60 * (int64_t)1000)
#define MAY_MS    (15 * MINUTE_MS)
#define MUST_MS   (10 * MINUTE_MS)
#define SHORT_MS  (20 * MINUTE_MS)

enum refresh refresh_due(int64_t got_at_ms, int64_t lapse_at_ms, int64_t now_ms)
{
    int64_t life_ms = lapse_at_ms - got_at_ms, left_ms = lapse_at_ms - now_ms;
    bool is_short = life_ms <= SHORT_MS;
    if (lapse_at_ms == 0)
        return REFRESH_NONE;
    if (left_ms <= 0)
        return REFRESH_GONE;
    if (left_ms < (is_short ? life_ms / 6 : MUST_MS))
        return REFRESH_MUST;
    return left_ms < (is_short ? life_ms / 4 : MAY_MS) ? REFRESH_MAY : REFRESH_NONE;
}
