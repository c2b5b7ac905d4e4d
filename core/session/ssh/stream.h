/*
 * stream: the bytes of a session for a thread of its own, which reads and writes them as if they
 * were a socket's, while the link that carries them goes on on RUN_NET.
 *
 * Begun and freed by who holds the scope; read, written and waited for by one thread; told by
 * whoever likes. A thread that uses a stream holds the scope (scope_hold) until it is through.
 */
#ifndef CORE_SESSION_SSH_STREAM_H
#define CORE_SESSION_SSH_STREAM_H

#include <sys/types.h>

#include "core/session/channel.h"

struct stream;

struct stream_handlers {
    /* As channel's on_status, on RUN_NET; the stream is rung behind it. */
    void (*on_status)(void *arg, const struct channel_status *status);
    void *arg;
};

/* Begins a session whose document gives a stream of bytes; request is copied. It is over when the
 * scope is closed, at the latest. Any runner. */
struct stream *stream_new(struct aws_client *client, struct scope *scope,
                          const struct channel_request *request,
                          const struct stream_handlers *handlers);
/* After the end of the scope. NULL is allowed. */
void stream_free(struct stream *stream);

/* --- for the thread -------------------------------------------------------------------------- */

/* Takes up to size bytes. -EAGAIN: there are none now; 0: the session is over. */
ssize_t stream_read(struct stream *stream, void *bytes, size_t size);
/* Gives up to size bytes. -EAGAIN: there is no room now; -EPIPE: the session is over. */
ssize_t stream_write(struct stream *stream, const void *bytes, size_t size);
/*
 * Waits until something has happened since it was last called: bytes, room, an end, stream_ring.
 * False after timeout_ms (-1: without end) of nothing.
 */
bool stream_wait(struct stream *stream, int timeout_ms);
/* The first bytes that have ever come, as many as are kept (some kB): for who wants to know why the
 * other side was not understood. Borrowed. */
struct sv stream_head(const struct stream *stream);
/* Whether the session is over; *err says why, OK when nothing went wrong. */
bool stream_is_over(struct stream *stream, struct err *err);

/* Leaves, as channel_end. */
void stream_end(struct stream *stream);

/* --- for everybody --------------------------------------------------------------------------- */

/* Has stream_wait return: there is something that the thread is to look at. */
void stream_ring(struct stream *stream);

#endif
