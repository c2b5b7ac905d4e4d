/* loop: the one loop of the sandbox, over epoll. */
#ifndef SANDBOX_LOOP_H
#define SANDBOX_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

/* Something with a descriptor; embed it first. ready is called from loop_wait. */
struct source {
    int fd;
    void (*ready)(struct source *source, uint32_t events);
};

struct loop {
    int epoll_fd;
};

/* False when the kernel gives none. */
bool loop_init(struct loop *loop);
void loop_done(struct loop *loop);
/* events as EPOLLIN | EPOLLOUT, level-triggered. False with errno: epoll cannot watch it. */
bool loop_watch(struct loop *loop, struct source *source, uint32_t events);
void loop_change(struct loop *loop, struct source *source, uint32_t events);
void loop_forget(struct loop *loop, struct source *source);
/* Waits at most timeout_ms (-1: for ever), then calls what is ready. */
void loop_wait(struct loop *loop, int timeout_ms);

#endif
