/*
 * fault: what a reply that is no success means: read from the body by protocol, then classified.
 */
#ifndef CORE_AWS_FAULT_H
#define CORE_AWS_FAULT_H

#include "core/aws/op.h"
#include "core/base/err.h"
#include "core/net/http.h"

/* What the client does about it. */
enum fault {
    FAULT_NONE,       /* a success */
    FAULT_FINAL,      /* refused: nothing to be done here */
    FAULT_DRY_RUN,    /* DryRunOperation: it would have succeeded */
    FAULT_THROTTLED,  /* slower, then again */
    FAULT_TRANSIENT,  /* again after a while */
    FAULT_TIMEOUT,    /* as transient, but costs more of the retry quota */
    FAULT_EXPIRED,    /* again with new credentials */
    FAULT_SKEW,       /* again with the clock corrected */
    FAULT_PAGE_TOKEN, /* the list has to be read from its beginning */
};

/*
 * Reads a reply to op. skew_ms is the server's clock minus the clock that it was signed by, 0 when
 * unknown: AuthFailure and RequestExpired mean wrong clocks or lapsed credentials, and it decides.
 * *err is ERR_NONE or says everything: code, status, AWS code, request id, the IAM action that was
 * missing, and where as "config:DescribeConfigRules". Reads at most FAULT_BODY_MAX of the body, so
 * that it may run on RUN_NET.
 */
enum fault fault_read(const struct aws_op *op, const struct http_reply *reply, int64_t skew_ms,
                      struct err *err);

#define FAULT_BODY_MAX ((size_t)64 << 10)
#define FAULT_SKEW_MS  (4 * 60 * 1000) /* below it clocks are right enough */

#endif
