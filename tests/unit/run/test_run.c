#include "tests/unit/unit.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/run/run.h"
#include "tests/unit/run/helper_net.h"

#define PATIENCE_MS 20000 /* only a failure takes that long */

/* What the tasks of a test have written, in the order in which they did. */
static struct buf trace;

static void note(void *word)
{
    buf_add_cstr(&trace, word);
}

static void note_drop(void *word)
{
    buf_addf(&trace, "-%s", (const char *)word);
}

static void post_word(enum run_lane lane, struct scope *scope, char *word)
{
    run_call(RUN_UI, lane, scope, note, note_drop, word);
}

static int start_runners(void **state)
{
    (void)state;
    run_start(&helper_net_loop);
    return 0;
}

static int stop_runners(void **state)
{
    (void)state;
    run_stop();
    buf_done(&trace);
    return 0;
}

static void set_true(void *flag)
{
    *(bool *)flag = true;
}

/* Returns when everything that now waits on runner has been settled. */
static void settle(enum runner runner)
{
    struct scope *scope = scope_new(NULL, "settle");
    bool done = false;

    run_call(runner, RUN_NORMAL, scope, set_true, NULL, &(bool){false});
    scope_at_end(scope, RUN_UI, set_true, &done);
    scope_close(scope);
    scope_unref(scope);
    assert_true(run_ui_until(&done, PATIENCE_MS));
}

static void lanes_and_order(void **state)
{
    struct scope *scope = scope_new(NULL, "test");

    (void)state;
    post_word(RUN_NORMAL, scope, "1");
    post_word(RUN_NORMAL, scope, "2");
    post_word(RUN_URGENT, scope, "a");
    post_word(RUN_NORMAL, scope, "3");
    post_word(RUN_URGENT, scope, "b");
    run_ui_turn(1000000);
    assert_string_equal(buf_cstr(&trace), "ab123");
    scope_unref(scope);
}

struct journey {
    struct scope *scope;
    bool right[RUN_COUNT], done;
};

static void arrive_home(void *arg)
{
    struct journey *journey = arg;
    journey->right[RUN_UI] = run_is_on(RUN_UI) && !run_is_on(RUN_WORKER);
    journey->done = true;
}

static void visit_net(void *arg)
{
    struct journey *journey = arg;
    journey->right[RUN_NET] = run_is_on(RUN_NET) && !run_is_on(RUN_UI);
    run_call(RUN_UI, RUN_NORMAL, journey->scope, arrive_home, NULL, journey);
}

static void visit_worker(void *arg)
{
    struct journey *journey = arg;
    journey->right[RUN_WORKER] = run_is_on(RUN_WORKER) && !run_is_on(RUN_NET);
    run_call(RUN_NET, RUN_NORMAL, journey->scope, visit_net, NULL, journey);
}

static void tasks_cross_all_runners(void **state)
{
    struct journey journey = {.scope = scope_new(NULL, "journey")};

    (void)state;
    run_call(RUN_WORKER, RUN_NORMAL, journey.scope, visit_worker, NULL, &journey);
    assert_true(run_ui_until(&journey.done, PATIENCE_MS));
    for (enum runner runner = RUN_UI; runner < RUN_COUNT; runner++)
        assert_true(journey.right[runner]);
    scope_unref(journey.scope);
}

static void close_scope(void *scope)
{
    scope_close(scope);
}

static void nothing_runs_after_close(void **state)
{
    struct scope *scope = scope_new(NULL, "test"), *below = scope_new(scope, "below");
    struct scope *other = scope_new(NULL, "other");

    (void)state;
    post_word(RUN_NORMAL, scope, "1");
    run_call(RUN_UI, RUN_NORMAL, other, close_scope, NULL, scope);
    post_word(RUN_NORMAL, scope, "2");
    post_word(RUN_NORMAL, below, "3");
    post_word(RUN_NORMAL, other, "4");
    run_ui_turn(1000000);
    assert_true(scope_is_closed(below));
    assert_false(scope_is_closed(other));
    post_word(RUN_NORMAL, scope, "5");
    run_ui_turn(1000000);
    assert_string_equal(buf_cstr(&trace), "1-2-34-5");
    scope_unref(below);
    scope_unref(scope);
    scope_unref(other);
}

static void budget_leaves_the_rest(void **state)
{
    struct scope *scope = scope_new(NULL, "test");
    struct pollfd event = {.fd = run_ui_fd(), .events = POLLIN};

    (void)state;
    run_ui_turn(1000000);
    for (int i = 0; i < 3; i++)
        post_word(RUN_NORMAL, scope, "x");
    assert_int_equal(run_ui_turn(-1), 2);
    assert_int_equal(poll(&event, 1, 0), 1);
    assert_int_equal(run_ui_timeout_ms(), 0);
    assert_int_equal(run_ui_turn(1000000), 0);
    assert_string_equal(buf_cstr(&trace), "xxx");
    assert_int_equal(poll(&event, 1, 0), 0);
    assert_int_equal(run_ui_timeout_ms(), -1);
    scope_unref(scope);
}

static void timers_fire_in_order(void **state)
{
    struct scope *scope = scope_new(NULL, "test");
    bool done = false;
    int64_t begun_ms = clock_mono_ms();

    (void)state;
    run_after(RUN_UI, 30, scope, note, note_drop, "c");
    run_after(RUN_UI, 30, scope, set_true, NULL, &done);
    run_after(RUN_UI, 0, scope, note, note_drop, "a");
    run_after(RUN_UI, 15, scope, note, note_drop, "b");
    assert_in_range(run_ui_timeout_ms(), 0, 30);
    assert_true(run_ui_until(&done, PATIENCE_MS));
    assert_string_equal(buf_cstr(&trace), "abc");
    assert_true(clock_mono_ms() - begun_ms >= 29);
    scope_unref(scope);
}

static void worker_timers_fire(void **state)
{
    struct journey journey = {.scope = scope_new(NULL, "journey")};
    bool fired_early = false;

    (void)state;
    run_after(RUN_WORKER, 3600000, journey.scope, set_true, NULL, &fired_early);
    run_after(RUN_WORKER, 5, journey.scope, visit_worker, NULL, &journey);
    assert_true(run_ui_until(&journey.done, PATIENCE_MS));
    assert_true(journey.right[RUN_WORKER]);
    scope_close(journey.scope);
    scope_unref(journey.scope);
    settle(RUN_WORKER);
    assert_false(fired_early);
}

/* Nobody waits an hour for the end of a scope, because of a timer that is not to fire anyway. */
static void closing_drops_timers_at_once(void **state)
{
    struct scope *scope = scope_new(NULL, "test"), *other = scope_new(NULL, "other");
    bool ended = false, dropped_on_worker = false;

    (void)state;
    scope_at_end(scope, RUN_UI, set_true, &ended);
    run_after(RUN_UI, 3600000, scope, note, note_drop, "timer");
    run_after(RUN_UI, 3500000, other, note, note_drop, "other");
    run_after(RUN_WORKER, 3600000, scope, note, set_true, &dropped_on_worker);
    scope_close(scope);
    assert_true(run_ui_until(&ended, PATIENCE_MS));
    assert_string_equal(buf_cstr(&trace), "-timer");
    assert_true(dropped_on_worker);
    assert_true(run_ui_timeout_ms() > 3000000);
    run_after(RUN_UI, 3600000, scope, note, note_drop, "late");
    run_ui_turn(1000000);
    assert_string_equal(buf_cstr(&trace), "-timer-late");
    scope_unref(scope);
    scope_unref(other);
}

static void backlog_is_seen_and_told_once(void **state)
{
    struct scope *scope = scope_new(NULL, "test");
    AUTO(buf_done) struct buf before = BUF_NONE;
    AUTO(buf_done) struct buf after = BUF_NONE;
    struct run_stats stats;
    bool ignored;

    (void)state;
    log_recent(&before, SIZE_MAX);
    for (int i = 0; i <= RUN_QUEUE_MAX / 2; i++)
        run_call(RUN_UI, RUN_NORMAL, scope, set_true, NULL, &ignored);
    assert_true(run_is_backlogged(RUN_UI));
    assert_false(run_is_backlogged(RUN_WORKER));
    for (int i = 0; i < RUN_QUEUE_MAX; i++)
        run_call(RUN_UI, RUN_NORMAL, scope, set_true, NULL, &ignored);
    run_read_stats(&stats);
    assert_true(stats.over_bound[RUN_UI] > 0);
    assert_true(stats.queued_max[RUN_UI] > RUN_QUEUE_MAX);
    assert_int_equal(stats.scopes_open, 1);
    log_recent(&after, SIZE_MAX);
    const char *told =
        strstr(after.ptr + before.len, "tasks wait for the ui runner, the last one for test");
    assert_non_null(told);
    assert_null(strstr(told + 1, "tasks wait for the ui runner"));
    uint64_t n_run = stats.tasks_run[RUN_UI];
    while (run_ui_turn(1000000) != 0)
        ;
    run_read_stats(&stats);
    assert_int_equal(stats.queued[RUN_UI], 0);
    assert_true(stats.tasks_run[RUN_UI] - n_run > RUN_QUEUE_MAX);
    assert_true(stats.longest_wait_us[RUN_UI] > 0);
    run_reset_slowest();
    run_read_stats(&stats);
    assert_int_equal(stats.longest_wait_us[RUN_UI], 0);
    scope_unref(scope);
}

static void until_gives_up_in_time(void **state)
{
    bool never = false, already = true;

    (void)state;
    assert_false(run_ui_until(&never, 10));
    assert_true(run_ui_until(&already, 0));
}

/* A task may be posted again and again by its own run: it is its own from then on. */
struct bouncing {
    struct task task;
    struct scope *scope;
    int n_left;
    bool done;
};

static void bounce(struct task *task)
{
    struct bouncing *bouncing = (struct bouncing *)task;

    if (bouncing->n_left-- > 0)
        run_post(run_is_on(RUN_UI) ? RUN_WORKER : RUN_UI, RUN_NORMAL, bouncing->scope, task);
    else
        bouncing->done = true;
}

static void tasks_may_be_posted_again(void **state)
{
    struct bouncing bouncing = {.task = {.run = bounce, .drop = bounce}, .n_left = 1001};

    (void)state;
    bouncing.scope = scope_new(NULL, "bouncing");
    run_post(RUN_WORKER, RUN_NORMAL, bouncing.scope, &bouncing.task);
    assert_true(run_ui_until(&bouncing.done, PATIENCE_MS));
    scope_unref(bouncing.scope);
}

/* --- stopping ----------------------------------------------------------------------------- */

static atomic_int n_run, n_dropped, n_ended;

static void count_run(void *arg)
{
    (void)arg;
    atomic_fetch_add(&n_run, 1);
}

static void count_drop(void *arg)
{
    (void)arg;
    atomic_fetch_add(&n_dropped, 1);
}

static void count_end(void *arg)
{
    (void)arg;
    atomic_fetch_add(&n_ended, 1);
}

static void run_until_closed(void *scope)
{
    count_run(NULL);
    while (!scope_is_closed(scope))
        ;
}

static void stop_drops_what_is_queued(void **state)
{
    enum { N = 100 };

    (void)state;
    atomic_store(&n_run, 0);
    atomic_store(&n_dropped, 0);
    atomic_store(&n_ended, 0);
    run_start(&helper_net_loop);
    struct scope *scope = scope_new(NULL, "test");
    for (enum runner runner = RUN_UI; runner < RUN_COUNT; runner++)
        scope_at_end(scope, runner, count_end, NULL);
    settle(RUN_UI);
    run_call(RUN_WORKER, RUN_NORMAL, scope, run_until_closed, NULL, scope);
    while (atomic_load(&n_run) == 0)
        ; /* the worker has begun: it is the one task that is to end by running */
    for (int i = 0; i < N; i++) {
        run_call(RUN_UI, RUN_NORMAL, scope, count_run, count_drop, NULL);
        run_call(RUN_WORKER, RUN_NORMAL, scope, count_run, count_drop, NULL);
        run_after(RUN_WORKER, 3600000, scope, count_run, count_drop, NULL);
        run_after(RUN_UI, 3600000, scope, count_run, count_drop, NULL);
    }
    run_stop();
    assert_int_equal(atomic_load(&n_run), 1);
    assert_int_equal(atomic_load(&n_dropped), 4 * N);
    assert_int_equal(atomic_load(&n_ended), RUN_COUNT);
    struct helper_net_counts counts = helper_net_read_counts();
    assert_int_equal(counts.n_starts, 1);
    assert_int_equal(counts.n_stops, 1);
    assert_true(scope_is_closed(scope));
    scope_unref(scope);
}

struct holder {
    struct scope *scope;
    atomic_bool is_through, is_freed;
};

static void *hold_on(void *arg)
{
    struct holder *holder = arg;

    while (!scope_is_closed(holder->scope))
        poll(NULL, 0, 1);
    poll(NULL, 0, 50); /* what it had begun takes its time */
    atomic_store(&holder->is_through, true);
    scope_release(holder->scope);
    return NULL;
}

static void free_held(void *arg)
{
    struct holder *holder = arg;

    assert_true(atomic_load(&holder->is_through));
    atomic_store(&holder->is_freed, true);
}

/* A thread of somebody's own is no task: the end waits for it all the same. */
static void stop_waits_for_who_holds_a_scope(void **state)
{
    struct holder holder = {0};
    pthread_t thread;

    (void)state;
    run_start(&helper_net_loop);
    holder.scope = scope_new(NULL, "held");
    scope_at_end(holder.scope, RUN_UI, free_held, &holder);
    assert_true(scope_hold(holder.scope));
    assert_int_equal(pthread_create(&thread, NULL, hold_on, &holder), 0);
    run_stop();
    assert_true(atomic_load(&holder.is_through));
    assert_true(atomic_load(&holder.is_freed));
    pthread_join(thread, NULL);
    scope_unref(holder.scope);
}

/* A word that goes to and fro between the worker and the network, also while all is stopped. */
struct shuttle {
    struct scope *scope;
    int n_left;
    bool on_worker;
};

static void shuttle_on(void *arg)
{
    struct shuttle *shuttle = arg;

    if (shuttle->n_left-- == 0) {
        mem_free(shuttle);
        return;
    }
    shuttle->on_worker = !shuttle->on_worker;
    run_call(shuttle->on_worker ? RUN_WORKER : RUN_NET, RUN_NORMAL, shuttle->scope, shuttle_on,
             shuttle_on, shuttle);
}

static void stop_settles_what_is_posted_meanwhile(void **state)
{
    (void)state;
    for (int round = 0; round < 200; round++) {
        run_start(&helper_net_loop);
        struct scope *scope = scope_new(NULL, "shuttles");
        for (int i = 0; i < 4; i++) {
            struct shuttle *shuttle = mem_new(struct shuttle);
            *shuttle = (struct shuttle){.scope = scope, .n_left = 500 + i};
            shuttle_on(shuttle);
        }
        scope_unref(scope);
        run_stop();
    }
}

static void runners_start_again(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        run_start(i % 2 ? &helper_net_loop : NULL);
        struct journey journey = {.scope = scope_new(NULL, "journey")};
        assert_false(scope_is_closed(journey.scope));
        run_call(RUN_WORKER, RUN_URGENT, journey.scope, visit_worker, NULL, &journey);
        if (i % 2)
            assert_true(run_ui_until(&journey.done, PATIENCE_MS));
        scope_unref(journey.scope);
        run_stop();
        assert_int_equal(journey.done, i % 2);
    }
}

/* What is posted before the start is run after it. */
static void posts_before_the_start_wait(void **state)
{
    struct scope *scope = scope_new(NULL, "early");
    bool done = false;

    (void)state;
    run_call(RUN_UI, RUN_NORMAL, scope, set_true, NULL, &done);
    run_start(NULL);
    assert_true(run_ui_until(&done, PATIENCE_MS));
    scope_unref(scope);
    run_stop();
}

#define running(test) cmocka_unit_test_setup_teardown(test, start_runners, stop_runners)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(posts_before_the_start_wait),
        running(lanes_and_order),
        running(tasks_cross_all_runners),
        running(nothing_runs_after_close),
        running(budget_leaves_the_rest),
        running(timers_fire_in_order),
        running(worker_timers_fire),
        running(closing_drops_timers_at_once),
        running(backlog_is_seen_and_told_once),
        running(until_gives_up_in_time),
        running(tasks_may_be_posted_again),
        cmocka_unit_test(stop_drops_what_is_queued),
        cmocka_unit_test(stop_waits_for_who_holds_a_scope),
        cmocka_unit_test(stop_settles_what_is_posted_meanwhile),
        cmocka_unit_test(runners_start_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
