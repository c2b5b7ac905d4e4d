/*
 * refresh: when credentials are to be renewed.
 */
#ifndef CORE_AWS_REFRESH_H
#define CORE_AWS_REFRESH_H

#include <stdint.h>

enum refresh {
    REFRESH_NONE,
    REFRESH_MAY,  /* in the background; the old ones go on, whatever comes of it */
    REFRESH_MUST, /* before they are used again */
    REFRESH_GONE, /* they have lapsed */
};

/*
 * botocore's windows: 15 minutes before they lapse, and 10. Those of a session that is hardly
 * longer than that are shorter: a quarter and a sixth of its time. got_at_ms: when they came.
 * lapse_at_ms 0: never.
 */
enum refresh refresh_due(int64_t got_at_ms, int64_t lapse_at_ms, int64_t now_ms);

#endif
