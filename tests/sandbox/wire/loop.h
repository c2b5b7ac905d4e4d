/*
 * loop: what the sandbox waits for, over epoll. One loop runs; another one that is nested in it can
 * also be turned by itself, when what it watches must not wait for the rest.
 */
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

/* Somebody who has work between two waits; embed it first. */
struct loop_user {
    int (*timeout_ms)(struct loop_user *user); /* how long it can wait; -1: for ever */
    void (*turn)(struct loop_user *user);      /* called after each wait */
    struct loop_user *next;
};

struct loop {
    int epoll_fd;
    struct loop_user *users;
    struct source parent, signals;
    struct {
        struct loop_user user;
        struct source source;
    } nested;   /* what this one is to the loop that it is nested in */
    int signal; /* that ended it; 0: none */
    bool is_over;
};

/* False when the kernel gives none. */
bool loop_init(struct loop *loop);
void loop_done(struct loop *loop);
void loop_join(struct loop *loop, struct loop_user *user);
/* outer turns inner along with itself, until inner is done; then outer is not turned any more. */
void loop_nest(struct loop *outer, struct loop *inner);
/* The loop is over when fd, a pipe or a socket, ends. False with errno: it cannot be watched. */
bool loop_end_with(struct loop *loop, int fd);
/* The loop is over when the process is asked to end (SIGINT, SIGTERM, SIGHUP), so that it can tidy
 * up; loop->signal says by which. */
void loop_end_on_signals(struct loop *loop);
/* Waits, calls what is ready, then every user's turn; loop_run does so until it is over. */
void loop_turn(struct loop *loop);
/* The same without waiting. */
void loop_turn_now(struct loop *loop);
void loop_run(struct loop *loop);
/* events as EPOLLIN | EPOLLOUT, level-triggered. False with errno: epoll cannot watch it. */
bool loop_watch(struct loop *loop, struct source *source, uint32_t events);
void loop_change(struct loop *loop, struct source *source, uint32_t events);
void loop_forget(struct loop *loop, struct source *source);
/* Waits at most timeout_ms (-1: for ever), then calls what is ready. */
void loop_wait(struct loop *loop, int timeout_ms);

#endif
