#include "core/run/run.h"

#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/run/scope.h"

#define N_LANES          (RUN_NORMAL + 1)
#define NET_TASKS_A_TURN 256   /* before the sockets have their turn again */
#define NET_IDLE_MS      60000 /* a wake ends it earlier */
#define UI_BUDGET_US     8000

/* What waits for one runner, and what is known of it. Everything is under the lock. */
struct corridor {
    pthread_mutex_t lock;
    pthread_cond_t filled; /* the worker waits for it */
    struct lane {
        struct task *first, *last;
    } lanes[N_LANES];
    struct call *timers; /* the earliest first */
    bool timers_changed; /* some may belong to closed scopes by now */
    bool stopping;
    size_t n_queued, n_queued_max, n_over_bound;
    uint64_t n_run;
    int64_t slowest_us, longest_wait_us;
};

#define CORRIDOR                                                              \
    {                                                                         \
        .lock = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER \
    }
static struct corridor corridors[RUN_COUNT] = {CORRIDOR, CORRIDOR, CORRIDOR};
static const char *const runner_names[RUN_COUNT] = {"ui", "net", "worker"};

static _Thread_local int current_runner = -1;
static int ui_event_fd = -1;
static _Atomic int64_t slowest_ui_turn_us;
static pthread_t worker_thread, net_thread;
static struct run_net_loop net_loop;
static bool net_has_loop; /* between its start and its stop; under its corridor's lock */
static bool has_net_thread;
static atomic_bool is_stopping;
/* Tasks and timers that are neither run nor dropped, and scopes that are held. At zero, while
 * stopping, all is settled. */
static atomic_size_t n_unfinished;

/* A function call as a task; with due_us, one that waits among the timers. */
struct call {
    struct task task;
    void (*fn)(void *arg);
    void (*drop_arg)(void *arg);
    void *arg;
    int64_t due_us;
};

bool run_is_on(enum runner runner)
{
    return current_runner == (int)runner;
}

enum runner run_current(void)
{
    return current_runner < 0 ? RUN_UI : (enum runner)current_runner;
}

/* --- queues ------------------------------------------------------------------------------- */

static void set_net_has_loop(bool has_loop)
{
    pthread_mutex_lock(&corridors[RUN_NET].lock);
    net_has_loop = has_loop;
    pthread_mutex_unlock(&corridors[RUN_NET].lock);
}

/* Under the lock, so that the loop is not stopped while it is being woken. */
static bool wake_net_loop(void)
{
    pthread_mutex_lock(&corridors[RUN_NET].lock);
    bool woken = net_has_loop;
    if (woken)
        net_loop.wake();
    pthread_mutex_unlock(&corridors[RUN_NET].lock);
    return woken;
}

static void wake(enum runner runner)
{
    if (runner == RUN_WORKER)
        pthread_cond_signal(&corridors[RUN_WORKER].filled);
    else if (runner == RUN_NET && wake_net_loop())
        return;
    else if (ui_event_fd >= 0)
        os_event_signal(ui_event_fd); /* the UI settles what is left of a network that is gone */
}

/* Under the lock. Returns whether the runner may be asleep. */
static bool append_task(struct corridor *corridor, enum run_lane lane, struct task *task)
{
    struct lane *to = &corridor->lanes[lane];

    task->next = NULL;
    if (to->first != NULL)
        to->last->next = task;
    else
        to->first = task;
    to->last = task;
    corridor->n_queued++;
    if (corridor->n_queued > corridor->n_queued_max)
        corridor->n_queued_max = corridor->n_queued;
    return corridor->n_queued == 1;
}

static void enqueue(enum runner to, enum run_lane lane, struct scope *scope, struct task *task)
{
    struct corridor *corridor = &corridors[to];

    scope_enter(scope);
    atomic_fetch_add(&n_unfinished, 1);
    task->scope = scope;
    task->posted_at_us = clock_mono_us();

    pthread_mutex_lock(&corridor->lock);
    bool was_empty = append_task(corridor, lane, task);
    size_t n_queued = corridor->n_queued;
    if (n_queued > RUN_QUEUE_MAX)
        corridor->n_over_bound++;
    /* Once the lock is given back the task may have been run, and its scope be gone. */
    char culprit[32] = "";
    if (n_queued == RUN_QUEUE_MAX + 1)
        str_copy(culprit, scope_name(scope));
    pthread_mutex_unlock(&corridor->lock);

    if (was_empty)
        wake(to);
    if (culprit[0] != '\0')
        log_warn("run", "more than %d tasks wait for the %s runner, the last one for %s",
                 RUN_QUEUE_MAX, runner_names[to], culprit);
}

void run_post(enum runner to, enum run_lane lane, struct scope *scope, struct task *task)
{
    assert(scope != NULL);
    enqueue(to, lane, scope, task);
}

void run_post_unscoped(enum runner to, struct task *task)
{
    enqueue(to, RUN_NORMAL, NULL, task);
}

bool run_is_backlogged(enum runner runner)
{
    struct corridor *corridor = &corridors[runner];

    pthread_mutex_lock(&corridor->lock);
    bool backlogged = corridor->n_queued > RUN_QUEUE_MAX / 2;
    pthread_mutex_unlock(&corridor->lock);
    return backlogged;
}

/* --- timers ------------------------------------------------------------------------------- */

/* Under the lock: queues the timers that are due, and those of closed scopes, to be dropped. */
static void ripen_timers(struct corridor *corridor)
{
    struct call **at = &corridor->timers;
    bool changed = corridor->timers_changed;

    corridor->timers_changed = false;
    if (*at == NULL)
        return;
    int64_t now_us = clock_mono_us();
    while (*at != NULL && (changed || (*at)->due_us <= now_us)) {
        struct call *timer = *at;
        if (timer->due_us > now_us && !scope_is_closed(timer->task.scope)) {
            at = (struct call **)&timer->task.next;
            continue;
        }
        *at = (struct call *)timer->task.next;
        timer->task.posted_at_us = now_us;
        append_task(corridor, RUN_NORMAL, &timer->task);
    }
}

void run_drop_closed_timers(void)
{
    for (enum runner runner = RUN_UI; runner < RUN_COUNT; runner++) {
        struct corridor *corridor = &corridors[runner];
        pthread_mutex_lock(&corridor->lock);
        bool any = corridor->timers != NULL;
        corridor->timers_changed = any;
        pthread_mutex_unlock(&corridor->lock);
        /* The network runner is woken in any case: it looks for closed scopes among transfers. */
        if (any || runner == RUN_NET)
            wake(runner);
    }
}

/* Microseconds until the earliest timer, at least 0; -1 when there is none. Under the lock. */
static int64_t next_timer_us(const struct corridor *corridor)
{
    if (corridor->timers == NULL)
        return -1;
    int64_t left_us = corridor->timers->due_us - clock_mono_us();
    return left_us > 0 && !corridor->timers_changed ? left_us : 0;
}

/* --- calls -------------------------------------------------------------------------------- */

static void run_the_call(struct task *task)
{
    struct call *call = (struct call *)task;
    call->fn(call->arg);
    mem_free(call);
}

static void drop_the_call(struct task *task)
{
    struct call *call = (struct call *)task;
    if (call->drop_arg != NULL)
        call->drop_arg(call->arg);
    mem_free(call);
}

static struct call *call_new(void (*fn)(void *arg), void (*drop_arg)(void *arg), void *arg)
{
    struct call *call = mem_new(struct call);

    *call = (struct call){.task = {.run = run_the_call, .drop = drop_the_call},
                          .fn = fn,
                          .drop_arg = drop_arg,
                          .arg = arg};
    return call;
}

void run_call(enum runner to, enum run_lane lane, struct scope *scope, void (*fn)(void *arg),
              void (*drop_arg)(void *arg), void *arg)
{
    run_post(to, lane, scope, &call_new(fn, drop_arg, arg)->task);
}

void run_after(enum runner on, int64_t delay_ms, struct scope *scope, void (*fn)(void *arg),
               void (*drop_arg)(void *arg), void *arg)
{
    assert(on == RUN_UI || on == RUN_WORKER);
    struct corridor *corridor = &corridors[on];
    struct call *timer = call_new(fn, drop_arg, arg);

    scope_enter(scope);
    atomic_fetch_add(&n_unfinished, 1);
    timer->task.scope = scope;
    timer->due_us = clock_mono_us() + delay_ms * 1000;

    pthread_mutex_lock(&corridor->lock);
    struct call **at = &corridor->timers;
    while (*at != NULL && (*at)->due_us <= timer->due_us)
        at = (struct call **)&(*at)->task.next;
    timer->task.next = (struct task *)*at;
    *at = timer;
    /* The scope may have been closed just now, before the timer could be seen. */
    corridor->timers_changed |= scope_is_closed(scope);
    pthread_mutex_unlock(&corridor->lock);
    wake(on);
}

/* --- running ------------------------------------------------------------------------------ */

/* Under the lock: the next task, NULL when none is ready. */
static struct task *take_task(struct corridor *corridor)
{
    ripen_timers(corridor);
    for (int lane = 0; lane < N_LANES; lane++) {
        struct task *task = corridor->lanes[lane].first;
        if (task != NULL) {
            corridor->lanes[lane].first = task->next;
            corridor->n_queued--;
            return task;
        }
    }
    return NULL;
}

static void note_run(struct corridor *corridor, int64_t waited_us, int64_t took_us)
{
    pthread_mutex_lock(&corridor->lock);
    corridor->n_run++;
    if (took_us > corridor->slowest_us)
        corridor->slowest_us = took_us;
    if (waited_us > corridor->longest_wait_us)
        corridor->longest_wait_us = waited_us;
    pthread_mutex_unlock(&corridor->lock);
}

static void finish_one(void)
{
    if (atomic_fetch_sub(&n_unfinished, 1) == 1 && atomic_load(&is_stopping))
        os_event_signal(ui_event_fd);
}

void run_hold_begun(void)
{
    atomic_fetch_add(&n_unfinished, 1);
}

void run_hold_ended(void)
{
    finish_one();
}

static void run_task(struct corridor *corridor, struct task *task)
{
    struct scope *scope = task->scope;
    int64_t begun_us = clock_mono_us(), waited_us = begun_us - task->posted_at_us;

    if (scope != NULL && scope_is_closed(scope)) {
        task->drop(task);
    } else {
        task->run(task);
        note_run(corridor, waited_us, clock_mono_us() - begun_us);
    }
    scope_leave(scope);
    finish_one();
}

/* Runs one task if there is one. */
static bool run_next_task(struct corridor *corridor)
{
    pthread_mutex_lock(&corridor->lock);
    struct task *task = take_task(corridor);
    pthread_mutex_unlock(&corridor->lock);
    if (task != NULL)
        run_task(corridor, task);
    return task != NULL;
}

/* --- the worker --------------------------------------------------------------------------- */

/* Under the lock. */
static void wait_for_task(struct corridor *corridor)
{
    int64_t left_us = next_timer_us(corridor);

    if (left_us < 0) {
        pthread_cond_wait(&corridor->filled, &corridor->lock);
        return;
    }
    int64_t due_us = clock_mono_us() + left_us;
    const struct timespec due = {.tv_sec = due_us / 1000000, .tv_nsec = due_us % 1000000 * 1000};
    pthread_cond_clockwait(&corridor->filled, &corridor->lock, CLOCK_MONOTONIC, &due);
}

static void *worker_main(void *unused)
{
    struct corridor *corridor = &corridors[RUN_WORKER];

    (void)unused;
    current_runner = RUN_WORKER;
    pthread_mutex_lock(&corridor->lock);
    for (;;) {
        struct task *task = take_task(corridor);
        if (task == NULL && corridor->stopping)
            break;
        if (task == NULL) {
            wait_for_task(corridor);
            continue;
        }
        pthread_mutex_unlock(&corridor->lock);
        run_task(corridor, task);
        pthread_mutex_lock(&corridor->lock);
    }
    pthread_mutex_unlock(&corridor->lock);
    return NULL;
}

/* --- the network -------------------------------------------------------------------------- */

static void *net_main(void *unused)
{
    struct corridor *corridor = &corridors[RUN_NET];
    bool stopping = false;

    (void)unused;
    current_runner = RUN_NET;
    net_loop.start();
    set_net_has_loop(true);
    while (!stopping) {
        for (int i = 0; i < NET_TASKS_A_TURN && run_next_task(corridor); i++)
            ;
        pthread_mutex_lock(&corridor->lock);
        bool idle = corridor->n_queued == 0;
        stopping = corridor->stopping;
        pthread_mutex_unlock(&corridor->lock);
        if (!stopping)
            net_loop.turn(idle ? NET_IDLE_MS : 0);
    }
    while (run_next_task(corridor))
        ;
    set_net_has_loop(false);
    net_loop.stop();
    return NULL;
}

/* --- the UI ------------------------------------------------------------------------------- */

int run_ui_fd(void)
{
    return ui_event_fd;
}

size_t run_ui_turn(int64_t budget_us)
{
    struct corridor *corridor = &corridors[RUN_UI];
    int64_t end_us = clock_mono_us() + budget_us;

    os_event_clear(ui_event_fd);
    while (run_next_task(corridor) && clock_mono_us() < end_us)
        ;
    pthread_mutex_lock(&corridor->lock);
    size_t n_left = corridor->n_queued;
    pthread_mutex_unlock(&corridor->lock);
    if (n_left != 0)
        os_event_signal(ui_event_fd);
    return n_left;
}

int run_ui_timeout_ms(void)
{
    struct corridor *corridor = &corridors[RUN_UI];

    pthread_mutex_lock(&corridor->lock);
    int64_t left_us = corridor->n_queued != 0 ? 0 : next_timer_us(corridor);
    pthread_mutex_unlock(&corridor->lock);
    if (left_us < 0)
        return -1;
    int64_t left_ms = (left_us + 999) / 1000;
    return left_ms < INT32_MAX ? (int)left_ms : INT32_MAX;
}

/* Waits for something to do on the UI runner, at most limit_ms (-1: no limit). */
static void wait_on_ui(int64_t limit_ms)
{
    struct pollfd readable = {.fd = ui_event_fd, .events = POLLIN};
    int timer_ms = run_ui_timeout_ms();
    int wait_ms = limit_ms < INT32_MAX ? (int)limit_ms : INT32_MAX;

    if (timer_ms >= 0 && (wait_ms < 0 || timer_ms < wait_ms))
        wait_ms = timer_ms;
    poll(&readable, 1, wait_ms);
}

bool run_ui_until(const bool *done, int64_t timeout_ms)
{
    int64_t end_ms = clock_mono_ms() + timeout_ms;

    for (;;) {
        run_ui_turn(UI_BUDGET_US);
        int64_t left_ms = timeout_ms < 0 ? -1 : end_ms - clock_mono_ms();
        if (*done || (timeout_ms >= 0 && left_ms <= 0))
            return *done;
        wait_on_ui(left_ms);
    }
}

/* --- starting and stopping ---------------------------------------------------------------- */

static void start_thread(pthread_t *thread, void *(*body)(void *), const char *name)
{
    if (!os_thread_start(thread, 0, body, NULL))
        mem_exhausted("threads");
    pthread_setname_np(*thread, name);
}

void run_start(const struct run_net_loop *net)
{
    assert(ui_event_fd < 0);
    current_runner = RUN_UI;
    ui_event_fd = os_event_new();
    os_event_signal(ui_event_fd); /* for what was posted before */
    scope_open_all();
    start_thread(&worker_thread, worker_main, "wd-worker");
    has_net_thread = net != NULL;
    if (net != NULL) {
        net_loop = *net;
        start_thread(&net_thread, net_main, "wd-net");
    }
}

static void stop_thread(enum runner runner, pthread_t thread)
{
    pthread_mutex_lock(&corridors[runner].lock);
    corridors[runner].stopping = true;
    pthread_mutex_unlock(&corridors[runner].lock);
    wake(runner);
    pthread_join(thread, NULL);
    corridors[runner].stopping = false;
}

/* Settles what the network runner's thread can no longer, in its name. */
static void settle_net(void)
{
    current_runner = RUN_NET;
    while (run_next_task(&corridors[RUN_NET]))
        ;
    current_runner = RUN_UI;
}

void run_stop(void)
{
    assert(run_is_on(RUN_UI));
    atomic_store(&is_stopping, true);
    scope_close_all();
    if (has_net_thread)
        stop_thread(RUN_NET, net_thread);
    has_net_thread = false;
    for (;;) {
        /* In this order: who posts to the network once it is settled wakes the wait below. */
        run_ui_turn(UI_BUDGET_US);
        settle_net();
        if (atomic_load(&n_unfinished) == 0)
            break;
        wait_on_ui(-1);
    }
    stop_thread(RUN_WORKER, worker_thread);
    atomic_store(&is_stopping, false);
    close(ui_event_fd);
    ui_event_fd = -1;
}

/* --- figures ------------------------------------------------------------------------------ */

void run_read_stats(struct run_stats *stats)
{
    for (enum runner runner = RUN_UI; runner < RUN_COUNT; runner++) {
        struct corridor *corridor = &corridors[runner];
        pthread_mutex_lock(&corridor->lock);
        stats->queued[runner] = corridor->n_queued;
        stats->queued_max[runner] = corridor->n_queued_max;
        stats->over_bound[runner] = corridor->n_over_bound;
        stats->tasks_run[runner] = corridor->n_run;
        stats->slowest_us[runner] = corridor->slowest_us;
        stats->longest_wait_us[runner] = corridor->longest_wait_us;
        pthread_mutex_unlock(&corridor->lock);
    }
    stats->slowest_ui_turn_us = atomic_load(&slowest_ui_turn_us);
    stats->scopes_open = scope_count_open();
}

void run_reset_slowest(void)
{
    for (enum runner runner = RUN_UI; runner < RUN_COUNT; runner++) {
        pthread_mutex_lock(&corridors[runner].lock);
        corridors[runner].slowest_us = 0;
        corridors[runner].longest_wait_us = 0;
        pthread_mutex_unlock(&corridors[runner].lock);
    }
    atomic_store(&slowest_ui_turn_us, 0);
}

void run_note_ui_turn(int64_t busy_us)
{
    if (busy_us > atomic_load_explicit(&slowest_ui_turn_us, memory_order_relaxed))
        atomic_store_explicit(&slowest_ui_turn_us, busy_us, memory_order_relaxed);
}
