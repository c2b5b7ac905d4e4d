#include "core/session/link.h"

#include <stdatomic.h>
#include <stddef.h>

#include "core/base/clock.h"
#include "core/base/json_pick.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/net/pending.h"
#include "core/net/watch.h"
#include "core/net/ws.h"
#include "core/session/agent_version.h"
#include "core/session/calls.h"

#define WHERE             "session"
#define SOCKET_UNSENT_MAX ((size_t)256 << 10) /* then the socket is to get rid of it first */
#define LOOK_MS           1000                /* how soon to look again whether the node is there */
#define LEAVE_MS          5000                /* so long the service has to acknowledge the end */
#define FINISH_MS         10000               /* and the node to acknowledge the last bytes */
#define STEADY_MS         5000                /* a socket that has lived so long was a good one */

/* How long to wait before each attempt at another socket. */
static const int resume_after_ms[] = {0,     500,   1000,  2000,  4000,  8000,
                                      15000, 30000, 30000, 30000, 30000, 30000};

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
    struct ws *ws; /* NULL: none */
    bool is_socket_open, is_held;
    int64_t socket_opened_ms;
    struct secret *token; /* for the next socket; NULL: it was used */
    char *url;
    char client_id[OS_UUID_SIZE];
    struct net_timer send_timer, step_timer; /* the next message; the next attempt, or the last */
    void (*step)(struct link *link);         /* what step_timer does */
    struct buf unsent;
    size_t n_unsent_taken;
    bool is_pumping;
    bool is_starting, is_leaving, is_terminating, is_finishing;
    bool is_settled;    /* it has ended, and the service knows */
    struct err key_err; /* why there is no key for an encrypted session */
};

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

static void set_state(struct link *link, enum channel_state state)
{
    if (link->status.state != state)
        link->status.since_ms = clock_mono_ms();
    link->status.state = state;
    if (link->is_asked_for && link->handlers.on_status != NULL)
        link->handlers.on_status(link->handlers.arg, link_status(link));
}

static void pump(struct link *link);

/* --- ends ------------------------------------------------------------------------------------ */

static void on_step(struct net_timer *timer)
{
    struct link *link = (struct link *)((char *)timer - offsetof(struct link, step_timer));

    link->step(link);
}

static void step_later(struct link *link, int64_t delay_ms, void (*step)(struct link *link))
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

/* For good. err OK: the node, the service or the person has ended it. */
static void over(struct link *link, const struct err *err)
{
    if (link->status.state == CHANNEL_ENDED)
        return;
    drop_socket(link);
    net_timer_stop(&link->send_timer);
    net_timer_stop(&link->step_timer);
    link->status.err = *err;
    log_info(WHERE, "%s has ended%s%s", link->status.session_id, err->code == OK ? "" : ": ",
             err->code == OK ? "" : err->message);
    set_state(link, CHANNEL_ENDED);
    release(link);
}

static void leave_unheard(struct link *link)
{
    over(link, &ERR_NONE);
}

static void on_terminated(void *arg, const struct err *err)
{
    struct link *link = arg;

    link->is_terminating = false;
    if (err->code != OK)
        log_warn(WHERE, "%s could not be terminated: %s", link->status.session_id, err->message);
    over(link, &ERR_NONE);
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
        step_later(link, LEAVE_MS, leave_unheard);
    else
        over(link, &ERR_NONE);
}

/* It cannot go on: the person is told at once, the service in the background. */
static void give_up(struct link *link, const struct err *err)
{
    struct err why = *err; /* err may be the status's own */

    terminate(link);
    over(link, &why);
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

/* --- what the talk says ---------------------------------------------------------------------- */

static void on_send(void *arg, struct sv frame)
{
    struct link *link = arg;

    if (link->is_socket_open)
        ws_send(link->ws, false, frame);
}

static void on_key(void *arg, struct data_key *key)
{
    struct link *link = arg;
    bool has_challenge = link_handshake(link)->challenge[0] != '\0';

    if (link->status.state == CHANNEL_ENDED || link->is_leaving)
        return;
    link->key_err = key->err;
    if (key->err.code == OK)
        talk_take_key(link->talk, key->key, buf_sv(&key->ciphertext), has_challenge, NULL);
    else
        talk_take_key(link->talk, NULL, SV_NONE, false, key->err.message);
    pump(link);
}

static void wants_key(struct link *link, const struct talk_event *event)
{
    (void)event;
    call_for_key(link->client, link->scope, &link->request.target, link->status.session_id,
                 link->request.node, link_handshake(link), on_key, link);
}

static void opened(struct link *link, const struct talk_event *event)
{
    const struct handshake *handshake = link_handshake(link);

    (void)event;
    str_copy(link->status.agent_version, handshake->agent_version);
    link->status.kind = handshake->kind;
    link->status.is_encrypted = handshake->is_encrypted;
    set_state(link, CHANNEL_OPEN);
}

static void output(struct link *link, const struct talk_event *event)
{
    link->status.bytes_in += event->bytes.len;
}

static void exit_code(struct link *link, const struct talk_event *event)
{
    link->status.has_exit_code = true;
    link->status.exit_code = event->number;
}

/* An agent that has failed says why; who left says nothing. */
static void closed(struct link *link, const struct talk_event *event)
{
    struct err err = ERR_NONE;
    struct sv why = sv_trim(event->bytes);

    if (link->key_err.code != OK)
        err = link->key_err;
    else if (why.len > 0)
        err_set(&err, ERR_AWS, WHERE, "the session was closed: " SV_FMT, SV_ARG(why));
    over(link, &err);
}

static void failed(struct link *link, const struct talk_event *event)
{
    give_up(link, event->err);
}

static const struct {
    void (*take)(struct link *link, const struct talk_event *event);
    bool is_told; /* to who uses the link, before */
} events[] = {
    [TALK_WANTS_KEY] = {wants_key, false}, [TALK_OPENED] = {opened, true},
    [TALK_OUTPUT] = {output, true},        [TALK_STDERR] = {output, true},
    [TALK_EXIT_CODE] = {exit_code, false}, [TALK_FLAG] = {NULL, true},
    [TALK_NOTICE] = {NULL, true},          [TALK_CLOSED] = {closed, false},
    [TALK_FAILED] = {failed, false},
};

static void on_event(void *arg, const struct talk_event *event)
{
    struct link *link = arg;

    if (events[event->kind].is_told && link->is_asked_for)
        link->handlers.on_event(link->handlers.arg, event);
    if (events[event->kind].take != NULL)
        events[event->kind].take(link, event);
}

/* --- bytes to the node ----------------------------------------------------------------------- */

static size_t n_waiting(const struct link *link)
{
    return link->unsent.len - link->n_unsent_taken;
}

static void move_unsent(struct link *link)
{
    struct sv rest = {link->unsent.ptr + link->n_unsent_taken, n_waiting(link)};
    size_t n = rest.len == 0 ? 0 : talk_write(link->talk, rest);

    if (n == 0)
        return;
    link->status.bytes_out += n;
    link->n_unsent_taken += n;
    if (n == rest.len) {
        buf_clear(&link->unsent);
        link->n_unsent_taken = 0;
    }
    if (link->is_asked_for && link->handlers.on_taken != NULL)
        link->handlers.on_taken(link->handlers.arg, n);
}

/* For how long the node is away, or has not come yet. */
static int64_t away_ms(const struct link *link, int64_t now_us)
{
    int64_t opening_ms = now_us / 1000 - link->socket_opened_ms;

    if (!talk_is_open(link->talk) && opening_ms >= TALK_SLOW_MS)
        return opening_ms;
    return talk_away_ms(link->talk, now_us);
}

/* Whether the node is there, as far as can be told; after five minutes it is not waited for. */
static void look_for_node(struct link *link, int64_t now_us)
{
    int64_t ms = away_ms(link, now_us);

    if (ms >= TALK_LOST_MS) {
        struct err err;
        err_set(&err, ERR_TIMEOUT, WHERE, "the node has not answered for %d minutes",
                TALK_LOST_MS / 60000);
        give_up(link, &err);
    } else if (ms > 0 && link->status.state != CHANNEL_WAITING) {
        set_state(link, CHANNEL_WAITING);
    } else if (ms == 0 && link->status.state == CHANNEL_WAITING) {
        set_state(link, talk_is_open(link->talk) ? CHANNEL_OPEN : CHANNEL_OPENING);
    }
}

static void on_send_timer(struct net_timer *timer)
{
    pump((struct link *)((char *)timer - offsetof(struct link, send_timer)));
}

/* Sends what is due, and sets the time when more will be. */
static void send_due(struct link *link)
{
    int64_t now_us = clock_mono_us(), due_us = now_us + 1000;

    if (ws_unsent_bytes(link->ws) < SOCKET_UNSENT_MAX)
        due_us = talk_send(link->talk, now_us);
    look_for_node(link, now_us);
    if (link->status.state == CHANNEL_ENDED)
        return;
    int64_t look_us = now_us + LOOK_MS * 1000;
    bool is_watched = !talk_is_idle(link->talk) || link->status.state != CHANNEL_OPEN;
    if (is_watched && look_us < due_us)
        due_us = look_us;
    net_timer_set(&link->send_timer, due_us, on_send_timer);
}

static void pump(struct link *link)
{
    if (link->is_pumping || link->is_leaving || link->status.state == CHANNEL_ENDED)
        return;
    link->is_pumping = true;
    move_unsent(link);
    link->is_pumping = false;
    if (link->is_socket_open)
        send_due(link);
    if (link->is_finishing && n_waiting(link) == 0 && talk_is_idle(link->talk))
        link_end(link);
}

/* --- the socket ------------------------------------------------------------------------------ */

static void open_socket(struct link *link);
static void resume_later(struct link *link, const struct err *err);

/* The first message is the only text: the token, by which the service knows whose socket it is. */
static void send_token(struct link *link)
{
    struct buf frame = BUF_NONE;
    struct sv token = secret_bytes(link->token);
    char request_id[OS_UUID_SIZE];

    os_uuid4(request_id);
    buf_reserve(&frame, 6 * token.len + 512);
    buf_addf(&frame,
             "{\"MessageSchemaVersion\":\"1.0\",\"RequestId\":\"%s\",\"TokenValue\":", request_id);
    json_pick_quote(&frame, token);
    buf_addf(&frame, ",\"ClientId\":\"%s\",\"ClientVersion\":\"" SESSION_CLIENT_VERSION "\"}",
             link->client_id);
    ws_send(link->ws, true, buf_sv(&frame));
    secret_wipe(frame.ptr, frame.len);
    buf_done(&frame);
    secret_unref(link->token);
    link->token = NULL; /* it is good once */
}

static void on_socket_open(void *arg)
{
    struct link *link = arg;

    link->is_socket_open = true;
    link->socket_opened_ms = clock_mono_ms();
    send_token(link);
    talk_reopen(link->talk, clock_mono_us());
    set_state(link, talk_is_open(link->talk) ? CHANNEL_OPEN : CHANNEL_OPENING);
    pump(link);
}

static void on_socket_message(void *arg, bool is_text, struct sv message)
{
    struct link *link = arg;

    (void)is_text; /* some send their messages as text */
    talk_take(link->talk, message, clock_mono_us());
    pump(link);
}

static void on_socket_end(void *arg, const struct ws_end *end)
{
    struct link *link = arg;
    struct err err = end->err;

    link->ws = NULL;
    link->is_socket_open = false;
    if (err.code == OK)
        err_set(&err, ERR_NET, WHERE, "the service has closed the connection (%d " SV_FMT ")",
                end->code, SV_ARG(end->reason));
    resume_later(link, &err);
}

static void on_socket_dropped(void *arg)
{
    struct link *link = arg;

    link->ws = NULL;
    link->is_socket_open = false;
}

static void open_socket(struct link *link)
{
    AUTO(buf_done) struct buf url = BUF_NONE;
    bool is_named = client_stream_url(link->client, link->url, &url);
    const struct ws_request request = {.url = buf_cstr(&url),
                                       .allow_plain = is_named,
                                       .ca_file = client_ca_file(link->client),
                                       .message_bytes_max = MESSAGE_BYTES_MAX};
    const struct ws_handlers handlers = {.on_open = on_socket_open,
                                         .on_message = on_socket_message,
                                         .on_end = on_socket_end,
                                         .drop = on_socket_dropped,
                                         .arg = link};

    link->ws = ws_open(&request, link->scope, &handlers);
    if (link->ws != NULL && link->is_held)
        ws_hold(link->ws, true);
}

/* --- resuming -------------------------------------------------------------------------------- */

/* Trying again makes no sense: who is asked has said no. */
static bool is_final(const struct link *link, const struct err *err)
{
    static const enum err_code codes[] = {ERR_DENIED, ERR_EXPIRED,   ERR_CREDENTIALS,
                                          ERR_CONFIG, ERR_USAGE,     ERR_PARSE,
                                          ERR_AWS,    ERR_NOT_FOUND, ERR_INTERNAL};

    if (err->code == ERR_THROTTLED)
        return false;
    if (err->code == ERR_TLS)
        return !talk_is_open(link->talk);
    if (err->http_status >= 400 && err->http_status < 500)
        return true;
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        if (err->code == codes[i])
            return true;
    }
    return false;
}

static void on_resumed(void *arg, struct ticket *ticket)
{
    struct link *link = arg;
    struct err err = ticket->err;

    if (link->is_leaving || link->status.state == CHANNEL_ENDED)
        return;
    if (err.code == OK && ticket->token == NULL)
        err_set(&err, ERR_NOT_FOUND, WHERE, "the session has ended while it was not connected");
    if (err.code != OK) {
        resume_later(link, &err);
        return;
    }
    link->token = ticket->token;
    ticket->token = NULL;
    open_socket(link);
}

static void resume_now(struct link *link)
{
    if (link->token != NULL) /* the socket never came about */
        open_socket(link);
    else
        call_for_resume(link->client, link->scope, &link->request.target, link->status.session_id,
                        on_resumed, link);
}

static void resume_later(struct link *link, const struct err *err)
{
    struct channel_status *status = &link->status;

    if (link->is_leaving || status->state == CHANNEL_ENDED)
        return;
    net_timer_stop(&link->send_timer);
    if (link->socket_opened_ms != 0 && clock_mono_ms() - link->socket_opened_ms >= STEADY_MS)
        status->attempt = 0;
    link->socket_opened_ms = 0;
    if (is_final(link, err) || status->attempt >= status->attempts_max) {
        give_up(link, err);
        return;
    }
    int delay_ms = resume_after_ms[status->attempt++];
    status->err = *err;
    log_info(WHERE, "%s: attempt %u of %u in %d ms: %s", status->session_id, status->attempt,
             status->attempts_max, delay_ms, err->message);
    set_state(link, CHANNEL_RESUMING);
    step_later(link, delay_ms, resume_now);
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
            over(link, &ERR_NONE);
        return;
    }
    if (ticket->err.code != OK) {
        give_up(link, &ticket->err);
        return;
    }
    link->token = ticket->token;
    link->url = ticket->url;
    ticket->token = NULL;
    ticket->url = NULL;
    set_state(link, CHANNEL_OPENING);
    open_socket(link);
}

static unsigned pace_of(const struct channel_request *request)
{
    if (request->messages_per_s == 0)
        return CHANNEL_PACE;
    return request->messages_per_s < 0 ? 0 : (unsigned)request->messages_per_s;
}

struct link *link_start(struct aws_client *client, struct scope *asking,
                        const struct channel_request *request, const struct link_handlers *handlers)
{
    struct link *link = mem_new(struct link);
    const struct talk_handlers from_talk = {.on_send = on_send, .on_event = on_event, .arg = link};

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
    link->scope = scope_new(NULL, WHERE);
    scope_at_end(link->scope, RUN_NET, link_free, link);
    link->status.since_ms = clock_mono_ms();
    link->status.attempts_max = ARRAY_LEN(resume_after_ms);
    os_uuid4(link->client_id);
    link->talk = talk_new(pace_of(request), &from_talk);
    talk_resize(link->talk, request->columns, request->rows);
    call_for_session(client, link->scope, &link->request, on_started, link);
    return link;
}

/* --- for who uses it ------------------------------------------------------------------------- */

size_t link_room(const struct link *link)
{
    size_t waiting = n_waiting(link);

    return waiting < LINK_UNSENT_MAX ? LINK_UNSENT_MAX - waiting : 0;
}

/* What was taken off the front is cut away now and then. */
static void trim_unsent(struct link *link)
{
    struct buf rest = BUF_NONE;

    if (link->n_unsent_taken < LINK_UNSENT_MAX)
        return;
    buf_add(&rest, (struct sv){link->unsent.ptr + link->n_unsent_taken, n_waiting(link)});
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
    pump(link);
}

void link_resize(struct link *link, unsigned columns, unsigned rows)
{
    talk_resize(link->talk, columns, rows);
    pump(link);
}

void link_flag(struct link *link, enum session_flag flag)
{
    talk_flag(link->talk, flag);
    pump(link);
}

void link_hold(struct link *link, bool is_held)
{
    link->is_held = is_held;
    if (link->ws != NULL)
        ws_hold(link->ws, is_held);
}

const struct channel_status *link_status(struct link *link)
{
    link->status.unsent_bytes = n_waiting(link) + talk_unacknowledged_bytes(link->talk);
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
        step_later(link, FINISH_MS, finish_too_late);
    pump(link);
}

void link_end_all(void)
{
    for (struct link *link = links.next, *next; link != &links; link = next) {
        next = link->next;
        link_end(link);
    }
}
