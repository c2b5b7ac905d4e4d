/*
 * sandbox: what one run of the sandbox consists of, and what it answers: requests to the services,
 * to the control path, and to the endpoints that hand out credentials on a machine.
 */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include "tests/sandbox/faults/fault.h"
#include "tests/sandbox/identity/container.h"
#include "tests/sandbox/identity/imds.h"
#include "tests/sandbox/identity/sso.h"
#include "tests/sandbox/options.h"
#include "tests/sandbox/wire/auth.h"
#include "tests/sandbox/wire/http.h"
#include "tests/sandbox/wire/iam.h"
#include "tests/sandbox/wire/request_log.h"
#include "tests/sandbox/wire/secret_log.h"
#include "tests/sandbox/world/world.h"

#define CONTROL_TOKEN_SIZE 33

struct broker;

struct sandbox {
    struct world *world;
    struct iam *iam;
    struct auth *auth;
    struct sso *sso;
    struct imds *imds;           /* NULL: not asked for */
    struct container *container; /* the same */
    struct faults *faults;
    struct broker *broker;      /* the sessions of nodes */
    struct request_log *log;    /* or NULL */
    struct secret_log *secrets; /* or NULL */
    int64_t advanced_ms;        /* by the control path */
    uint64_t n_requests;
    size_t n_connections; /* that are open */
    char control_token[CONTROL_TOKEN_SIZE];
    char url[80]; /* where it is reached, once a server listens; "" before */
};

/*
 * Builds the world and those who may ask of it, and opens the logs; after api_load. ERR_USAGE of
 * --fault, ERR_IO of --requests and --secrets. Give it back with sandbox_done in any case.
 */
enum err_code sandbox_init(struct sandbox *sandbox, const struct options *options, struct err *err);
void sandbox_done(struct sandbox *sandbox);

/* What the clocks of the services show. */
int64_t sandbox_wall_ms(const struct sandbox *sandbox);
/* The time that sessions and tokens are judged by: the same, and what was advanced: auth.h. */
int64_t sandbox_clock_ms(const struct sandbox *sandbox);

/* Answers a request to a service. */
void gateway_answer(struct sandbox *sandbox, const struct http_request *request,
                    struct http_response *response);

/* Answers whatever comes to the endpoint: control path, sign-in page, services. */
void sandbox_answer(struct sandbox *sandbox, const struct http_request *request,
                    struct http_response *response);

#define CONTROL_PREFIX "/_control/"
/*
 * Answers a request below CONTROL_PREFIX TOKEN:
 *   POST clock   {"advance_s":N}             moves the world's clock
 *   POST world   a JSON patch (RFC 6902)     changes the world
 *   GET  state                               the clock and some counts; a client that is gone has
 *                                            been heard out once its connection is not counted
 *   GET, POST sso                            single sign-on: sso_control.h
 *   GET, POST sessions                       sessions of nodes: session_control.h
 *   POST mfa, web-identity, imds             codes, tokens, metadata: identity_control.h
 * Every answer is JSON; a refusal is {"error": "..."}.
 */
void control_answer(struct sandbox *sandbox, const struct http_request *request,
                    struct http_response *response);
void control_refuse(struct http_response *response, int status, const char *text);

#endif
