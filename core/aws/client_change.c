#include "core/aws/client_change.h"

#include "core/aws/call.h"

/* Ends a request that may not be sent, in the same way as every other: on RUN_WORKER, later. */
static void refuse(struct aws_client *client, struct scope *scope, enum call_kind kind,
                   const struct aws_request *take_request, const struct call_handlers *handlers,
                   const char *why)
{
    struct err err;
    err_set(&err, ERR_INTERNAL, aws_op(take_request->op)->iam_action, "%s", why);
    call_refuse(client, scope, kind, take_request, handlers, &err);
}

void client_change(struct aws_client *client, struct scope *scope,
                   const struct aws_request *take_request, aws_change_done_fn *on_done, void *arg)
{
    const struct call_handlers handlers = {.on_change_done = on_done, .arg = arg};
    if (aws_op(take_request->op)->effect == EFFECT_READ)
        refuse(client, scope, CALL_CHANGE, take_request, &handlers, "this operation only reads");
    else
        call_start(client, scope, CALL_CHANGE, take_request, &handlers);
}

void client_change_secret(struct aws_client *client, struct scope *scope,
                          const struct aws_request *take_request, const char *secret_member,
                          struct secret *secret, aws_change_done_fn *on_done, void *arg)
{
    const struct call_handlers handlers = {.on_change_done = on_done, .arg = arg};
    if (aws_op(take_request->op)->effect == EFFECT_READ)
        refuse(client, scope, CALL_CHANGE, take_request, &handlers, "this operation only reads");
    else
        call_start_with(client, scope, CALL_CHANGE, take_request, secret_member, secret, &handlers);
}

void client_probe(struct aws_client *client, struct scope *scope,
                  const struct aws_request *take_request, aws_change_done_fn *on_done, void *arg)
{
    const struct call_handlers handlers = {.on_change_done = on_done, .arg = arg};
    if (!aws_op(take_request->op)->dry_run)
        refuse(client, scope, CALL_PROBE, take_request, &handlers, "this operation has no DryRun");
    else
        call_start(client, scope, CALL_PROBE, take_request, &handlers);
}
