/*
 * effect: what operations do to the world that the sandbox does not serve on the wire, for the
 * steps of AWS's documents.
 */
#ifndef SANDBOX_EFFECT_H
#define SANDBOX_EFFECT_H

#include "tests/sandbox/wire/handler.h"

/* Whether there is such an operation. */
bool effect_is_known(const char *service, const char *operation);
/*
 * Carries it out as invoke does: under the caller's policies, on a resource of the call's account
 * and region, noted for CloudTrail. False when it was refused: then reply says how.
 */
bool effect_invoke(struct world *world, const struct call *as, const char *service,
                   const char *operation, const cJSON *input, struct reply *reply);

#endif
