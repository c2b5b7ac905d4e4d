/*
 * sso_device: a login by a person (OAuth 2.0 device grant, RFC 8628): a client is registered, a
 * code is asked for and shown in a prompt, and the token is asked for until the person has
 * confirmed. A login that is made elsewhere meanwhile, by `aws sso login` say, ends it as well.
 */
#include "core/aws/sso/sso_flow.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define CODES_MAX            6 /* of ten minutes each; then nobody is there */
#define SLOWER_S             5
#define REGISTRATION_LEFT_MS ((int64_t)20 * 60 * 1000)

static void register_client(struct sso_login *login);
static void authorize(struct sso_login *login);
static void pause_and_poll(struct sso_login *login);

static void close_prompt(struct sso_login *login)
{
    if (login->prompt_id != 0)
        prompt_withdraw(login->client, login->prompt_id);
    login->prompt_id = 0;
}

static void fail(struct sso_login *login, const struct err *err)
{
    close_prompt(login);
    login->is_busy = false;
    sso_login_fail(login, err);
}

static void succeed(struct sso_login *login)
{
    close_prompt(login);
    sso_login_succeed(login);
}

/* The person has given up, and what was under way meanwhile has come back. True when that is so:
 * those who have come since then begin anew. */
static bool has_ended(struct sso_login *login)
{
    if (login->prompt_id != 0)
        return false;
    login->is_busy = false;
    if (login->waiting.len > 0)
        sso_device_begin(login);
    return true;
}

/* --- the prompt ------------------------------------------------------------------------------ */

/* An answer is for the prompt that it was given to. */
struct asked {
    struct sso_login *login;
    uint64_t prompt_id;
};

static void fill_prompt(const struct sso_login *login, struct prompt *prompt)
{
    *prompt =
        (struct prompt){.kind = PROMPT_SSO_LOGIN, .expires_at_ms = login->device.expires_at_ms};
    str_copy(prompt->profile, login->profile);
    str_copy(prompt->sso_session, login->sso.session);
    str_copy(prompt->url, login->device.url);
    str_copy(prompt->user_code, login->device.user_code);
    str_copy(prompt->refusal, login->refusal);
}

static void on_answer(void *arg, struct secret *answer, const struct err *err)
{
    struct asked *asked = arg;
    struct sso_login *login = asked->login;
    (void)answer;
    (void)err;
    if (login->prompt_id == asked->prompt_id) {
        login->prompt_id = 0;
        sso_login_give_up(login);
    }
    mem_free(asked);
}

static void ask(struct sso_login *login)
{
    struct asked *asked = mem_new(struct asked);
    struct prompt prompt;
    fill_prompt(login, &prompt);
    asked->login = login;
    login->prompt_id = prompt_ask(login->client, &prompt, on_answer, mem_free, asked);
    asked->prompt_id = login->prompt_id;
    pause_and_poll(login);
}

/* --- asking for the token -------------------------------------------------------------------- */

/* The code has lapsed before it was confirmed. */
static void ask_with_another_code(struct sso_login *login)
{
    struct err err;
    if (login->n_codes >= CODES_MAX) {
        login->is_given_up = true;
        err_set(&err, ERR_CREDENTIALS, login->profile,
                "nobody has confirmed the login: :login asks for it again");
        fail(login, &err);
        return;
    }
    close_prompt(login);
    str_copy(login->refusal, "The former code has lapsed: this is a new one.");
    authorize(login);
}

static void on_token(void *arg, struct http_reply *reply)
{
    struct sso_login *login = arg;
    struct err err = ERR_NONE;
    if (reply->code == OK && reply->status == 200) {
        if (oidc_read_token(buf_sv(&reply->body), clock_wall_ms(), &login->token, &err) == OK)
            succeed(login); /* whoever has given up since then: it was confirmed */
        else if (!has_ended(login))
            fail(login, &err);
        return;
    }
    enum oidc_fault fault = sso_login_fault(reply, "sso-oidc:CreateToken", &err);
    if (has_ended(login))
        return;
    if (fault == OIDC_SLOW_DOWN || fault == OIDC_TRANSIENT)
        login->device.interval_s += SLOWER_S;
    if (fault == OIDC_PENDING || fault == OIDC_SLOW_DOWN || fault == OIDC_TRANSIENT)
        pause_and_poll(login);
    else if (fault == OIDC_EXPIRED)
        ask_with_another_code(login);
    else
        fail(login, &err);
}

static void poll_token(void *arg)
{
    struct sso_login *login = arg;
    if (has_ended(login))
        return;
    if (sso_login_finds_good_token(login))
        succeed(login); /* somebody has logged in elsewhere */
    else if (clock_wall_ms() >= login->device.expires_at_ms)
        ask_with_another_code(login);
    else
        sso_login_post(login, OIDC_TOKEN_PATH, oidc_poll_body(&login->token, &login->device),
                       on_token);
}

static void pause_and_poll(struct sso_login *login)
{
    run_after(RUN_WORKER, (int64_t)login->device.interval_s * login->client->sso_second_ms,
              login->client->scope, poll_token, NULL, login);
}

/* --- client and code ------------------------------------------------------------------------- */

static void on_authorized(void *arg, struct http_reply *reply)
{
    struct sso_login *login = arg;
    struct err err = ERR_NONE;
    if (reply->code == OK && reply->status == 200) {
        oidc_device_done(&login->device);
        if (oidc_read_device(buf_sv(&reply->body), clock_wall_ms(), &login->device, &err) == OK)
            ask(login);
        else
            fail(login, &err);
        return;
    }
    if (sso_login_fault(reply, "sso-oidc:StartDeviceAuthorization", &err) == OIDC_CLIENT &&
        !login->is_registered_anew)
        register_client(login);
    else
        fail(login, &err);
}

static void authorize(struct sso_login *login)
{
    login->n_codes++;
    sso_login_post(login, OIDC_DEVICE_PATH, oidc_device_body(&login->sso, &login->token),
                   on_authorized);
}

static void on_registered(void *arg, struct http_reply *reply)
{
    struct sso_login *login = arg;
    struct err err = ERR_NONE;
    bool is_answered = reply->code == OK && reply->status == 200;
    if (is_answered && oidc_read_client(buf_sv(&reply->body), &login->token, &err) == OK) {
        authorize(login);
        return;
    }
    if (!is_answered)
        sso_login_fault(reply, "sso-oidc:RegisterClient", &err);
    fail(login, &err);
}

static void register_client(struct sso_login *login)
{
    login->is_registered_anew = true;
    sso_login_post(login, OIDC_REGISTER_PATH, oidc_register_body(&login->sso), on_registered);
}

static bool has_client(const struct sso_token *token)
{
    return token->client_secret != NULL && token->client_id[0] != '\0' &&
           clock_wall_ms() + REGISTRATION_LEFT_MS < token->registration_expires_at_ms;
}

/* --- whether there is a person --------------------------------------------------------------- */

static void begin_or_refuse(void *arg)
{
    struct sso_login *login = arg;
    struct prompt prompt;
    struct err err;
    if (!prompt_is_heard(login->client)) {
        fill_prompt(login, &prompt);
        prompt_refuse(&prompt, &err);
        fail(login, &err);
    } else if (has_client(&login->token)) {
        authorize(login);
    } else {
        register_client(login);
    }
}

static void look_who_listens(void *arg)
{
    struct sso_login *login = arg;
    run_call(RUN_WORKER, RUN_URGENT, login->client->scope, begin_or_refuse, NULL, login);
}

void sso_device_begin(struct sso_login *login)
{
    login->is_busy = true;
    login->is_registered_anew = false;
    login->n_codes = 0;
    login->refusal[0] = '\0';
    /* By way of RUN_UI: a console that has only just been set up begins to listen there. */
    run_call(RUN_UI, RUN_URGENT, login->client->scope, look_who_listens, NULL, login);
}
