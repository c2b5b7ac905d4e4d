/*
 * acquire: the credentials of a profile, by its chain: the base, then one role after the other.
 * The outermost role that is in the cache is where it begins.
 */
#ifndef CORE_AWS_ACQUIRE_H
#define CORE_AWS_ACQUIRE_H

#include "core/aws/cred/chain.h"

struct aws_client;

/* credentials is borrowed; NULL: err says why there are none. wants_person: it could not be done
 * without asking somebody, and was not allowed to. On RUN_WORKER. */
typedef void acquire_done_fn(void *arg, struct credentials *credentials, bool wants_person,
                             const struct err *err);

/*
 * Reads the shared config anew, resolves the chain of a profile (NULL: the client's, with what the
 * environment says), and goes through it.
 * rejected (NULL: none) are credentials that AWS has just not taken. done fires once, on
 * RUN_WORKER, unless the client ends first. Any runner.
 *
 * Errors: those of chain_resolve, ERR_CREDENTIALS and its like from providers, those of AssumeRole
 * (ERR_DENIED with the action); ERR_EXPIRED when what comes has expired already.
 */
void acquire_start(struct aws_client *client, const char *profile, struct credentials *rejected,
                   bool may_ask, acquire_done_fn *done, void *arg);

/* Those of a client that have not ended; zero-initialised is ready. RUN_WORKER. */
struct acquires {
    struct acquire *first;
    bool mfa_was_given_up; /* a person does not want to be asked for codes again */
};
/* Codes that were given up are asked for again when they are needed. RUN_WORKER. */
void acquires_forgive(struct acquires *acquires);
/* Frees them. After run_stop. */
void acquires_done(struct acquires *acquires);

#endif
