/*
 * op: the operations that watchdeck knows, one row each in core/aws/ops/SERVICE.def.
 */
#ifndef CORE_AWS_OP_H
#define CORE_AWS_OP_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/str.h"

enum aws_protocol { AWS_JSON_1_0, AWS_JSON_1_1, AWS_QUERY, AWS_EC2, AWS_REST_JSON, AWS_REST_XML };

/* What an operation does to the world; see core/change/README.md. */
enum aws_effect {
    EFFECT_READ,
    EFFECT_PROBE,   /* a DryRun: touches nothing that runs */
    EFFECT_SESSION, /* opens a shell or a tunnel */
    EFFECT_NOTIFY,  /* alert, OpsItem: standing consent in the settings */
    EFFECT_CHANGE,  /* only through the gate */
};

/* How fast an operation may be called: the bucket it draws from. */
enum aws_rate { RATE_NORMAL, RATE_SLOW, RATE_GLOBAL_SLOW };

struct aws_service {
    const char *id;              /* "ec2": also the AWS CLI's command and the IAM prefix */
    const char *env_suffix;      /* "CONFIG_SERVICE" in AWS_ENDPOINT_URL_CONFIG_SERVICE */
    const char *endpoint_prefix; /* "organizations" */
    const char *signing_name;
    const char *target_prefix; /* X-Amz-Target, JSON only */
    const char *api_version;   /* Query and EC2 only */
    enum aws_protocol protocol;
    bool global; /* one endpoint a partition (organizations) */
};

struct aws_op {
    const struct aws_service *service;
    const char *name; /* "DescribeSecurityGroupRules" */
    enum aws_effect effect;
    enum aws_rate rate;
    const char *token_in;  /* paging: input member, NULL when not paged */
    const char *token_out; /* output member on the wire */
    const char *limit;     /* input member of the page size, NULL when there is none */
    int limit_max;
    const char *result;     /* dotted output member that holds the list, on the wire */
    const char *iam_action; /* named when it is denied */
    const char *wire_names; /* EC2 and Query: "Filters=Filter SecurityGroupRuleIds=..." */
};

/* enum aws_op_id { OP_ec2_DescribeSecurityGroupRules, ... } made from ops/all.def. */
#define OP(service, name, ...) OP_##service##_##name,
enum aws_op_id {
#include "core/aws/ops/all.def"
    AWS_OP_COUNT
};
#undef OP

const struct aws_op *aws_op(enum aws_op_id id);
const struct aws_op *aws_op_find(struct sv service, struct sv name); /* NULL when unknown */

#endif
