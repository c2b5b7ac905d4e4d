#include "core/aws/prompt.h"

#include "core/aws/call.h"
#include "core/base/mem.h"

/* One that has been asked; in the client's list on RUN_UI until it is settled. */
struct open_prompt {
    struct open_prompt *next;
    struct aws_client *client;
    struct prompt prompt;
    prompt_answered_fn *answered;
    void (*drop)(void *arg);
    void *arg;

    struct secret *answer; /* on its way to RUN_WORKER */
    struct err err;
};

static void drop_open(void *arg)
{
    struct open_prompt *open = arg;
    if (open->drop != NULL)
        open->drop(open->arg);
    secret_unref(open->answer);
    mem_free(open);
}

/* --- answers --------------------------------------------------------------------------------- */

static void deliver(void *arg)
{
    struct open_prompt *open = arg;
    open->answered(open->arg, open->answer, &open->err);
    secret_unref(open->answer);
    mem_free(open);
}

/* On RUN_UI; open is in no list. Without an answer, err has been set. */
static void settle(struct open_prompt *open, struct secret *take_answer)
{
    open->answer = take_answer;
    run_call(RUN_WORKER, RUN_URGENT, open->client->scope, deliver, drop_open, open);
}

static struct open_prompt *take_out(struct prompts *prompts, uint64_t id)
{
    struct open_prompt **at = &prompts->open;
    while (*at != NULL && (*at)->prompt.id != id)
        at = &(*at)->next;
    struct open_prompt *open = *at;
    if (open != NULL)
        *at = open->next;
    return open;
}

static void give_up(struct open_prompt *open, const char *why)
{
    err_set(&open->err, ERR_CANCELLED, open->prompt.profile, "%s", why);
    settle(open, NULL);
}

void client_answer_prompt(struct aws_client *client, uint64_t id, struct secret *take_secret)
{
    struct open_prompt *open = take_out(&client->prompts, id);
    if (open == NULL)
        secret_unref(take_secret);
    else if (take_secret == NULL)
        give_up(open, open->prompt.kind == PROMPT_MFA_CODE ? "no MFA code was given"
                                                           : "the login was given up");
    else
        settle(open, take_secret);
}

void client_on_prompt(struct aws_client *client, prompt_fn *fn, prompt_over_fn *over, void *arg)
{
    struct prompts *prompts = &client->prompts;
    prompts->fn = fn;
    prompts->over = over;
    prompts->arg = arg;
    atomic_store(&prompts->is_heard, fn != NULL);
    while (fn == NULL && prompts->open != NULL)
        give_up(take_out(prompts, prompts->open->prompt.id), "the program was ending");
}

/* --- asking ---------------------------------------------------------------------------------- */

enum err_code prompt_refuse(const struct prompt *prompt, struct err *err)
{
    if (prompt->kind == PROMPT_SSO_LOGIN)
        return err_set(err, ERR_CREDENTIALS, prompt->profile,
                       "IAM Identity Center wants a login, and nobody is there to be asked: run "
                       "`aws sso login --profile %s`, or watchdeck on a terminal",
                       prompt->profile);
    return err_set(err, ERR_CREDENTIALS, prompt->profile,
                   "the code of MFA device %s is needed, and nobody is there to be asked: run `aws "
                   "sts get-caller-identity --profile %s` first, or watchdeck on a terminal",
                   prompt->device, prompt->profile);
}

/* On RUN_UI. */
static void show(void *arg)
{
    struct open_prompt *open = arg;
    struct prompts *prompts = &open->client->prompts;
    if (prompts->fn == NULL) {
        prompt_refuse(&open->prompt, &open->err);
        settle(open, NULL);
        return;
    }
    open->next = prompts->open;
    prompts->open = open;
    prompts->fn(prompts->arg, &open->prompt);
}

uint64_t prompt_ask(struct aws_client *client, const struct prompt *prompt,
                    prompt_answered_fn *answered, void (*drop)(void *arg), void *arg)
{
    static atomic_uint_fast64_t last_id;
    struct open_prompt *open = mem_new(struct open_prompt);
    uint64_t id = atomic_fetch_add(&last_id, 1) + 1;
    open->client = client;
    open->prompt = *prompt;
    open->prompt.id = id;
    open->answered = answered;
    open->drop = drop;
    open->arg = arg;
    run_call(RUN_UI, RUN_URGENT, client->scope, show, drop_open, open);
    return id;
}

struct withdrawal {
    struct aws_client *client;
    uint64_t id;
};

/* On RUN_UI, behind the asking. */
static void withdraw(void *arg)
{
    struct withdrawal *withdrawal = arg;
    struct prompts *prompts = &withdrawal->client->prompts;
    struct open_prompt *open = take_out(prompts, withdrawal->id);
    if (open != NULL) {
        if (prompts->over != NULL)
            prompts->over(prompts->arg, withdrawal->id);
        give_up(open, "not needed any more");
    }
    mem_free(withdrawal);
}

void prompt_withdraw(struct aws_client *client, uint64_t id)
{
    struct withdrawal *withdrawal = mem_new(struct withdrawal);
    *withdrawal = (struct withdrawal){client, id};
    run_call(RUN_UI, RUN_URGENT, client->scope, withdraw, mem_free, withdrawal);
}

bool prompt_is_heard(struct aws_client *client)
{
    return atomic_load(&client->prompts.is_heard);
}

void prompts_done(struct prompts *prompts)
{
    while (prompts->open != NULL)
        drop_open(take_out(prompts, prompts->open->prompt.id));
}
