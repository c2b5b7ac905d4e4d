/*
 * client: reading from AWS. Signs, sends, retries, pages, parses; whatever the protocol, a reply
 * arrives as one tree of JSON.
 *
 * Anything that changes AWS is in client_change.h, which only core/change includes.
 */
#ifndef CORE_AWS_CLIENT_H
#define CORE_AWS_CLIENT_H

#include "core/aws/op.h"
#include "core/base/json.h"
#include "core/run/run.h"

#define AWS_ACCOUNT_SIZE 13
#define AWS_REGION_SIZE  32

/* Where a call goes and as whom. Every reply carries the target that it was asked for. */
struct aws_target {
    char account_id[AWS_ACCOUNT_SIZE]; /* "" means the account of the base credentials */
    char region[AWS_REGION_SIZE];
};

struct aws_request {
    enum aws_op_id op;
    struct aws_target target;
    cJSON *params;    /* an object in the model's member names; NULL: none. Owned. */
    size_t pages_max; /* 0: all */
};

/* One page. Borrowed while the callback runs; take body by setting it to NULL. */
struct aws_page {
    const struct aws_request *request;
    cJSON *body;    /* JSON as sent; XML as a tree, see core/aws/wire/xml.h; NULL where texts are */
    struct sv wire; /* what the body was read from */
    const struct page_texts *texts; /* of an operation that has_texts; else NULL */
    size_t index;                   /* 0 for the first */
    bool last;                      /* the service has no more */
    bool restarted; /* the first page once more, because a page token has lapsed: all pages come
                       again; rows are told apart by their ids, the newest win */
    int64_t received_at_ms; /* wall clock */
    int64_t wire_bytes;
};

/* How it ended: err.code OK means that every page was seen. */
struct aws_outcome {
    struct err err; /* request_id is that of the last answer, of a success too */
    size_t pages;
    unsigned attempts; /* requests sent, retries included */
    int64_t elapsed_us;
    bool throttled; /* at least one attempt was */
    bool sent;      /* false only when nothing provably left this machine */
};

typedef void aws_page_fn(void *arg, struct aws_page *page);
typedef void aws_done_fn(void *arg, const struct aws_request *request,
                         const struct aws_outcome *outcome);

struct aws_client;

/*
 * Reads. take_request is copied, its params are taken. on_page (may be NULL) fires on RUN_WORKER
 * for each page in order, then on_done exactly once, on RUN_WORKER too; neither once the scope is
 * closed (then drop(arg), when not NULL, is called once on RUN_WORKER, before the scope ends). Any
 * runner. The next page is on its way while this one is in on_page.
 *
 * Retries by the standard mode or AWS_RETRY_MODE (3 attempts, 5 for Organizations, or
 * AWS_MAX_ATTEMPTS; token bucket for each account x region x service; jittered), stays within the
 * budget, slows down when it is throttled, corrects the clock and renews lapsed credentials once.
 * Asks for the largest pages there are; pages until the token is absent, null or empty; a token
 * that was seen before ends it with ERR_PAGING_LOOP and what came before stands. An operation whose
 * effect is not READ ends with ERR_INTERNAL and is never sent; so does one whose reply would hold
 * secrets (WithDecryption): client_secret.h reads those.
 */
void client_read(struct aws_client *client, struct scope *scope,
                 const struct aws_request *take_request, aws_page_fn *on_page, aws_done_fn *on_done,
                 void (*drop)(void *arg), void *arg);

/* Reads a body as a page of op has it, from what page.wire was. ERR_PARSE. *body is the caller's.
 */
enum err_code client_parse(enum aws_op_id op, struct sv wire, cJSON **body, struct err *err);

/* --- setting up ------------------------------------------------------------------------------ */

struct aws_options {
    const char *endpoint_url; /* --endpoint-url, NULL: AWS_ENDPOINT_URL(_SERVICE), else the rules */
    const char *profile;      /* --profile, NULL: AWS_PROFILE, else "default" */
    const char *region;       /* --region, NULL: AWS_REGION, AWS_DEFAULT_REGION, the profile */
    const char *member_role;  /* NULL: OrganizationAccountAccessRole */
    const char *ca_file;      /* NULL: AWS_CA_BUNDLE, ca_bundle, the system's */
    int budget_percent;       /* of the rates that AWS allows (limit/budgets.def), 1 to 100; 0: a
                                 tenth; -1: as fast as AWS takes it */
    bool use_fips;            /* --fips; false: AWS_USE_FIPS_ENDPOINT, use_fips_endpoint */
    bool use_dual_stack;      /* likewise, AWS_USE_DUALSTACK_ENDPOINT, use_dualstack_endpoint */
};

/*
 * Reads environment and shared config; touches no network. ERR_CREDENTIALS or ERR_CONFIG with
 * file:line when they make no sense; whether they are any good shows with the first call. *client
 * is the caller's (client_free after run_stop).
 */
enum err_code client_new(const struct aws_options *options, struct aws_client **client,
                         struct err *err);
void client_free(struct aws_client *client);

/* Appends the URL where requests to a service (its id, AWS CLI command or endpoint prefix) in
 * region go by these options. ERR_USAGE for a service that is not known, ERR_CONFIG as in
 * endpoint.h, and as client_new. Reads environment and shared config. */
enum err_code client_find_endpoint(const struct aws_options *options, struct sv service,
                                   const char *region, struct buf *url, struct err *err);

/* The home region; the profile, "" when the keys came from the environment; the role by which
 * member accounts are entered. Any runner; borrowed as long as the client lives. */
const char *client_region(const struct aws_client *client);
/*
 * Appends where a session's data channel is to be connected to: url as StartSession gives it, but
 * at the host of AWS_ENDPOINT_URL_SSMMESSAGES (or the profile's `services`), where that is set: a
 * VPC endpoint that has no name in the DNS. Path and query stay as they are. True when it is: then
 * a person has named the host. Any runner.
 */
bool client_stream_url(const struct aws_client *client, const char *url, struct buf *out);
/* The CA bundle of these options; NULL: the system's. Likewise. */
const char *client_ca_file(const struct aws_client *client);
const char *client_profile(const struct aws_client *client);
const char *client_member_role(const struct aws_client *client);
/* Appends what tells these credentials, this endpoint and this region from any others, without
 * secrets, for what is kept beyond the life of the client. False when only AWS can say whose the
 * credentials are. Any runner. */
bool client_fingerprint(const struct aws_client *client, struct buf *out);
/* "FILE:LINE" where the profile begins; "" when no file has it. Likewise. */
const char *client_profile_place(const struct aws_client *client);
/* How the base credentials come about, in words: "profile ops: arn:aws:iam::1:role/ops by way of
 * static keys of profile base". Any runner; borrowed likewise. */
const char *client_credentials_from(const struct aws_client *client);
/* When the base credentials lapse, by this machine's wall clock; 0: not by themselves, or there are
 * none yet. Any runner. */
int64_t client_lapse_at_ms(struct aws_client *client);
/* Who the base credentials belong to, for who knows it already: that account needs no role. The
 * client asks by itself (GetCallerIdentity) before it enters the first other account. Any runner.
 */
void client_set_home_account(struct aws_client *client, const char *account_id);

/* When the login at IAM Identity Center ends, of several the first, by this machine's wall clock;
 * 0: there has been none. Any runner. */
int64_t client_login_lapses_at_ms(const struct aws_client *client);
/* Logins and MFA codes that were given up are asked for again when they are needed. Any runner. */
void client_login(struct aws_client *client);

/* --- the request log ------------------------------------------------------------------------- */

/* One finished attempt, for :requests. Never a header or a body; params without secrets. */
struct aws_attempt {
    uint64_t id;
    enum aws_op_id op;
    struct aws_target target;
    int64_t started_at_ms, elapsed_us;
    int http_status;
    unsigned attempt; /* 1 is the first */
    struct err err;
    char cli_line[512]; /* the equivalent `aws ...` command */
};

#define AWS_ATTEMPTS_MAX 2000
/* Copies attempts newer than after_id, oldest first, up to max. Any runner. */
size_t client_attempts(struct aws_client *client, uint64_t after_id, struct aws_attempt *attempts,
                       size_t max);

/* The `aws` command line for an operation, for & and for the review sheet. Quoted for sh. */
void aws_cli_line(struct buf *out, enum aws_op_id op, const struct aws_target *target,
                  const cJSON *params);

/* --- being held back ------------------------------------------------------------------------- */

/* Requests to a service in an account and region are held back. */
struct aws_throttle {
    struct aws_target target; /* no account: that of the base credentials; of Organizations, none */
    const char *service;      /* its id */
    bool by_budget;           /* by our own budget; false: AWS has throttled */
    double rate_per_s;        /* at which they go now */
    int64_t until_ms;         /* wall clock: when it is expected to be over */
    size_t n_waiting;         /* calls */
};
/* Copies up to max of those that hold now; returns how many. Any runner. */
size_t client_throttles(struct aws_client *client, struct aws_throttle *throttles, size_t max);

/* Share of the calls of the last minute that were throttled or waited for the limiter, 0..100;
 * -1 when there were none. */
int client_throttle_percent(struct aws_client *client);

#endif
