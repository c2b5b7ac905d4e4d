#include "tests/sandbox/wire/loop.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define EVENTS_MAX 256

bool loop_init(struct loop *loop)
{
    *loop = (struct loop){.epoll_fd = epoll_create1(EPOLL_CLOEXEC), .signals.fd = -1};
    return loop->epoll_fd >= 0;
}

void loop_done(struct loop *loop)
{
    if (loop->signals.fd >= 0)
        close(loop->signals.fd);
    if (loop->epoll_fd >= 0)
        close(loop->epoll_fd);
    loop->epoll_fd = -1;
}

static bool control(struct loop *loop, int op, struct source *source, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = source};
    return epoll_ctl(loop->epoll_fd, op, source->fd, &event) == 0;
}

bool loop_watch(struct loop *loop, struct source *source, uint32_t events)
{
    return control(loop, EPOLL_CTL_ADD, source, events);
}

void loop_change(struct loop *loop, struct source *source, uint32_t events)
{
    control(loop, EPOLL_CTL_MOD, source, events);
}

void loop_forget(struct loop *loop, struct source *source)
{
    control(loop, EPOLL_CTL_DEL, source, 0);
}

void loop_wait(struct loop *loop, int timeout_ms)
{
    struct epoll_event events[EVENTS_MAX];
    int n = epoll_wait(loop->epoll_fd, events, EVENTS_MAX, timeout_ms);
    for (int i = 0; i < n; i++) {
        struct source *source = events[i].data.ptr;
        source->ready(source, events[i].events);
    }
}

/* --- running ---------------------------------------------------------------------------------- */

void loop_join(struct loop *loop, struct loop_user *user)
{
    user->next = loop->users;
    loop->users = user;
}

/* Bytes from the parent mean nothing; its end means ours. */
static void parent_ready(struct source *source, uint32_t events)
{
    struct loop *loop = (struct loop *)((char *)source - offsetof(struct loop, parent));
    char bytes[256];
    (void)events;
    ssize_t got = read(source->fd, bytes, sizeof bytes);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        loop->is_over = true;
}

bool loop_end_with(struct loop *loop, int fd)
{
    loop->parent = (struct source){fd, parent_ready};
    return loop_watch(loop, &loop->parent, EPOLLIN);
}

static void signals_ready(struct source *source, uint32_t events)
{
    struct loop *loop = (struct loop *)((char *)source - offsetof(struct loop, signals));
    struct signalfd_siginfo info;
    (void)events;
    if (read(source->fd, &info, sizeof info) != sizeof info)
        return;
    loop->signal = (int)info.ssi_signo;
    loop->is_over = true;
}

void loop_end_on_signals(struct loop *loop)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        return; /* then it dies of them at once */
    sigprocmask(SIG_BLOCK, &set, NULL);
    loop->signals = (struct source){fd, signals_ready};
    loop_watch(loop, &loop->signals, EPOLLIN);
}

static int timeout_ms(const struct loop *loop)
{
    int least_ms = -1;
    for (struct loop_user *user = loop->users; user; user = user->next) {
        int its_ms = user->timeout_ms(user);
        if (its_ms >= 0 && (least_ms < 0 || its_ms < least_ms))
            least_ms = its_ms;
    }
    return least_ms;
}

static void turn_users(struct loop *loop)
{
    for (struct loop_user *user = loop->users; user; user = user->next)
        user->turn(user);
}

void loop_turn(struct loop *loop)
{
    loop_wait(loop, timeout_ms(loop));
    turn_users(loop);
}

void loop_turn_now(struct loop *loop)
{
    loop_wait(loop, 0);
    turn_users(loop);
}

void loop_run(struct loop *loop)
{
    while (!loop->is_over)
        loop_turn(loop);
}

/* --- one in another ----------------------------------------------------------------------------
 */

static struct loop *nested_of(struct loop_user *user)
{
    return (struct loop *)((char *)user - offsetof(struct loop, nested.user));
}

static int nested_timeout_ms(struct loop_user *user)
{
    return timeout_ms(nested_of(user));
}

static void nested_turn(struct loop_user *user)
{
    turn_users(nested_of(user)); /* what is ready has been seen to */
}

/* At once, before the others have their turns. */
static void nested_ready(struct source *source, uint32_t events)
{
    (void)events;
    loop_turn_now((struct loop *)((char *)source - offsetof(struct loop, nested.source)));
}

void loop_nest(struct loop *outer, struct loop *inner)
{
    inner->nested.user = (struct loop_user){.timeout_ms = nested_timeout_ms, .turn = nested_turn};
    inner->nested.source = (struct source){inner->epoll_fd, nested_ready};
    loop_watch(outer, &inner->nested.source, EPOLLIN);
    loop_join(outer, &inner->nested.user);
}
