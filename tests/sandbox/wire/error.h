/*
 * error: how each protocol family says no.
 */
#ifndef SANDBOX_ERROR_H
#define SANDBOX_ERROR_H

#include "tests/sandbox/wire/api.h"
#include "tests/sandbox/wire/auth.h"
#include "tests/sandbox/wire/http.h"

/* Refusals that are the same whatever the operation. */
enum refusal {
    REFUSE_UNKNOWN_OPERATION, /* text: the operation, or "" */
    REFUSE_MISSING_ACTION,
    REFUSE_WRONG_VERSION, /* text: the version */
    REFUSE_MALFORMED,     /* the body cannot be read; text: why */
    REFUSE_TOO_LARGE,
    REFUSE_THROTTLED,
    REFUSE_DENIED,     /* text: the whole message */
    REFUSE_INVALID,    /* text: the whole message */
    REFUSE_BAD_TOKEN,  /* text: the token's member */
    REFUSE_NOT_SERVED, /* text: the operation */
    REFUSE_INTERNAL,
    REFUSE_COUNT
};

/* The family's words for a failed check of the signature; message is taken where the family has
 * none of its own. */
void error_refuse_auth(struct reply *reply, enum protocol protocol, enum auth_fault fault,
                       const char *message);
/* The service's own words for refusal; text fills the place they leave.
 * service may be NULL. */
void error_refuse(struct reply *reply, enum protocol protocol, const struct service *service,
                  enum refusal refusal, const char *text);
/*
 * Writes reply, which carries an error, as the protocol has it: reply->output holds further members
 * of the error, http_status 0 stands for the status that the model gives the code, else 400.
 * service is NULL when nobody knows it.
 */
void error_write(struct http_response *response, enum protocol protocol,
                 const struct service *service, const struct reply *reply);

#endif
