/* helper_request: requests as they come over the wire, written by hand or read from a file. */
#ifndef TESTS_UNIT_SANDBOX_HELPER_REQUEST_H
#define TESTS_UNIT_SANDBOX_HELPER_REQUEST_H

#include "core/base/mem.h"
#include "tests/sandbox/wire/http.h"
#include "tests/sandbox/wire/iam.h"

#define HEADERS_MAX 32

/* A request that owns its text. */
struct raw_request {
    struct arena arena;
    struct http_header headers[HEADERS_MAX];
    struct http_request request;
};

/* Splits "METHOD target HTTP/1.1", header lines (folded ones too), an empty line and the body. */
void raw_request_parse(struct raw_request *raw, struct sv text);
void raw_request_init(struct raw_request *raw, const char *method, const char *target,
                      const char *body);
void raw_request_header(struct raw_request *raw, const char *name, const char *value);
/* The value of a header that is there already. */
void raw_request_replace(struct raw_request *raw, const char *name, const char *value);
void raw_request_done(struct raw_request *raw);

/* How to sign: what is NULL or 0 gets the usual value. */
struct signing {
    const struct principal *who;
    const char *secret; /* instead of that of who */
    const char *service, *region;
    int64_t at_ms;         /* the clock when it is 0 */
    const char *scope_end; /* "aws4_request" */
    const char *leave_out; /* a header that is not signed */
};

/* Adds X-Amz-Date, X-Amz-Security-Token and Authorization; headers added later are not covered. */
void raw_request_sign(struct raw_request *raw, const struct signing *signing);

/* A signed request to a service: JSON with that target, or a form when target is NULL. */
void raw_request_call(struct raw_request *raw, const struct signing *signing, const char *target,
                      const char *body);

#endif
