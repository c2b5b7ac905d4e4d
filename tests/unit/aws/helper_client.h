/*
 * helper_client: a client with its runners, and calls that are waited for.
 */
#ifndef TESTS_UNIT_AWS_HELPER_CLIENT_H
#define TESTS_UNIT_AWS_HELPER_CLIENT_H

#include "core/aws/client_change.h"
#include "core/aws/client_secret.h"
#include "core/base/vec.h"

/* What became of a call. Written on RUN_WORKER, to be read once `ended` has been waited for. */
struct helper_call {
    struct helper_ended *ended;
    VEC(cJSON *) pages;
    size_t n_restarts;
    cJSON *result; /* of a change or a probe */
    struct aws_outcome outcome;
    size_t n_done, n_dropped; /* how often each was called */
    bool last_seen;           /* a page said that it was the last */
};

/* Environment variables of AWS are cleared, these keys are set, and the runners are started. */
void helper_start(const char *access_key_id, const char *secret_access_key);
void helper_stop(void);
/* A client for an endpoint, whose retries take no time. The test fails when there is none. */
struct aws_client *helper_client_new(const char *endpoint_url);
/* One whose certificates are checked by ca_file. */
struct aws_client *helper_client_new_tls(const char *endpoint_url, const char *ca_file);
/* The scope of calls that name none. */
struct scope *helper_scope(void);

/* A client for a profile. The test fails when there is none. */
struct aws_client *helper_client_new_profile(const char *endpoint_url, const char *profile);
/* Variables of AWS that a credential chain looks at are cleared. */
void helper_clear_credentials(void);

/* Makes the call and waits for its end (a minute at most, then the test fails). params is taken. */
struct helper_call *helper_read(struct aws_client *client, enum aws_op_id op,
                                const char *account_id, const char *region, cJSON *params);
struct helper_call *helper_change(struct aws_client *client, enum aws_op_id op,
                                  const char *account_id, cJSON *params);
struct helper_call *helper_probe(struct aws_client *client, enum aws_op_id op,
                                 const char *account_id, cJSON *params);

/* With a parameter that nobody is to see; and a reply that holds one, as its tree in result. */
struct helper_call *helper_change_secret(struct aws_client *client, enum aws_op_id op,
                                         const char *account_id, cJSON *params, const char *member,
                                         const char *secret);
struct helper_call *helper_read_secret(struct aws_client *client, enum aws_op_id op,
                                       const char *account_id, cJSON *params);

/* The same in two steps. */
struct helper_call *helper_begin(struct aws_client *client, struct scope *scope, enum aws_op_id op,
                                 const char *account_id, const char *region, cJSON *params);
struct helper_call *helper_begin_change(struct aws_client *client, struct scope *scope,
                                        enum aws_op_id op, const char *account_id, cJSON *params);
/* At most pages_max pages. */
struct helper_call *helper_begin_pages(struct aws_client *client, enum aws_op_id op,
                                       size_t pages_max);
void helper_wait(struct helper_call *call);
/* The same while RUN_UI goes on. */
void helper_wait_on_ui(struct helper_call *call);
void helper_call_free(struct helper_call *call);

/* An object from its text; the test fails when it is no JSON. */
cJSON *helper_json(const char *text);

#endif
