/*
 * json_patch: RFC 6902 over a tree, with the pointers of RFC 6901.
 */
#ifndef SANDBOX_JSON_PATCH_H
#define SANDBOX_JSON_PATCH_H

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/str.h"

/*
 * Applies an array of operations to *tree, in order. After a failure *tree is half changed, so
 * work on a copy. ERR_PARSE: an operation is malformed; ERR_NOT_FOUND: a place that is not there;
 * ERR_REFUSED: a test failed.
 */
enum err_code json_patch_apply(cJSON **tree, const cJSON *patch, struct err *err);

/* Cuts the first token off a pointer and undoes its escapes; false at the end or without a '/'. */
bool json_pointer_token(struct sv *pointer, char *token, size_t size);

#endif
