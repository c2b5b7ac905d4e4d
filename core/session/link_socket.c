#include "core/base/clock.h"
#include "core/base/json_pick.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/session/calls.h"
#include "core/session/link_inside.h"
#include "core/session/wire/agent_version.h"

#define STEADY_MS       5000 /* a socket that has lived so long was a good one */
#define AFTER_PROGRESS  1    /* the attempts that count as made when one has carried something */
#define TURNED_AWAY_MAX 4    /* sockets in a row, each with a token of its own */
#define OWN_CODES_FROM  4000 /* RFC 6455, 7.4.2: close codes that applications make their own of */

/* How long to wait before each attempt at another socket. */
static const int resume_after_ms[LINK_ATTEMPTS_MAX] = {0,     500,   1000,  2000,  4000,  8000,
                                                       15000, 30000, 30000, 30000, 30000, 30000};

/* --- the socket ------------------------------------------------------------------------------ */

/* The socket, or the call for another one, has failed: again later, or never. */
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
    link->n_silences = 0;
    send_token(link);
    link->reopened_us = clock_mono_us();
    talk_reopen(link->talk, link->reopened_us);
    link_set_state(link, talk_is_open(link->talk) ? CHANNEL_OPEN : CHANNEL_OPENING);
    link_pump(link);
}

static void on_socket_message(void *arg, bool is_text, struct sv message)
{
    struct link *link = arg;

    (void)is_text; /* some send their messages as text */
    talk_take(link->talk, message, clock_mono_us());
}

static void on_socket_batch(void *arg)
{
    struct link *link = arg;

    if (link->is_asked_for && link->handlers.on_batch != NULL)
        link->handlers.on_batch(link->handlers.arg);
    link_pump(link);
}

/* The gateway says no more than a number: what that can mean is said for it. */
static void explain_refusal(struct err *err)
{
    if (err->http_status != 401 && err->http_status != 403)
        return;
    int status = err->http_status;
    err_set(err, ERR_DENIED, LINK_WHERE,
            "the gateway has answered %d: either the caller may not do that, or the session's "
            "token came too late, which another session mends",
            status);
    err->http_status = status;
    str_copy(err->iam_action, SESSION_SOCKET_ACTION);
}

/* By a code that means the client and not the service, and before the node was heard: what a token
 * that is not taken comes to. The first may have come too late; of the next ones each is fresh. */
static bool is_turned_away(const struct link *link, const struct ws_end *end)
{
    bool was_heard = talk_heard_us(link->talk) > link->reopened_us;
    bool is_ours = end->code == WS_POLICY || end->code >= OWN_CODES_FROM;

    return end->err.code == OK && is_ours && !was_heard;
}

static void explain_turning_away(struct link *link, const struct ws_end *end, struct err *err)
{
    link->n_turned_away = is_turned_away(link, end) ? link->n_turned_away + 1 : 0;
    if (link->n_turned_away < TURNED_AWAY_MAX)
        return;
    err_set(err, ERR_AWS, LINK_WHERE,
            "%u connections in a row, each with a token of its own, were closed at once (%d " SV_FMT
            "). Begin another session; one that fares no better may want " SESSION_SOCKET_ACTION,
            link->n_turned_away, end->code, SV_ARG(end->reason));
}

static void on_socket_end(void *arg, const struct ws_end *end)
{
    struct link *link = arg;
    struct err err = end->err;

    link->ws = NULL;
    link->is_socket_open = false;
    if (err.code == OK)
        err_set(&err, ERR_NET, LINK_WHERE, "the service has closed the connection (%d " SV_FMT ")",
                end->code, SV_ARG(end->reason));
    explain_refusal(&err);
    explain_turning_away(link, end, &err);
    resume_later(link, &err);
}

static void on_socket_dropped(void *arg)
{
    struct link *link = arg;

    link->ws = NULL;
    link->is_socket_open = false;
}

void link_open_socket(struct link *link)
{
    AUTO(buf_done) struct buf url = BUF_NONE;
    bool is_named = client_stream_url(link->client, link->url, &url);
    const struct ws_request request = {.url = buf_cstr(&url),
                                       .allow_plain = is_named,
                                       .ca_file = client_ca_file(link->client),
                                       .message_bytes_max = MESSAGE_BYTES_MAX};
    const struct ws_handlers handlers = {.on_open = on_socket_open,
                                         .on_message = on_socket_message,
                                         .on_batch = on_socket_batch,
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
        err_set(&err, ERR_NOT_FOUND, LINK_WHERE,
                "the session has ended while it was not connected");
    if (err.code != OK) {
        resume_later(link, &err);
        return;
    }
    link->token = ticket->token;
    ticket->token = NULL;
    link_open_socket(link);
}

static void resume_now(struct link *link)
{
    if (link->token != NULL) /* the socket never came about */
        link_open_socket(link);
    else
        call_for_resume(link->client, link->scope, &link->request.target, link->status.session_id,
                        on_resumed, link);
}

/* All attempts are made: the last of them says why. */
static void give_up_resuming(struct link *link, const struct err *err)
{
    struct err why = *err;

    err_set(&why, err->code, err->where, "%u attempts at another connection have failed: %s",
            link->status.attempts_max, err->message);
    why.http_status = err->http_status;
    link_give_up(link, &why);
}

/* The attempts behind which the next one stands. A socket by which the node was heard is no failed
 * attempt, however short its life: the pauses begin anew, but for the first, which is none. */
static unsigned attempts_made(const struct link *link)
{
    unsigned made = link->status.attempt;

    if (link->socket_opened_ms == 0)
        return made;
    if (clock_mono_ms() - link->socket_opened_ms >= STEADY_MS)
        return 0;
    bool was_heard = talk_heard_us(link->talk) > link->reopened_us;
    return was_heard && made > AFTER_PROGRESS ? AFTER_PROGRESS : made;
}

static void resume_later(struct link *link, const struct err *err)
{
    struct channel_status *status = &link->status;

    if (link->is_leaving || status->state == CHANNEL_ENDED)
        return;
    net_timer_stop(&link->send_timer);
    status->attempt = attempts_made(link);
    link->socket_opened_ms = 0;
    if (status->state == CHANNEL_WAITING)
        link->waited_ms = clock_mono_ms() - status->since_ms;
    if (is_final(link, err)) {
        link_give_up(link, err);
        return;
    }
    if (status->attempt >= status->attempts_max) {
        give_up_resuming(link, err);
        return;
    }
    int delay_ms = resume_after_ms[status->attempt++];
    status->err = *err;
    log_info(LINK_WHERE, "%s: attempt %u of %u in %d ms: %s", status->session_id, status->attempt,
             status->attempts_max, delay_ms, err->message);
    link_set_state(link, CHANNEL_RESUMING);
    link_step_later(link, delay_ms, resume_now);
}
