#include "tests/sandbox/session/line.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/sandbox.h"
#include "tests/sandbox/session/broker.h"
#include "tests/sandbox/session/cut.h"
#include "tests/sandbox/session/passage.h"
#include "tests/sandbox/wire/server.h"

#define TOKEN_WAIT_MS  10000 /* for the first message */
#define CLOSE_WAIT_MS  3000  /* for the client's own close frame */
#define READ_SIZE      65536
#define READS_PER_TURN 4

enum line_phase {
    LINE_NEW, /* its token is awaited */
    LINE_OPEN,
    LINE_CLOSING, /* we have said goodbye */
    LINE_GONE     /* until the turn ends: events may still name it */
};

struct line {
    struct source source;
    struct http_socket socket;
    struct broker *broker;
    struct session *session; /* when it is open */
    struct line *next;
    enum line_phase phase;
    char session_id[SESSION_ID_SIZE]; /* as its address says */
    struct ws_reader reader;
    struct buf out;
    bool is_blocked;     /* out waits for the client to read */
    int64_t deadline_ms; /* monotonic; of LINE_NEW and LINE_CLOSING */
    int64_t opened_ms;   /* on the clock of sandbox_clock_ms */
    double allowance;    /* input messages that it may still send at once */
    int64_t counted_ms;
};

/* --- the end of one --------------------------------------------------------------------------- */

static void leave(struct line *c)
{
    if (c->session)
        session_leave(c->session, c);
    c->session = NULL;
}

/* Nothing is read or written from now on. */
static void finish(struct line *c)
{
    if (c->phase == LINE_GONE)
        return;
    c->phase = LINE_GONE;
    loop_forget(broker_loop(c->broker), &c->source);
    leave(c);
}

void line_close(struct line *c, enum ws_status status, const char *reason)
{
    if (c->phase >= LINE_CLOSING)
        return;
    c->phase = LINE_CLOSING;
    c->deadline_ms = clock_mono_ms() + CLOSE_WAIT_MS;
    ws_write_close(&c->out, status, reason);
    leave(c);
}

void line_drop(struct line *c)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(c->socket.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    finish(c);
}

static void line_free(struct line *c)
{
    finish(c);
    http_socket_close(&c->socket);
    ws_reader_done(&c->reader);
    buf_done(&c->out);
    mem_free(c);
}

/* --- writing ---------------------------------------------------------------------------------- */

void line_send(struct line *c, struct sv message)
{
    if (c->phase == LINE_OPEN)
        ws_write(&c->out, WS_BINARY, message);
}

size_t line_backlog(const struct line *c)
{
    return c->out.len;
}

static void set_blocked(struct line *c, bool is_blocked)
{
    if (c->is_blocked == is_blocked)
        return;
    c->is_blocked = is_blocked;
    loop_change(broker_loop(c->broker), &c->source, EPOLLIN | (is_blocked ? EPOLLOUT : 0u));
}

static void flush(struct line *c)
{
    size_t done = 0;
    while (done < c->out.len) {
        ssize_t n = send(c->socket.fd, c->out.ptr + done, c->out.len - done, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN && errno != EINTR) {
            finish(c);
            return;
        }
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    buf_cut(&c->out, done);
    set_blocked(c, c->out.len > 0);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* {"TokenValue": ...}: who it is. A token is good for its session's own address alone. */
static void take_token(struct line *c, const struct ws_item *item)
{
    AUTO(json_free_at) cJSON *tree = NULL;
    struct session *session = NULL;
    if (item->kind == WS_TEXT && json_parse(item->data, "channel", &tree, NULL) == OK)
        session = broker_of_token(c->broker, json_sv(tree, "TokenValue"));
    if (!session || strcmp(session->id, c->session_id) != 0) {
        line_close(c, WS_POLICY, "The token is not valid");
        return;
    }
    c->phase = LINE_OPEN;
    c->session = session;
    c->opened_ms = sandbox_clock_ms(broker_sandbox(c->broker));
    session_join(session, c);
}

/* Is this more input than the service takes? A second's worth may come at once. */
static bool is_flood(struct line *c, struct sv bytes)
{
    int64_t limit = broker_options(c->broker)->limit, now_ms = clock_mono_ms();
    struct packet message;
    if (limit == 0 || !packet_read(bytes, &message) || strcmp(message.type, MESSAGE_INPUT) != 0)
        return false;
    c->allowance += (double)(now_ms - c->counted_ms) * (double)limit / 1000;
    if (c->allowance > (double)limit)
        c->allowance = (double)limit;
    c->counted_ms = now_ms;
    c->allowance -= 1;
    return c->allowance < 0;
}

static void take_message(struct line *c, const struct ws_item *item)
{
    if (c->phase == LINE_NEW)
        take_token(c, item);
    else if (is_flood(c, item->data))
        line_close(c, WS_POLICY, "Too many messages");
    else
        passage_up(c->session->passage, item->data);
}

static void take_control(struct line *c, const struct ws_item *item)
{
    if (item->kind == WS_PING)
        ws_write(&c->out, WS_PONG, item->data);
    if (item->kind == WS_CLOSE) {
        bool is_answer = c->phase == LINE_CLOSING;
        line_close(c, item->status == WS_NO_STATUS ? WS_NORMAL : (enum ws_status)item->status, "");
        flush(c);
        if (is_answer || c->out.len == 0)
            finish(c);
    }
}

static void take_frames(struct line *c)
{
    struct ws_item item;
    while (c->phase != LINE_GONE) {
        enum ws_event event = ws_next(&c->reader, &item);
        if (event == WS_MORE)
            return;
        if (event == WS_CONTROL)
            take_control(c, &item);
        else if (event == WS_MESSAGE && c->phase < LINE_CLOSING)
            take_message(c, &item);
        else if (event == WS_FAILED) {
            line_close(c, (enum ws_status)item.status, "");
            flush(c);
            finish(c);
        }
    }
}

static void read_socket(struct line *c)
{
    static char bytes[READ_SIZE];
    for (int i = 0; i < READS_PER_TURN && c->phase != LINE_GONE; i++) {
        ssize_t n = recv(c->socket.fd, bytes, sizeof bytes, 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= 0) {
            finish(c);
            return;
        }
        ws_feed(&c->reader, (struct sv){bytes, (size_t)n});
        take_frames(c);
    }
}

static void ready(struct source *source, uint32_t events)
{
    struct line *c = (struct line *)source;
    if (c->phase == LINE_GONE)
        return;
    if (events & EPOLLOUT)
        flush(c);
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        read_socket(c);
}

/* --- beginning -------------------------------------------------------------------------------- */

/* The connection has left HTTP. */
static void open_line(void *arg, struct http_socket socket, struct sv target, struct sv early)
{
    struct broker *broker = arg;
    struct line *c = mem_new(struct line), **lines = broker_lines(broker);
    AUTO(buf_done) struct buf id = BUF_NONE;
    sv_split(&target, '/');
    sv_split(&target, '/');
    sv_split(&target, '/');
    percent_decode(&id, sv_split(&target, '?'), false);
    sv_copy(buf_sv(&id), c->session_id, sizeof c->session_id);
    c->source = (struct source){socket.fd, ready};
    c->socket = socket;
    c->broker = broker;
    c->deadline_ms = c->counted_ms = clock_mono_ms();
    c->deadline_ms += TOKEN_WAIT_MS;
    c->allowance = (double)broker_options(broker)->limit;
    c->next = *lines;
    *lines = c;
    loop_watch(broker_loop(broker), &c->source, EPOLLIN);
    ws_feed(&c->reader, early);
    take_frames(c);
}

static bool has_word(struct sv list, const char *word)
{
    while (list.len > 0)
        if (sv_eq_nocase(sv_trim(sv_split(&list, ',')), sv_of(word)))
            return true;
    return false;
}

static void refuse(struct http_response *response, int status, const char *why)
{
    response->status = status;
    response->content_type = "text/plain";
    buf_addf(&response->body, "%s\n", why);
}

void line_answer(struct sandbox *sandbox, const struct http_request *request,
                 struct http_response *response)
{
    AUTO(buf_done) struct buf accept = BUF_NONE;
    if (!sv_eq_cstr(request->method, "GET"))
        refuse(response, 405, "another method is needed");
    else if (!has_word(http_header(request, "Upgrade"), "websocket") ||
             !has_word(http_header(request, "Connection"), "upgrade"))
        refuse(response, 426, "a WebSocket is needed");
    else if (!sv_eq_cstr(http_header(request, "Sec-WebSocket-Version"), "13")) {
        refuse(response, 426, "version 13 is needed");
        buf_add_cstr(&response->headers, "Sec-WebSocket-Version: 13\n");
    } else if (!ws_accept(sv_trim(http_header(request, "Sec-WebSocket-Key")), &accept))
        refuse(response, 400, "the key is 16 bytes in base64");
    else {
        response->status = 101;
        response->upgrade = (struct http_upgrade){open_line, sandbox->broker};
        buf_addf(&response->headers, "Upgrade: websocket\nSec-WebSocket-Accept: %s\n",
                 buf_cstr(&accept));
    }
}

/* --- time ------------------------------------------------------------------------------------- */

static void turn(struct line *c, int64_t now_ms)
{
    int64_t bye_ms = broker_options(c->broker)->bye_s * 1000;
    int64_t age_ms = sandbox_clock_ms(broker_sandbox(c->broker)) - c->opened_ms;
    if (c->phase == LINE_OPEN && bye_ms > 0 && age_ms >= bye_ms)
        line_close(c, WS_NORMAL, "Bye");
    if (c->phase == LINE_NEW && now_ms >= c->deadline_ms)
        line_close(c, WS_POLICY, "A token was expected");
    if (c->phase != LINE_GONE && c->out.len > 0 && !c->is_blocked)
        flush(c);
    if (c->phase == LINE_CLOSING && now_ms >= c->deadline_ms)
        finish(c);
}

void lines_turn(struct line **lines, int64_t now_ms)
{
    while (*lines) {
        struct line *c = *lines;
        turn(c, now_ms);
        if (c->phase == LINE_GONE) {
            *lines = c->next;
            line_free(c);
        } else {
            lines = &c->next;
        }
    }
}

int64_t lines_due_ms(const struct line *lines)
{
    int64_t due_ms = -1;
    for (const struct line *c = lines; c; c = c->next) {
        if (c->phase == LINE_GONE || (c->out.len > 0 && !c->is_blocked))
            return 0;
        if (c->phase != LINE_OPEN && (due_ms < 0 || c->deadline_ms < due_ms))
            due_ms = c->deadline_ms;
    }
    return due_ms;
}

void lines_free(struct line **lines)
{
    while (*lines) {
        struct line *c = *lines;
        *lines = c->next;
        line_free(c);
    }
}
