/*
 * lane: the calls that share a limit, and the queues that calls wait in. RUN_NET alone.
 *
 * A lane holds so many requests in flight at most, sends no faster than its pace, and has the quota
 * of retries. Which lane a call drives in follows from its operation's rate class.
 */
#ifndef CORE_AWS_LANE_H
#define CORE_AWS_LANE_H

#include "core/aws/op.h"
#include "core/aws/pace.h"
#include "core/aws/retry.h"
#include "core/base/map.h"
#include "core/run/run.h"

struct call;
struct aws_client;

/* First come first served; a call is in one queue at most. Zero-initialised is empty. */
struct call_queue {
    struct call *first, *last;
};

/* Appends call, which is in no queue. */
void call_queue_add(struct call_queue *queue, struct call *call);
/* The first call, NULL when there is none. */
struct call *call_queue_take(struct call_queue *queue);
/* Takes call out of the queue that it is in, if any. */
void call_queue_leave(struct call *call);

struct lane {
    struct retry_quota quota;
    struct pace pace;
    int n_in_flight, in_flight_max;
    struct call_queue waiting;
    bool has_timer; /* to serve who waits for the pace */
    struct aws_client *client;
};

/* The lane of an operation in an account and region; made when it is new. */
struct lane *lane_find(struct aws_client *client, const struct aws_op *op, const char *account_id,
                       const char *region);

/* True: the call may be sent now and counts as in flight. False: it waits, and call_send is called
 * with it when its turn has come. */
bool lane_enter(struct lane *lane, struct call *call);
/* A request of the lane is over. */
void lane_leave(struct lane *lane, bool throttled);

/* Frees all lanes of a client; no call is in them any more. */
void lanes_free(struct map *lanes);

#endif
