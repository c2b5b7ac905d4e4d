#include "core/base/parallel.h"

#include <sched.h>

#include "core/base/os.h"

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

void parallel_do(size_t n, void (*part)(void *arg, size_t i), void *arg)
{
    struct part parts[PARALLEL_MAX];

    for (size_t i = 0; i < n; i++)
        parts[i] = (struct part){.run = part, .arg = arg, .i = i};
    for (size_t i = 1; i < n; i++)
        parts[i].is_started = os_thread_start(&parts[i].thread, STACK_BYTES, run_part, &parts[i]);
    for (size_t i = 0; i < n; i++) {
        if (!parts[i].is_started)
            part(arg, i);
    }
    for (size_t i = 0; i < n; i++) {
        if (parts[i].is_started)
            pthread_join(parts[i].thread, NULL);
    }
}
