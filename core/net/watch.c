#include "core/net/watch.h"

#include <limits.h>
#include <poll.h>

#include "core/base/clock.h"
#include "core/base/vec.h"
#include "core/net/watch_loop.h"

static struct watch watches = {.previous = &watches, .next = &watches};
static struct net_timer timers = {.previous = &timers, .next = &timers}; /* the earliest first */

/* What is waited for in this turn, and for whom; NULL: who has ended meanwhile. */
static VEC(struct curl_waitfd) fds;
static VEC(struct watch *) whose;
static bool is_any_again;

/* --- descriptors ----------------------------------------------------------------------------- */

void watch_begin(struct watch *watch, int fd, short events, void (*ready)(struct watch *watch))
{
    *watch = (struct watch){
        .previous = watches.previous, .next = &watches, .fd = fd, .events = events, .ready = ready};
    watches.previous->next = watch;
    watches.previous = watch;
}

void watch_events(struct watch *watch, short events)
{
    watch->events = events;
}

void watch_again(struct watch *watch)
{
    watch->is_again = is_any_again = true;
}

void watch_end(struct watch *watch)
{
    if (watch->next == NULL)
        return;
    watch->previous->next = watch->next;
    watch->next->previous = watch->previous;
    watch->next = watch->previous = NULL;
    for (size_t i = 0; i < whose.len; i++) {
        if (whose.ptr[i] == watch)
            whose.ptr[i] = NULL;
    }
}

/* --- times ----------------------------------------------------------------------------------- */

void net_timer_stop(struct net_timer *timer)
{
    if (timer->next == NULL)
        return;
    timer->previous->next = timer->next;
    timer->next->previous = timer->previous;
    timer->next = timer->previous = NULL;
}

void net_timer_set(struct net_timer *timer, int64_t due_us, void (*fire)(struct net_timer *timer))
{
    net_timer_stop(timer);
    if (due_us == INT64_MAX)
        return;
    struct net_timer *before = timers.previous;
    while (before != &timers && before->due_us > due_us)
        before = before->previous;
    *timer = (struct net_timer){
        .previous = before, .next = before->next, .due_us = due_us, .fire = fire};
    before->next->previous = timer;
    before->next = timer;
}

/* A timer that is set by one that fires waits for the next turn. */
static void fire_timers(void)
{
    int64_t now_us = clock_mono_us();

    while (timers.next != &timers && timers.next->due_us <= now_us) {
        struct net_timer *timer = timers.next;
        net_timer_stop(timer);
        timer->fire(timer);
    }
}

static int limit_timeout(int timeout_ms)
{
    if (is_any_again)
        return 0;
    if (timers.next == &timers)
        return timeout_ms;
    int64_t left_us = timers.next->due_us - clock_mono_us();
    int64_t left_ms = left_us <= 0 ? 0 : (left_us + 999) / 1000;
    return left_ms < timeout_ms ? (int)left_ms : timeout_ms;
}

/* --- the turn -------------------------------------------------------------------------------- */

static const struct {
    short of_poll, of_curl;
} events[] = {{POLLIN, CURL_WAIT_POLLIN}, {POLLOUT, CURL_WAIT_POLLOUT}};

/* Who has asked for it is called before anything is waited for: what a task of this turn has queued
 * leaves now. */
static void call_again(void)
{
    is_any_again = false;
    for (struct watch *watch = watches.next; watch != &watches; watch = watch->next) {
        if (watch->is_again)
            vec_push(&whose, watch);
    }
    for (size_t i = 0; i < whose.len; i++) {
        struct watch *watch = whose.ptr[i];
        if (watch == NULL)
            continue;
        watch->is_again = false;
        watch->ready(watch);
    }
    vec_clear(&whose);
}

/* Who waits for nothing is left out: poll would report its errors all the same, again and again. */
static void collect(void)
{
    vec_clear(&fds);
    for (struct watch *watch = watches.next; watch != &watches; watch = watch->next) {
        struct curl_waitfd fd = {.fd = watch->fd};
        for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
            fd.events |= watch->events & events[i].of_poll ? events[i].of_curl : 0;
        if (fd.events == 0)
            continue;
        vec_push(&fds, fd);
        vec_push(&whose, watch);
    }
}

/* But who is called again in the next turn anyway: others have theirs first. */
static void call_ready(void)
{
    for (size_t i = 0; i < whose.len; i++) {
        struct watch *watch = whose.ptr[i];
        if (watch != NULL && fds.ptr[i].revents != 0 && !watch->is_again)
            watch->ready(watch);
    }
    vec_clear(&whose);
}

void watch_turn(CURLM *multi, int timeout_ms)
{
    if (is_any_again)
        call_again();
    collect();
    timeout_ms = limit_timeout(timeout_ms);
    curl_multi_poll(multi, fds.ptr, (unsigned)fds.len, timeout_ms, NULL);
    call_ready();
    fire_timers();
}

void watch_done(void)
{
    vec_free(&fds);
    vec_free(&whose);
}
