/*
 * trail: what a call changed, noted as CloudTrail notes it.
 */
#ifndef SANDBOX_TRAIL_H
#define SANDBOX_TRAIL_H

#include "tests/sandbox/wire/api.h"
#include "tests/sandbox/wire/handler.h"

/* Whether an operation only reads, by its name, as CloudTrail's readOnly has it. */
bool trail_is_read(const char *operation);

/*
 * Notes a call that a handler has answered, done or refused, unless it only reads. Sensitive
 * members are left out.
 */
void trail_note(struct world *world, const struct operation *op, const struct call *call,
                const struct reply *reply, const char *request_id);

#endif
