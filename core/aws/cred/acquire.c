#include "core/aws/cred/acquire.h"

#include <string.h>

#include "core/aws/cred/role_step.h"
#include "core/base/clock.h"
#include "core/base/mem.h"

#define MFA_TRIES_MAX 3

struct acquire {
    struct provider_job job; /* first, so that one is the other */
    struct acquire *next;    /* in the client's list */
    struct aws_client *client;
    char *profile; /* NULL: the client's */
    struct shared_config config;
    struct chain chain;
    struct rejected_credentials rejected;
    acquire_done_fn *done;
    void *arg;

    struct credentials *credentials; /* as far as it has come */
    bool are_cached;                 /* and where they are from */
    size_t n_assumed;                /* roles behind it */
    bool was_restarted;

    /* of the role that is being assumed */
    struct role_step *step;
    char session_name[SESSION_NAME_SIZE];
    unsigned n_codes; /* MFA codes asked for */
    char refusal[160];
};

/* --- ends ------------------------------------------------------------------------------------ */

static void acquire_free(struct acquire *acquire)
{
    credentials_unref(acquire->credentials);
    for (size_t i = 0; i < acquire->rejected.n; i++)
        credentials_unref(acquire->rejected.list[i]);
    chain_done(&acquire->chain);
    shared_config_done(&acquire->config);
    mem_free(acquire->profile);
    mem_free(acquire);
}

void acquires_done(struct acquires *acquires)
{
    while (acquires->first != NULL) {
        struct acquire *acquire = acquires->first;
        acquires->first = acquire->next;
        acquire_free(acquire);
    }
}

void acquires_forgive(struct acquires *acquires)
{
    acquires->mfa_was_given_up = false;
}

static void finish(struct acquire *acquire, struct credentials *credentials, const struct err *err)
{
    struct acquire **at = &acquire->client->acquires.first;
    while (*at != acquire)
        at = &(*at)->next;
    *at = acquire->next;
    acquire->done(acquire->arg, credentials, acquire->job.wants_person, err);
    acquire_free(acquire);
}

static void reject(struct acquire *acquire, struct credentials *credentials)
{
    struct rejected_credentials *rejected = &acquire->rejected;
    if (credentials != NULL && rejected->n < ARRAY_LEN(rejected->list))
        rejected->list[rejected->n++] = credentials_ref(credentials);
}

static void take_credentials(struct acquire *acquire, struct credentials *credentials, bool cached)
{
    credentials_ref(credentials);
    credentials_unref(acquire->credentials);
    acquire->credentials = credentials;
    acquire->are_cached = cached;
}

/* --- a role ---------------------------------------------------------------------------------- */

static void assume_next(struct acquire *acquire);
static void begin_chain(struct acquire *acquire);
static void ask_code(struct acquire *acquire);

static const struct chain_role *role_of(const struct acquire *acquire)
{
    return &acquire->chain.roles.ptr[acquire->n_assumed];
}

static void send_with(struct acquire *acquire, struct secret *code)
{
    const struct chain_role *role = role_of(acquire);
    struct sv session =
        role->session_name.len > 0 ? role->session_name : sv_of(acquire->session_name);
    const struct call_as as = {.credentials = acquire->credentials,
                               .secret_member = code != NULL ? "TokenCode" : NULL,
                               .secret = code};
    role_step_send(acquire->step, OP_sts_AssumeRole, session, &as);
}

static void take_code(void *arg, struct secret *code, const struct err *err)
{
    struct acquire *acquire = arg;
    if (code != NULL) {
        send_with(acquire, code);
    } else {
        acquire->client->acquires.mfa_was_given_up |= err->code == ERR_CANCELLED;
        role_step_end(acquire->step, NULL, err);
    }
}

static void drop_step(void *arg)
{
    struct acquire *acquire = arg;
    role_step_drop(acquire->step);
}

/* Whether a person is not to be asked now; *err says so then. */
static bool is_kept_from_asking(struct acquire *acquire, const char *profile, struct err *err)
{
    bool was_given_up = acquire->client->acquires.mfa_was_given_up;
    if (was_given_up) {
        err_set(err, ERR_CANCELLED, profile, "no MFA code was given: :login asks again");
    } else if (!acquire->job.may_ask) {
        acquire->job.wants_person = true;
        err_set(err, ERR_CREDENTIALS, profile, "an MFA code is needed");
    }
    return was_given_up || !acquire->job.may_ask;
}

static void ask_code(struct acquire *acquire)
{
    const struct chain_role *role = role_of(acquire);
    struct prompt prompt = {.kind = PROMPT_MFA_CODE};
    struct err err;
    str_copy(prompt.profile, role->profile->name);
    sv_copy(role->mfa_serial, prompt.device, sizeof prompt.device);
    str_copy(prompt.refusal, acquire->refusal);
    if (is_kept_from_asking(acquire, prompt.profile, &err)) {
        role_step_end(acquire->step, NULL, &err);
        return;
    }
    acquire->n_codes++;
    prompt_ask(acquire->client, &prompt, take_code, drop_step, acquire);
}

static void go_on_with_name(struct acquire *acquire)
{
    if (role_of(acquire)->mfa_serial.len > 0)
        ask_code(acquire);
    else
        send_with(acquire, NULL);
}

static void take_principal(void *arg, struct aws_page *page)
{
    struct acquire *acquire = arg;
    identity_session_name(json_sv(page->body, "Arn"), acquire->session_name);
}

/* Whoever cannot be named is called after the program: the role is what counts. */
static void on_principal(void *arg, const struct aws_request *request,
                         const struct aws_outcome *outcome)
{
    struct acquire *acquire = arg;
    (void)request;
    if (outcome->err.code == ERR_EXPIRED || outcome->err.code == ERR_CREDENTIALS) {
        role_step_end(acquire->step, NULL, &outcome->err);
        return;
    }
    if (acquire->session_name[0] == '\0')
        identity_session_name(SV_NONE, acquire->session_name);
    go_on_with_name(acquire);
}

static void send_role(struct role_step *step, void *arg)
{
    struct acquire *acquire = arg;
    const struct call_as as = {.credentials = acquire->credentials};
    const struct call_handlers handlers = {
        .on_page = take_principal, .on_done = on_principal, .drop = drop_step, .arg = acquire};
    struct aws_request request = {.op = OP_sts_GetCallerIdentity};
    acquire->step = step;
    acquire->session_name[0] = '\0';
    acquire->n_codes = 0;
    acquire->refusal[0] = '\0';
    if (role_of(acquire)->session_name.len > 0)
        go_on_with_name(acquire);
    else
        call_start_as(acquire->client, acquire->client->scope, CALL_READ, &request, &as, &handlers);
}

/* A mistyped code is asked for again. */
static bool retry_role(struct role_step *step, void *arg, const struct err *err)
{
    struct acquire *acquire = arg;
    if (role_of(acquire)->mfa_serial.len == 0 || acquire->n_codes >= MFA_TRIES_MAX ||
        err->code != ERR_DENIED || strstr(err->message, "MultiFactorAuthentication") == NULL)
        return false;
    acquire->step = step;
    str_copy(acquire->refusal, err->message);
    ask_code(acquire);
    return true;
}

/* What an old cache gave to assume the role with is not taken: once more, without it. */
static bool restart(struct acquire *acquire, const struct err *err)
{
    bool were_refused = err->code == ERR_EXPIRED || err->code == ERR_CREDENTIALS;
    if (!were_refused || !acquire->are_cached || acquire->was_restarted)
        return false;
    acquire->was_restarted = true;
    reject(acquire, acquire->credentials);
    begin_chain(acquire);
    return true;
}

/* Says which role it was: a chain has several, and member accounts have their own. */
static void fail_role(struct acquire *acquire, const struct err *err)
{
    struct err named = *err;
    const struct chain_role *role = role_of(acquire);
    err_set(&named, err->code, "credentials", SV_FMT " (profile %s): %s", SV_ARG(role->arn),
            role->profile->name, err->message);
    named.http_status = err->http_status;
    str_copy(named.aws_code, err->aws_code);
    str_copy(named.request_id, err->request_id);
    str_copy(named.iam_action, err->iam_action);
    finish(acquire, NULL, &named);
}

static void on_assumed(void *arg, struct credentials *credentials, const struct err *err)
{
    struct acquire *acquire = arg;
    if (credentials != NULL) {
        take_credentials(acquire, credentials, false);
        acquire->n_assumed++;
        assume_next(acquire);
    } else if (!restart(acquire, err)) {
        fail_role(acquire, err);
    }
}

static void assume_next(struct acquire *acquire)
{
    const struct role_step_handlers handlers = {
        .send = send_role, .retry = retry_role, .end = on_assumed, .arg = acquire};
    if (acquire->n_assumed == acquire->chain.roles.len)
        finish(acquire, acquire->credentials, &ERR_NONE);
    else
        role_step_start(acquire->client, role_of(acquire), &acquire->rejected, &handlers);
}

/* --- the base -------------------------------------------------------------------------------- */

static void on_base(struct provider_job *job, struct credentials *credentials,
                    const struct err *err)
{
    struct acquire *acquire = (struct acquire *)job;
    struct err expired;
    int64_t expires_at_ms = credentials != NULL ? credentials_expire_at_ms(credentials) : 0;
    if (credentials == NULL) {
        finish(acquire, NULL, err);
    } else if (expires_at_ms != 0 && expires_at_ms <= clock_wall_ms()) {
        char iso[CLOCK_ISO_SIZE];
        clock_iso8601(expires_at_ms, false, iso);
        err_set(&expired, ERR_EXPIRED, "credentials", "those of %s have expired at %s",
                acquire->chain.base->name, iso);
        finish(acquire, NULL, &expired);
    } else {
        take_credentials(acquire, credentials, false);
        assume_next(acquire);
    }
}

/* Begins behind the outermost role that is in the cache, else at the base. */
static void begin_chain(struct acquire *acquire)
{
    for (size_t i = acquire->chain.roles.len; i > 0; i--) {
        struct credentials *cached =
            role_step_look(&acquire->chain.roles.ptr[i - 1], &acquire->rejected);
        if (cached == NULL)
            continue;
        take_credentials(acquire, cached, true);
        credentials_unref(cached);
        acquire->n_assumed = i;
        assume_next(acquire);
        return;
    }
    acquire->n_assumed = 0;
    acquire->job.profile = acquire->chain.base_profile;
    acquire->chain.base->acquire(&acquire->job);
}

/* --- asking ---------------------------------------------------------------------------------- */

static void begin(void *arg)
{
    struct acquire *acquire = arg;
    struct acquires *all = &acquire->client->acquires;
    struct credential_source source = acquire->client->source;
    struct err err = ERR_NONE;
    acquire->next = all->first;
    all->first = acquire;
    source.config = &acquire->config;
    if (acquire->profile != NULL) {
        source.profile = acquire->profile;
        source.profile_is_explicit = source.is_profile_alone = true;
    }
    if (shared_config_load(&acquire->config, &err) != OK ||
        chain_resolve(&source, &acquire->chain, &err) != OK)
        finish(acquire, NULL, &err);
    else
        begin_chain(acquire);
}

static void drop_acquire(void *arg)
{
    acquire_free(arg);
}

void acquire_start(struct aws_client *client, const char *profile, struct credentials *rejected,
                   bool may_ask, acquire_done_fn *done, void *arg)
{
    struct acquire *acquire = mem_new(struct acquire);
    acquire->client = client;
    acquire->profile = profile != NULL ? mem_strdup(profile) : NULL;
    acquire->job = (struct provider_job){.client = client,
                                         .scope = client->scope,
                                         .rejected = &acquire->rejected,
                                         .may_ask = may_ask,
                                         .config = &acquire->config,
                                         .ended = on_base};
    acquire->done = done;
    acquire->arg = arg;
    reject(acquire, rejected);
    run_call(RUN_WORKER, RUN_URGENT, client->scope, begin, drop_acquire, acquire);
}
