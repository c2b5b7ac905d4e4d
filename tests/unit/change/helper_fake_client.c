#include "tests/unit/change/helper_fake_client.h"

#include <stdio.h>

#include "core/base/mem.h"

char fake_secret[160];

static fake_aws_fn *fake_aws;
static void *fake_arg;

void fake_client_use(fake_aws_fn *fn, void *arg)
{
    fake_aws = fn;
    fake_arg = arg;
}

void fake_refuse(struct fake_answer *answer, enum err_code code, int http_status,
                 const char *aws_code)
{
    err_set(&answer->err, code, "fake", "%s", aws_code);
    answer->err.http_status = http_status;
    str_copy(answer->err.aws_code, aws_code);
}

struct transfer {
    enum fake_verb verb;
    struct aws_request request;
    aws_page_fn *on_page;
    aws_done_fn *on_read;
    aws_change_done_fn *on_change;
    void (*drop)(void *arg);
    void *arg;
};

static void transfer_free(struct transfer *transfer)
{
    json_free(transfer->request.params);
    mem_free(transfer);
}

static void finish(struct transfer *transfer, struct fake_answer *answer)
{
    struct aws_outcome outcome = {
        .err = answer->err, .pages = 1, .attempts = 1, .sent = answer->sent};
    struct aws_page page = {.request = &transfer->request, .body = answer->body, .last = true};

    if (transfer->verb != FAKE_READ) {
        transfer->on_change(transfer->arg, &transfer->request,
                            answer->err.code == OK ? answer->body : NULL, &outcome);
    } else {
        if (answer->err.code == OK && transfer->on_page != NULL)
            transfer->on_page(transfer->arg, &page);
        answer->body = page.body;
        transfer->on_read(transfer->arg, &transfer->request, &outcome);
    }
    json_free(answer->body);
    transfer_free(transfer);
}

static void run_transfer(void *arg)
{
    struct transfer *transfer = arg;
    struct fake_answer answer = {.sent = true};

    fake_aws(fake_arg, transfer->verb, &transfer->request, &answer);
    finish(transfer, &answer);
}

/* The scope was closed before anything was sent. */
static void drop_transfer(void *arg)
{
    struct transfer *transfer = arg;
    struct fake_answer answer = {.sent = false};

    if (transfer->verb == FAKE_READ) {
        if (transfer->drop != NULL)
            transfer->drop(transfer->arg);
        transfer_free(transfer);
        return;
    }
    err_set(&answer.err, ERR_CANCELLED, "fake", "cancelled");
    finish(transfer, &answer);
}

static void start(struct scope *scope, const struct transfer *transfer)
{
    run_call(RUN_WORKER, RUN_NORMAL, scope, run_transfer, drop_transfer,
             mem_copy(transfer, sizeof *transfer));
}

void client_read(struct aws_client *client, struct scope *scope,
                 const struct aws_request *take_request, aws_page_fn *on_page, aws_done_fn *on_done,
                 void (*drop)(void *arg), void *arg)
{
    (void)client;
    start(scope, &(struct transfer){.verb = FAKE_READ,
                                    .request = *take_request,
                                    .on_page = on_page,
                                    .on_read = on_done,
                                    .drop = drop,
                                    .arg = arg});
}

void client_change(struct aws_client *client, struct scope *scope,
                   const struct aws_request *take_request, aws_change_done_fn *on_done, void *arg)
{
    (void)client;
    start(scope,
          &(struct transfer){
              .verb = FAKE_CHANGE, .request = *take_request, .on_change = on_done, .arg = arg});
}

void client_change_secret(struct aws_client *client, struct scope *scope,
                          const struct aws_request *take_request, const char *secret_member,
                          struct secret *secret, aws_change_done_fn *on_done, void *arg)
{
    snprintf(fake_secret, sizeof fake_secret, "%s=" SV_FMT, secret_member,
             SV_ARG(secret_bytes(secret)));
    client_change(client, scope, take_request, on_done, arg);
}

void client_probe(struct aws_client *client, struct scope *scope,
                  const struct aws_request *take_request, aws_change_done_fn *on_done, void *arg)
{
    (void)client;
    start(scope,
          &(struct transfer){
              .verb = FAKE_PROBE, .request = *take_request, .on_change = on_done, .arg = arg});
}
