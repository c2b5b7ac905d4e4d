/*
 * client_session: what opens, resumes and ends sessions with nodes, and makes their keys. Included
 * by core/session alone; a test fails the build when anyone else does.
 */
#ifndef CORE_AWS_CLIENT_SESSION_H
#define CORE_AWS_CLIENT_SESSION_H

#include "core/aws/client.h"

/* body: the reply's bytes, borrowed, wiped afterwards: read it with json_pick. SV_NONE on failure,
 * when err says why. */
typedef void aws_session_done_fn(void *arg, struct sv body, const struct err *err);

/*
 * Sends take_request, whose effect is SESSION or END; its params are taken. Signed and retried as a
 * read is; the reply, which holds tokens or keys, is handed over unparsed and kept nowhere. on_done
 * fires once on RUN_WORKER; once the scope is closed drop(arg) is called there instead.
 * ERR_INTERNAL for an operation of another effect. Any runner.
 */
void client_session(struct aws_client *client, struct scope *scope,
                    const struct aws_request *take_request, aws_session_done_fn *on_done,
                    void (*drop)(void *arg), void *arg);

#endif
