/*
 * link_inside: what the files of link share. Not for anybody else.
 *
 *   link.c          from start to end, and for who uses it
 *   link_talk.c     what the talk says, and the bytes for the node
 *   link_node.c     whether the node is there
 *   link_socket.c   the socket, and another one when it is lost
 */
#ifndef CORE_SESSION_LINK_INSIDE_H
#define CORE_SESSION_LINK_INSIDE_H

#include "core/base/os.h"
#include "core/net/pending.h"
#include "core/net/watch.h"
#include "core/net/ws.h"
#include "core/session/link.h"
#include "core/session/wire/presence.h"

#define LINK_WHERE        "session"
#define LINK_ATTEMPTS_MAX 12 /* at another socket */

struct link {
    struct pending asking; /* first; in the scope of who uses it */
    struct link *previous, *next;
    bool is_asked_for; /* that scope is open */
    struct aws_client *client;
    struct scope *scope; /* of its calls and its socket; its end frees the link */
    struct channel_request request;
    struct link_handlers handlers;
    struct channel_status status;
    struct talk *talk;
    struct presence presence;
    struct ws *ws; /* NULL: none */
    bool is_socket_open, is_held;
    int64_t socket_opened_ms;
    int64_t reopened_us;  /* when the talk was told of the last one */
    int64_t waited_ms;    /* for a node that was not heard since, on the sockets before */
    struct secret *token; /* for the next socket; NULL: it was used */
    char *url;
    char client_id[OS_UUID_SIZE];
    struct net_timer send_timer, step_timer; /* the next message; the next attempt, or the last */
    void (*step)(struct link *link);         /* what step_timer does */
    struct buf unsent;
    size_t n_unsent_taken;
    bool is_pumping;
    bool is_starting, is_leaving, is_terminating, is_finishing;
    bool is_settled;                        /* it has ended, and the service knows */
    struct err key_err;                     /* why there is no key for an encrypted session */
    unsigned n_silences;                    /* of a node that has answered and said nothing */
    bool is_reading_terms, wants_handshake; /* terms.h: asked; by what they say */
    unsigned n_turned_away;                 /* sockets in a row that the service did not take */
};

/* --- link.c ------------------------------------------------------------------------------------
 */

/* Tells who uses it, too. */
void link_set_state(struct link *link, enum channel_state state);
/* step(link) after a while, in the place of what was to be done. */
void link_step_later(struct link *link, int64_t delay_ms, void (*step)(struct link *link));
/* For good. err OK: the node, the service or the person has ended it. */
void link_over(struct link *link, const struct err *err);
/* It cannot go on: the person is told at once, the service in the background. */
void link_give_up(struct link *link, const struct err *err);

/* --- link_talk.c -------------------------------------------------------------------------------
 */

/* The link's talk, which tells it everything. */
struct talk *link_talk_new(struct link *link);
/* Moves what waits to the talk, sends what is due, looks whether the node is there. */
void link_pump(struct link *link);
/* Bytes that the talk has not taken. */
size_t link_waiting(const struct link *link);

/* --- link_node.c -------------------------------------------------------------------------------
 */

/* Looks whether the node is there, as far as can be told, and asks the service when it is time to;
 * after CHANNEL_LOST_S the node is given up. Returns when to look again at the latest. */
int64_t link_look_for_node(struct link *link, int64_t now_us);

/* --- link_socket.c -----------------------------------------------------------------------------
 */

/* With the token that there is. */
void link_open_socket(struct link *link);

#endif
