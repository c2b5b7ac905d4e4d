/* Connections of this machine: each between its socket and the link. */
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/session/forward/tunnel_inside.h"

#define READ_BYTES 16384 /* of one connection in one turn */
#define STALLED_MS 15000 /* who takes nothing for so long holds up all others */
#define FIN_MS     10000 /* so long the node has to answer the end of a stream */

_Static_assert(TUNNEL_ROOM_MIN >= 2 * READ_BYTES, "what is read has room");

static size_t n_held(const struct connection *connection)
{
    return connection->to_local.len - connection->n_taken;
}

static void watch_connection(struct connection *connection)
{
    bool has_room = link_room(connection->tunnel->link) >= TUNNEL_ROOM_MIN;
    short events = !connection->is_local_over && has_room ? POLLIN : 0;

    watch_events(&connection->watch, n_held(connection) > 0 ? events | POLLOUT : events);
}

void connections_watch(struct tunnel *tunnel)
{
    for (struct connection *at = tunnel->connections; at != NULL; at = at->next)
        watch_connection(at);
}

void tunnel_hold_or_release(struct tunnel *tunnel)
{
    bool is_held = tunnel->early.len > TUNNEL_HELD_BYTES;

    for (const struct connection *at = tunnel->connections; at != NULL; at = at->next)
        is_held |= n_held(at) > TUNNEL_HELD_BYTES;
    if (is_held != tunnel->is_held)
        link_hold(tunnel->link, is_held);
    tunnel->is_held = is_held;
}

void tunnel_say(struct tunnel *tunnel, enum smux_command command, uint32_t stream)
{
    AUTO(buf_done) struct buf frame = BUF_NONE;

    smux_write(command, stream, &frame);
    link_write(tunnel->link, buf_sv(&frame));
}

void connection_free(struct connection *connection)
{
    watch_end(&connection->watch);
    close(connection->fd);
    buf_done(&connection->to_local);
    mem_free(connection);
}

void connection_drop(struct connection *connection)
{
    struct tunnel *tunnel = connection->tunnel;
    struct connection **at = &tunnel->connections;

    while (*at != connection)
        at = &(*at)->next;
    *at = connection->next;
    connection_free(connection);
    tunnel->status.n_open--;
    tunnel_hold_or_release(tunnel);
    tunnel_watch_listeners(tunnel);
    tunnel_tell(tunnel);
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
        tunnel_say(tunnel, SMUX_FIN, connection->stream);
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

    if (connection->is_local_over || link_room(connection->tunnel->link) < TUNNEL_ROOM_MIN)
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
        connection_drop(connection);
        return;
    }
    if (is_done(connection)) {
        end_local(connection);
        connection_drop(connection);
        return;
    }
    watch_connection(connection);
    tunnel_hold_or_release(tunnel);
}

void connection_give(struct connection *connection, struct sv bytes)
{
    if (n_held(connection) == 0)
        connection->moved_ms = clock_mono_ms();
    if (connection->n_taken >= TUNNEL_HELD_BYTES) { /* what was taken is cut away now and then */
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

void connection_add(struct tunnel *tunnel, int fd)
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
        tunnel_say(tunnel, SMUX_SYN, connection->stream);
    }
    watch_begin(&connection->watch, fd, POLLIN, on_ready);
    if (!tunnel->status.is_multiplexed && tunnel->early.len > 0)
        connection_give(connection, buf_sv(&tunnel->early));
    buf_clear(&tunnel->early);
    tunnel->has_had_one = true;
    tunnel_tell(tunnel);
}

void connection_look_at(struct connection *connection, int64_t now_ms)
{
    bool is_stalled =
        n_held(connection) > TUNNEL_HELD_BYTES && now_ms - connection->moved_ms >= STALLED_MS;
    bool is_forgotten = connection->is_local_over && now_ms - connection->local_over_ms >= FIN_MS &&
                        now_ms - connection->moved_ms >= FIN_MS;

    if (is_stalled)
        tunnel_advise(connection->tunnel, ERR_TIMEOUT, "a connection that takes nothing was closed",
                      NULL);
    if (is_stalled || is_forgotten) {
        end_local(connection);
        connection_drop(connection);
    }
}
