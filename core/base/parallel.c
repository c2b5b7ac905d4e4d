#include "core/base/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>

#define STACK_BYTES ((size_t)256 * 1024)

struct part {
    void (*run)(void *arg, size_t i);
    void *arg;
    size_t i;
    pthread_t thread;
    bool is_started;
};

size_t parallel_width(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    int n = CPU_COUNT(&set);
    return n < 1 ? 1 : n > PARALLEL_MAX ? PARALLEL_MAX : (size_t)n;
}

static void *run_part(void *arg)
{
    const struct part *part = arg;

    part->run(part->arg, part->i);
    return NULL;
}

/* Signals are the business of the UI's thread: what is started here has them all blocked. */
static void start(struct part *parts, size_t n)
{
    pthread_attr_t attr;
    sigset_t all, before;

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (size_t i = 0; i < n; i++)
        parts[i].is_started = pthread_create(&parts[i].thread, &attr, run_part, &parts[i]) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
}

void parallel_do(size_t n, void (*part)(void *arg, size_t i), void *arg)
{
    struct part parts[PARALLEL_MAX];

    for (size_t i = 0; i < n; i++)
        parts[i] = (struct part){.run = part, .arg = arg, .i = i};
    if (n > 1)
        start(parts + 1, n - 1);
    for (size_t i = 0; i < n; i++) {
        if (!parts[i].is_started)
            part(arg, i);
    }
    for (size_t i = 0; i < n; i++) {
        if (parts[i].is_started)
            pthread_join(parts[i].thread, NULL);
    }
}
