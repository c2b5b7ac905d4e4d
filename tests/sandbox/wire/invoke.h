/*
 * invoke: an operation that nobody sent a request for.
 *
 * What a service does in somebody's name (a step of an automation) takes the same way as what they
 * would have sent themselves: read by the model, allowed by their policies, validated, handled, and
 * noted for CloudTrail.
 */
#ifndef SANDBOX_INVOKE_H
#define SANDBOX_INVOKE_H

#include "tests/sandbox/wire/handler.h"

/*
 * Carries out service's operation with input, in the model's member names. as says who does it,
 * where and when; its principal NULL lets everything pass. reply is made ready by invoke: its
 * output is the caller's either way, a tree of the model's member names. False when it was refused:
 * then reply says how.
 */
bool invoke(struct world *world, const struct call *as, const char *service, const char *operation,
            const cJSON *input, struct reply *reply);

#endif
