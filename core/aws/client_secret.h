/*
 * client_secret: reading what must not be seen: decrypted parameters.
 *
 * The reply is not parsed into a tree. Whoever asked picks what it needs out of the bytes
 * (core/base/json_pick.h), straight into struct secret; then they are wiped.
 */
#ifndef CORE_AWS_CLIENT_SECRET_H
#define CORE_AWS_CLIENT_SECRET_H

#include "core/aws/client.h"

/* With a reply that holds secrets, borrowed, or SV_NONE and why there is none. */
typedef void aws_secret_fn(void *arg, struct sv body, const struct err *err);

/*
 * Reads one page. take_request as in client_read. on_secret fires once on RUN_WORKER, with
 * err->code OK and the body as it came, or with the error; not at all once the scope is closed
 * (then drop(arg), when not NULL, is called once on RUN_WORKER). Retries and limits as client_read.
 * A reply of more than 128 KiB ends with ERR_TOO_BIG. Any runner.
 */
void client_read_secret(struct aws_client *client, struct scope *scope,
                        const struct aws_request *take_request, aws_secret_fn *on_secret,
                        void (*drop)(void *arg), void *arg);

#endif
