#include "tests/sandbox/world/rate.h"

bool rate_take(struct rate *rate, unsigned a_second, int64_t now_ms)
{
    int64_t second = now_ms / 1000 + 1; /* never 0: that is before the first one */
    if (rate->second != second) {
        rate->left = a_second;
        rate->second = second;
    }
    return rate->left-- > 0;
}
