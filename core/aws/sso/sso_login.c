#include "core/aws/sso/sso_login.h"

#include <string.h>
#include <unistd.h>

#include "core/aws/sso/sso_flow.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define RENEW_BEFORE_MS ((int64_t)15 * 60 * 1000)
#define RENEW_EVERY_MS  ((int64_t)60 * 1000)
#define LOCK_EVERY_MS   50
#define LOCK_WAIT_MS    ((int64_t)30 * 1000) /* then it is done without */
#define POST_TRIES      3
#define POST_PAUSE_MS   500

/* --- whose ----------------------------------------------------------------------------------- */

/* One login serves all profiles whose token is in the same file. */
static bool is_same_session(const struct sso_config *a, const struct sso_config *b)
{
    return strcmp(a->session, b->session) == 0 && strcmp(a->start_url, b->start_url) == 0 &&
           strcmp(a->region, b->region) == 0 && strcmp(a->scopes, b->scopes) == 0;
}

static struct sso_login *find_login(struct aws_client *client, const struct sso_config *sso,
                                    const char *profile)
{
    struct sso_logins *logins = &client->sso_logins;
    for (size_t i = 0; i < logins->all.len; i++) {
        if (is_same_session(&logins->all.ptr[i]->sso, sso))
            return logins->all.ptr[i];
    }
    struct sso_login *login = mem_new(struct sso_login);
    login->client = client;
    login->sso = *sso;
    login->lock_fd = -1;
    str_copy(login->profile, profile);
    vec_push(&logins->all, login);
    return login;
}

static void unlock(struct sso_login *login)
{
    if (login->lock_fd >= 0)
        close(login->lock_fd);
    login->lock_fd = -1;
    login->locking_since_ms = 0;
}

void sso_logins_done(struct sso_logins *logins)
{
    for (size_t i = 0; i < logins->all.len; i++) {
        struct sso_login *login = logins->all.ptr[i];
        for (size_t j = 0; j < login->waiting.len; j++)
            login->waiting.ptr[j].drop(login->waiting.ptr[j].arg);
        vec_free(&login->waiting);
        unlock(login);
        oidc_device_done(&login->device);
        sso_token_done(&login->token);
        secret_unref(login->rejected);
        mem_free(login);
    }
    vec_free(&logins->all);
}

/* --- telling --------------------------------------------------------------------------------- */

static void tell(struct sso_login *login, const struct sso_token *token, const struct err *err)
{
    struct sso_waiter *waiting = login->waiting.ptr;
    size_t n = login->waiting.len;
    login->waiting.ptr = NULL; /* who is told may ask again */
    login->waiting.len = login->waiting.size = 0;
    for (size_t i = 0; i < n; i++)
        waiting[i].done(waiting[i].arg, token, err);
    mem_free(waiting);
}

/* What every one is told who comes behind a login that was given up. */
static void say_given_up(const struct sso_login *login, struct err *err)
{
    err_set(err, ERR_CREDENTIALS, login->profile,
            "the login was given up: :login asks for it again");
}

void sso_login_give_up(struct sso_login *login)
{
    struct err err;
    login->is_given_up = true;
    say_given_up(login, &err);
    sso_login_fail(login, &err);
}

void sso_login_fail(struct sso_login *login, const struct err *err)
{
    unlock(login);
    tell(login, NULL, err);
}

/* Of all logins that there are the one that ends first. */
static void note_expiry(struct aws_client *client)
{
    int64_t first_ms = 0;
    for (size_t i = 0; i < client->sso_logins.all.len; i++) {
        int64_t at_ms = client->sso_logins.all.ptr[i]->token.expires_at_ms;
        if (at_ms != 0 && (first_ms == 0 || at_ms < first_ms))
            first_ms = at_ms;
    }
    atomic_store(&client->sso_lapse_at_ms, first_ms);
}

static void keep_fresh(struct sso_login *login);

static void hand_out(struct sso_login *login)
{
    const struct err none = ERR_NONE;
    note_expiry(login->client);
    unlock(login);
    login->is_busy = false;
    keep_fresh(login);
    tell(login, &login->token, &none);
}

/* --- the token at hand ----------------------------------------------------------------------- */

static bool is_good(const struct sso_login *login, const struct sso_token *token)
{
    return token->access != NULL && clock_wall_ms() < token->expires_at_ms &&
           !(login->rejected != NULL && secret_equal(token->access, login->rejected));
}

static void keep(struct sso_login *login, struct sso_token take_token)
{
    sso_token_done(&login->token);
    login->token = take_token;
}

bool sso_login_finds_good_token(struct sso_login *login)
{
    struct sso_token token;
    sso_cache_read(&login->sso, &token, NULL);
    bool good = is_good(login, &token);
    if (good)
        keep(login, token);
    else
        sso_token_done(&token);
    return good;
}

/* Of two tokens the one that is good, or else the later one: its refresh token is the last that was
 * given. What is at hand may be later than the cache, when it could not be kept there. */
static bool is_better(const struct sso_login *login, const struct sso_token *token)
{
    bool good = is_good(login, token), have_good = is_good(login, &login->token);
    return good != have_good ? good : token->expires_at_ms > login->token.expires_at_ms;
}

/* What is in the cache, even if it only serves to get another; what is at hand, if that is better.
 */
static bool read_cache(struct sso_login *login)
{
    struct sso_token token;
    if (sso_cache_read(&login->sso, &token, NULL) == OK && is_better(login, &token))
        keep(login, token);
    else
        sso_token_done(&token);
    return is_good(login, &login->token);
}

void sso_login_succeed(struct sso_login *login)
{
    struct err err = ERR_NONE;
    secret_unref(login->rejected);
    login->rejected = NULL;
    login->is_given_up = false;
    /* What cannot be written serves until the program ends; the next one asks for a login. */
    if (sso_cache_write(&login->sso, &login->token, &err) != OK)
        log_warn("sso", "%s: the token is not kept: %s", err.where, err.message);
    hand_out(login);
}

/* --- renewing -------------------------------------------------------------------------------- */

/* Tokens of the older form have nothing to be renewed with. */
static bool can_renew(const struct sso_login *login)
{
    const struct sso_token *token = &login->token;
    return login->sso.session[0] != '\0' && token->refresh != NULL && token->client_id[0] != '\0' &&
           token->client_secret != NULL && clock_wall_ms() < token->registration_expires_at_ms;
}

static bool was_just_tried(const struct sso_login *login)
{
    return login->renewed_at_ms != 0 && clock_mono_ms() - login->renewed_at_ms < RENEW_EVERY_MS;
}

static bool is_due(const struct sso_login *login)
{
    return !is_good(login, &login->token) ||
           login->token.expires_at_ms - clock_wall_ms() < RENEW_BEFORE_MS;
}

void sso_login_post(struct sso_login *login, const char *path, struct secret *take_body,
                    fetch_done_fn *done)
{
    struct aws_client *client = login->client;
    struct endpoint endpoint;
    struct err err;
    if (endpoint_resolve(&client->endpoints, aws_service_find(SV("sso-oidc")), login->sso.region,
                         &endpoint, &err) != OK) {
        secret_unref(take_body);
        login->is_busy = false;
        sso_login_fail(login, &err);
        return;
    }
    AUTO(buf_done) struct buf url = BUF_NONE;
    struct sv base = sv_of(endpoint.url);
    base.len -= sv_ends(base, SV("/"));
    buf_addf(&url, SV_FMT "%s", SV_ARG(base), path);
    const struct fetch_request request = {.method = "POST",
                                          .url = buf_cstr(&url),
                                          .headers = {{"Content-Type", "application/json", NULL}},
                                          .body = take_body,
                                          .tries_max = POST_TRIES,
                                          .pause_ms = POST_PAUSE_MS,
                                          .allow_plain = endpoint.is_given,
                                          .ca_file = client->ca_file};
    fetch_start(&request, client->scope, done, NULL, login);
    secret_unref(take_body);
}

enum oidc_fault sso_login_fault(const struct http_reply *reply, const char *where, struct err *err)
{
    if (reply->code == OK)
        return oidc_read_fault(reply->status, http_reply_header(reply, "x-amzn-errortype"),
                               buf_sv(&reply->body), where, err);
    *err = reply->err;
    return OIDC_TRANSIENT;
}

static bool may_be_asked(const struct sso_login *login)
{
    for (size_t i = 0; i < login->waiting.len; i++) {
        if (login->waiting.ptr[i].may_ask)
            return true;
    }
    return false;
}

/* By a person, if one may be bothered. */
static void log_in(struct sso_login *login)
{
    struct err err;
    if (may_be_asked(login)) {
        sso_device_begin(login);
        return;
    }
    err_set(&err, ERR_EXPIRED, login->profile, "IAM Identity Center wants a login");
    login->is_busy = false;
    sso_login_fail(login, &err);
}

/* It is not renewed now: what is at hand may do, or there is trouble, or it takes a login. */
static void go_on_without(struct sso_login *login)
{
    if (is_good(login, &login->token)) {
        hand_out(login);
    } else if (login->trouble.code != OK) {
        login->is_busy = false;
        sso_login_fail(login, &login->trouble);
    } else {
        log_in(login);
    }
}

static void on_renewed(void *arg, struct http_reply *reply)
{
    struct sso_login *login = arg;
    struct err err = ERR_NONE;
    enum oidc_fault fault = OIDC_FAILED;
    if (reply->code == OK && reply->status == 200 &&
        oidc_read_token(buf_sv(&reply->body), clock_wall_ms(), &login->token, &err) == OK) {
        sso_login_succeed(login);
        return;
    }
    if (err.code == OK)
        fault = sso_login_fault(reply, "sso-oidc:CreateToken", &err);
    log_warn("sso", "the token is not renewed: %s", err.message);
    unlock(login);
    if (fault == OIDC_TRANSIENT)
        login->trouble = err;
    go_on_without(login);
}

static void look_again(void *arg);

/* Renews it as the only process; while another does, looks whether it has got one. */
static void renew(struct sso_login *login)
{
    struct err err;
    int64_t now_ms = clock_mono_ms();
    if (login->locking_since_ms == 0)
        login->locking_since_ms = now_ms;
    login->lock_fd = sso_cache_try_lock(&login->sso, &err);
    if (login->lock_fd < 0 && err.code == OK && now_ms - login->locking_since_ms < LOCK_WAIT_MS) {
        run_after(RUN_WORKER, LOCK_EVERY_MS, login->client->scope, look_again, NULL, login);
        return;
    }
    if (read_cache(login) && !is_due(login)) {
        hand_out(login);
        return;
    }
    login->renewed_at_ms = now_ms;
    login->trouble = ERR_NONE;
    sso_login_post(login, OIDC_TOKEN_PATH, oidc_refresh_body(&login->token), on_renewed);
}

/* From the start: what is at hand, a renewal, a login. */
static void look(struct sso_login *login)
{
    login->is_busy = true;
    read_cache(login);
    if (!was_just_tried(login))
        login->trouble = ERR_NONE;
    if (is_due(login) && can_renew(login) && !was_just_tried(login))
        renew(login);
    else
        go_on_without(login);
}

static void look_again(void *arg)
{
    look(arg);
}

/* Without a need: so that it does not lapse while a role's credentials go on. */
static void renew_ahead(void *arg)
{
    struct sso_login *login = arg;
    login->is_kept_fresh = false;
    if (!login->is_busy)
        look(login);
}

static void keep_fresh(struct sso_login *login)
{
    int64_t in_ms = login->token.expires_at_ms - RENEW_BEFORE_MS - clock_wall_ms();
    if (login->is_kept_fresh || login->sso.session[0] == '\0' || login->token.refresh == NULL)
        return;
    login->is_kept_fresh = true;
    if (in_ms < RENEW_EVERY_MS)
        in_ms = RENEW_EVERY_MS;
    run_after(RUN_WORKER, in_ms / 1000 * login->client->sso_second_ms, login->client->scope,
              renew_ahead, NULL, login);
}

/* --- asking ---------------------------------------------------------------------------------- */

void sso_login_get(struct aws_client *client, const struct sso_config *sso, const char *profile,
                   struct secret *rejected, bool may_ask, sso_token_fn *done,
                   void (*drop)(void *arg), void *arg)
{
    struct sso_login *login = find_login(client, sso, profile);
    const struct sso_waiter waiter = {may_ask, done, drop, arg};
    vec_push(&login->waiting, waiter);
    if (rejected != NULL) {
        secret_unref(login->rejected);
        login->rejected = secret_ref(rejected);
    }
    if (login->is_given_up) {
        struct err err;
        say_given_up(login, &err);
        sso_login_fail(login, &err);
    } else if (!login->is_busy) {
        look(login);
    }
}

void sso_login_forgive(struct aws_client *client)
{
    for (size_t i = 0; i < client->sso_logins.all.len; i++) {
        struct sso_login *login = client->sso_logins.all.ptr[i];
        login->is_given_up = false;
        login->trouble = ERR_NONE;
    }
}
