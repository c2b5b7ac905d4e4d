/*
 * helper_portal: IAM Identity Center on loopback, for tests: OIDC and portal on one port, with one
 * session whose person confirms when the test says so.
 */
#ifndef TESTS_UNIT_AWS_HELPER_PORTAL_H
#define TESTS_UNIT_AWS_HELPER_PORTAL_H

#include <stdatomic.h>

#include "tests/support/server.h"

/* What it answers, to be set by the test, and what it has seen. */
struct portal {
    struct server *server;
    /* AuthorizationPending so often before each token; -1: for ever */
    atomic_int pending;
    /* how each request ends instead, so many times: 0 means as it should */
    atomic_int slow_downs, lapsed_codes, denials, unknown_clients, refused_renewals, failures,
        rejected_tokens;
    atomic_int token_lifetime_s;
    atomic_bool forbids_role;
    atomic_int n_registered, n_codes, n_polls, n_renewals, n_credentials;
    atomic_int generation; /* of the tokens that are good: "access-N", "refresh-N" */
};

/* Zeroes what it was and listens. */
void portal_start(struct portal *portal);
void portal_stop(struct portal *portal);

#endif
