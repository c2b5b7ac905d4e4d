#include "core/aws/client_session.h"

#include "core/aws/call.h"

void client_session(struct aws_client *client, struct scope *scope,
                    const struct aws_request *take_request, aws_session_done_fn *on_done,
                    void (*drop)(void *arg), void *arg)
{
    const struct aws_op *op = aws_op(take_request->op);
    const struct call_handlers handlers = {.on_secret = on_done, .drop = drop, .arg = arg};
    struct err err;

    if (op->effect == EFFECT_SESSION || op->effect == EFFECT_END) {
        call_start(client, scope, CALL_SECRET, take_request, &handlers);
        return;
    }
    err_set(&err, ERR_INTERNAL, op->iam_action, "this operation opens no session");
    call_refuse(client, scope, CALL_SECRET, take_request, &handlers, &err);
}
