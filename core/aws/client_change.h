/*
 * client_change: what is sent to change AWS. Included by core/change alone; a test fails the build
 * when anyone else does.
 */
#ifndef CORE_AWS_CLIENT_CHANGE_H
#define CORE_AWS_CLIENT_CHANGE_H

#include "core/aws/client.h"
#include "core/base/secret.h"

/*
 * Sends take_request exactly once, on a fresh connection that is closed afterwards (libcurl sends a
 * POST again by itself when a kept connection closes). No retry once a byte may have left; while
 * outcome->sent is false the caller may try again. on_done fires exactly once on RUN_WORKER with
 * the reply's tree (NULL on failure; borrowed), even when the scope closes after the sending began:
 * what was sent is always accounted for. Any effect but READ. outcome->err.code:
 * OK, ERR_UNKNOWN_OUTCOME (sent, no whole answer), or what AWS answered.
 */
typedef void aws_change_done_fn(void *arg, const struct aws_request *request, const cJSON *body,
                                const struct aws_outcome *outcome);
void client_change(struct aws_client *client, struct scope *scope,
                   const struct aws_request *take_request, aws_change_done_fn *on_done, void *arg);

/*
 * The same with one more parameter, which nobody is to see: it is in no log and in no command line,
 * and what held it is wiped once it was sent. secret_member is a constant; a reference to secret is
 * taken.
 */
void client_change_secret(struct aws_client *client, struct scope *scope,
                          const struct aws_request *take_request, const char *secret_member,
                          struct secret *secret, aws_change_done_fn *on_done, void *arg);

/*
 * The same request with DryRun=true (EC2): on_done gets OK for DryRunOperation, ERR_DENIED for
 * UnauthorizedOperation, else what AWS answered. Retried like a read; ERR_CANCELLED when the scope
 * closes first. ERR_INTERNAL for an operation without DryRun.
 */
void client_probe(struct aws_client *client, struct scope *scope,
                  const struct aws_request *take_request, aws_change_done_fn *on_done, void *arg);

#endif
