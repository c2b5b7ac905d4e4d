#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "core/base/parallel.h"
#include "tests/unit/unit.h"

static struct {
    atomic_int runs[PARALLEL_MAX];
    atomic_int n_here; /* on the caller's thread */
    pthread_t caller;
} seen;

static void note(void *arg, size_t i)
{
    assert_ptr_equal(arg, &seen);
    atomic_fetch_add(&seen.runs[i], 1);
    if (pthread_equal(pthread_self(), seen.caller))
        atomic_fetch_add(&seen.n_here, 1);
}

static void each_part_runs_once(void **state)
{
    (void)state;
    for (size_t n = 0; n <= PARALLEL_MAX; n++) {
        memset(&seen, 0, sizeof seen);
        seen.caller = pthread_self();
        parallel_do(n, note, &seen);
        for (size_t i = 0; i < PARALLEL_MAX; i++)
            assert_int_equal(seen.runs[i], i < n);
        assert_int_equal(seen.n_here, n > 0);
    }
}

static void there_is_room_for_one_at_least(void **state)
{
    (void)state;
    assert_in_range(parallel_width(), 1, PARALLEL_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_part_runs_once),
        cmocka_unit_test(there_is_room_for_one_at_least),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
