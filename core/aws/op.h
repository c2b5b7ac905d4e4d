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
    EFFECT_SESSION, /* opens a shell or a tunnel, hands out credentials */
    EFFECT_END,     /* ends a shell or a tunnel: one's own, or through the gate anybody's */
    EFFECT_NOTIFY,  /* alert, OpsItem: standing consent in the settings */
    EFFECT_CHANGE,  /* only through the gate */
};

/* How fast an operation may be called: the bucket it draws from. */
enum aws_rate {
    RATE_NORMAL,      /* each account x region x service */
    RATE_DOOR,        /* asked of one account for all others: a bucket for it, more in flight */
    RATE_SLOW,        /* the operation has a low limit of its own: a bucket for it */
    RATE_GLOBAL_SLOW, /* one bucket for the whole organization, one call at a time */
};

/* One row of services.def. */
struct aws_service {
    const char *id;              /* "config": also the IAM prefix */
    const char *cli;             /* "configservice": the AWS CLI's command */
    const char *env_suffix;      /* "CONFIG_SERVICE" in AWS_ENDPOINT_URL_CONFIG_SERVICE */
    const char *endpoint_prefix; /* "organizations"; also the signing name */
    const char *target_prefix;   /* X-Amz-Target, JSON only */
    const char *api_version;     /* Query and EC2 only */
    enum aws_protocol protocol;
};

struct aws_op {
    const struct aws_service *service;
    const char *name; /* "DescribeSecurityGroupRules" */
    enum aws_effect effect;
    enum aws_rate rate;
    const char *iam_action; /* named when it is denied */
    const char *token_in;   /* paging: input member, NULL when not paged */
    const char *token_out;  /* output member on the wire */
    bool ends_as_sent;      /* behind the last page the token comes back that was sent */
    const char *limit;      /* input member of the page size, NULL when there is none */
    int limit_max;          /* asked for when the caller names no size */
    const char *result;     /* output member that holds the list, on the wire; NULL: no list */
    bool has_texts; /* the list holds JSON in texts: pages come as core/aws/wire/page_texts.h */
    const char *wire_names; /* EC2 and Query: "Filters=Filter SecurityGroupRuleIds=..." */
    bool dry_run;           /* has DryRun: can be probed */
};

/* enum aws_op_id { OP_ec2_DescribeSecurityGroupRules, ... } made from ops/all.def. */
#define OP(service, name, ...) OP_##service##_##name,
enum aws_op_id {
#include "core/aws/ops/all.def"
    AWS_OP_COUNT
};
#undef OP

/* The row of id. Never NULL. */
const struct aws_op *aws_op(enum aws_op_id id);
/* By the service's id and the operation's name; NULL when unknown. */
const struct aws_op *aws_op_find(struct sv service, struct sv name);
/* The rows of services.def by number; NULL behind the last. */
const struct aws_service *aws_service_at(size_t index);
/* By its id, else by its AWS CLI command or endpoint prefix ("configservice", "monitoring"); NULL
 * when unknown. */
const struct aws_service *aws_service_find(struct sv name);

/* The name of a member on the wire: what wire_names says, else the member's own. */
struct sv aws_op_wire_name(const struct aws_op *op, struct sv member);

#endif
