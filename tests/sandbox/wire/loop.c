#include "tests/sandbox/wire/loop.h"

#include <unistd.h>

#define EVENTS_MAX 256

bool loop_init(struct loop *loop)
{
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    return loop->epoll_fd >= 0;
}

void loop_done(struct loop *loop)
{
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
