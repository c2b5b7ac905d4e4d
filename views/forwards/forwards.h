/*
 * forwards: the ports of this machine that lead behind nodes, as this console holds them. They go
 * on while other screens are used, and end with the console. UI runner only.
 */
#ifndef VIEWS_FORWARDS_H
#define VIEWS_FORWARDS_H

#include "core/session/forward/port.h"
#include "views/forwards/forward_spec.h"
#include "views/node/place.h"

#define FORWARDS_MAX 32

struct forward {
    unsigned number; /* not given again */
    struct shell_place place;
    struct forward_spec spec;
    char reason[SESSION_REASON_SIZE];
    struct row_ref row;        /* of the node; its table is held */
    struct port_status status; /* the traffic is as of forwards_count_traffic */
    int64_t since_ms;          /* that it is in that state, by the clock of ages */
    struct err problem;        /* the last that ended a connection of it, or itself; OK: none did */
    int64_t problem_ms;        /* when, by the clock of ages */
    /* forwards.c alone */
    struct forwards *forwards;
    struct port *port;
    bool was_open; /* it has been told where it listens */
};

/* A forward that is to be opened. */
struct forward_wish {
    struct app *app;
    struct shell_place place;
    struct forward_spec spec;
    struct row_ref row; /* of the node; its table is held */
    bool wants_reason;
};

struct forwards;

/* None yet; freed with the app, which ends those that are left. */
struct forwards *forwards_new(struct app *app);
void forwards_free(struct forwards *forwards); /* NULL is allowed */

/* How many there are; how many of them have not ended. */
size_t forwards_count(const struct forwards *forwards);
size_t forwards_live(const struct forwards *forwards);
/* In the order of opening; i below forwards_count. Borrowed. */
struct forward *forwards_at(const struct forwards *forwards, size_t i);
/* The one of that number; NULL: it has been stopped. */
struct forward *forwards_find(const struct forwards *forwards, unsigned number);
/* The one whose session has that id; NULL when none of them has. */
struct forward *forwards_find_session(const struct forwards *forwards, struct sv session_id);
/* Whether one of them has ended by itself, or is without its node for now. */
bool forwards_have_trouble(const struct forwards *forwards);
/* Has the traffic counted: what status says afterwards is as of the call before. */
void forwards_count_traffic(struct forwards *forwards);

/* The one place for a wish that waits for its answers, borrowed: what it held before is let go. */
struct forward_wish *forwards_new_wish(struct forwards *forwards);
/* Begins to listen, and a session with the node of wish; how that went is told in the message
 * line. reason may be "". ERR_TOO_BIG above FORWARDS_MAX. */
enum err_code forwards_open(struct forwards *forwards, const struct forward_wish *wish,
                            const char *reason, struct err *err);
/* Begins anew, at the same port of this machine: the former session has ended. */
void forward_reopen(struct forward *forward);
/* Stops listening, ends the session in the background, and forgets it: after a question when
 * something is connected through it. */
void forward_stop(struct forward *forward);
bool forward_has_ended(const struct forward *forward);

/* Where it listens, or is to, "127.0.0.1:15432"; "" as long as that is not known. */
void forward_address(const struct forward *forward, struct buf *out);
/* Where it leads, "db.internal:5432", or "port 5432" for one of the node's own. */
void forward_goal(const struct forward *forward, struct buf *out);

#endif
