/*
 * pending: what is in flight on the network runner and is no task meanwhile: a transfer, a call
 * that waits for credentials. It holds its scope, and is dropped when the scope is closed.
 *
 * Everything here is for RUN_NET alone.
 */
#ifndef CORE_NET_PENDING_H
#define CORE_NET_PENDING_H

#include "core/run/run.h"

/* To be embedded; belongs to pending.c between pending_begin and pending_end. */
struct pending {
    struct pending *previous, *next;
    struct scope *scope;
    void (*drop)(struct pending *pending);
};

/*
 * From now on pending is in flight: scope is held, and when it is closed drop(pending) is called,
 * once, which has to end it. False, and nothing begun, when the scope is closed already.
 */
bool pending_begin(struct pending *pending, struct scope *scope,
                   void (*drop)(struct pending *pending));

/* Over: lets the scope go. Post first what comes of it, or the scope may end before that. */
void pending_end(struct pending *pending);

/* The same for who needs the scope a little longer: it is the caller's to release. */
struct scope *pending_unlink(struct pending *pending);

/* Drops what is in closed scopes; with everything set, all there is. */
void pending_sweep(bool everything);

#endif
