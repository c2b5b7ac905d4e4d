#include "helper_exchange.h"

#include <stdio.h>
#include <time.h>

#include "tests/unit/unit.h"

#define WAIT_S 60

static void wait_for(sem_t *semaphore, const char *what)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_S;
    if (sem_timedwait(semaphore, &until) != 0)
        fail_msg("%s within %d s", what, WAIT_S);
}

static void done(void *arg, struct http_reply *reply)
{
    struct exchange *exchange = arg;
    exchange->reply = *reply;
    *reply = (struct http_reply){0};
    exchange->n_done++;
    sem_post(&exchange->ended);
}

static void dropped(void *arg)
{
    struct exchange *exchange = arg;
    exchange->n_dropped++;
    sem_post(&exchange->ended);
}

static void send_it(void *arg)
{
    struct exchange *exchange = arg;
    http_send(&exchange->request, exchange->scope, done, dropped, exchange);
    sem_post(&exchange->begun);
}

static void not_sent(void *arg)
{
    struct exchange *exchange = arg;
    sem_post(&exchange->begun);
    dropped(exchange);
}

struct exchange *exchange_begin(struct scope *scope, const char *url, const char *path,
                                const struct http_request *request)
{
    struct exchange *exchange = mem_new(struct exchange);
    exchange->request = *request;
    if (exchange->request.method == NULL)
        exchange->request.method = "GET";
    snprintf(exchange->url, sizeof exchange->url, "%s%s", url, path);
    exchange->request.url = exchange->url;
    exchange->scope = scope;
    sem_init(&exchange->begun, 0, 0);
    sem_init(&exchange->ended, 0, 0);
    run_call(RUN_NET, RUN_NORMAL, scope, send_it, not_sent, exchange);
    wait_for(&exchange->begun, "it has not begun");
    return exchange;
}

void exchange_wait(struct exchange *exchange)
{
    wait_for(&exchange->ended, "it has not ended");
}

void exchange_free(struct exchange *exchange)
{
    http_reply_done(&exchange->reply);
    sem_destroy(&exchange->begun);
    sem_destroy(&exchange->ended);
    mem_free(exchange);
}
