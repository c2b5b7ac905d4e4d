/*
 * watch: what the network runner waits for beside curl's own connections: descriptors and times.
 *
 * Both are embedded in what they serve and belong to watch.c from begin (set) to end (stop).
 * Everything here is for RUN_NET alone; a callback may begin and end whatever it likes.
 */
#ifndef CORE_NET_WATCH_H
#define CORE_NET_WATCH_H

#include <stdbool.h>
#include <stdint.h>

/* A descriptor. Zero-initialised is ready for watch_begin. */
struct watch {
    struct watch *previous, *next;
    int fd;
    short events; /* of poll: POLLIN, POLLOUT; 0: for nothing now */
    bool is_again;
    void (*ready)(struct watch *watch);
};

/* From now on ready is called, once a turn at most, when one of events is there, or an error. */
void watch_begin(struct watch *watch, int fd, short events, void (*ready)(struct watch *watch));
/* Waits for other events from now on. */
void watch_events(struct watch *watch, short events);
/* Calls ready when the next turn begins, whatever poll says: there is more to be done. */
void watch_again(struct watch *watch);
/* Over; the descriptor is the caller's to close. One that was not begun is allowed. */
void watch_end(struct watch *watch);

/* A time. Zero-initialised is ready for net_timer_set. */
struct net_timer {
    struct net_timer *previous, *next;
    int64_t due_us;
    void (*fire)(struct net_timer *timer);
};

/* Calls fire once when clock_mono_us has come to due_us; a timer that was set already is set anew.
 * INT64_MAX stops it. */
void net_timer_set(struct net_timer *timer, int64_t due_us, void (*fire)(struct net_timer *timer));
void net_timer_stop(struct net_timer *timer); /* one that is not set is allowed */

#endif
