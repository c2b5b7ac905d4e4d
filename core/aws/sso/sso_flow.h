/*
 * sso_flow: what sso_login.c and sso_device.c share. Not for anybody else. RUN_WORKER alone.
 */
#ifndef CORE_AWS_SSO_FLOW_H
#define CORE_AWS_SSO_FLOW_H

#include "core/aws/call.h"
#include "core/aws/cred/fetch.h"
#include "core/aws/prompt.h"
#include "core/aws/sso/sso_login.h"
#include "core/aws/sso/sso_oidc.h"

struct sso_waiter {
    bool may_ask; /* a person may be bothered for it */
    sso_token_fn *done;
    void (*drop)(void *arg);
    void *arg;
};

/* The logins with one session. Lives as long as its client, so that whatever comes back finds it.
 */
struct sso_login {
    struct aws_client *client;
    struct sso_config sso; /* its role is that of whoever asked first */
    char profile[128];
    VEC(struct sso_waiter) waiting;
    struct sso_token token;  /* as last read or given */
    struct secret *rejected; /* an access token that the portal has not taken; NULL: none */
    bool is_busy;            /* exactly one exchange or pause is under way */
    bool is_given_up;        /* by the person */
    bool is_kept_fresh;      /* a renewal ahead of time is set for */

    /* renewing */
    int lock_fd;                             /* -1: it is not ours */
    int64_t locking_since_ms, renewed_at_ms; /* monotonic; 0: not, never */
    struct err trouble; /* code OK, or why there was no answer: no reason to bother a person */

    /* logging in */
    struct oidc_device device;
    bool is_registered_anew;
    unsigned n_codes;
    uint64_t prompt_id; /* 0: none is open */
    char refusal[96];   /* why the former code was no good */
};

/* --- sso_login.c ------------------------------------------------------------------------------ */

/* Whether somebody has put a token into the cache that can be used: it is at hand then. */
bool sso_login_finds_good_token(struct sso_login *login);
/* A new token has come: it is kept for everybody, and those who wait get it. */
void sso_login_succeed(struct sso_login *login);
/* Those who wait are told so. */
void sso_login_fail(struct sso_login *login, const struct err *err);
/* The person wants no login: as above, and for those who come later. */
void sso_login_give_up(struct sso_login *login);
/* POSTs take_body to the OIDC service. done comes with login. */
void sso_login_post(struct sso_login *login, const char *path, struct secret *take_body,
                    fetch_done_fn *done);
/* What a reply means that is no 200 or none at all. */
enum oidc_fault sso_login_fault(const struct http_reply *reply, const char *where, struct err *err);

/* --- sso_device.c ----------------------------------------------------------------------------- */

/* Has a person log in; ends in sso_login_succeed or sso_login_fail. */
void sso_device_begin(struct sso_login *login);

#endif
