/*
 * prompt: what only a person can give, asked for on RUN_UI.
 *
 * Two sides. Whoever shows dialogs listens (client_on_prompt) and answers (client_answer_prompt);
 * whoever acquires credentials asks (prompt_ask) and waits. Without a listener, as in headless use,
 * asking fails at once with an error that says what to do instead.
 *
 * Who asks sees to it that one prompt serves all who wait for what it gives: credentials of one
 * profile are acquired once for everybody.
 */
#ifndef CORE_AWS_PROMPT_H
#define CORE_AWS_PROMPT_H

#include <stdatomic.h>

#include "core/base/secret.h"

struct aws_client;

enum prompt_kind {
    PROMPT_MFA_CODE,  /* answered with the six digits that the device shows */
    PROMPT_SSO_LOGIN, /* the person opens url and confirms user_code; then the prompt is over. It
                         has no answer but NULL, which gives up */
};

struct prompt {
    uint64_t id; /* of this process; 0 in what is given to prompt_ask */
    enum prompt_kind kind;
    char profile[128];     /* that asks */
    char sso_session[128]; /* PROMPT_SSO_LOGIN: "" in a profile of the old form */
    char device[256];      /* PROMPT_MFA_CODE: the serial number or ARN */
    char url[1024];        /* PROMPT_SSO_LOGIN: where to confirm, code included if there is such */
    char user_code[64];    /* PROMPT_SSO_LOGIN */
    int64_t expires_at_ms; /* wall clock; 0: not by itself */
    char refusal[160];     /* why the former answer was no good, "" at first */
};

/* --- for who shows dialogs ------------------------------------------------------------------- */

/* A prompt, borrowed during the call; several may be open. All texts are as remote as any: they
 * pass the text door when they are drawn. */
typedef void prompt_fn(void *arg, const struct prompt *prompt);
/* It needs no answer any more: it was withdrawn, or what it asked for has come. */
typedef void prompt_over_fn(void *arg, uint64_t id);

/*
 * From now on prompts come to fn, and over to over, both on RUN_UI. Call it on RUN_UI (or before
 * run_start) before the first call of the client; a NULL fn ends it and gives up what is open.
 */
void client_on_prompt(struct aws_client *client, prompt_fn *fn, prompt_over_fn *over, void *arg);

/* Answers a prompt; take_secret NULL: given up. An id that is over is ignored. over is not called
 * for it. On RUN_UI. */
void client_answer_prompt(struct aws_client *client, uint64_t id, struct secret *take_secret);

/* --- for who acquires credentials ------------------------------------------------------------ */

/* answer is borrowed; NULL: err says why there is none (ERR_CANCELLED: given up or withdrawn,
 * ERR_CREDENTIALS: nobody is there to be asked). */
typedef void prompt_answered_fn(void *arg, struct secret *answer, const struct err *err);

/*
 * Asks; returns the prompt's id. answered fires exactly once, on RUN_WORKER; if the client ends
 * first, drop(arg) is called instead, on any runner or from client_free. prompt is copied. Any
 * runner.
 */
uint64_t prompt_ask(struct aws_client *client, const struct prompt *prompt,
                    prompt_answered_fn *answered, void (*drop)(void *arg), void *arg);
/* What was asked for is not needed any more: the dialog goes (over), and answered fires without an
 * answer, unless one is on its way already. An id that is over is ignored. Any runner. */
void prompt_withdraw(struct aws_client *client, uint64_t id);
/* Whether there is somebody to be asked. Any runner. */
bool prompt_is_heard(struct aws_client *client);
/* The error for who sees that nobody is and does not even ask. Returns its code. */
enum err_code prompt_refuse(const struct prompt *prompt, struct err *err);

/* --- for client.c ---------------------------------------------------------------------------- */

/* The prompts of a client; zero-initialised is ready. All but is_heard belongs to RUN_UI. */
struct prompts {
    prompt_fn *fn;
    prompt_over_fn *over;
    void *arg;
    struct open_prompt *open; /* the newest first */
    atomic_bool is_heard;
};

/* Drops what is still open. After run_stop. */
void prompts_done(struct prompts *prompts);

#endif
