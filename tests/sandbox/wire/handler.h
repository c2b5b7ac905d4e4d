/*
 * handler: the seam of the sandbox between the wire and the world.
 *
 * The wire side (server, auth, api, query, faults) does everything that is the same for every
 * operation, driven by the service models: authenticates, parses by protocol, validates, pages,
 * throttles, serialises, makes the faults. A handler only touches the world: it reads the
 * validated input and fills the output, both in the member names of the model.
 *
 * Adding an operation is one handler and one row in its service's table of routes.
 */
#ifndef SANDBOX_HANDLER_H
#define SANDBOX_HANDLER_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct broker;
struct iam;
struct principal;
struct sso;
struct world;

/*
 * One authenticated and validated call. All of it is borrowed for the time of the handler. Of an
 * unsigned operation principal is NULL, account_id and caller are "" and region is the home region.
 */
struct call {
    const char *service;    /* "ec2" */
    const char *operation;  /* "DescribeSecurityGroups" */
    const char *account_id; /* the account whose credentials signed it */
    const char *region;
    const struct principal *principal;
    const char *caller_arn; /* as GetCallerIdentity gives it */
    const char *caller_user_id;
    const cJSON *input;    /* model member names; numbers, booleans and lists typed by the model */
    int64_t now_ms;        /* the world's clock */
    struct iam *iam;       /* for STS, which hands out sessions: iam.h */
    int64_t wall_ms;       /* the service's own clock */
    int64_t advanced_ms;   /* what the world's clock was advanced by: auth.h */
    struct sso *sso;       /* for the services of single sign-on: sso.h */
    struct broker *broker; /* of sessions: session/broker.h */
    const char *host;      /* the name of AWS that was asked, through the proxy; "" without one */
    const char *url;       /* where the sandbox can be reached, "http://127.0.0.1:4000" */
};

/* What goes back. A handler fills output, or calls reply_error; with an error, output may hold the
 * further members that the error's shape has (Organizations' Reason). */
struct reply {
    /*
     * An object, made empty by the wire side; the handler adds members by their model names.
     * Timestamps are numbers, in seconds since 1970 with a fraction; the wire side writes them as
     * the protocol has them.
     */
    cJSON *output;
    int http_status;
    char code[64]; /* "" means success */
    char message[512];
};

typedef void handler_fn(struct world *world, const struct call *call, struct reply *reply);
/* Is whoever sends an unsigned call known? False with the refusal in reply. Called before the input
 * is validated. */
typedef bool admit_fn(const struct call *call, struct reply *reply);

struct route {
    const char *operation;
    handler_fn *handle;
};

struct service_routes {
    const char *service;
    const struct route *routes;
    size_t n_routes;
    admit_fn *admit; /* NULL: everybody may make unsigned calls */
};

/*
 * Every service, made from services.def: one line a service. SERVICE(ec2) stands for the
 * `const struct service_routes service_ec2` that svc_ec2.c defines.
 */
extern const struct service_routes *const sandbox_services[];
extern const size_t n_sandbox_services;

/* http_status 0: the status that the error's shape has in the model, else 400. */
void reply_error(struct reply *reply, int http_status, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * Paging as the real services do it. The handler says how many items there are in all and how to
 * write one; page_reply takes the token and the size from the input by the paginator's facts,
 * refuses a token that is foreign (another operation, account, region, principal or filter) with
 * the service's own error, adds the items under list_member and the next token under the output's
 * token member. page_default is used when the caller gives no size; page_max caps it.
 */
struct page_spec {
    const char *list_member;
    size_t n_items;
    size_t page_default, page_max;
    /* writes item i to list, nothing when it turns out to be filtered; arg is the handler's */
    void (*add_item)(void *arg, size_t i, cJSON *list);
    /* NULL, or: does the page end before item i although there is room for more? */
    bool (*ends_before)(void *arg, size_t i);
    void *arg;
};
void page_reply(const struct call *call, struct reply *reply, const struct page_spec *spec);

/* Input conveniences: "" / otherwise when absent. */
const char *in_str(const struct call *call, const char *member);
int64_t in_i64(const struct call *call, const char *member, int64_t otherwise);
bool in_bool(const struct call *call, const char *member);
const cJSON *in_list(const struct call *call, const char *member); /* first element or NULL */
/* The time that sessions and tokens are judged by, in ms since 1970: auth.h. */
int64_t call_clock_ms(const struct call *call);

#endif
