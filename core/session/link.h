/*
 * link: a session on RUN_NET: its talk, the socket that carries it, and another one when that is
 * lost. Everything here is for RUN_NET alone, but for link_count.
 */
#ifndef CORE_SESSION_LINK_H
#define CORE_SESSION_LINK_H

#include "core/session/channel.h"
#include "core/session/wire/talk.h"

struct link_handlers {
    /* As channel's on_status. */
    void (*on_status)(void *arg, const struct channel_status *status);
    /* TALK_OPENED, TALK_OUTPUT, TALK_STDERR, TALK_FLAG and TALK_NOTICE. */
    void (*on_event)(void *arg, const struct talk_event *event);
    /* Behind the events of what has come at once. NULL: nothing. */
    void (*on_batch)(void *arg);
    /* So many of the bytes that were written are on their way: there is room for as many. */
    void (*on_taken)(void *arg, size_t n_bytes);
    void *arg;
};

#define LINK_UNSENT_MAX ((size_t)1 << 20)

struct link;

/*
 * Begins a session (request is copied); what becomes of it is told to the handlers, never from
 * within, and no more once asking is closed: then it leaves by itself. The link may be used until
 * asking is closed, ended or not. NULL when asking is closed already.
 */
struct link *link_start(struct aws_client *client, struct scope *asking,
                        const struct channel_request *request,
                        const struct link_handlers *handlers);

/* Queues bytes for the node. It takes what it is given: who has much asks link_room first. */
void link_write(struct link *link, struct sv bytes);
size_t link_room(const struct link *link); /* LINK_UNSENT_MAX when nothing waits */
void link_resize(struct link *link, unsigned columns, unsigned rows);
void link_flag(struct link *link, enum session_flag flag);
/* As channel_hold: what has been read already still comes. */
void link_hold(struct link *link, bool is_held);

/* Borrowed. */
const struct channel_status *link_status(const struct link *link);
/* "" without a handshake; of SESSION_PORT, what it leads to. Borrowed. */
const struct handshake *link_handshake(const struct link *link);

/* As channel_end and channel_finish. */
void link_end(struct link *link);
void link_finish(struct link *link);

/* Ends all links there are. */
void link_end_all(void);
/* Sessions that have begun and not ended. Any runner. */
size_t link_count(void);

#endif
