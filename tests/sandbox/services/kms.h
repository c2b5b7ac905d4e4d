/* kms: what KMS does for others than its callers: agents open data keys. */
#ifndef SANDBOX_SERVICES_KMS_H
#define SANDBOX_SERVICES_KMS_H

#include <cjson/cJSON.h>

#include "core/base/str.h"

struct world;

/* Appends what a ciphertext (base64) of that account and region holds, made with that context,
 * {name: text} or NULL, in any order; false when it is none, or its key is not to be used. */
bool kms_open(struct world *world, const char *account_id, const char *region, const cJSON *context,
              struct sv ciphertext, struct buf *plain);

#endif
