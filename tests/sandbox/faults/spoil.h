/*
 * spoil: answers whose bytes are not what they ought to be.
 */
#ifndef SANDBOX_FAULTS_SPOIL_H
#define SANDBOX_FAULTS_SPOIL_H

#include "tests/sandbox/faults/fault.h"
#include "tests/sandbox/wire/http.h"

/* Changes the head and the body of a response that is ready to be sent, as fate has it. */
void spoil_response(struct faults *faults, const struct fate *fate, struct http_response *response);

#endif
