/*
 * call: what the files of the client share. Not for anybody else.
 *
 * A call belongs to one runner at a time and crosses with a task. On RUN_NET it gets credentials
 * (identity.c), a place in its lane (lane.c), is signed (signer.c) and sent, and failures are
 * answered (call.c). On RUN_WORKER a good reply is parsed and handed over, and the next page is on
 * its way before that (call_page.c). Only RUN_WORKER frees it.
 */
#ifndef CORE_AWS_CALL_H
#define CORE_AWS_CALL_H

#include "core/aws/attempt_log.h"
#include "core/aws/client_change.h"
#include "core/aws/client_secret.h"
#include "core/aws/cred/acquire.h"
#include "core/aws/endpoint/endpoint.h"
#include "core/aws/identity.h"
#include "core/aws/limit/lane.h"
#include "core/aws/limit/throttle.h"
#include "core/aws/prompt.h"
#include "core/aws/sso/sso_login.h"
#include "core/aws/wire/page_texts.h"
#include "core/aws/wire/paging.h"
#include "core/aws/wire/signer.h"
#include "core/net/http.h"
#include "core/net/pending.h"

struct aws_client {
    /* never changed once it is made */
    struct shared_config config;
    struct credential_source source;
    struct endpoint_rules endpoints;
    struct retry_rules retry;
    unsigned global_slow_attempts_max;                            /* of RATE_GLOBAL_SLOW */
    int connect_timeout_ms, silence_timeout_ms, total_timeout_ms; /* 0: those of http */
    int process_timeout_ms; /* of a credential_process; 0: 60000 */
    char profile[128], region[AWS_REGION_SIZE], member_role[128];
    char *ca_file;
    bool keys_from_environment;
    char *credentials_from;                /* in words */
    int budget_percent;                    /* BUDGET_OFF: none */
    struct scope *scope;                   /* of what is asked for on nobody's particular behalf */
    struct attempt_log *attempts;          /* any runner */
    struct throttle_board *throttles;      /* any runner */
    struct prompts prompts;                /* RUN_UI */
    struct acquires acquires;              /* RUN_WORKER */
    struct sso_logins sso_logins;          /* RUN_WORKER */
    struct search *searches;               /* RUN_WORKER; see profiles.c */
    atomic_int_least64_t base_lapse_at_ms; /* any runner */
    atomic_int_least64_t sso_lapse_at_ms;  /* any runner */
    int sso_second_ms;                     /* between attempts at a login: 1000, but in tests */

    /* RUN_NET alone */
    struct map lanes;
    struct signer signer;
    struct identities identities;
};

enum call_kind {
    CALL_READ,
    CALL_SECRET, /* the reply holds secrets: it is handed over unparsed and wiped */
    CALL_PROBE,
    CALL_CHANGE,
};

/* Who is told. Which of them are called depends on the kind. */
struct call_handlers {
    aws_page_fn *on_page;
    aws_done_fn *on_done;
    aws_change_done_fn *on_change_done;
    aws_secret_fn *on_secret;
    void (*drop)(void *arg);
    void *arg;
};

/* As whom a call is made that is one of those by which credentials come about. */
struct call_as {
    struct credentials *credentials; /* NULL: it is not signed */
    const char *secret_member;       /* one more parameter, which nobody is to see; NULL: none */
    struct secret *secret;
};

struct call {
    struct pending pending; /* first; while it waits on RUN_NET */
    struct call_queue *queue;
    struct call *queue_previous, *queue_next;

    struct task net_task, work_task; /* each in use when the call is on its way there */
    struct aws_client *client;
    struct scope *scope;        /* of its tasks and transfers */
    struct scope *asking_scope; /* CALL_CHANGE: checked once more before it is sent */
    enum call_kind kind;
    const struct aws_op *op;
    struct aws_request request;
    struct call_handlers handlers;
    bool has_own; /* as own has it, not as identity finds it */
    struct call_as own;
    int64_t begun_us;

    /* RUN_NET, but set anew by RUN_WORKER before each page */
    struct buf body;
    struct credentials *credentials;
    struct lane *lane, *host_lane;
    bool has_place, has_connection; /* in the one, in the other */
    struct retry_state retry;
    int64_t skew_ms; /* that it was signed with */
    bool was_refreshed, was_unskewed, waited_for_pace;
    bool was_handed_to_http; /* it may have left */
    bool is_over;            /* outcome says how */
    enum fault fault;        /* of the last reply */
    struct aws_outcome outcome;

    struct http_reply reply; /* from RUN_NET to RUN_WORKER */

    /* RUN_WORKER */
    struct paging paging;
    struct page_texts texts; /* of the page at hand */
    size_t page_index;
    bool was_restarted;
};

/* --- making and ending (any runner; RUN_WORKER) ------------------------------------------------
 */

/* Starts a call: takes params of take_request, checks it, and sends it on its way. Any runner. */
void call_start(struct aws_client *client, struct scope *scope, enum call_kind kind,
                const struct aws_request *take_request, const struct call_handlers *handlers);
/* The same with credentials of the caller's, which are not renewed, or with none. References to
 * what as holds are taken. Any runner. */
void call_start_as(struct aws_client *client, struct scope *scope, enum call_kind kind,
                   const struct aws_request *take_request, const struct call_as *as,
                   const struct call_handlers *handlers);
/* The same with credentials as identity finds them and one more parameter, which nobody is to see;
 * a reference to secret is taken. Any runner. */
void call_start_with(struct aws_client *client, struct scope *scope, enum call_kind kind,
                     const struct aws_request *take_request, const char *secret_member,
                     struct secret *secret, const struct call_handlers *handlers);
/* Ends what may not be sent, as every call ends: on RUN_WORKER, with err. Any runner. */
void call_refuse(struct aws_client *client, struct scope *scope, enum call_kind kind,
                 const struct aws_request *take_request, const struct call_handlers *handlers,
                 const struct err *err);
/* Writes the body of the next request. On failure the outcome has the error. */
bool call_write_body(struct call *call);
void call_free(struct call *call);
/* A person waits for it: a step of the change gate, a session that is opened. */
bool call_is_urgent(const struct call *call);

/* --- on RUN_NET ---------------------------------------------------------------------------------
 */

/* From the start: credentials, a place, sending. */
void call_begin(struct call *call);
/* With credentials (a reference is taken; NULL: unsigned) it goes on to its lane. */
void call_authorised(struct call *call, struct credentials *credentials);
/* It has its place in its lane, and goes on to that of the host. */
void call_has_place(struct call *call);
/* It has its place there too, and is sent. */
void call_has_connection(struct call *call);
/* It waits in queue until somebody takes it out and resumes it. */
void call_wait(struct call *call, struct call_queue *queue);
/* Taken out of its queue, it goes on with next. */
void call_resume(struct call *call, void (*next)(struct call *call));
/* It ends with err. */
void call_fail(struct call *call, const struct err *err);

/* --- on RUN_WORKER ------------------------------------------------------------------------------
 */

/* The run and drop of work_task. */
void call_work(struct task *task);
void call_work_dropped(struct task *task);
void call_post(struct call *call, enum runner to);

#endif
