/*
 * run: one run of the sandbox: what it consists of, and its doors on the one loop: the endpoint,
 * and what options ask for beside it.
 */
#ifndef SANDBOX_RUN_H
#define SANDBOX_RUN_H

#include "tests/sandbox/sandbox.h"
#include "tests/sandbox/wire/loop.h"
#include "tests/sandbox/wire/proxy.h"
#include "tests/sandbox/wire/server.h"

struct run {
    struct sandbox sandbox;
    struct loop loop, sessions; /* the second is nested in the first */
    struct tls_identity tls;
    struct server *endpoint, *imds, *container; /* NULL: not asked for */
    struct proxy *proxy;                        /* the same */
};

/* Opens everything; after api_load. options is borrowed until run_done, which is to be called in
 * any case. ERR_USAGE, ERR_IO, ERR_TLS. */
enum err_code run_open(struct run *run, const struct options *options, struct err *err);
void run_done(struct run *run);

#endif
