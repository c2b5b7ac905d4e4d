/*
 * lane: the calls that share a limit, and the queues that calls wait in. RUN_NET alone.
 *
 * A lane holds so many requests in flight at most, sends no faster than its budget and its pace,
 * and has the quota of retries. A step of the change gate does not wait for the budget. Which lane
 * a call drives in follows from its operation's rate class. Behind it lies the lane of the host,
 * with as many places as there are connections: a request is signed when it can be sent, not
 * before.
 */
#ifndef CORE_AWS_LANE_H
#define CORE_AWS_LANE_H

#include "core/aws/limit/budget.h"
#include "core/aws/limit/pace.h"
#include "core/aws/limit/retry.h"
#include "core/aws/op.h"
#include "core/base/map.h"
#include "core/run/run.h"

struct call;
struct aws_client;

/* First come first served, but for urgent ones; a call is in one queue at most. Zero-initialised is
 * empty. */
struct call_queue {
    struct call *first, *last;
    size_t n;
};

/* Adds call, which is in no queue; an urgent one goes before the others. */
void call_queue_add(struct call_queue *queue, struct call *call);
/* The first call, NULL when there is none. */
struct call *call_queue_take(struct call_queue *queue);
/* Takes call out of the queue that it is in, if any. */
void call_queue_leave(struct call *call);

struct lane {
    struct retry_quota quota;
    struct budget budget;
    struct pace pace;
    int n_in_flight, in_flight_max;
    struct call_queue waiting;
    bool is_serving;
    bool has_timer;          /* to serve who waits for the pace */
    const struct aws_op *op; /* one of those that share it; NULL: the lane of a host */
    char account_id[13], region[32];
    struct aws_client *client;
    void (*next)(struct call *call); /* what a call does that has got its place */
};

/* The lane of an operation in an account and region; made when it is new. */
struct lane *lane_find(struct aws_client *client, const struct aws_op *op, const char *account_id,
                       const char *region);

/* The lane of a host. */
struct lane *lane_find_host(struct aws_client *client, const char *host);

/* The call goes on with the lane's next when it has its place: at once, or when its turn has come.
 */
void lane_enter(struct lane *lane, struct call *call);
/* A place is free again; throttled: AWS said so of the request. */
void lane_leave(struct lane *lane, bool throttled);

/* Frees all lanes of a client; no call is in them any more. */
void lanes_free(struct map *lanes);

#endif
