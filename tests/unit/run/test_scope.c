#include "tests/unit/unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "core/run/run.h"
#include "tests/unit/run/helper_net.h"

#define PATIENCE_MS 20000 /* only a failure takes that long */

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
    return 0;
}

static void turn(void)
{
    while (run_ui_turn(1000000) != 0)
        ;
}

static void count_up(void *count)
{
    ++*(int *)count;
}

static void end_comes_once_after_close(void **state)
{
    struct scope *scope = scope_new(NULL, "test");
    int n_ends = 0, n_runs = 0;

    (void)state;
    scope_at_end(scope, RUN_UI, count_up, &n_ends);
    run_call(RUN_UI, RUN_NORMAL, scope, count_up, NULL, &n_runs);
    turn();
    assert_int_equal(n_runs, 1);
    assert_int_equal(n_ends, 0);
    scope_close(scope);
    assert_int_equal(n_ends, 0); /* a task of its own, never a call from within scope_close */
    turn();
    assert_int_equal(n_ends, 1);
    scope_close(scope);
    run_call(RUN_UI, RUN_NORMAL, scope, count_up, count_up, &n_runs);
    turn();
    scope_unref(scope);
    turn();
    assert_int_equal(n_runs, 2); /* dropped: on a closed scope too a task is settled */
    assert_int_equal(n_ends, 1);
}

static void every_end_call_comes(void **state)
{
    struct scope *scope = scope_new(NULL, "test");
    int n_ends = 0;

    (void)state;
    for (int i = 0; i < 5; i++)
        scope_at_end(scope, RUN_UI, count_up, &n_ends);
    scope_close(scope);
    turn();
    assert_int_equal(n_ends, 5);
    scope_at_end(scope, RUN_UI, count_up, &n_ends); /* too late: at once */
    turn();
    assert_int_equal(n_ends, 6);
    scope_unref(scope);
}

static void losing_the_last_reference_closes(void **state)
{
    struct scope *scope = scope_new(NULL, "test");
    struct run_stats stats;
    int n_ends = 0;

    (void)state;
    scope_at_end(scope, RUN_UI, count_up, &n_ends);
    assert_ptr_equal(scope_ref(scope), scope);
    scope_unref(scope);
    turn();
    assert_int_equal(n_ends, 0);
    run_read_stats(&stats);
    assert_int_equal(stats.scopes_open, 1);
    scope_unref(scope);
    turn();
    assert_int_equal(n_ends, 1);
    run_read_stats(&stats);
    assert_int_equal(stats.scopes_open, 0);
    scope_unref(NULL);
}

static void parents_end_after_their_children(void **state)
{
    struct scope *parent = scope_new(NULL, "parent"), *child = scope_new(parent, "child");
    int n_parent_ends = 0, n_child_ends = 0;

    (void)state;
    scope_at_end(parent, RUN_UI, count_up, &n_parent_ends);
    scope_at_end(child, RUN_UI, count_up, &n_child_ends);
    assert_true(scope_hold(child));
    scope_close(parent);
    turn();
    assert_true(scope_is_closed(child));
    assert_int_equal(n_parent_ends + n_child_ends, 0);
    assert_false(scope_hold(child));
    scope_release(child);
    turn();
    assert_int_equal(n_child_ends, 1);
    assert_int_equal(n_parent_ends, 1);
    scope_unref(parent);
    scope_unref(child);
}

static void unref(void *scope)
{
    scope_unref(scope);
}

static void children_may_end_before(void **state)
{
    struct scope *parent = scope_new(NULL, "parent");
    int n_ends = 0, n_runs = 0;

    (void)state;
    scope_at_end(parent, RUN_UI, count_up, &n_ends);
    for (int i = 0; i < 3; i++) {
        struct scope *child = scope_new(parent, "child");
        scope_close(child);
        turn();
        run_call(RUN_UI, RUN_NORMAL, child, count_up, NULL, &n_runs); /* too late */
        turn();
        if (i != 1)
            scope_unref(child);
        else
            scope_at_end(parent, RUN_UI, unref, child);
    }
    turn();
    assert_false(scope_is_closed(parent));
    assert_int_equal(n_ends + n_runs, 0);
    scope_close(parent);
    turn();
    assert_int_equal(n_ends, 1);
    scope_unref(parent);
}

struct making {
    int n_drops;
    int n_drops_at_end;
};

static void note_drop(void *making)
{
    ((struct making *)making)->n_drops++;
}

static void note_end(void *arg)
{
    struct making *making = arg;
    making->n_drops_at_end = making->n_drops;
}

/* Whoever makes a scope can post to it before it ends, even when its parent is closed already. */
static void born_closed_ends_after_its_maker(void **state)
{
    struct scope *parent = scope_new(NULL, "parent");
    struct making making = {.n_drops_at_end = -1};

    (void)state;
    scope_close(parent);
    turn();
    struct scope *child = scope_new(parent, "child");
    assert_true(scope_is_closed(child));
    assert_false(scope_hold(child));
    scope_at_end(child, RUN_UI, note_end, &making);
    run_call(RUN_UI, RUN_NORMAL, child, note_drop, note_drop, &making);
    turn();
    assert_int_equal(making.n_drops_at_end, 1);
    scope_unref(child);
    scope_unref(parent);
}

/* --- a storm ------------------------------------------------------------------------------ */

/*
 * Threads that are no runners post to many scopes while the UI closes them one after the other, and
 * tasks post further tasks and open scopes below. What must hold is checked where it happens.
 */
enum { N_SCOPES = 300, N_POSTERS = 3, N_FOLLOWERS = 2 };

struct arena_of_storm {
    struct scope *scope;
    bool closed_on_ui; /* read and written on the UI runner alone */
    atomic_int n_posted, n_settled, n_ends, n_below_ends;
};

static struct arena_of_storm storm[N_SCOPES];
static atomic_int n_faults;
static atomic_bool stop_posting;

struct storm_task {
    struct task task;
    struct arena_of_storm *of;
    struct scope *scope;
    enum runner on;
    int n_followers;
};

static void expect(bool truth)
{
    if (!truth)
        atomic_fetch_add(&n_faults, 1);
}

static void storm_drop(struct task *task)
{
    struct storm_task *t = (struct storm_task *)task;

    expect(run_is_on(t->on));
    expect(scope_is_closed(t->scope));
    atomic_fetch_add(&t->of->n_settled, 1);
    scope_unref(t->scope);
    mem_free(t);
}

static void storm_run(struct task *task);

static void storm_post(struct arena_of_storm *of, struct scope *scope, enum runner on,
                       int n_followers)
{
    struct storm_task *t = mem_new(struct storm_task);

    *t = (struct storm_task){.task = {.run = storm_run, .drop = storm_drop},
                             .of = of,
                             .scope = scope_ref(scope),
                             .on = on,
                             .n_followers = n_followers};
    atomic_fetch_add(&of->n_posted, 1);
    run_post(on, n_followers % 2 ? RUN_URGENT : RUN_NORMAL, scope, &t->task);
}

static void storm_below_end(void *of)
{
    expect(run_is_on(RUN_NET));
    atomic_fetch_add(&((struct arena_of_storm *)of)->n_below_ends, -1);
}

/* A scope below, as a loader makes one: with an end of its own, and a task. */
static void storm_open_below(struct storm_task *t)
{
    struct scope *below = scope_new(t->scope, "below");

    atomic_fetch_add(&t->of->n_below_ends, 1);
    scope_at_end(below, RUN_NET, storm_below_end, t->of);
    storm_post(t->of, below, RUN_UI, 0);
    scope_unref(below);
}

static void storm_run(struct task *task)
{
    struct storm_task *t = (struct storm_task *)task;

    expect(run_is_on(t->on));
    if (t->on == RUN_UI)
        expect(!t->of->closed_on_ui);
    for (int i = 0; i < t->n_followers; i++)
        storm_post(t->of, t->scope, (t->on + 1 + (enum runner)i) % RUN_COUNT, t->n_followers - 1);
    if (t->n_followers == 1)
        storm_open_below(t);
    atomic_fetch_add(&t->of->n_settled, 1);
    scope_unref(t->scope);
    mem_free(t);
}

static void storm_end(void *arg)
{
    struct arena_of_storm *of = arg;

    expect(run_is_on(RUN_UI));
    expect(atomic_load(&of->n_posted) == atomic_load(&of->n_settled));
    atomic_fetch_add(&of->n_ends, 1);
}

static void *storm_poster(void *seed)
{
    unsigned random = (unsigned)(uintptr_t)seed;

    while (!atomic_load(&stop_posting)) {
        struct arena_of_storm *of = &storm[(unsigned)rand_r(&random) % N_SCOPES];
        if (run_is_backlogged(RUN_UI) || run_is_backlogged(RUN_WORKER) || !scope_hold(of->scope))
            continue;
        storm_post(of, of->scope, (enum runner)(rand_r(&random) % RUN_COUNT), N_FOLLOWERS);
        scope_release(of->scope);
    }
    return NULL;
}

static void storm_of_scopes(void **state)
{
    pthread_t posters[N_POSTERS];

    (void)state;
    for (size_t i = 0; i < N_SCOPES; i++) {
        storm[i].scope = scope_new(i % 3 ? storm[i / 3].scope : NULL, "storm");
        scope_at_end(storm[i].scope, RUN_UI, storm_end, &storm[i]);
    }
    for (size_t i = 0; i < N_POSTERS; i++)
        pthread_create(&posters[i], NULL, storm_poster, (void *)(uintptr_t)(i + 1));
    /* Children first, so that most are closed by themselves; each after something has run in it. */
    for (size_t i = N_SCOPES; i-- > 0;) {
        while (atomic_load(&storm[i].n_settled) == 0)
            run_ui_turn(200);
        run_ui_turn(200);
        scope_close(storm[i].scope);
        storm[i].closed_on_ui = true;
    }
    atomic_store(&stop_posting, true);
    for (size_t i = 0; i < N_POSTERS; i++)
        pthread_join(posters[i], NULL);
    for (size_t i = 0; i < N_SCOPES; i++)
        scope_unref(storm[i].scope);
    run_stop();
    for (size_t i = 0; i < N_SCOPES; i++) {
        assert_int_equal(atomic_load(&storm[i].n_posted), atomic_load(&storm[i].n_settled));
        assert_int_equal(atomic_load(&storm[i].n_ends), 1);
        assert_int_equal(atomic_load(&storm[i].n_below_ends), 0);
    }
    assert_int_equal(atomic_load(&n_faults), 0);
}

#define running(test) cmocka_unit_test_setup_teardown(test, start_runners, stop_runners)

int main(void)
{
    const struct CMUnitTest tests[] = {
        running(end_comes_once_after_close),
        running(every_end_call_comes),
        running(losing_the_last_reference_closes),
        running(parents_end_after_their_children),
        running(children_may_end_before),
        running(born_closed_ends_after_its_maker),
        cmocka_unit_test_setup(storm_of_scopes, start_runners),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
