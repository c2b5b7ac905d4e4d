/* plan_json: plans as JSON, and the one way of writing JSON that is hashed. */
#ifndef CORE_CHANGE_PLAN_JSON_H
#define CORE_CHANGE_PLAN_JSON_H

#include "core/change/gate.h"

/* Appends json with the members of each object sorted by name (bytewise) and without blanks; NULL
 * is null. */
void json_canonical(struct buf *out, const cJSON *json);

/* The array and the parameters in it. */
void change_calls_free(struct change_call *calls, size_t n);

#endif
