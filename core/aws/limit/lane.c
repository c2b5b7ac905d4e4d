#include "core/aws/limit/lane.h"

#include "core/aws/call.h"
#include "core/base/clock.h"
#include "core/base/mem.h"

/* How many requests of a lane are in flight at most. One account that does not answer must not take
 * all the connections to a host, and Organizations refuses calls that overlap. */
static const int in_flight_max[] = {
    [RATE_NORMAL] = 8,
    [RATE_DOOR] = 32,
    [RATE_SLOW] = 2,
    [RATE_GLOBAL_SLOW] = 1,
};

/* --- queues -------------------------------------------------------------------------------------
 */

static void link_last(struct call_queue *queue, struct call *call)
{
    call->queue_next = NULL;
    call->queue_previous = queue->last;
    if (queue->last != NULL)
        queue->last->queue_next = call;
    else
        queue->first = call;
    queue->last = call;
}

static void link_first(struct call_queue *queue, struct call *call)
{
    call->queue_previous = NULL;
    call->queue_next = queue->first;
    if (queue->first != NULL)
        queue->first->queue_previous = call;
    else
        queue->last = call;
    queue->first = call;
}

void call_queue_add(struct call_queue *queue, struct call *call)
{
    call->queue = queue;
    queue->n++;
    if (call_is_urgent(call))
        link_first(queue, call);
    else
        link_last(queue, call);
}

void call_queue_leave(struct call *call)
{
    struct call_queue *queue = call->queue;
    if (queue == NULL)
        return;
    queue->n--;
    if (call->queue_previous != NULL)
        call->queue_previous->queue_next = call->queue_next;
    else
        queue->first = call->queue_next;
    if (call->queue_next != NULL)
        call->queue_next->queue_previous = call->queue_previous;
    else
        queue->last = call->queue_previous;
    call->queue = NULL;
}

struct call *call_queue_take(struct call_queue *queue)
{
    struct call *call = queue->first;
    if (call != NULL)
        call_queue_leave(call);
    return call;
}

/* --- lanes --------------------------------------------------------------------------------------
 */

/* What tells lanes apart, by rate class. */
static void lane_key(struct buf *key, const struct aws_op *op, const char *account_id,
                     const char *region)
{
    buf_add_cstr(key, op->service->id);
    if (op->rate == RATE_GLOBAL_SLOW)
        return;
    buf_addf(key, "/%s/%s", account_id, region);
    if (op->rate == RATE_SLOW || op->rate == RATE_DOOR)
        buf_addf(key, "/%s", op->name);
}

static double now_s(void)
{
    return (double)clock_mono_us() / 1e6;
}

static struct lane *find_or_make(struct aws_client *client, struct sv key, int places,
                                 void (*next)(struct call *call))
{
    bool fresh = false;
    union map_value *slot = map_put(&client->lanes, key, &fresh);
    if (fresh) {
        struct lane *lane = mem_new(struct lane);
        lane->client = client;
        lane->quota.left = client->retry.quota;
        lane->in_flight_max = places;
        lane->next = next;
        slot->ptr = lane;
    }
    return slot->ptr;
}

struct lane *lane_find(struct aws_client *client, const struct aws_op *op, const char *account_id,
                       const char *region)
{
    AUTO(buf_done) struct buf key = BUF_NONE;
    lane_key(&key, op, account_id, region);
    struct lane *lane = find_or_make(client, buf_sv(&key), in_flight_max[op->rate], call_has_place);
    if (lane->op == NULL) {
        lane->op = op;
        lane->pace.rate_min = budget_rate_min(op);
        lane->budget = budget_of(op, client->budget_percent, now_s());
        if (op->rate != RATE_GLOBAL_SLOW) {
            str_copy(lane->account_id, account_id);
            str_copy(lane->region, region);
        }
    }
    return lane;
}

struct lane *lane_find_host(struct aws_client *client, const char *host)
{
    AUTO(buf_done) struct buf key = BUF_NONE;
    buf_addf(&key, "//%s", host);
    return find_or_make(client, buf_sv(&key), http_connections_per_host_max(), call_has_connection);
}

static void serve_waiting(struct lane *lane);

static void on_timer_net(void *arg)
{
    struct lane *lane = arg;
    lane->has_timer = false;
    serve_waiting(lane);
}

/* Timers live on the worker; the lane lives here. */
static void on_timer(void *arg)
{
    struct lane *lane = arg;
    run_call(RUN_NET, RUN_NORMAL, lane->client->scope, on_timer_net, NULL, lane);
}

static void set_timer(struct lane *lane, double wait_s)
{
    if (lane->has_timer)
        return;
    lane->has_timer = true;
    run_after(RUN_WORKER, (int64_t)(wait_s * 1000) + 1, lane->client->scope, on_timer, NULL, lane);
}

/* Tells who looks that requests are held back, at this rate, for so long. */
static void note_held(struct lane *lane, bool by_budget, double rate, double for_s)
{
    struct aws_throttle throttle = {.service = lane->op->service->id,
                                    .by_budget = by_budget,
                                    .rate_per_s = rate,
                                    .until_ms = clock_wall_ms() + (int64_t)(for_s * 1000) + 1,
                                    .n_waiting = lane->waiting.n};
    str_copy(throttle.target.account_id, lane->account_id);
    str_copy(throttle.target.region, lane->region);
    throttle_board_note(lane->client->throttles, &throttle);
}

/* Takes one place in the lane for call. False when it is full, or when budget or pace say wait:
 * then a timer is set. */
static bool take_place(struct lane *lane, const struct call *call)
{
    double now = now_s();
    if (lane->n_in_flight >= lane->in_flight_max)
        return false;
    double budget_s = call_is_urgent(call) ? 0 : budget_wait_s(&lane->budget, now);
    double wait_s = budget_s > 0 ? budget_s : pace_take(&lane->pace, now);
    if (budget_s > 0)
        note_held(lane, true, lane->budget.rate,
                  budget_s + (double)lane->waiting.n / lane->budget.rate);
    if (wait_s > 0) {
        set_timer(lane, wait_s);
        return false;
    }
    budget_take(&lane->budget);
    lane->n_in_flight++;
    return true;
}

/* A call that comes to its end at once would serve the next in its turn: the outermost does. */
static void serve_waiting(struct lane *lane)
{
    if (lane->is_serving)
        return;
    lane->is_serving = true;
    while (lane->waiting.first != NULL && take_place(lane, lane->waiting.first))
        call_resume(call_queue_take(&lane->waiting), lane->next);
    lane->is_serving = false;
}

void lane_enter(struct lane *lane, struct call *call)
{
    bool is_first = lane->waiting.first == NULL || call_is_urgent(call);
    if (is_first && take_place(lane, call)) {
        lane->next(call);
        return;
    }
    call->waited_for_pace |= lane->pace.is_on || (lane->budget.rate > 0 && lane->budget.tokens < 1);
    call_wait(call, &lane->waiting);
}

void lane_leave(struct lane *lane, bool throttled)
{
    lane->n_in_flight--;
    pace_note(&lane->pace, now_s(), throttled);
    if (throttled)
        note_held(lane, false, lane->pace.rate, pace_recovery_s(&lane->pace));
    serve_waiting(lane);
}

void lanes_free(struct map *lanes)
{
    size_t at = 0;
    struct sv key;
    union map_value value;
    while (map_next(lanes, &at, &key, &value))
        mem_free(value.ptr);
    map_done(lanes);
}
