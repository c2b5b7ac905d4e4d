#include "core/session/channel.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/session/link.h"

#define INBOX_BYTES_MAX ((size_t)256 << 10) /* then the node is made to wait */
#define TURN_BYTES_MAX \
    ((size_t)64 << 10) /* handed over at once: some milliseconds of an emulator */
#define ROOM_BYTES (CHANNEL_UNSENT_MAX / 2)

/* Bytes on their way from RUN_NET to RUN_UI, many messages at a time. Like all that goes there they
 * are urgent: an echo does not wait behind the rows of a list. */
struct inbox {
    struct buf bytes;
    size_t n_taken; /* of its front */
    bool is_posted; /* a task that takes them is under way */
};

enum stream { STREAM_OUTPUT, STREAM_ERROR, STREAMS };

struct channel {
    struct aws_client *client;
    struct scope *scope; /* of all that goes to and fro; its end frees the channel */

    /* RUN_UI */
    struct channel_handlers handlers;
    struct channel_status status;
    bool is_held, is_end_deferred, is_closed;

    /* RUN_NET */
    struct channel_request request;
    struct link *link;

    /* both */
    pthread_mutex_t lock;
    struct inbox inboxes[STREAMS];
    bool is_net_held;
    atomic_size_t queued; /* written here, and not on its way yet */
    atomic_bool wants_room;
};

const char *channel_state_name(enum channel_state state)
{
    static const char *const names[] = {
        [CHANNEL_STARTING] = "starting", [CHANNEL_OPENING] = "opening",
        [CHANNEL_OPEN] = "open",         [CHANNEL_WAITING] = "waiting for the node",
        [CHANNEL_RESUMING] = "resuming", [CHANNEL_ENDED] = "ended",
    };
    return names[state];
}

const char *channel_status_name(const struct channel_status *status)
{
    if (status->state == CHANNEL_WAITING && status->node == CHANNEL_NODE_GONE)
        return "node not connected";
    return channel_state_name(status->state);
}

/* --- orders from RUN_UI to RUN_NET ----------------------------------------------------------- */

struct order {
    struct channel *channel;
    void (*carry_out)(struct order *order);
    struct buf bytes;
    unsigned columns, rows;
};

static void order_free(void *arg)
{
    struct order *order = arg;

    buf_done(&order->bytes);
    mem_free(order);
}

static void carry_out(void *arg)
{
    struct order *order = arg;

    order->carry_out(order);
    order_free(order);
}

static struct order *order_new(struct channel *channel, void (*fn)(struct order *order))
{
    struct order *order = mem_new(struct order);

    order->channel = channel;
    order->carry_out = fn;
    return order;
}

static void order_send(struct order *order)
{
    run_call(RUN_NET, RUN_URGENT, order->channel->scope, carry_out, order_free, order);
}

static void order_give(struct channel *channel, void (*fn)(struct order *order))
{
    order_send(order_new(channel, fn));
}

/* --- bytes from the node --------------------------------------------------------------------- */

static size_t inbox_bytes(const struct channel *channel)
{
    size_t n = 0;

    for (size_t i = 0; i < STREAMS; i++)
        n += channel->inboxes[i].bytes.len - channel->inboxes[i].n_taken;
    return n;
}

static void order_release(struct order *order)
{
    link_hold(order->channel->link, false);
}

/* What was taken is cut away when all was, and now and then, when there is always more. */
static void trim(struct inbox *inbox)
{
    struct buf rest = BUF_NONE;
    size_t left = inbox->bytes.len - inbox->n_taken;

    if (left > 0 && inbox->n_taken < INBOX_BYTES_MAX)
        return;
    buf_add(&rest, (struct sv){inbox->bytes.ptr + inbox->n_taken, left});
    buf_done(&inbox->bytes);
    inbox->bytes = rest;
    inbox->n_taken = 0;
}

/* Takes what may be handed over at once; the node goes on when it has been made to wait. *more:
 * there is something left, for another turn. */
static struct buf take_inbox(struct channel *channel, enum stream stream, bool *more)
{
    struct inbox *inbox = &channel->inboxes[stream];
    struct buf bytes = BUF_NONE;

    pthread_mutex_lock(&channel->lock);
    size_t left = inbox->bytes.len - inbox->n_taken;
    size_t n = left < TURN_BYTES_MAX ? left : TURN_BYTES_MAX;
    buf_add(&bytes, (struct sv){inbox->bytes.ptr + inbox->n_taken, n});
    inbox->n_taken += n;
    *more = inbox->is_posted = n < left;
    trim(inbox);
    bool is_released = channel->is_net_held && inbox_bytes(channel) < INBOX_BYTES_MAX / 2;
    if (is_released)
        channel->is_net_held = false;
    pthread_mutex_unlock(&channel->lock);
    if (is_released)
        order_give(channel, order_release);
    return bytes;
}

static bool has_more(struct channel *channel)
{
    pthread_mutex_lock(&channel->lock);
    bool more = inbox_bytes(channel) > 0;
    pthread_mutex_unlock(&channel->lock);
    return more;
}

/* The end comes behind all that was said before it. */
static void tell_end(struct channel *channel)
{
    if (!channel->is_end_deferred || channel->is_held || channel->is_closed || has_more(channel))
        return;
    channel->is_end_deferred = false;
    if (channel->handlers.on_status != NULL)
        channel->handlers.on_status(channel->handlers.arg, &channel->status);
}

static void deliver_output(void *arg);
static void deliver_error(void *arg);

static void deliver_later(struct channel *channel, enum stream stream, enum run_lane lane)
{
    run_call(RUN_UI, lane, channel->scope, stream == STREAM_OUTPUT ? deliver_output : deliver_error,
             NULL, channel);
}

/* Little comes at once, an echo; of much the rest takes turns with everything else. */
static void deliver(struct channel *channel, enum stream stream)
{
    void (*on_bytes)(void *arg, struct sv bytes) = channel->handlers.on_output;
    bool more = false;

    if (channel->is_held || channel->is_closed)
        return;
    if (stream == STREAM_ERROR && channel->handlers.on_stderr != NULL)
        on_bytes = channel->handlers.on_stderr;
    AUTO(buf_done) struct buf bytes = take_inbox(channel, stream, &more);
    if (more)
        deliver_later(channel, stream, RUN_NORMAL);
    if (bytes.len > 0)
        on_bytes(channel->handlers.arg, buf_sv(&bytes));
    tell_end(channel);
}

static void deliver_output(void *arg)
{
    deliver(arg, STREAM_OUTPUT);
}

static void deliver_error(void *arg)
{
    deliver(arg, STREAM_ERROR);
}

/* On RUN_NET. */
static void take_bytes(struct channel *channel, enum stream stream, struct sv bytes)
{
    struct inbox *inbox = &channel->inboxes[stream];

    pthread_mutex_lock(&channel->lock);
    buf_add(&inbox->bytes, bytes);
    bool is_full = !channel->is_net_held && inbox_bytes(channel) > INBOX_BYTES_MAX;
    channel->is_net_held |= is_full;
    pthread_mutex_unlock(&channel->lock);
    if (is_full)
        link_hold(channel->link, true);
}

/* On RUN_NET: once for all that has come at once, so that RUN_UI does not wake for each message. */
static void post_inboxes(void *arg)
{
    struct channel *channel = arg;

    for (size_t i = 0; i < STREAMS; i++) {
        struct inbox *inbox = &channel->inboxes[i];
        pthread_mutex_lock(&channel->lock);
        bool is_new = inbox->bytes.len > inbox->n_taken && !inbox->is_posted;
        inbox->is_posted |= is_new;
        pthread_mutex_unlock(&channel->lock);
        if (is_new)
            deliver_later(channel, (enum stream)i, RUN_URGENT);
    }
}

/* --- news from RUN_NET ----------------------------------------------------------------------- */

struct news {
    struct channel *channel;
    struct channel_status status;
    struct buf notice;
};

static void news_free(void *arg)
{
    struct news *news = arg;

    buf_done(&news->notice);
    mem_free(news);
}

static void take_status(void *arg)
{
    struct news *news = arg;
    struct channel *channel = news->channel;

    channel->status = news->status;
    channel->is_end_deferred = channel->status.state == CHANNEL_ENDED;
    if (!channel->is_end_deferred && !channel->is_closed && channel->handlers.on_status != NULL)
        channel->handlers.on_status(channel->handlers.arg, &channel->status);
    tell_end(channel);
    news_free(news);
}

static void take_notice(void *arg)
{
    struct news *news = arg;
    struct channel *channel = news->channel;

    if (!channel->is_closed && channel->handlers.on_notice != NULL)
        channel->handlers.on_notice(channel->handlers.arg, buf_sv(&news->notice));
    news_free(news);
}

static void on_status(void *arg, const struct channel_status *status)
{
    struct news *news = mem_new(struct news);

    post_inboxes(arg); /* what was said before */
    news->channel = arg;
    news->status = *status;
    run_call(RUN_UI, RUN_URGENT, news->channel->scope, take_status, news_free, news);
}

static void tell_notice(struct channel *channel, struct sv text)
{
    struct news *news = mem_new(struct news);

    news->channel = channel;
    buf_add(&news->notice, text);
    run_call(RUN_UI, RUN_URGENT, channel->scope, take_notice, news_free, news);
}

static void on_event(void *arg, const struct talk_event *event)
{
    struct channel *channel = arg;

    if (event->kind == TALK_OUTPUT)
        take_bytes(channel, STREAM_OUTPUT, event->bytes);
    else if (event->kind == TALK_STDERR)
        take_bytes(channel, STREAM_ERROR, event->bytes);
    else if (event->kind == TALK_NOTICE)
        tell_notice(channel, event->bytes);
}

static void tell_room(void *arg)
{
    struct channel *channel = arg;

    if (!channel->is_closed && channel->handlers.on_room != NULL)
        channel->handlers.on_room(channel->handlers.arg);
}

static void on_taken(void *arg, size_t n_bytes)
{
    struct channel *channel = arg;
    size_t queued = atomic_fetch_sub(&channel->queued, n_bytes) - n_bytes;

    if (queued < ROOM_BYTES && atomic_exchange(&channel->wants_room, false))
        run_call(RUN_UI, RUN_URGENT, channel->scope, tell_room, NULL, channel);
}

/* --- opening --------------------------------------------------------------------------------- */

static void channel_free(void *arg)
{
    struct channel *channel = arg;

    for (size_t i = 0; i < STREAMS; i++)
        buf_done(&channel->inboxes[i].bytes);
    channel_request_done(&channel->request);
    pthread_mutex_destroy(&channel->lock);
    scope_unref(channel->scope);
    mem_free(channel);
}

static void order_start(struct order *order)
{
    struct channel *channel = order->channel;
    const struct link_handlers handlers = {.on_status = on_status,
                                           .on_event = on_event,
                                           .on_batch = post_inboxes,
                                           .on_taken = on_taken,
                                           .arg = channel};

    channel->link = link_start(channel->client, channel->scope, &channel->request, &handlers);
}

struct channel *channel_open(struct aws_client *client, struct scope *scope,
                             const struct channel_request *request,
                             const struct channel_handlers *handlers)
{
    assert(run_is_on(RUN_UI));
    struct channel *channel = mem_new(struct channel);

    channel->client = client;
    channel->handlers = *handlers;
    channel_request_copy(request, &channel->request);
    channel->status.since_ms = clock_mono_ms();
    pthread_mutex_init(&channel->lock, NULL);
    channel->scope = scope_new(scope, "channel");
    scope_at_end(channel->scope, RUN_UI, channel_free, channel);
    order_give(channel, order_start);
    return channel;
}

/* --- using ----------------------------------------------------------------------------------- */

static void order_write(struct order *order)
{
    struct channel *channel = order->channel;
    size_t n = order->bytes.len;

    if (channel->link == NULL || link_status(channel->link)->state == CHANNEL_ENDED)
        on_taken(channel, n);
    else
        link_write(channel->link, buf_sv(&order->bytes));
}

size_t channel_write(struct channel *channel, struct sv bytes)
{
    size_t queued = atomic_load(&channel->queued);
    size_t room = queued < CHANNEL_UNSENT_MAX ? CHANNEL_UNSENT_MAX - queued : 0;
    size_t n = bytes.len < room ? bytes.len : room;

    if (n < bytes.len) {
        atomic_store(&channel->wants_room, true);
        if (atomic_load(&channel->queued) == 0) /* it was all taken just before */
            on_taken(channel, 0);
    }
    if (n == 0)
        return 0;
    struct order *order = order_new(channel, order_write);
    buf_add(&order->bytes, (struct sv){bytes.ptr, n});
    atomic_fetch_add(&channel->queued, n);
    order_send(order);
    return n;
}

static void order_resize(struct order *order)
{
    if (order->channel->link != NULL)
        link_resize(order->channel->link, order->columns, order->rows);
}

void channel_resize(struct channel *channel, unsigned columns, unsigned rows)
{
    struct order *order = order_new(channel, order_resize);

    order->columns = columns;
    order->rows = rows;
    order_send(order);
}

static void deliver_held(void *arg)
{
    struct channel *channel = arg;

    deliver(channel, STREAM_OUTPUT);
    deliver(channel, STREAM_ERROR);
}

void channel_hold(struct channel *channel, bool is_held)
{
    if (channel->is_held == is_held)
        return;
    channel->is_held = is_held;
    if (!is_held)
        run_call(RUN_UI, RUN_URGENT, channel->scope, deliver_held, NULL, channel);
}

static void order_end(struct order *order)
{
    if (order->channel->link != NULL)
        link_end(order->channel->link);
}

void channel_end(struct channel *channel)
{
    order_give(channel, order_end);
}

static void order_finish(struct order *order)
{
    if (order->channel->link != NULL)
        link_finish(order->channel->link);
}

void channel_finish(struct channel *channel)
{
    order_give(channel, order_finish);
}

void channel_close(struct channel *channel)
{
    if (channel == NULL)
        return;
    channel->is_closed = true;
    scope_close(channel->scope);
}

/* --- all of them ----------------------------------------------------------------------------- */

#define LOOK_MS 20

static void end_all(void *arg)
{
    (void)arg;
    link_end_all();
}

bool sessions_leave(int timeout_ms)
{
    const bool never = false;
    int64_t end_ms = clock_mono_ms() + timeout_ms;

    if (link_count() == 0)
        return true;
    struct scope *scope = scope_new(NULL, "leaving");
    run_call(RUN_NET, RUN_URGENT, scope, end_all, NULL, NULL);
    while (link_count() > 0 && clock_mono_ms() < end_ms)
        run_ui_until(&never, LOOK_MS);
    scope_close(scope);
    scope_unref(scope);
    return link_count() == 0;
}
