/*
 * validate: an input against its model, and what the services say when it does not fit.
 */
#ifndef SANDBOX_VALIDATE_H
#define SANDBOX_VALIDATE_H

#include "tests/sandbox/wire/api.h"
#include "tests/sandbox/wire/handler.h"

/*
 * Checks required members, lengths, ranges, enumerations and patterns. True when all is well, else
 * reply carries the service's error. JSON and Query services name all violations at once (at most
 * ten), EC2 the first.
 */
bool validate_input(const struct operation *op, const cJSON *input, struct reply *reply);

#endif
