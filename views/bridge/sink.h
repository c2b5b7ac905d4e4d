/*
 * sink: standard output or standard error at the end of a session. What comes of the node waits
 * here while nobody takes it, and goes on byte for byte, but filtered where it comes to a terminal.
 */
#ifndef VIEWS_SINK_H
#define VIEWS_SINK_H

#include "core/base/str.h"
#include "core/session/wire/vt_filter.h"

struct sink {
    int fd;
    bool is_terminal, is_touched; /* by more than text */
    struct vt_filter filter;
    struct buf bytes; /* the first n_written are; who has a filter of his own appends here */
    size_t n_written;
};

/* Nothing waits yet. fd is borrowed. */
void sink_init(struct sink *sink, int fd);
/* Nothing is written any more; the descriptor stays open. */
void sink_done(struct sink *sink);

/* Appends what may go there of bytes. */
void sink_take(struct sink *sink, struct sv bytes);
/* How many bytes are not written yet. */
size_t sink_waiting(const struct sink *sink);
/* Whether something waits, and the descriptor takes it now. */
bool sink_is_ready(const struct sink *sink);
/* To a descriptor that can be written, as long as it can, and no longer than is fair to others.
 * False when nobody reads any more: errno says why. */
bool sink_write(struct sink *sink);
/* What waits is thrown away. */
void sink_drop(struct sink *sink);
/* A terminal becomes as it was; blocks. */
void sink_leave(struct sink *sink);

#endif
