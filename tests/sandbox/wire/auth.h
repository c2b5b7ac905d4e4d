/*
 * auth: is this request signed by somebody we know, with the right key, at the right time?
 *
 * The time of signing is judged on the machine's real clock, whatever the world's clock says. A
 * session ends when the real clock, plus what the world's clock was advanced by hand, has passed
 * its expiration: so a test that moves the clock by an hour sees credentials expire.
 */
#ifndef SANDBOX_AUTH_H
#define SANDBOX_AUTH_H

#include "core/base/str.h"
#include "tests/sandbox/wire/http.h"
#include "tests/sandbox/wire/iam.h"

/* Every protocol family has its own code, status and words for each: see error.c. */
enum auth_fault {
    AUTH_OK,
    AUTH_MISSING,     /* nothing was signed */
    AUTH_INCOMPLETE,  /* the claim cannot be read; *message says why */
    AUTH_UNKNOWN_KEY, /* no such access key, or not with that session token */
    AUTH_EXPIRED,     /* the session is over */
    AUTH_MISMATCH,    /* another signature was expected */
    AUTH_REFUSED,     /* a bad scope, an uncovered header, a wrong time; *message says which */
    AUTH_FAULT_COUNT
};

struct auth_result {
    enum auth_fault fault;
    const struct principal *principal; /* with AUTH_OK */
    char service[32], region[32];      /* as the scope claims them, "" when it does not */
    struct buf message;                /* "": the family's own words */
};

struct auth;

struct auth *auth_new(const struct iam *iam);
void auth_free(struct auth *auth);

/*
 * Checks request at now_ms (real clock); advanced_ms is what the world's clock was advanced by.
 * Release *result with auth_result_done.
 */
void auth_check(struct auth *auth, const struct http_request *request, int64_t now_ms,
                int64_t advanced_ms, struct auth_result *result);
void auth_result_done(struct auth_result *result);

#endif
