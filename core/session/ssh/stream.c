#include "core/session/ssh/stream.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/net/pending.h"
#include "core/session/link.h"

#define IN_BYTES_MAX  ((size_t)1 << 20) /* not read yet: then the node is made to wait */
#define OUT_BYTES_MAX ((size_t)1 << 20) /* not on their way yet: then the thread has to */
#define HEAD_BYTES    ((size_t)8 << 10)

struct stream {
    struct pending asking; /* first; on RUN_NET */
    struct aws_client *client;
    struct scope *scope;
    struct channel_request request;
    struct stream_handlers handlers;

    /* RUN_NET */
    struct link *link;
    bool is_moving;

    /* all */
    pthread_mutex_t lock;
    pthread_cond_t bell;
    struct buf in, out;
    bool is_held;   /* the node is */
    bool is_posted; /* a task that takes what is in out is under way */
    bool is_rung, is_over;
    struct err err;

    /* the thread */
    struct buf reading, head;
    size_t n_read;
};

static void ring_locked(struct stream *stream)
{
    stream->is_rung = true;
    pthread_cond_signal(&stream->bell);
}

void stream_ring(struct stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    ring_locked(stream);
    pthread_mutex_unlock(&stream->lock);
}

static void end(struct stream *stream, const struct err *err)
{
    pthread_mutex_lock(&stream->lock);
    if (!stream->is_over)
        stream->err = *err;
    stream->is_over = true;
    ring_locked(stream);
    pthread_mutex_unlock(&stream->lock);
}

/* --- RUN_NET: from the node ------------------------------------------------------------------ */

static void take_bytes(struct stream *stream, struct sv bytes)
{
    pthread_mutex_lock(&stream->lock);
    buf_add(&stream->in, bytes);
    bool is_full = !stream->is_held && stream->in.len > IN_BYTES_MAX;
    stream->is_held |= is_full;
    ring_locked(stream);
    pthread_mutex_unlock(&stream->lock);
    if (is_full)
        link_hold(stream->link, true);
}

static void on_event(void *arg, const struct talk_event *event)
{
    if (event->kind == TALK_OUTPUT)
        take_bytes(arg, event->bytes);
}

static void let_go(void *arg)
{
    struct stream *stream = arg;

    if (stream->link != NULL)
        link_hold(stream->link, false);
}

/* --- RUN_NET: to the node -------------------------------------------------------------------- */

static struct buf take_out(struct stream *stream, size_t room)
{
    struct buf bytes = BUF_NONE;

    pthread_mutex_lock(&stream->lock);
    stream->is_posted = false;
    if (stream->out.len <= room) {
        bytes = stream->out;
        stream->out = BUF_NONE;
    } else if (room > 0) {
        buf_add(&bytes, (struct sv){stream->out.ptr, room});
        memmove(stream->out.ptr, stream->out.ptr + room, stream->out.len - room);
        stream->out.len -= room;
    }
    if (bytes.len > 0)
        ring_locked(stream);
    pthread_mutex_unlock(&stream->lock);
    return bytes;
}

/* Link tells from within that it has taken what it is given here. */
static void move_out(struct stream *stream)
{
    if (stream->is_moving || stream->link == NULL)
        return;
    stream->is_moving = true;
    AUTO(buf_done) struct buf bytes = take_out(stream, link_room(stream->link));
    if (bytes.len > 0)
        link_write(stream->link, buf_sv(&bytes));
    stream->is_moving = false;
}

static void on_taken(void *arg, size_t n_bytes)
{
    struct stream *stream = arg;

    (void)n_bytes;
    if (link_room(stream->link) >= LINK_UNSENT_MAX / 4)
        move_out(stream);
}

static void take_post(void *arg)
{
    move_out(arg);
}

static void leave(void *arg)
{
    struct stream *stream = arg;

    if (stream->link != NULL)
        link_end(stream->link);
}

void stream_end(struct stream *stream)
{
    run_call(RUN_NET, RUN_URGENT, stream->scope, leave, NULL, stream);
}

/* --- RUN_NET: from start to end -------------------------------------------------------------- */

static void on_status(void *arg, const struct channel_status *status)
{
    struct stream *stream = arg;

    if (stream->handlers.on_status != NULL)
        stream->handlers.on_status(stream->handlers.arg, status);
    stream_ring(stream);
    if (status->state == CHANNEL_ENDED)
        end(stream, &status->err);
}

static void end_cancelled(void *arg)
{
    struct err err;

    err_set(&err, ERR_CANCELLED, "ssh", "given up");
    end(arg, &err);
}

/* Nobody asks any more; the link sees that by itself. */
static void on_unasked(struct pending *pending)
{
    struct stream *stream = (struct stream *)pending;

    stream->link = NULL;
    end_cancelled(stream);
    pending_end(pending);
}

static void start(void *arg)
{
    struct stream *stream = arg;
    const struct link_handlers handlers = {
        .on_status = on_status, .on_event = on_event, .on_taken = on_taken, .arg = stream};

    if (!pending_begin(&stream->asking, stream->scope, on_unasked)) {
        end_cancelled(stream);
        return;
    }
    stream->link = link_start(stream->client, stream->scope, &stream->request, &handlers);
    move_out(stream);
}

struct stream *stream_new(struct aws_client *client, struct scope *scope,
                          const struct channel_request *request,
                          const struct stream_handlers *handlers)
{
    struct stream *stream = mem_new(struct stream);

    stream->client = client;
    stream->scope = scope;
    stream->handlers = *handlers;
    channel_request_copy(request, &stream->request);
    pthread_mutex_init(&stream->lock, NULL);
    pthread_cond_init(&stream->bell, NULL);
    run_call(RUN_NET, RUN_URGENT, scope, start, end_cancelled, stream);
    return stream;
}

void stream_free(struct stream *stream)
{
    if (stream == NULL)
        return;
    channel_request_done(&stream->request);
    buf_done(&stream->in);
    buf_done(&stream->out);
    buf_done(&stream->reading);
    buf_done(&stream->head);
    pthread_cond_destroy(&stream->bell);
    pthread_mutex_destroy(&stream->lock);
    mem_free(stream);
}

/* --- the thread ------------------------------------------------------------------------------ */

/* What has come meanwhile changes places with what was read to its end. */
static bool fetch(struct stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    struct buf empty = stream->reading;
    stream->reading = stream->in;
    stream->in = empty;
    buf_clear(&stream->in);
    stream->n_read = 0;
    bool is_over = stream->is_over, is_released = stream->is_held;
    stream->is_held = false;
    pthread_mutex_unlock(&stream->lock);
    if (is_released)
        run_call(RUN_NET, RUN_URGENT, stream->scope, let_go, NULL, stream);
    return !is_over;
}

static void keep_head(struct stream *stream, struct sv bytes)
{
    size_t room = HEAD_BYTES - stream->head.len;

    if (room > 0)
        buf_add(&stream->head, (struct sv){bytes.ptr, bytes.len < room ? bytes.len : room});
}

ssize_t stream_read(struct stream *stream, void *bytes, size_t size)
{
    bool is_live = true;

    if (stream->n_read == stream->reading.len)
        is_live = fetch(stream);
    size_t left = stream->reading.len - stream->n_read, n = left < size ? left : size;
    if (n == 0)
        return is_live ? -EAGAIN : 0;
    memcpy(bytes, stream->reading.ptr + stream->n_read, n);
    stream->n_read += n;
    keep_head(stream, (struct sv){bytes, n});
    return (ssize_t)n;
}

ssize_t stream_write(struct stream *stream, const void *bytes, size_t size)
{
    pthread_mutex_lock(&stream->lock);
    size_t room = stream->out.len < OUT_BYTES_MAX ? OUT_BYTES_MAX - stream->out.len : 0;
    size_t n = size < room ? size : room;
    bool is_over = stream->is_over, is_first = n > 0 && !is_over && !stream->is_posted;
    if (n > 0 && !is_over)
        buf_add(&stream->out, (struct sv){bytes, n});
    stream->is_posted |= is_first;
    pthread_mutex_unlock(&stream->lock);
    if (is_over)
        return -EPIPE;
    if (is_first)
        run_call(RUN_NET, RUN_URGENT, stream->scope, take_post, NULL, stream);
    return n > 0 ? (ssize_t)n : -EAGAIN;
}

bool stream_wait(struct stream *stream, int timeout_ms)
{
    int64_t due_us = clock_mono_us() + (int64_t)timeout_ms * 1000;
    const struct timespec due = {.tv_sec = due_us / 1000000, .tv_nsec = due_us % 1000000 * 1000};

    pthread_mutex_lock(&stream->lock);
    while (!stream->is_rung && (timeout_ms < 0 || clock_mono_us() < due_us)) {
        if (timeout_ms < 0)
            pthread_cond_wait(&stream->bell, &stream->lock);
        else
            pthread_cond_clockwait(&stream->bell, &stream->lock, CLOCK_MONOTONIC, &due);
    }
    bool was_rung = stream->is_rung;
    stream->is_rung = false;
    pthread_mutex_unlock(&stream->lock);
    return was_rung;
}

struct sv stream_head(const struct stream *stream)
{
    return buf_sv(&stream->head);
}

bool stream_is_over(struct stream *stream, struct err *err)
{
    pthread_mutex_lock(&stream->lock);
    bool is_over = stream->is_over;
    *err = stream->err;
    pthread_mutex_unlock(&stream->lock);
    return is_over;
}
