/*
 * twist: answers that are well formed and wrong: pages, values, members.
 */
#ifndef SANDBOX_FAULTS_TWIST_H
#define SANDBOX_FAULTS_TWIST_H

#include <cjson/cJSON.h>

#include "tests/sandbox/faults/fault.h"
#include "tests/sandbox/wire/api.h"

/* Takes a page token that twist_output has made out of input. The number of the page that it asks
 * for, 0 for the first one, -1 when the token is one of the service's own. */
int64_t twist_take_page(const struct operation *op, cJSON *input);

/* Changes output, which op's handler has filled, as fate has it; page is from twist_take_page.
 * What the model does not allow goes in as cJSON_Raw, which the codecs write as it is. */
void twist_output(struct faults *faults, const struct fate *fate, const struct operation *op,
                  int64_t page, cJSON *output);

#endif
