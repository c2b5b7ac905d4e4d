/*
 * ec2_change: one request to change the rules of a security group, on its way.
 */
#ifndef SANDBOX_EC2_CHANGE_H
#define SANDBOX_EC2_CHANGE_H

#include "tests/sandbox/services/ec2.h"

/* What an authorize, a revoke or a modify is about. */
struct change_request {
    struct world *world;
    const struct call *call;
    struct reply *reply;
    bool egress; /* it is about outbound rules */
    struct resource group;
    cJSON *doc;    /* the group's document, changed in place until it is stored */
    cJSON *wanted; /* single rules */
};

/* Fills the reply with that error; false, so that a check ends in `return ec2_refuse(...)`. */
bool ec2_refuse(struct change_request *request, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/*
 * Takes the permissions of the request apart into request->wanted: single rules in the form that
 * documents have, with protocols and blocks written the canonical way. False after having refused.
 */
bool ec2_expand_permissions(struct change_request *request);
/* The same for one SecurityGroupRuleRequest, which has exactly one source: one more single rule. */
bool ec2_expand_rule(struct change_request *request, const cJSON *given);
/* A rule of a document as EC2 shows it: SecurityGroupRule. */
cJSON *ec2_shape_rule(const struct resource *group, const cJSON *rule);

#endif
