/*
 * helper_fake_client: client_read, the changes and client_probe without a network. What AWS
 * answers is said by a function of the test; callbacks fire on RUN_WORKER as the real ones do.
 */
#ifndef TESTS_UNIT_CHANGE_HELPER_FAKE_CLIENT_H
#define TESTS_UNIT_CHANGE_HELPER_FAKE_CLIENT_H

#include "core/aws/client_change.h"

enum fake_verb { FAKE_READ, FAKE_PROBE, FAKE_CHANGE };

struct fake_answer {
    struct err err;
    bool sent;   /* true to begin with */
    cJSON *body; /* freed by the fake */
};

/* On RUN_WORKER, once for each request. */
typedef void fake_aws_fn(void *arg, enum fake_verb verb, const struct aws_request *request,
                         struct fake_answer *answer);
void fake_client_use(fake_aws_fn *fn, void *arg);
/* "MEMBER=SECRET" of the last client_change_secret. */
extern char fake_secret[160];

/* Fills answer->err as a service's refusal. */
void fake_refuse(struct fake_answer *answer, enum err_code code, int http_status,
                 const char *aws_code);

#endif
