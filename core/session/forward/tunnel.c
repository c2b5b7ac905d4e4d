#include "core/session/forward/tunnel.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/session/forward/tunnel_inside.h"
#include "core/session/wire/agent_version.h"

#define WHERE        "forward"
#define KEEPALIVE_MS 10000
#define TICK_MS      1000

void tunnel_tell(struct tunnel *tunnel)
{
    tunnel->handlers.on_status(tunnel->handlers.arg, tunnel_status(tunnel));
}

void tunnel_advise(struct tunnel *tunnel, enum err_code code, const char *what, const char *advice)
{
    struct err err;

    err_set(&err, code, WHERE, "%s: %s", tunnel->goal, what);
    err.advice = advice;
    log_warn("session", "forward to %s", err.message);
    tunnel->handlers.on_problem(tunnel->handlers.arg, &err);
}

/* --- listening -------------------------------------------------------------------------------- */

/* Whether another connection may be taken. */
static bool may_accept(const struct tunnel *tunnel)
{
    enum channel_state state = tunnel->status.channel.state;
    bool is_up = state == CHANNEL_OPEN || state == CHANNEL_WAITING || state == CHANNEL_RESUMING;

    return is_up && !tunnel->is_over &&
           (tunnel->status.is_multiplexed || tunnel->connections == NULL);
}

void tunnel_watch_listeners(struct tunnel *tunnel)
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

static void on_connection(struct watch *watch)
{
    struct listener *listener =
        (struct listener *)((char *)watch - offsetof(struct listener, watch));
    struct tunnel *tunnel = listener->tunnel;

    while (may_accept(tunnel)) {
        int fd = listen_accept(watch->fd);
        if (fd < 0)
            break;
        connection_add(tunnel, fd);
    }
    tunnel_watch_listeners(tunnel);
    if (errno == EMFILE || errno == ENFILE) /* until one of ours has ended, or the next tick */
        watch_events(watch, 0);
}

/* --- time ------------------------------------------------------------------------------------- */

static void on_tick(struct net_timer *timer)
{
    struct tunnel *tunnel = (struct tunnel *)((char *)timer - offsetof(struct tunnel, tick));
    int64_t now_ms = clock_mono_ms();

    for (struct connection *at = tunnel->connections, *next; at != NULL; at = next) {
        next = at->next;
        connection_look_at(at, now_ms);
    }
    bool wants_keepalive =
        tunnel->status.is_multiplexed &&
        !agent_has(sv_of(link_handshake(tunnel->link)->agent_version), AGENT_SENDS_NO_KEEPALIVE);
    if (wants_keepalive && now_ms - tunnel->alive_ms >= KEEPALIVE_MS) {
        tunnel->alive_ms = now_ms;
        tunnel_say(tunnel, SMUX_NOP, 0);
    }
    tunnel_watch_listeners(tunnel);
    net_timer_set(&tunnel->tick, clock_mono_us() + TICK_MS * 1000, on_tick);
}

/* --- from start to end ------------------------------------------------------------------------ */

static void close_all(struct tunnel *tunnel)
{
    if (tunnel->is_over)
        return;
    tunnel->is_over = true;
    stop_listening(tunnel);
    net_timer_stop(&tunnel->tick);
    while (tunnel->connections != NULL)
        connection_drop(tunnel->connections);
}

static void on_taken(void *arg, size_t n_bytes)
{
    struct tunnel *tunnel = arg;

    (void)n_bytes;
    if (link_room(tunnel->link) >= TUNNEL_ROOM_MIN)
        connections_watch(tunnel);
}

static void on_status(void *arg, const struct channel_status *status)
{
    struct tunnel *tunnel = arg;

    tunnel->status.channel = *status;
    if (status->state == CHANNEL_ENDED)
        close_all(tunnel);
    else
        tunnel_watch_listeners(tunnel);
    tunnel_tell(tunnel);
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
        connection_free(at);
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
        .on_status = on_status, .on_event = tunnel_on_event, .on_taken = on_taken, .arg = tunnel};
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
