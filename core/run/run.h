/*
 * run: the three runners and the corridors between them.
 *
 *   RUN_UI      owns the terminal and the views; the thread that called run_start. Never waits.
 *   RUN_NET     owns curl and the sockets: sign, send, receive, retry. I/O only.
 *   RUN_WORKER  parses, sorts, evaluates, writes to disk. All domain state lives here, so the
 *               domain needs no locks.
 *
 * Work crosses as a task: a struct that owns what it carries and says how to run and how to drop
 * itself. Exactly one of run and drop is called, exactly once, on the runner it was posted to.
 * Every task belongs to a scope. After scope_close returns on the UI runner, no task of that scope
 * (or of a scope below it) is run on the UI runner any more; on the other runners one that has
 * begun ends, and none begins.
 */
#ifndef CORE_RUN_RUN_H
#define CORE_RUN_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum runner { RUN_UI, RUN_NET, RUN_WORKER, RUN_COUNT };

/* --- scopes ------------------------------------------------------------------------------- */

struct scope;

/* A scope below parent (NULL: a root). The caller holds a reference. Any runner. */
struct scope *scope_new(struct scope *parent, const char *name);
struct scope *scope_ref(struct scope *scope);
void scope_unref(struct scope *scope); /* NULL is allowed */
/* Cancels what is queued or in flight in it and below. Idempotent. Any runner. Losing the last
 * reference closes a scope too. */
void scope_close(struct scope *scope);
bool scope_is_closed(const struct scope *scope);
/*
 * For work that is no task meanwhile, a transfer in flight say: while somebody holds it, a scope
 * does not end (scope_at_end). False when the scope is closed: it is not held then, and the work is
 * not to begin. Any runner.
 */
bool scope_hold(struct scope *scope);
void scope_release(struct scope *scope);
/*
 * Calls fn(arg) on `on`, once, when the scope is closed and nothing of it or below it is queued,
 * running or held any more: the place to free what the tasks shared. Register before the first task
 * is posted. A scope does not end before the handler that made it has returned; who posts later
 * does so in a task of the scope, on the runner that closes it, or while holding it.
 */
void scope_at_end(struct scope *scope, enum runner on, void (*fn)(void *arg), void *arg);

/* --- tasks -------------------------------------------------------------------------------- */

struct task {
    void (*run)(struct task *task);  /* takes the task: free it, or keep it */
    void (*drop)(struct task *task); /* the scope was closed: free it */
    /* the rest belongs to run.c */
    struct task *next;
    struct scope *scope;
    int64_t posted_at_us;
};

enum run_lane {
    RUN_URGENT, /* a person waits for it: a filter, a sort, a gate step */
    RUN_NORMAL,
};

/*
 * Queues task for `to`, in order within its lane. Any thread; never blocks; wakes the runner.
 * scope must not be NULL; the task keeps a reference. On a closed scope the task is dropped (on
 * `to`). The corridors hold RUN_QUEUE_MAX tasks: producers that make many ask run_is_backlogged
 * and pause; a corridor beyond its bound is logged and counted, never blocks.
 */
void run_post(enum runner to, enum run_lane lane, struct scope *scope, struct task *task);

#define RUN_QUEUE_MAX 4096
bool run_is_backlogged(enum runner runner); /* more than half of RUN_QUEUE_MAX wait */

/* Convenience: fn(arg) on a runner; drop_arg (NULL: nothing) frees arg when it is not to run. */
void run_call(enum runner to, enum run_lane lane, struct scope *scope, void (*fn)(void *arg),
              void (*drop_arg)(void *arg), void *arg);

/* Calls fn(arg) on `on` after delay_ms, once; nothing when the scope is closed by then, when
 * drop_arg(arg) is called. RUN_WORKER and RUN_UI. */
void run_after(enum runner on, int64_t delay_ms, struct scope *scope, void (*fn)(void *arg),
               void (*drop_arg)(void *arg), void *arg);

/* --- the runners --------------------------------------------------------------------------- */

/* The network runner is given its loop by core/net, so that core/run knows nothing of curl. */
struct run_net_loop {
    void (*start)(void); /* on the new thread, before the first turn */
    /* one turn: waits at most timeout_ms for sockets or a wake, does its I/O */
    void (*turn)(int timeout_ms);
    /* from any thread: makes turn return, and a turn that has not yet begun return at once. Comes
     * with new tasks and whenever a scope is closed: look which transfers are to be given up. */
    void (*wake)(void);
    void (*stop)(void); /* on the thread, at its end: give up all transfers */
};

/* Starts the worker and, when net is not NULL, the network runner. The caller's thread is RUN_UI
 * from now on. Call once; again only after run_stop. */
void run_start(const struct run_net_loop *net);
/* Closes every root scope, lets the runners drop what is queued, waits until no scope is held any
 * more, by a thread of somebody's own say, and joins them. On RUN_UI, outside any task. */
void run_stop(void);

/* The UI's own loop polls this descriptor and calls run_ui_turn when it is readable. */
int run_ui_fd(void);
/* Runs what has been posted to RUN_UI, for at most budget_us. Returns the tasks left waiting. */
size_t run_ui_turn(int64_t budget_us);
/* Milliseconds until the UI's next timer, -1 when there is none; run_ui_turn fires them. */
int run_ui_timeout_ms(void);
/* For headless use: turns the UI runner until *done or timeout_ms (-1: none) has passed. */
bool run_ui_until(const bool *done, int64_t timeout_ms);

/* The UI's own loop tells how long it was busy between two waits: keys, tasks and drawing. */
void run_note_ui_turn(int64_t busy_us);

bool run_is_on(enum runner runner); /* asserts in code that belongs to one runner */

/* For :debug and tests. */
struct run_stats {
    size_t queued[RUN_COUNT], queued_max[RUN_COUNT], over_bound[RUN_COUNT];
    uint64_t tasks_run[RUN_COUNT];
    int64_t slowest_us[RUN_COUNT];      /* the longest task since the last reset */
    int64_t longest_wait_us[RUN_COUNT]; /* the longest stay in the queue since then */
    int64_t slowest_ui_turn_us;         /* as run_note_ui_turn was told */
    size_t scopes_open;
};
void run_read_stats(struct run_stats *stats);
void run_reset_slowest(void);

#endif
