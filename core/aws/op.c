#include "core/aws/op.h"

#include "core/base/mem.h"

#define SERVICE(symbol, ...) SERVICE_##symbol,
enum service_id {
#include "core/aws/services.def"
    SERVICE_COUNT
};
#undef SERVICE

#define SERVICE(symbol, id_, cli_, env_, prefix_, target_, version_, protocol_) \
    [SERVICE_##symbol] = {.id = (id_),                                          \
                          .cli = (cli_),                                        \
                          .env_suffix = (env_),                                 \
                          .endpoint_prefix = (prefix_),                         \
                          .target_prefix = (target_),                           \
                          .api_version = (version_),                            \
                          .protocol = (protocol_)},
static const struct aws_service services[SERVICE_COUNT] = {
#include "core/aws/services.def"
};
#undef SERVICE

/* The optional parts of a row. */
#define PAGES(in, out)     .token_in = (in), .token_out = (out)
#define ENDS_AS_SENT       .ends_as_sent = true
#define LIMIT(member, max) .limit = (member), .limit_max = (max)
#define RESULT(member)     .result = (member)
#define TEXTS(member)      .result = (member), .has_texts = true
#define WIRE(names)        .wire_names = (names)
#define DRY_RUN            .dry_run = true

/* IAM's name of a service is its symbol, but where that is no name in C: the second of two. */
#define IAM_ec2_instance_connect   , "ec2-instance-connect"
#define SECOND(first, second, ...) second
#define SECOND_OF(...)             SECOND(__VA_ARGS__)
#define IAM_NAME(service_)         SECOND_OF(IAM_##service_, #service_, )

#define OP(service_, name_, effect_, rate_, ...)                              \
    [OP_##service_##_##name_] = {.service = &services[SERVICE_##service_],    \
                                 .name = #name_,                              \
                                 .effect = EFFECT_##effect_,                  \
                                 .rate = RATE_##rate_,                        \
                                 .iam_action = IAM_NAME(service_) ":" #name_, \
                                 __VA_ARGS__},
static const struct aws_op ops[AWS_OP_COUNT] = {
#include "core/aws/ops/all.def"
};
#undef OP

const struct aws_op *aws_op(enum aws_op_id id)
{
    return &ops[id];
}

const struct aws_op *aws_op_find(struct sv service, struct sv name)
{
    for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
        if (sv_eq_cstr(service, ops[i].service->id) && sv_eq_cstr(name, ops[i].name))
            return &ops[i];
    }
    return NULL;
}

const struct aws_service *aws_service_at(size_t index)
{
    return index < ARRAY_LEN(services) ? &services[index] : NULL;
}

const struct aws_service *aws_service_find(struct sv name)
{
    for (size_t i = 0; i < ARRAY_LEN(services); i++) {
        if (sv_eq_cstr(name, services[i].id))
            return &services[i];
    }
    for (size_t i = 0; i < ARRAY_LEN(services); i++) {
        if (sv_eq_cstr(name, services[i].cli) || sv_eq_cstr(name, services[i].endpoint_prefix))
            return &services[i];
    }
    return NULL;
}

struct sv aws_op_wire_name(const struct aws_op *op, struct sv member)
{
    struct sv rest = sv_of(op->wire_names);
    while (rest.len > 0) {
        struct sv wire = sv_split(&rest, ' ');
        if (sv_eq(sv_split(&wire, '='), member))
            return wire;
    }
    return member;
}
