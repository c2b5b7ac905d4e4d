/*
 * automations: all executions of a world, for the engine's own files.
 */
#ifndef SANDBOX_AUTOMATIONS_H
#define SANDBOX_AUTOMATIONS_H

#include "tests/sandbox/automation/automation.h"

struct automations {
    VEC(struct automation *) all; /* in the order of their starts */
    int64_t wake_ms;              /* nothing is due before */
};

/* With those that the world begins with. */
struct automations *automations_of(struct world *world);
/* Something is due at that time. */
void automations_wake(struct world *world, int64_t due_ms);

#endif
