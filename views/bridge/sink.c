#include "views/bridge/sink.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/os.h"

#define WRITE_BYTES 4096 /* a pipe that can be written takes so much without blocking */
#define WRITES_MAX  16   /* then others have their turn */

void sink_init(struct sink *sink, int fd)
{
    *sink = (struct sink){.fd = fd, .is_terminal = isatty(fd)};
}

void sink_done(struct sink *sink)
{
    buf_done(&sink->bytes);
}

void sink_take(struct sink *sink, struct sv bytes)
{
    struct buf *out = &sink->bytes;
    size_t before = out->len;

    if (!sink->is_terminal) {
        buf_add(out, bytes);
        return;
    }
    vt_filter_take(&sink->filter, bytes, out);
    sink->is_touched |= out->len > before && memchr(out->ptr + before, '\x1b', out->len - before);
}

size_t sink_waiting(const struct sink *sink)
{
    return sink->bytes.len - sink->n_written;
}

static bool takes_more(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};

    return poll(&poll_fd, 1, 0) > 0;
}

bool sink_is_ready(const struct sink *sink)
{
    return sink_waiting(sink) > 0 && takes_more(sink->fd);
}

/* What was written is cut away once it is the larger part: of a stream that never pauses, too. */
static void cut_written(struct sink *sink)
{
    size_t left = sink_waiting(sink);

    if (sink->n_written <= left)
        return;
    memmove(sink->bytes.ptr, sink->bytes.ptr + sink->n_written, left);
    sink->bytes.len = left;
    sink->n_written = 0;
}

bool sink_write(struct sink *sink)
{
    for (int i = 0; i < WRITES_MAX && sink->bytes.len > 0 && (i == 0 || takes_more(sink->fd));
         i++) {
        size_t left = sink_waiting(sink);
        ssize_t n = write(sink->fd, sink->bytes.ptr + sink->n_written,
                          left < WRITE_BYTES ? left : WRITE_BYTES);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        sink->n_written += (size_t)n;
        cut_written(sink);
    }
    return true;
}

void sink_drop(struct sink *sink)
{
    buf_clear(&sink->bytes);
    sink->n_written = 0;
}

void sink_leave(struct sink *sink)
{
    AUTO(buf_done) struct buf back = BUF_NONE;

    if (!sink->is_touched)
        return;
    vt_filter_reset(&sink->filter, &back);
    os_write_all(sink->fd, buf_sv(&back), "terminal", NULL);
}
