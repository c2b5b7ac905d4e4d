/* In which order the network runner serves: who has asked for another look before anybody is waited
 * for, and each once a turn. */
#include "core/net/watch.h"

#include <poll.h>
#include <semaphore.h>
#include <time.h>
#include <unistd.h>

#include "core/base/str.h"
#include "core/net/http.h"
#include "tests/unit/unit.h"

#define WAIT_S 60

static struct scope *scope;
static sem_t over;
static struct watch readable, asking;
static int ends[2];
static char order[8]; /* who was served */
static size_t n_served;

static void served(char who)
{
    if (n_served + 1 < sizeof order)
        order[n_served++] = who;
}

static void finish(void)
{
    watch_end(&readable);
    watch_end(&asking);
    sem_post(&over);
}

static void on_readable(struct watch *watch)
{
    (void)watch;
    served('r');
    finish();
}

static void on_asking(struct watch *watch)
{
    served('a');
    if (n_served == 1)
        watch_again(watch); /* what is readable has its turn all the same */
}

/* Both in one turn: what is readable was there first. */
static void begin(void *arg)
{
    (void)arg;
    watch_begin(&readable, ends[0], POLLIN, on_readable);
    watch_begin(&asking, ends[1], 0, on_asking);
    watch_again(&asking);
}

static void who_asks_is_served_before_the_wait(void **state)
{
    struct timespec until;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    run_start(&http_net_loop);
    scope = scope_new(NULL, "test");
    run_call(RUN_NET, RUN_NORMAL, scope, begin, NULL, NULL);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_S;
    assert_int_equal(sem_timedwait(&over, &until), 0);
    scope_close(scope);
    run_stop();
    scope_unref(scope);
    assert_string_equal(order, "ar");
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(who_asks_is_served_before_the_wait)};

    sem_init(&over, 0, 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
