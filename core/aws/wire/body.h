/*
 * body: requests as they go over the wire: JSON, Query, EC2.
 */
#ifndef CORE_AWS_BODY_H
#define CORE_AWS_BODY_H

#include "core/aws/op.h"
#include "core/base/json.h"

/* What the client adds to the caller's parameters. Zero-initialised adds nothing. */
struct body_extra {
    struct sv token;           /* the page to ask for, as the operation's token_in */
    int limit;                 /* as the operation's limit, unless params name one */
    bool dry_run;              /* DryRun=true (EC2), whatever params say */
    const char *secret_member; /* one more parameter, which nobody is to see; NULL: none */
    struct sv secret;
};

/*
 * Appends the body of a request to out. params is an object in the model's member names, or NULL.
 * Members that are null are left out. Query nests with dots, writes lists as NAME.member.N and an
 * empty one as NAME=; EC2 writes lists as NAME.N, empty ones not at all, and names as wire_names
 * has them. ERR_USAGE when params is no object, ERR_UNSUPPORTED for the REST protocols.
 */
enum err_code body_write(const struct aws_op *op, const cJSON *params,
                         const struct body_extra *extra, struct buf *out, struct err *err);

/* The value of Content-Type that goes with it. */
const char *body_content_type(enum aws_protocol protocol);

#endif
