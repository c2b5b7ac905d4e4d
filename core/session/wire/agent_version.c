#include "core/session/wire/agent_version.h"

#include <stddef.h>

#define PARTS 4

/* The feature came after this version. */
static const int came_after[][PARTS] = {
    [AGENT_MULTIPLEXES] = {3, 0, 196, 0},
    [AGENT_SENDS_NO_KEEPALIVE] = {3, 1, 1511, 0},
    [AGENT_TAKES_TERMINATE] = {2, 3, 722, 0},
};

/* A part that is no number counts as 0, as the reference client has it. */
static int64_t number_of(struct sv part)
{
    int64_t number;
    return sv_to_i64(part, &number) ? number : 0;
}

bool agent_has(struct sv version, enum agent_feature feature)
{
    int64_t parts[PARTS];
    size_t n = 0;

    while (version.ptr != NULL && n < PARTS)
        parts[n++] = number_of(sv_split(&version, '.'));
    if (n != PARTS || version.ptr != NULL)
        return false;
    for (size_t i = 0; i < PARTS; i++) {
        if (parts[i] != came_after[feature][i])
            return parts[i] > came_after[feature][i];
    }
    return false;
}
