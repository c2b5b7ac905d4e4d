/*
 * secret_log: each secret that is handed out as one line of JSON, {"what", "secret"}, for those who
 * look for where it went.
 */
#ifndef SANDBOX_SECRET_LOG_H
#define SANDBOX_SECRET_LOG_H

#include <cjson/cJSON.h>

#include "core/base/err.h"

struct secret_log;

/* Appends to path, which is created 0600. ERR_IO. */
enum err_code secret_log_open(const char *path, struct secret_log **log, struct err *err);
void secret_log_close(struct secret_log *log); /* NULL is allowed */
/* Writes what of an output must not be seen: keys, tokens, data keys (base64), values of
 * SecureStrings when the input asks for them decrypted. log NULL writes nothing. */
void secret_log_write(struct secret_log *log, const cJSON *input, const cJSON *output);

#endif
