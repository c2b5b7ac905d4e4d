#include "core/aws/attempt_log.h"

#include <pthread.h>

#include "core/base/clock.h"
#include "core/base/mem.h"

#define WINDOW_S 60

struct attempt_log {
    pthread_mutex_t lock;
    uint64_t last_id;
    struct aws_attempt ring[AWS_ATTEMPTS_MAX]; /* id at id % AWS_ATTEMPTS_MAX */
    struct second {
        int64_t at_s;
        unsigned n_calls, n_slowed;
    } seconds[WINDOW_S]; /* at_s at at_s % WINDOW_S */
};

struct attempt_log *attempt_log_new(void)
{
    struct attempt_log *log = mem_new(struct attempt_log);
    pthread_mutex_init(&log->lock, NULL);
    return log;
}

void attempt_log_free(struct attempt_log *log)
{
    if (log == NULL)
        return;
    pthread_mutex_destroy(&log->lock);
    mem_free(log);
}

static void count(struct attempt_log *log, bool slowed)
{
    int64_t now_s = clock_mono_ms() / 1000;
    struct second *second = &log->seconds[now_s % WINDOW_S];
    if (second->at_s != now_s)
        *second = (struct second){.at_s = now_s};
    second->n_calls++;
    second->n_slowed += slowed;
}

void attempt_log_add(struct attempt_log *log, const struct aws_attempt *attempt, bool slowed)
{
    pthread_mutex_lock(&log->lock);
    struct aws_attempt *slot = &log->ring[++log->last_id % AWS_ATTEMPTS_MAX];
    *slot = *attempt;
    slot->id = log->last_id;
    count(log, slowed);
    pthread_mutex_unlock(&log->lock);
}

size_t attempt_log_read(struct attempt_log *log, uint64_t after_id, struct aws_attempt *attempts,
                        size_t max)
{
    size_t n = 0;
    pthread_mutex_lock(&log->lock);
    uint64_t oldest = log->last_id > AWS_ATTEMPTS_MAX ? log->last_id - AWS_ATTEMPTS_MAX + 1 : 1;
    for (uint64_t id = after_id + 1 > oldest ? after_id + 1 : oldest; id <= log->last_id && n < max;
         id++)
        attempts[n++] = log->ring[id % AWS_ATTEMPTS_MAX];
    pthread_mutex_unlock(&log->lock);
    return n;
}

int attempt_log_slowed_percent(struct attempt_log *log)
{
    int64_t now_s = clock_mono_ms() / 1000;
    unsigned n_calls = 0, n_slowed = 0;
    pthread_mutex_lock(&log->lock);
    for (size_t i = 0; i < WINDOW_S; i++) {
        if (log->seconds[i].at_s > now_s - WINDOW_S) {
            n_calls += log->seconds[i].n_calls;
            n_slowed += log->seconds[i].n_slowed;
        }
    }
    pthread_mutex_unlock(&log->lock);
    return n_calls > 0 ? (int)(100 * n_slowed / n_calls) : -1;
}
