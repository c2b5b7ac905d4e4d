#include "core/session/forward/tunnel.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/net/pending.h"
#include "core/net/watch.h"
#include "core/session/forward/listen.h"
#include "core/session/forward/smux.h"
#include "core/session/wire/agent_version.h"

#define WHERE           "forward"
#define READ_BYTES      16384             /* of one connection in one turn */
#define ROOM_MIN        (2 * READ_BYTES)  /* the link has less room: nobody is read */
#define HELD_BYTES_MAX  ((size_t)1 << 20) /* for one connection: then the node has to wait */
#define STALLED_MS      15000             /* who takes nothing for so long holds up all others */
#define FIN_MS          10000             /* so long the node has to answer the end of a stream */
#define KEEPALIVE_MS    10000
#define TICK_MS         1000
#define EARLY_BYTES_MAX HELD_BYTES_MAX

struct connection {
    struct watch watch;
    struct connection *next;
    struct tunnel *tunnel;
    int fd;
    uint32_t stream;     /* of smux; 0: the session is its stream */
    struct buf to_local; /* what the local side has not taken yet */
    size_t n_taken;
    bool is_local_over;  /* it says nothing any more, and the node was told */
    bool is_remote_over; /* the node says nothing any more */
    int64_t local_over_ms, moved_ms;
};

struct listener {
    struct watch watch;
    struct tunnel *tunnel;
};

struct tunnel {
    struct pending asking; /* first; in the scope of who uses it, whose closing frees it */
    struct link *link;
    struct tunnel_handlers handlers;
    struct port_status status;
    struct listening listening;
    struct listener listeners[LISTEN_FDS];
    struct connection *connections;
    char goal[300]; /* "db.internal:5432" */
    uint32_t next_stream;
    struct buf frames; /* of smux, not whole yet */
    struct buf early;  /* of a session that is one stream: what comes before anybody connects */
    struct net_timer tick;
    int64_t alive_ms; /* when a keepalive was sent */
    bool is_held, has_had_one, is_over;
};

static void tell(struct tunnel *tunnel)
{
    tunnel->handlers.on_status(tunnel->handlers.arg, tunnel_status(tunnel));
}

/* advice: NULL for that of the code. */
static void advise(struct tunnel *tunnel, enum err_code code, const char *what, const char *advice)
{
    struct err err;

    err_set(&err, code, WHERE, "%s: %s", tunnel->goal, what);
    err.advice = advice;
    log_warn("session", "forward to %s", err.message);
    tunnel->handlers.on_problem(tunnel->handlers.arg, &err);
}

static void problem(struct tunnel *tunnel, enum err_code code, const char *what)
{
    advise(tunnel, code, what, NULL);
}

/* --- listening ------------------------------------------------------------------------------- */

/* Whether another connection may be taken. */
static bool may_accept(const struct tunnel *tunnel)
{
    enum channel_state state = tunnel->status.channel.state;
    bool is_up = state == CHANNEL_OPEN || state == CHANNEL_WAITING || state == CHANNEL_RESUMING;

    return is_up && !tunnel->is_over &&
           (tunnel->status.is_multiplexed || tunnel->connections == NULL);
}

static void watch_listeners(struct tunnel *tunnel)
{
    for (size_t i = 0; i < LISTEN_FDS; i++) {
        if (tunnel->listening.fds[i] >= 0)
            watch_events(&tunnel->listeners[i].watch, may_accept(tunnel) ? POLLIN : 0);
    }
}

static void stop_listening(struct tunnel *tunnel)
{
    for (size_t i = 0; i < LISTEN_FDS; i++)
        watch_end(&tunnel->listeners[i].watch);
    listening_done(&tunnel->listening);
}

/* --- connections ----------------------------------------------------------------------------- */

static size_t n_held(const struct connection *connection)
{
    return connection->to_local.len - connection->n_taken;
}

static void watch_connection(struct connection *connection)
{
    bool has_room = link_room(connection->tunnel->link) >= ROOM_MIN;
    short events = !connection->is_local_over && has_room ? POLLIN : 0;

    watch_events(&connection->watch, n_held(connection) > 0 ? events | POLLOUT : events);
}

/* Those who have more to say than the node takes wait for one another. */
static void watch_connections(struct tunnel *tunnel)
{
    for (struct connection *at = tunnel->connections; at != NULL; at = at->next)
        watch_connection(at);
}

/* While somebody's bytes pile up here, the node has to wait. */
static void hold_or_release(struct tunnel *tunnel)
{
    bool is_held = tunnel->early.len > EARLY_BYTES_MAX;

    for (const struct connection *at = tunnel->connections; at != NULL; at = at->next)
        is_held |= n_held(at) > HELD_BYTES_MAX;
    if (is_held != tunnel->is_held)
        link_hold(tunnel->link, is_held);
    tunnel->is_held = is_held;
}

static void say(struct tunnel *tunnel, enum smux_command command, uint32_t stream)
{
    AUTO(buf_done) struct buf frame = BUF_NONE;

    smux_write(command, stream, &frame);
    link_write(tunnel->link, buf_sv(&frame));
}

static void drop_connection(struct connection *connection)
{
    struct tunnel *tunnel = connection->tunnel;
    struct connection **at = &tunnel->connections;

    while (*at != connection)
        at = &(*at)->next;
    *at = connection->next;
    watch_end(&connection->watch);
    close(connection->fd);
    buf_done(&connection->to_local);
    mem_free(connection);
    tunnel->status.n_open--;
    hold_or_release(tunnel);
    watch_listeners(tunnel);
    tell(tunnel);
}

/* The node is told that the local side says nothing any more. */
static void end_local(struct connection *connection)
{
    struct tunnel *tunnel = connection->tunnel;

    if (connection->is_local_over)
        return;
    connection->is_local_over = true;
    connection->local_over_ms = clock_mono_ms();
    if (connection->stream != 0)
        say(tunnel, SMUX_FIN, connection->stream);
    else
        link_flag(tunnel->link, FLAG_DISCONNECT_TO_PORT);
}

/* Writes what the local side takes. False: it is gone. */
static bool write_local(struct connection *connection)
{
    while (n_held(connection) > 0) {
        ssize_t n = send(connection->fd, connection->to_local.ptr + connection->n_taken,
                         n_held(connection), MSG_NOSIGNAL);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return true;
        if (n <= 0)
            return false;
        connection->n_taken += (size_t)n;
        connection->moved_ms = clock_mono_ms();
    }
    buf_clear(&connection->to_local);
    connection->n_taken = 0;
    return true;
}

/* False: the local side is gone, for good. */
static bool read_local(struct connection *connection)
{
    static char bytes[READ_BYTES]; /* of RUN_NET */
    AUTO(buf_done) struct buf frame = BUF_NONE;

    if (connection->is_local_over || link_room(connection->tunnel->link) < ROOM_MIN)
        return true;
    ssize_t n = recv(connection->fd, bytes, sizeof bytes, 0);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n == 0) {
        end_local(connection);
        return connection->stream != 0; /* without streams the next one is waited for */
    }
    struct sv data = {bytes, (size_t)n};
    connection->tunnel->status.bytes_out += data.len;
    if (connection->stream != 0) {
        smux_write_data(connection->stream, data, &frame);
        data = buf_sv(&frame);
    }
    link_write(connection->tunnel->link, data);
    return true;
}

/* Nothing is to come from either side any more. */
static bool is_done(const struct connection *connection)
{
    return connection->is_remote_over && n_held(connection) == 0;
}

static void on_ready(struct watch *watch)
{
    struct connection *connection =
        (struct connection *)((char *)watch - offsetof(struct connection, watch));
    struct tunnel *tunnel = connection->tunnel;

    if (!read_local(connection) || !write_local(connection)) {
        end_local(connection);
        drop_connection(connection);
        return;
    }
    if (is_done(connection)) {
        end_local(connection);
        drop_connection(connection);
        return;
    }
    watch_connection(connection);
    hold_or_release(tunnel);
}

/* Bytes of the node for a connection. */
static void give(struct connection *connection, struct sv bytes)
{
    if (n_held(connection) == 0)
        connection->moved_ms = clock_mono_ms();
    if (connection->n_taken >= HELD_BYTES_MAX) { /* what was taken is cut away now and then */
        struct buf rest = BUF_NONE;
        buf_add(&rest,
                (struct sv){connection->to_local.ptr + connection->n_taken, n_held(connection)});
        buf_done(&connection->to_local);
        connection->to_local = rest;
        connection->n_taken = 0;
    }
    buf_add(&connection->to_local, bytes);
    connection->tunnel->status.bytes_in += bytes.len;
    watch_again(&connection->watch);
}

static void add_connection(struct tunnel *tunnel, int fd)
{
    struct connection *connection = mem_new(struct connection);

    connection->tunnel = tunnel;
    connection->fd = fd;
    connection->next = tunnel->connections;
    connection->moved_ms = clock_mono_ms();
    tunnel->connections = connection;
    tunnel->status.n_open++;
    tunnel->status.n_total++;
    if (tunnel->status.is_multiplexed) {
        connection->stream = tunnel->next_stream;
        tunnel->next_stream += SMUX_STREAM_STEP;
        say(tunnel, SMUX_SYN, connection->stream);
    }
    watch_begin(&connection->watch, fd, POLLIN, on_ready);
    if (!tunnel->status.is_multiplexed && tunnel->early.len > 0)
        give(connection, buf_sv(&tunnel->early));
    buf_clear(&tunnel->early);
    tunnel->has_had_one = true;
    tell(tunnel);
}

static void on_connection(struct watch *watch)
{
    struct listener *listener =
        (struct listener *)((char *)watch - offsetof(struct listener, watch));
    struct tunnel *tunnel = listener->tunnel;

    while (may_accept(tunnel)) {
        int fd = listen_accept(watch->fd);
        if (fd < 0)
            break;
        add_connection(tunnel, fd);
    }
    watch_listeners(tunnel);
    if (errno == EMFILE || errno == ENFILE) /* until one of ours has ended, or the next tick */
        watch_events(watch, 0);
}

/* --- what the node says ---------------------------------------------------------------------- */

static struct connection *find_stream(const struct tunnel *tunnel, uint32_t stream)
{
    struct connection *at = tunnel->connections;

    while (at != NULL && at->stream != stream)
        at = at->next;
    return at;
}

static void take_frame(struct tunnel *tunnel, const struct smux_frame *frame)
{
    struct connection *connection = find_stream(tunnel, frame->stream);

    if (connection == NULL) /* it has ended here, and the node does not know yet */
        return;
    if (frame->command == SMUX_PSH) {
        give(connection, frame->data);
    } else if (frame->command == SMUX_FIN) {
        connection->is_remote_over = true;
        watch_again(&connection->watch);
    }
}

static void take_frames(struct tunnel *tunnel, struct sv bytes)
{
    struct smux_frame frame;
    enum smux_state state;
    size_t used, n_used = 0;

    buf_add(&tunnel->frames, bytes);
    struct sv rest = buf_sv(&tunnel->frames);
    while ((state = smux_read(rest, &frame, &used)) == SMUX_FRAME) {
        take_frame(tunnel, &frame);
        n_used += used;
        rest = (struct sv){rest.ptr + used, rest.len - used};
    }
    if (state == SMUX_BROKEN) {
        problem(tunnel, ERR_PARSE, "the node's connections cannot be told apart any more");
        tunnel_end(tunnel);
    } else if (n_used > 0) {
        struct buf left = BUF_NONE;
        buf_add(&left, rest);
        buf_done(&tunnel->frames);
        tunnel->frames = left;
    }
}

/* A session that is one stream: what comes between two connections belongs to the one that has
 * ended; what comes before the first is its greeting. */
static void take_stream(struct tunnel *tunnel, struct sv bytes)
{
    if (tunnel->connections != NULL)
        give(tunnel->connections, bytes);
    else if (!tunnel->has_had_one)
        buf_add(&tunnel->early, bytes);
}

static void opened(struct tunnel *tunnel)
{
    const struct handshake *handshake = link_handshake(tunnel->link);

    tunnel->status.is_multiplexed =
        handshake->is_forward && agent_has(sv_of(handshake->agent_version), AGENT_MULTIPLEXES);
    if (handshake->kind != SESSION_PORT) {
        problem(tunnel, ERR_UNSUPPORTED, "the node has opened a session that is no forward");
        tunnel_end(tunnel);
    }
}

static void on_event(void *arg, const struct talk_event *event)
{
    struct tunnel *tunnel = arg;

    if (tunnel->is_over)
        return;
    if (event->kind == TALK_OPENED) {
        opened(tunnel);
    } else if (event->kind == TALK_OUTPUT && tunnel->status.is_multiplexed) {
        take_frames(tunnel, event->bytes);
    } else if (event->kind == TALK_OUTPUT) {
        take_stream(tunnel, event->bytes);
    } else if (event->kind == TALK_FLAG && event->number == FLAG_CONNECT_TO_PORT_ERROR) {
        advise(tunnel, ERR_CONNECT, "the node cannot connect there",
               "see whether something listens there, and whether security groups let the node in");
        if (!tunnel->status.is_multiplexed && tunnel->connections != NULL)
            drop_connection(tunnel->connections);
    }
    hold_or_release(tunnel);
}

static void on_taken(void *arg, size_t n_bytes)
{
    struct tunnel *tunnel = arg;

    (void)n_bytes;
    if (link_room(tunnel->link) >= ROOM_MIN)
        watch_connections(tunnel);
}

/* --- time ------------------------------------------------------------------------------------ */

static void look_at(struct connection *connection, int64_t now_ms)
{
    bool is_stalled =
        n_held(connection) > HELD_BYTES_MAX && now_ms - connection->moved_ms >= STALLED_MS;
    bool is_forgotten = connection->is_local_over && now_ms - connection->local_over_ms >= FIN_MS &&
                        now_ms - connection->moved_ms >= FIN_MS;

    if (is_stalled)
        problem(connection->tunnel, ERR_TIMEOUT, "a connection that takes nothing was closed");
    if (is_stalled || is_forgotten) {
        end_local(connection);
        drop_connection(connection);
    }
}

static void on_tick(struct net_timer *timer)
{
    struct tunnel *tunnel = (struct tunnel *)((char *)timer - offsetof(struct tunnel, tick));
    int64_t now_ms = clock_mono_ms();

    for (struct connection *at = tunnel->connections, *next; at != NULL; at = next) {
        next = at->next;
        look_at(at, now_ms);
    }
    bool wants_keepalive =
        tunnel->status.is_multiplexed &&
        !agent_has(sv_of(link_handshake(tunnel->link)->agent_version), AGENT_SENDS_NO_KEEPALIVE);
    if (wants_keepalive && now_ms - tunnel->alive_ms >= KEEPALIVE_MS) {
        tunnel->alive_ms = now_ms;
        say(tunnel, SMUX_NOP, 0);
    }
    watch_listeners(tunnel);
    net_timer_set(&tunnel->tick, clock_mono_us() + TICK_MS * 1000, on_tick);
}

/* --- from start to end ----------------------------------------------------------------------- */

static void close_all(struct tunnel *tunnel)
{
    if (tunnel->is_over)
        return;
    tunnel->is_over = true;
    stop_listening(tunnel);
    net_timer_stop(&tunnel->tick);
    while (tunnel->connections != NULL)
        drop_connection(tunnel->connections);
}

static void on_status(void *arg, const struct channel_status *status)
{
    struct tunnel *tunnel = arg;

    tunnel->status.channel = *status;
    if (status->state == CHANNEL_ENDED)
        close_all(tunnel);
    else
        watch_listeners(tunnel);
    tell(tunnel);
}

static void make_channel_request(const struct port_request *request, unsigned local_port,
                                 char ports[2][8], struct channel_request *channel)
{
    bool is_remote = request->host != NULL;
    size_t n = 0;

    snprintf(ports[0], 8, "%u", request->port);
    snprintf(ports[1], 8, "%u", local_port);
    *channel = (struct channel_request){
        .target = request->target,
        .node = request->node,
        .reason = request->reason,
        .document = is_remote ? "AWS-StartPortForwardingSessionToRemoteHost"
                              : "AWS-StartPortForwardingSession",
        .messages_per_s = request->messages_per_s,
    };
    if (is_remote)
        channel->parameters[n++] = (struct channel_parameter){"host", request->host};
    channel->parameters[n++] = (struct channel_parameter){"portNumber", ports[0]};
    channel->parameters[n++] = (struct channel_parameter){"localPortNumber", ports[1]};
}

static void begin_listening(struct tunnel *tunnel)
{
    for (size_t i = 0; i < LISTEN_FDS; i++) {
        tunnel->listeners[i].tunnel = tunnel;
        if (tunnel->listening.fds[i] >= 0)
            watch_begin(&tunnel->listeners[i].watch, tunnel->listening.fds[i], 0, on_connection);
    }
    net_timer_set(&tunnel->tick, clock_mono_us() + TICK_MS * 1000, on_tick);
}

/* Nobody is there any more; the link sees that by itself. */
static void on_unasked(struct pending *pending)
{
    struct tunnel *tunnel = (struct tunnel *)pending;

    pending_end(pending);
    stop_listening(tunnel);
    net_timer_stop(&tunnel->tick);
    for (struct connection *at = tunnel->connections, *next; at != NULL; at = next) {
        next = at->next;
        watch_end(&at->watch);
        close(at->fd);
        buf_done(&at->to_local);
        mem_free(at);
    }
    buf_done(&tunnel->frames);
    buf_done(&tunnel->early);
    mem_free(tunnel);
}

struct tunnel *tunnel_start(struct aws_client *client, struct scope *asking,
                            const struct port_request *request,
                            const struct tunnel_handlers *handlers, struct err *err)
{
    struct listening listening;
    struct channel_request channel;
    char ports[2][8];

    if (listen_on_loopback(request->local_port, &listening, err) != OK)
        return NULL;
    struct tunnel *tunnel = mem_new(struct tunnel);
    if (!pending_begin(&tunnel->asking, asking, on_unasked)) {
        listening_done(&listening);
        mem_free(tunnel);
        err_set(err, ERR_CANCELLED, WHERE, "not begun");
        return NULL;
    }
    tunnel->handlers = *handlers;
    tunnel->listening = listening;
    tunnel->status.local_port = listening.port;
    tunnel->status.has_ipv6 = listening.fds[1] >= 0;
    tunnel->next_stream = SMUX_FIRST_STREAM;
    snprintf(tunnel->goal, sizeof tunnel->goal, "%s:%u",
             request->host != NULL ? request->host : request->node, request->port);
    make_channel_request(request, listening.port, ports, &channel);
    const struct link_handlers from_link = {
        .on_status = on_status, .on_event = on_event, .on_taken = on_taken, .arg = tunnel};
    tunnel->link = link_start(client, asking, &channel, &from_link);
    begin_listening(tunnel);
    return tunnel;
}

void tunnel_end(struct tunnel *tunnel)
{
    close_all(tunnel);
    link_end(tunnel->link);
}

const struct port_status *tunnel_status(struct tunnel *tunnel)
{
    tunnel->status.channel = *link_status(tunnel->link);
    return &tunnel->status;
}
