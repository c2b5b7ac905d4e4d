/* What the node says, and for which connection. */
#include "core/base/mem.h"
#include "core/session/forward/tunnel_inside.h"
#include "core/session/wire/agent_version.h"

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
        connection_give(connection, frame->data);
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
        tunnel_advise(tunnel, ERR_PARSE, "the node's connections cannot be told apart any more",
                      NULL);
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
        connection_give(tunnel->connections, bytes);
    else if (!tunnel->has_had_one)
        buf_add(&tunnel->early, bytes);
}

static void opened(struct tunnel *tunnel)
{
    const struct handshake *handshake = link_handshake(tunnel->link);

    tunnel->status.is_multiplexed =
        handshake->is_forward && agent_has(sv_of(handshake->agent_version), AGENT_MULTIPLEXES);
    if (handshake->kind != SESSION_PORT) {
        tunnel_advise(tunnel, ERR_UNSUPPORTED, "the node has opened a session that is no forward",
                      NULL);
        tunnel_end(tunnel);
    }
}

void tunnel_on_event(void *arg, const struct talk_event *event)
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
        tunnel_advise(
            tunnel, ERR_CONNECT, "the node cannot connect there",
            "see whether something listens there, and whether security groups let the node in");
        if (!tunnel->status.is_multiplexed && tunnel->connections != NULL)
            connection_drop(tunnel->connections);
    }
    tunnel_hold_or_release(tunnel);
}
