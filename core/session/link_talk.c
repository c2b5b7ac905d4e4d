#include <stddef.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/session/calls.h"
#include "core/session/link_inside.h"
#include "core/session/terms.h"

#define SOCKET_UNSENT_MAX ((size_t)256 << 10) /* then the socket is to get rid of it first */

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
    link_pump(link);
}

static void wants_key(struct link *link, const struct talk_event *event)
{
    (void)event;
    call_for_key(link->client, link->scope, &link->request.target, link->status.session_id,
                 link->request.node, link_handshake(link), on_key, link);
}

/* A node that says nothing is spoken to once it is known, as far as it can be, that it will not ask
 * for encryption first. */
static void on_terms(void *arg, const struct terms *terms)
{
    struct link *link = arg;

    link->is_reading_terms = false;
    if (!link->is_socket_open || link->is_leaving)
        return; /* it will be silent on the next one, too */
    if (terms->err.code != OK)
        log_info(LINK_WHERE, "%s: what its document wants is not known: %s",
                 link->status.session_id, terms->err.message);
    else
        link->wants_handshake = !terms_have_no_handshake(terms, link->n_silences);
    if (!terms_have_no_handshake(terms, link->n_silences))
        return;
    talk_begin(link->talk);
    link_pump(link);
}

static void silent(struct link *link, const struct talk_event *event)
{
    (void)event;
    link->n_silences++;
    link->wants_handshake |= terms_want_handshake(link->request.document);
    if (link->is_reading_terms || link->wants_handshake || link->is_leaving)
        return;
    link->is_reading_terms = true;
    call_for_terms(link->client, link->scope, &link->request.target, link->request.document,
                   on_terms, link);
}

static void opened(struct link *link, const struct talk_event *event)
{
    const struct handshake *handshake = link_handshake(link);

    (void)event;
    str_copy(link->status.agent_version, handshake->agent_version);
    link->status.kind = handshake->kind;
    link->status.is_forward = handshake->is_forward;
    link->status.is_encrypted = handshake->is_encrypted;
    link_set_state(link, CHANNEL_OPEN);
}

static void exit_code(struct link *link, const struct talk_event *event)
{
    link->status.has_exit_code = true;
    link->status.exit_code = event->number;
}

/* An agent that has failed says why, on several lines below one of dashes; who left says nothing.
 */
static void add_why(struct buf *out, struct sv text)
{
    struct sv why = sv_trim(text), below = why;

    if (sv_starts(why, SV("----")))
        sv_split(&below, '\n');
    buf_add_words(out, sv_trim(below).len > 0 ? below : why);
}

static void closed(struct link *link, const struct talk_event *event)
{
    AUTO(buf_done) struct buf why = BUF_NONE;
    struct err err = ERR_NONE;

    add_why(&why, event->bytes);
    if (link->key_err.code != OK)
        err = link->key_err;
    else if (why.len > 0)
        err_set(&err, ERR_AWS, LINK_WHERE, "the session was closed: %s", buf_cstr(&why));
    link_over(link, &err);
}

static void failed(struct link *link, const struct talk_event *event)
{
    link_give_up(link, event->err);
}

static const struct {
    void (*take)(struct link *link, const struct talk_event *event);
    bool is_told; /* to who uses the link, before */
} events[] = {
    [TALK_WANTS_KEY] = {wants_key, false},
    [TALK_SILENT] = {silent, false},
    [TALK_OPENED] = {opened, true},
    [TALK_OUTPUT] = {NULL, true},
    [TALK_STDERR] = {NULL, true},
    [TALK_EXIT_CODE] = {exit_code, false},
    [TALK_FLAG] = {NULL, true},
    [TALK_NOTICE] = {NULL, true},
    [TALK_CLOSED] = {closed, false},
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

size_t link_waiting(const struct link *link)
{
    return link->unsent.len - link->n_unsent_taken;
}

static void move_unsent(struct link *link)
{
    struct sv rest = {link->unsent.ptr + link->n_unsent_taken, link_waiting(link)};
    size_t n = rest.len == 0 ? 0 : talk_write(link->talk, rest);

    if (n == 0)
        return;
    link->n_unsent_taken += n;
    if (n == rest.len) {
        buf_clear(&link->unsent);
        link->n_unsent_taken = 0;
    }
    if (link->is_asked_for && link->handlers.on_taken != NULL)
        link->handlers.on_taken(link->handlers.arg, n);
}

static void on_send_timer(struct net_timer *timer)
{
    link_pump((struct link *)((char *)timer - offsetof(struct link, send_timer)));
}

/* Sends what is due, and sets the time when more will be. */
static void send_due(struct link *link)
{
    int64_t now_us = clock_mono_us(), due_us = now_us + 1000;

    if (ws_unsent_bytes(link->ws) < SOCKET_UNSENT_MAX)
        due_us = talk_send(link->talk, now_us);
    int64_t look_us = link_look_for_node(link, now_us);
    if (link->status.state == CHANNEL_ENDED)
        return;
    if (look_us < due_us)
        due_us = look_us;
    net_timer_set(&link->send_timer, due_us, on_send_timer);
}

void link_pump(struct link *link)
{
    if (link->is_pumping || link->is_leaving || link->status.state == CHANNEL_ENDED)
        return;
    link->is_pumping = true;
    move_unsent(link);
    link->is_pumping = false;
    if (link->is_socket_open)
        send_due(link);
    if (link->is_finishing && link_waiting(link) == 0 && talk_is_idle(link->talk))
        link_end(link);
}

/* --------------------------------------------------------------------------------------------- */

static unsigned pace_of(const struct channel_request *request)
{
    if (request->messages_per_s == 0)
        return CHANNEL_PACE;
    return request->messages_per_s < 0 ? 0 : (unsigned)request->messages_per_s;
}

struct talk *link_talk_new(struct link *link)
{
    const struct talk_handlers handlers = {.on_send = on_send, .on_event = on_event, .arg = link};

    return talk_new(pace_of(&link->request), &handlers);
}
