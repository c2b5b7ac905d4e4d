/*
 * request_log: each request as one line of JSON, written whole and at once, so that whoever reads
 * the file sees what arrived, even when the sandbox is killed in the next moment.
 */
#ifndef SANDBOX_REQUEST_LOG_H
#define SANDBOX_REQUEST_LOG_H

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "tests/sandbox/wire/api.h"

struct request_log;

/* What is known of a request; "" or NULL for what is not. */
struct request_record {
    int64_t at_ms; /* real clock */
    const char *request_id, *service, *region, *account_id, *principal, *operation;
    const struct operation *op; /* for knowing what is sensitive */
    const cJSON *parameters;
    int status;
    const char *error_code;
};

/* Appends to path, which is created. ERR_IO. */
enum err_code request_log_open(const char *path, struct request_log **log, struct err *err);
void request_log_close(struct request_log *log); /* NULL is allowed */
/* Lines: time, request_id, service, region, account, principal, operation, dry_run, parameters,
 * status, error. log NULL writes nothing. */
void request_log_write(struct request_log *log, const struct request_record *record);

#endif
