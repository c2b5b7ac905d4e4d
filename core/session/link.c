#include "core/session/link.h"

#include <stdatomic.h>
#include <stddef.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/session/calls.h"
#include "core/session/link_inside.h"

#define LEAVE_MS  5000  /* so long the service has to acknowledge the end */
#define FINISH_MS 10000 /* and the node to acknowledge the last bytes */

static struct link links = {.previous = &links, .next = &links};
static atomic_size_t n_links; /* that are not settled */

size_t link_count(void)
{
    return atomic_load(&n_links);
}

/* --- making and freeing ---------------------------------------------------------------------- */

/* At the end of the link's own scope: nothing of it is under way any more. */
static void link_free(void *arg)
{
    struct link *link = arg;

    if (link->is_asked_for) /* the runners are stopping: all scopes end at once */
        pending_end(&link->asking);
    if (!link->is_settled)
        atomic_fetch_sub(&n_links, 1);
    link->previous->next = link->next;
    link->next->previous = link->previous;
    net_timer_stop(&link->send_timer);
    net_timer_stop(&link->step_timer);
    talk_free(link->talk);
    secret_unref(link->token);
    channel_request_done(&link->request);
    buf_done(&link->unsent);
    mem_free(link->url);
    scope_unref(link->scope);
    mem_free(link);
}

/* --- telling --------------------------------------------------------------------------------- */

void link_set_state(struct link *link, enum channel_state state)
{
    if (link->status.state != state)
        link->status.since_ms = clock_mono_ms() - (state == CHANNEL_WAITING ? link->waited_ms : 0);
    link->status.state = state;
    if (link->is_asked_for && link->handlers.on_status != NULL)
        link->handlers.on_status(link->handlers.arg, link_status(link));
}

/* --- ends ------------------------------------------------------------------------------------ */

static void on_step(struct net_timer *timer)
{
    struct link *link = (struct link *)((char *)timer - offsetof(struct link, step_timer));

    link->step(link);
}

void link_step_later(struct link *link, int64_t delay_ms, void (*step)(struct link *link))
{
    link->step = step;
    net_timer_set(&link->step_timer, clock_mono_us() + delay_ms * 1000, on_step);
}

static void drop_socket(struct link *link)
{
    struct ws *ws = link->ws;

    link->ws = NULL;
    link->is_socket_open = false;
    ws_close(ws, WS_NORMAL);
}

/* Once nothing is under way and nobody asks any more, its scope ends, and it with it. */
static void release(struct link *link)
{
    if (link->status.state != CHANNEL_ENDED || link->is_terminating)
        return;
    if (!link->is_settled)
        atomic_fetch_sub(&n_links, 1);
    link->is_settled = true;
    if (!link->is_asked_for)
        scope_close(link->scope);
}

void link_over(struct link *link, const struct err *err)
{
    if (link->status.state == CHANNEL_ENDED)
        return;
    drop_socket(link);
    net_timer_stop(&link->send_timer);
    net_timer_stop(&link->step_timer);
    link->status.err = *err;
    log_info(LINK_WHERE, "%s has ended%s%s", link->status.session_id, err->code == OK ? "" : ": ",
             err->code == OK ? "" : err->message);
    link_set_state(link, CHANNEL_ENDED);
    release(link);
}

static void leave_unheard(struct link *link)
{
    link_over(link, &ERR_NONE);
}

static void on_terminated(void *arg, const struct err *err)
{
    struct link *link = arg;

    link->is_terminating = false;
    if (err->code != OK)
        log_warn(LINK_WHERE, "%s could not be terminated: %s", link->status.session_id,
                 err->message);
    link_over(link, &ERR_NONE);
    release(link);
}

/* Has the service end the session, if there is one. */
static void terminate(struct link *link)
{
    link->is_leaving = true;
    if (link->status.session_id[0] == '\0' || link->is_terminating)
        return;
    link->is_terminating = true;
    call_to_terminate(link->client, link->scope, &link->request.target, link->status.session_id,
                      on_terminated, link);
}

/* A start that is under way is waited for, so that no session is left behind. */
void link_end(struct link *link)
{
    if (link->status.state == CHANNEL_ENDED || link->is_leaving)
        return;
    drop_socket(link);
    net_timer_stop(&link->send_timer);
    terminate(link);
    if (link->is_terminating || link->is_starting)
        link_step_later(link, LEAVE_MS, leave_unheard);
    else
        link_over(link, &ERR_NONE);
}

void link_give_up(struct link *link, const struct err *err)
{
    struct err why = *err; /* err may be the status's own */

    terminate(link);
    link_over(link, &why);
}

/* Nobody is there any more. */
static void on_unasked(struct pending *pending)
{
    struct link *link = (struct link *)pending;

    link->is_asked_for = false;
    pending_end(pending);
    link_end(link);
    release(link);
}

/* --- starting -------------------------------------------------------------------------------- */

static void on_started(void *arg, struct ticket *ticket)
{
    struct link *link = arg;

    link->is_starting = false;
    str_copy(link->status.session_id, ticket->session_id);
    if (link->status.state == CHANNEL_ENDED)
        return;
    if (link->is_leaving) {
        terminate(link);
        if (!link->is_terminating)
            link_over(link, &ERR_NONE);
        return;
    }
    if (ticket->err.code != OK) {
        link_give_up(link, &ticket->err);
        return;
    }
    link->token = ticket->token;
    link->url = ticket->url;
    ticket->token = NULL;
    ticket->url = NULL;
    link_set_state(link, CHANNEL_OPENING);
    link_open_socket(link);
}

struct link *link_start(struct aws_client *client, struct scope *asking,
                        const struct channel_request *request, const struct link_handlers *handlers)
{
    struct link *link = mem_new(struct link);

    if (!pending_begin(&link->asking, asking, on_unasked)) {
        mem_free(link);
        return NULL;
    }
    link->previous = links.previous;
    link->next = &links;
    links.previous->next = link;
    links.previous = link;
    atomic_fetch_add(&n_links, 1);
    link->is_asked_for = link->is_starting = true;
    link->client = client;
    link->handlers = *handlers;
    channel_request_copy(request, &link->request);
    link->scope = scope_new(NULL, LINK_WHERE);
    scope_at_end(link->scope, RUN_NET, link_free, link);
    link->status.since_ms = clock_mono_ms();
    link->status.attempts_max = LINK_ATTEMPTS_MAX;
    os_uuid4(link->client_id);
    link->talk = link_talk_new(link);
    talk_resize(link->talk, request->columns, request->rows);
    call_for_session(client, link->scope, &link->request, on_started, link);
    return link;
}

/* --- for who uses it ------------------------------------------------------------------------- */

size_t link_room(const struct link *link)
{
    size_t waiting = link_waiting(link);

    return waiting < LINK_UNSENT_MAX ? LINK_UNSENT_MAX - waiting : 0;
}

/* What was taken off the front is cut away now and then. */
static void trim_unsent(struct link *link)
{
    struct buf rest = BUF_NONE;

    if (link->n_unsent_taken < LINK_UNSENT_MAX)
        return;
    buf_add(&rest, (struct sv){link->unsent.ptr + link->n_unsent_taken, link_waiting(link)});
    buf_done(&link->unsent);
    link->unsent = rest;
    link->n_unsent_taken = 0;
}

void link_write(struct link *link, struct sv bytes)
{
    if (link->is_leaving || link->status.state == CHANNEL_ENDED)
        return;
    trim_unsent(link);
    buf_add(&link->unsent, bytes);
    link_pump(link);
}

void link_resize(struct link *link, unsigned columns, unsigned rows)
{
    talk_resize(link->talk, columns, rows);
    link_pump(link);
}

void link_flag(struct link *link, enum session_flag flag)
{
    talk_flag(link->talk, flag);
    link_pump(link);
}

void link_hold(struct link *link, bool is_held)
{
    link->is_held = is_held;
    if (link->ws != NULL)
        ws_hold(link->ws, is_held);
}

const struct channel_status *link_status(const struct link *link)
{
    return &link->status;
}

const struct handshake *link_handshake(const struct link *link)
{
    return talk_handshake(link->talk);
}

static void finish_too_late(struct link *link)
{
    link->is_finishing = false;
    link_end(link);
}

void link_finish(struct link *link)
{
    if (link->status.state == CHANNEL_ENDED || link->is_leaving || link->is_finishing)
        return;
    link->is_finishing = true;
    if (link->status.state == CHANNEL_OPEN || link->status.state == CHANNEL_WAITING)
        link_step_later(link, FINISH_MS, finish_too_late);
    link_pump(link);
}

void link_end_all(void)
{
    for (struct link *link = links.next, *next; link != &links; link = next) {
        next = link->next;
        link_end(link);
    }
}
