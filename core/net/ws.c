#include "core/net/ws.h"

#include <assert.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/net/http_transfer.h"
#include "core/net/watch.h"
#include "core/net/ws_upgrade.h"

#define READ_BYTES    65536
#define READS_A_TURN  4                 /* then others have their turn */
#define UNSENT_MAX    ((size_t)2 << 20) /* then the server is to read first */
#define STAGE_POLL_MS 250               /* how soon to look again how far connecting has come */
#define UPGRADE_MS    15000
#define LINGER_MS     1000
#define WHERE         "WebSocket"

enum stage {
    WS_CONNECTING,
    WS_UPGRADING,
    WS_RUNNING,
    WS_LINGERING, /* nobody is told anything any more; what is queued leaves */
    WS_DOOMED     /* to be freed as soon as nobody works on it */
};

struct ws {
    struct transfer *transfer; /* the connection; its arg is this */
    struct watch watch;
    struct net_timer timer;
    struct ws_handlers handlers;
    struct ws_frames *frames;
    enum stage stage;
    struct buf answer; /* to the upgrade, as far as it has come */
    char key[WS_KEY_SIZE];
    struct buf upgrade; /* what of the request has not left yet */
    size_t n_upgrade_sent;
    int ping_ms, silence_ms;
    int64_t begun_us, heard_us, pinged_us;
    bool is_held, is_busy, is_connected;
};

/* --- freeing --------------------------------------------------------------------------------- */

static void ws_free(struct ws *ws)
{
    watch_end(&ws->watch);
    net_timer_stop(&ws->timer);
    if (ws->transfer->easy != NULL) {
        curl_multi_remove_handle(http_multi(), ws->transfer->easy);
        curl_easy_cleanup(ws->transfer->easy);
        ws->transfer->easy = NULL;
    }
    pending_end(&ws->transfer->pending);
    transfer_free(ws->transfer);
    ws_frames_free(ws->frames);
    buf_done(&ws->answer);
    buf_done(&ws->upgrade);
    mem_free(ws);
}

static void doom(struct ws *ws)
{
    ws->stage = WS_DOOMED;
    if (!ws->is_busy)
        ws_free(ws);
}

/* Works on ws; what it called back may have ended it. */
static void work(struct ws *ws, void (*fn)(struct ws *ws))
{
    assert(!ws->is_busy);
    ws->is_busy = true;
    fn(ws);
    ws->is_busy = false;
    if (ws->stage == WS_DOOMED)
        ws_free(ws);
}

static void end(struct ws *ws, const struct err *err)
{
    struct ws_end how = {.err = *err, .code = WS_ABNORMAL, .was_open = ws->stage == WS_RUNNING};
    bool is_told = ws->stage != WS_LINGERING;

    if (ws->stage == WS_DOOMED)
        return;
    if (err->code == OK) {
        ws_frames_state(ws->frames, &how.code);
        how.reason = ws_frames_reason(ws->frames);
    }
    ws->stage = WS_DOOMED;
    if (is_told)
        ws->handlers.on_end(ws->handlers.arg, &how);
}

static void end_with(struct ws *ws, enum err_code code, const char *what)
{
    struct err err;
    const char *host = http_url_host(ws->transfer->origin.text);

    err_set(&err, code, WHERE, "%s %s", host, what);
    end(ws, &err);
}

/* --- out ------------------------------------------------------------------------------------- */

/* How many of bytes have left; -1 when the connection is gone. */
static ssize_t write_some(struct ws *ws, struct sv bytes)
{
    size_t n = 0;
    CURLcode result = curl_easy_send(ws->transfer->easy, bytes.ptr, bytes.len, &n);

    if (result == CURLE_AGAIN)
        return 0;
    return result == CURLE_OK ? (ssize_t)n : -1;
}

static struct sv unsent(const struct ws *ws)
{
    if (ws->stage == WS_UPGRADING)
        return (struct sv){ws->upgrade.ptr + ws->n_upgrade_sent,
                           ws->upgrade.len - ws->n_upgrade_sent};
    return ws_frames_unsent(ws->frames);
}

static void note_sent(struct ws *ws, size_t n)
{
    if (ws->stage == WS_UPGRADING)
        ws->n_upgrade_sent += n;
    else
        ws_frames_sent(ws->frames, n);
}

/* Who sends without reading gets no more answers: nothing is read from him until he has taken those
 * that wait. That is silence, and ends as such. */
static bool is_clogged(const struct ws *ws)
{
    return unsent(ws).len > UNSENT_MAX;
}

static void wait_for_events(struct ws *ws)
{
    short events = ws->is_held || is_clogged(ws) ? 0 : POLLIN;

    watch_events(&ws->watch, unsent(ws).len > 0 ? events | POLLOUT : events);
}

/* False when the connection is gone. */
static bool flush(struct ws *ws)
{
    for (struct sv bytes = unsent(ws); bytes.len > 0; bytes = unsent(ws)) {
        ssize_t n = write_some(ws, bytes);
        if (n < 0)
            return false;
        if (n == 0)
            break;
        note_sent(ws, (size_t)n);
    }
    return true;
}

/* --- in -------------------------------------------------------------------------------------- */

static void on_message(void *arg, bool is_text, struct sv message)
{
    struct ws *ws = arg;

    if (ws->stage == WS_RUNNING)
        ws->handlers.on_message(ws->handlers.arg, is_text, message);
}

static void look_at_state(struct ws *ws)
{
    int code;

    switch (ws_frames_state(ws->frames, &code)) {
    case WS_OPEN:
        break;
    case WS_CLOSED:
        flush(ws); /* our own close frame */
        end(ws, &ERR_NONE);
        break;
    case WS_FAILED:
        flush(ws);
        end_with(ws, code == WS_ABNORMAL ? ERR_NET : ERR_HTTP,
                 code == WS_ABNORMAL ? "has closed the connection" : "breaks the protocol");
        break;
    }
}

static void feed(struct ws *ws, struct sv bytes)
{
    ws->heard_us = clock_mono_us();
    ws_frames_feed(ws->frames, bytes);
    if (ws->stage == WS_RUNNING && ws->handlers.on_batch != NULL)
        ws->handlers.on_batch(ws->handlers.arg);
    if (ws->stage == WS_RUNNING || ws->stage == WS_LINGERING)
        look_at_state(ws);
}

static void take_answer(struct ws *ws, struct sv bytes)
{
    size_t used = 0;
    struct err err;

    buf_add(&ws->answer, bytes);
    switch (ws_upgrade_read(buf_sv(&ws->answer), ws->key, &used, &err)) {
    case WS_UPGRADE_MORE:
        return;
    case WS_UPGRADE_FAILED:
        end(ws, &err);
        return;
    case WS_UPGRADE_OPEN:
        break;
    }
    ws->stage = WS_RUNNING;
    ws->heard_us = ws->pinged_us = clock_mono_us();
    ws->handlers.on_open(ws->handlers.arg);
    if (ws->stage == WS_RUNNING && used < ws->answer.len)
        feed(ws, (struct sv){ws->answer.ptr + used, ws->answer.len - used});
}

static bool may_read(const struct ws *ws)
{
    return ws->stage == WS_UPGRADING || ws->stage == WS_LINGERING ||
           (ws->stage == WS_RUNNING && !ws->is_held && !is_clogged(ws));
}

/* What has come is acknowledged at once: a server that waits for that before its next small message
 * (RFC 896), an echo say, would wait 40 ms. Holds until the kernel thinks better of it. */
static void acknowledge_soon(const struct ws *ws)
{
    int yes = 1;

    setsockopt(ws->watch.fd, IPPROTO_TCP, TCP_QUICKACK, &yes, sizeof yes);
}

/* TLS may hold bytes that poll does not see: it is read until there is nothing, or once more soon.
 * Whether something was read. */
static bool read_some(struct ws *ws)
{
    static char bytes[READ_BYTES]; /* of RUN_NET */

    int n_reads = 0;

    for (; may_read(ws); n_reads++) {
        size_t n = 0;
        if (n_reads == READS_A_TURN) {
            watch_again(&ws->watch);
            break;
        }
        CURLcode result = curl_easy_recv(ws->transfer->easy, bytes, sizeof bytes, &n);
        if (result == CURLE_AGAIN)
            break;
        if (result != CURLE_OK || n == 0) {
            end_with(ws, ERR_NET, "has closed the connection");
            break;
        }
        if (ws->stage == WS_UPGRADING)
            take_answer(ws, (struct sv){bytes, n});
        else
            feed(ws, (struct sv){bytes, n});
    }
    return n_reads > 0;
}

/* What waits to leave leaves first: somebody waits for its echo. A server that is gone may have
 * said why: that is read all the same. */
static void serve(struct ws *ws)
{
    bool is_there = flush(ws);
    bool has_read = read_some(ws);

    if (ws->stage == WS_DOOMED)
        return;
    bool was_clogged = is_clogged(ws);
    if (!is_there || !flush(ws)) {
        end_with(ws, ERR_NET, "has closed the connection");
        return;
    }
    if (has_read)
        acknowledge_soon(ws); /* what has just left has done so already, if anything has */
    if (was_clogged && !is_clogged(ws))
        watch_again(&ws->watch); /* TLS may hold bytes that poll does not see */
    if (ws->stage == WS_LINGERING && unsent(ws).len == 0)
        ws->stage = WS_DOOMED;
    else
        wait_for_events(ws);
}

static struct ws *ws_of_watch(struct watch *watch)
{
    return (struct ws *)((char *)watch - offsetof(struct ws, watch));
}

static void on_ready(struct watch *watch)
{
    work(ws_of_watch(watch), serve);
}

/* --- time ------------------------------------------------------------------------------------ */

static void on_timer(struct net_timer *timer);

static int64_t since_ms(int64_t then_us)
{
    return (clock_mono_us() - then_us) / 1000;
}

static void set_timer(struct ws *ws, int64_t in_ms)
{
    net_timer_set(&ws->timer, clock_mono_us() + in_ms * 1000, on_timer);
}

/* While it is held nothing is read: that is no silence of theirs. */
static int64_t silent_in_ms(const struct ws *ws)
{
    return ws->is_held ? INT64_MAX : ws->silence_ms - since_ms(ws->heard_us);
}

static void keep_alive(struct ws *ws)
{
    if (silent_in_ms(ws) <= 0) {
        end_with(ws, ERR_TIMEOUT, "has been silent for too long");
        return;
    }
    if (since_ms(ws->pinged_us) >= ws->ping_ms) {
        ws->pinged_us = clock_mono_us();
        ws_frames_ping(ws->frames, SV("keepalive"));
        watch_again(&ws->watch);
    }
    int64_t ping_in_ms = ws->ping_ms - since_ms(ws->pinged_us);
    set_timer(ws, ping_in_ms < silent_in_ms(ws) ? ping_in_ms : silent_in_ms(ws));
}

static void tick(struct ws *ws)
{
    switch (ws->stage) {
    case WS_CONNECTING: /* the loop turns, and curl looks at its own times */
        set_timer(ws, STAGE_POLL_MS);
        break;
    case WS_UPGRADING:
        if (since_ms(ws->begun_us) >= UPGRADE_MS)
            end_with(ws, ERR_TIMEOUT, "does not answer the upgrade to a WebSocket");
        else
            set_timer(ws, STAGE_POLL_MS);
        break;
    case WS_RUNNING:
        keep_alive(ws);
        break;
    default:
        ws->stage = WS_DOOMED;
        break;
    }
}

static void on_timer(struct net_timer *timer)
{
    work((struct ws *)((char *)timer - offsetof(struct ws, timer)), tick);
}

/* --- connecting ------------------------------------------------------------------------------ */

/* The scope was closed: the server is told, if that can be done at once. */
static void dropped(struct pending *pending)
{
    struct ws *ws = ((struct transfer *)pending)->arg;
    bool is_told = ws->stage < WS_LINGERING;

    if (ws->stage == WS_RUNNING) {
        ws_frames_close(ws->frames, WS_GOING_AWAY);
        flush(ws);
    }
    ws->stage = WS_DOOMED;
    if (is_told && ws->handlers.drop != NULL)
        ws->handlers.drop(ws->handlers.arg);
    doom(ws);
}

static void begin_upgrade(struct ws *ws)
{
    curl_socket_t fd = CURL_SOCKET_BAD;

    curl_easy_getinfo(ws->transfer->easy, CURLINFO_ACTIVESOCKET, &fd);
    if (fd == CURL_SOCKET_BAD) {
        end_with(ws, ERR_NET, "has closed the connection");
        return;
    }
    ws->stage = WS_UPGRADING;
    ws->begun_us = clock_mono_us();
    watch_begin(&ws->watch, fd, POLLIN, on_ready);
    serve(ws);
}

static void connected(struct ws *ws)
{
    if (ws->transfer->reply.code != OK)
        end(ws, &ws->transfer->reply.err);
    else
        begin_upgrade(ws);
}

static void on_connected(struct transfer *transfer, CURLcode result)
{
    transfer->reply.code = OK;
    if (result != CURLE_OK)
        transfer_conclude(transfer, result);
    work(transfer->arg, connected);
}

/* "host", with its port where that is not the scheme's own. */
static struct sv host_header(const struct transfer *transfer)
{
    struct sv host = sv_of(http_url_host(transfer->origin.text));
    struct sv usual =
        sv_starts(sv_of(transfer->origin.text), SV("https:")) ? SV(":443") : SV(":80");

    if (sv_ends(host, usual))
        host.len -= usual.len;
    return host;
}

static void write_upgrade(struct ws *ws)
{
    AUTO_FREE char *host = sv_dup(host_header(ws->transfer));
    const char *authority = strstr(ws->transfer->url, "://") + 3;
    const char *path = authority + strcspn(authority, "/?");

    ws_upgrade_key(ws->key);
    if (path[0] == '/') {
        ws_upgrade_request(&ws->upgrade, host, path, ws->key);
    } else {
        AUTO(buf_done) struct buf rooted = BUF_NONE;
        buf_addf(&rooted, "/%s", path);
        ws_upgrade_request(&ws->upgrade, host, buf_cstr(&rooted), ws->key);
    }
}

/* The URL as http has it; "" when it is none. A byte that is not printable would be a way into the
 * request's head. */
static void http_url(const char *url, struct buf *out)
{
    static const struct {
        const char *from, *to;
    } schemes[] = {{"wss://", "https://"}, {"ws://", "http://"}};

    for (const char *c = url; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~' || *c == '#')
            return;
    }
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        if (strncmp(url, schemes[i].from, strlen(schemes[i].from)) == 0)
            buf_addf(out, "%s%s", schemes[i].to, url + strlen(schemes[i].from));
    }
}

static void refused(struct net_timer *timer)
{
    work((struct ws *)((char *)timer - offsetof(struct ws, timer)), connected);
}

static enum err_code begin_connecting(struct ws *ws, struct err *err)
{
    struct transfer *transfer = ws->transfer;
    CURL *easy;

    if (http_proxy_find(&transfer->origin, &transfer->proxy, err) != OK)
        return err->code;
    write_upgrade(ws);
    if ((easy = curl_easy_init()) == NULL)
        return err_set(err, ERR_NOMEM, WHERE, "curl cannot begin a connection");
    transfer_set_up(transfer, easy, -1);
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 0L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 0L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, 0L);
    if (curl_multi_add_handle(http_multi(), easy) != CURLM_OK)
        return err_set(err, ERR_NOMEM, WHERE, "curl cannot begin a connection");
    return OK;
}

static struct ws *ws_new(const struct ws_request *request, const struct ws_handlers *handlers)
{
    AUTO(buf_done) struct buf url = BUF_NONE;
    struct ws *ws = mem_new(struct ws);

    http_url(request->url, &url);
    const struct http_request http = {
        .method = "GET", .url = buf_cstr(&url), .ca_file = request->ca_file};
    ws->transfer = transfer_new(&http, http_config());
    ws->transfer->arg = ws;
    ws->transfer->finished = on_connected;
    ws->handlers = *handlers;
    ws->frames = ws_frames_new(request->message_bytes_max, on_message, ws);
    ws->ping_ms = request->ping_ms ?: WS_PING_MS;
    ws->silence_ms = request->silence_ms ?: WS_SILENCE_MS;
    return ws;
}

struct ws *ws_open(const struct ws_request *request, struct scope *scope,
                   const struct ws_handlers *handlers)
{
    assert(run_is_on(RUN_NET));
    struct ws *ws = ws_new(request, handlers);
    struct http_reply *reply = &ws->transfer->reply;

    if (!pending_begin(&ws->transfer->pending, scope, dropped)) {
        transfer_free(ws->transfer);
        ws_frames_free(ws->frames);
        mem_free(ws);
        return NULL;
    }
    if (ws->transfer->url[0] == '\0')
        reply->code = err_set(&reply->err, ERR_PARSE, WHERE, "no URL of a WebSocket");
    else
        reply->code = http_url_check(ws->transfer->url, request->allow_plain, &ws->transfer->origin,
                                     &reply->err);
    if (reply->code == OK)
        reply->code = begin_connecting(ws, &reply->err);
    net_timer_set(&ws->timer, clock_mono_us(), reply->code == OK ? on_timer : refused);
    return ws;
}

/* --- for who has it -------------------------------------------------------------------------- */

void ws_send(struct ws *ws, bool is_text, struct sv message)
{
    if (ws->stage != WS_RUNNING)
        return;
    ws_frames_send(ws->frames, is_text, message);
    if (!ws->is_busy) /* else it leaves when that is over */
        watch_again(&ws->watch);
}

size_t ws_unsent_bytes(const struct ws *ws)
{
    return ws->stage == WS_RUNNING ? unsent(ws).len : 0;
}

void ws_hold(struct ws *ws, bool is_held)
{
    if (ws->is_held == is_held)
        return;
    ws->is_held = is_held;
    ws->heard_us = clock_mono_us();
    if (ws->stage == WS_RUNNING)
        watch_again(&ws->watch);
}

void ws_close(struct ws *ws, int code)
{
    if (ws == NULL || ws->stage >= WS_LINGERING)
        return;
    if (ws->stage != WS_RUNNING) {
        doom(ws);
        return;
    }
    ws_frames_close(ws->frames, code);
    ws->stage = WS_LINGERING;
    ws->is_held = false;
    set_timer(ws, LINGER_MS);
    watch_again(&ws->watch);
}
