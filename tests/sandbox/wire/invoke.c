#include "tests/sandbox/wire/invoke.h"

#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "tests/sandbox/wire/codec.h"
#include "tests/sandbox/wire/iam.h"
#include "tests/sandbox/wire/trail.h"
#include "tests/sandbox/wire/validate.h"

/* NULL, and a refusal, when it is not served here. */
static const struct operation *find(const char *service_name, const char *name, struct reply *reply)
{
    const struct service *service = api_service(sv_of(service_name));
    const struct operation *op = service ? api_operation(service, sv_of(name)) : NULL;
    /* sessions and tokens are handed out to those who ask on the wire alone */
    bool is_identity = service && strncmp(service_name, "s", 1) == 0 &&
                       (strcmp(service_name, "sts") == 0 || service->protocol == PROTOCOL_REST);
    if (op && op->handle && !is_identity)
        return op;
    reply_error(reply, 501, "NotImplemented", "The sandbox does not serve %s:%s.", service_name,
                name);
    return NULL;
}

static bool allow(const struct call *call, struct reply *reply)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    char action[120];
    if (!call->principal)
        return true;
    snprintf(action, sizeof action, "%s:%s", call->service, call->operation);
    enum decision decision = iam_decide(call->principal, action, "*");
    if (decision == DECISION_ALLOW)
        return true;
    iam_explain(&text, call->principal, decision, action, "*");
    bool is_ec2 = strcmp(call->service, "ec2") == 0;
    reply_error(reply, is_ec2 ? 403 : 0, is_ec2 ? "UnauthorizedOperation" : "AccessDeniedException",
                "%s", buf_cstr(&text));
    return false;
}

/* The input as the model types it. */
static cJSON *read_input(const struct operation *op, const cJSON *input, struct reply *reply)
{
    struct codec_problem problem;
    AUTO_FREE char *text = json_print(input);
    cJSON *typed = codec_read_json(op->input, sv_of(text ? text : "{}"), &problem);
    if (!typed)
        reply_error(reply, 0, "ValidationException", "%s", problem.text);
    return typed;
}

bool invoke(struct world *world, const struct call *as, const char *service, const char *operation,
            const cJSON *input, struct reply *reply)
{
    char request_id[OS_UUID_SIZE];
    *reply = (struct reply){.output = cJSON_CreateObject()};
    const struct operation *op = find(service, operation, reply);
    AUTO(json_free_at) cJSON *typed = op ? read_input(op, input, reply) : NULL;
    if (!typed)
        return false;
    struct call call = *as;
    call.service = op->service->name;
    call.operation = op->name;
    call.input = typed;
    if (allow(&call, reply) && validate_input(op, typed, reply))
        op->handle(world, &call, reply);
    os_uuid4(request_id);
    trail_note(world, op, &call, reply, request_id);
    return !*reply->code;
}
