#include "tests/support/ws_peer.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/mem.h"

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

/* --- the upgrade ----------------------------------------------------------------------------- */

static void accept_value(struct sv key, struct buf *out)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    char hex[SHA1_HEX_SIZE];
    uint8_t digest[(SHA1_HEX_SIZE - 1) / 2];

    buf_addf(&text, SV_FMT GUID, SV_ARG(key));
    sha1_hex(buf_sv(&text), hex);
    hex_decode(sv_of(hex), digest, sizeof digest);
    base64_encode(out, (struct sv){(const char *)digest, sizeof digest});
}

bool ws_peer_accept(struct ws_peer *peer, const struct server_request *request)
{
    AUTO(buf_done) struct buf accept = BUF_NONE;
    AUTO(buf_done) struct buf head = BUF_NONE;
    struct sv key = server_header(request, "sec-websocket-key");

    *peer = (struct ws_peer){.request = request};
    if (key.len == 0 || !sv_eq_nocase(server_header(request, "upgrade"), SV("websocket")))
        return false;
    accept_value(key, &accept);
    buf_addf(&head,
             "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Accept: %s\r\n\r\n",
             buf_cstr(&accept));
    server_write(request, buf_sv(&head));
    return true;
}

void ws_peer_done(struct ws_peer *peer)
{
    buf_done(&peer->input);
}

/* --- out ------------------------------------------------------------------------------------- */

static bool write_all(struct ws_peer *peer, struct sv bytes)
{
    int fd = peer->request->fd;

    while (bytes.len > 0) {
        struct pollfd fds[2] = {{.fd = fd, .events = POLLOUT},
                                {.fd = server_stop_fd(peer->request), .events = POLLIN}};
        if (poll(fds, 2, -1) < 0 || fds[1].revents != 0)
            return false;
        ssize_t n = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0)
            return false;
        bytes = (struct sv){bytes.ptr + n, bytes.len - (size_t)n};
    }
    return true;
}

void ws_peer_write(struct ws_peer *peer, enum ws_opcode opcode, struct sv payload)
{
    AUTO(buf_done) struct buf frame = BUF_NONE;

    buf_add_char(&frame, (char)(0x80 | opcode));
    if (payload.len < 126) {
        buf_add_char(&frame, (char)payload.len);
    } else if (payload.len < 65536) {
        buf_add_char(&frame, 126);
        buf_add_char(&frame, (char)(payload.len >> 8));
        buf_add_char(&frame, (char)payload.len);
    } else {
        buf_add_char(&frame, 127);
        for (int shift = 56; shift >= 0; shift -= 8)
            buf_add_char(&frame, (char)((uint64_t)payload.len >> shift));
    }
    buf_add(&frame, payload);
    write_all(peer, buf_sv(&frame));
}

void ws_peer_close(struct ws_peer *peer, int code, const char *reason)
{
    AUTO(buf_done) struct buf payload = BUF_NONE;

    buf_add_char(&payload, (char)(code >> 8));
    buf_add_char(&payload, (char)code);
    buf_add_cstr(&payload, reason);
    ws_peer_write(peer, WS_OP_CLOSE, buf_sv(&payload));
}

/* --- in -------------------------------------------------------------------------------------- */

static enum ws_read read_more(struct ws_peer *peer, int timeout_ms)
{
    char bytes[65536];
    struct pollfd fds[2] = {{.fd = peer->request->fd, .events = POLLIN},
                            {.fd = server_stop_fd(peer->request), .events = POLLIN}};
    int n_ready = poll(fds, 2, timeout_ms);

    if (n_ready == 0)
        return WS_READ_NOTHING;
    if (n_ready < 0 || fds[1].revents != 0)
        return WS_READ_END;
    ssize_t n = recv(peer->request->fd, bytes, sizeof bytes, 0);
    if (n <= 0)
        return WS_READ_END;
    buf_add(&peer->input, (struct sv){bytes, (size_t)n});
    return WS_READ_FRAME;
}

/* Takes the frame at the front of the input; false when it is not whole yet. */
static bool take_frame(struct ws_peer *peer, enum ws_opcode *opcode, struct buf *payload)
{
    static const size_t extras[] = {0, 2, 8};
    const unsigned char *in = (const unsigned char *)peer->input.ptr;
    struct buf rest = BUF_NONE;

    if (peer->input.len < 2)
        return false;
    uint64_t len = in[1] & 0x7f;
    size_t extra = extras[len < 126 ? 0 : len - 125], at = 2 + extra;
    if (peer->input.len < at + 4)
        return false;
    for (size_t i = 0; i < extra; i++)
        len = (i == 0 ? 0 : len << 8) | in[2 + i];
    if (peer->input.len < at + 4 + len)
        return false;
    *opcode = (enum ws_opcode)(in[0] & 0x0f);
    buf_clear(payload);
    for (uint64_t i = 0; i < len; i++)
        buf_add_char(payload, (char)(in[at + 4 + i] ^ in[at + i % 4]));
    at += 4 + (size_t)len;
    buf_add(&rest, (struct sv){peer->input.ptr + at, peer->input.len - at});
    buf_done(&peer->input);
    peer->input = rest;
    return true;
}

enum ws_read ws_peer_read(struct ws_peer *peer, int timeout_ms, enum ws_opcode *opcode,
                          struct buf *payload)
{
    int64_t end_ms = clock_mono_ms() + timeout_ms;

    for (;;) {
        while (take_frame(peer, opcode, payload)) {
            if (*opcode == WS_OP_PING && peer->pinged != NULL)
                sem_post(peer->pinged);
            if (*opcode == WS_OP_PING && !peer->is_deaf)
                ws_peer_write(peer, WS_OP_PONG, buf_sv(payload));
            if (*opcode != WS_OP_PING && *opcode != WS_OP_PONG)
                return WS_READ_FRAME;
        }
        int64_t left_ms = end_ms - clock_mono_ms();
        enum ws_read read = read_more(peer, left_ms > 0 ? (int)left_ms : 0);
        if (read != WS_READ_FRAME)
            return read;
    }
}
