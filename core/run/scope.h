/*
 * scope: what run.c and scope.c share. Not for anybody else.
 *
 * A scope is pending while it is open, while the handler that made it goes on, while tasks of it
 * wait or run, while somebody holds it, and while a scope below it is pending. Once it is not, it
 * has ended, for good: its at-end calls are posted and its parent is told.
 */
#ifndef CORE_RUN_SCOPE_H
#define CORE_RUN_SCOPE_H

#include "core/run/run.h"

/* Closes every scope there is; new ones are born closed, until scope_open_all. */
void scope_close_all(void);
void scope_open_all(void);
size_t scope_count_open(void);
/* What scope_new was given; "none" for NULL. */
const char *scope_name(const struct scope *scope);

/* As scope_hold and scope_release, of closed scopes too, and with a reference. NULL is allowed. */
void scope_enter(struct scope *scope);
void scope_leave(struct scope *scope);

/* What run_stop waits for, beside tasks and timers: somebody begins to hold a scope, and has
 * released it. Any thread. */
void run_hold_begun(void);
void run_hold_ended(void);

/* Queues a task that belongs to no scope, so that it is run even while the runners stop. */
void run_post_unscoped(enum runner to, struct task *task);
/* The runner of this thread; RUN_UI for a thread that is none. */
enum runner run_current(void);
/* Has the runners look through their timers for those of closed scopes. */
void run_drop_closed_timers(void);

#endif
