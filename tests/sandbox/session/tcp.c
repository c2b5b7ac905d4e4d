#include "tests/sandbox/session/tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/sandbox/session/cut.h"

#define READ_SIZE 16384
#define BURST     8 /* reads before others get their turn */

bool tcp_is_open(const struct tcp *tcp)
{
    return tcp->source.fd >= 0;
}

void tcp_close(struct tcp *tcp)
{
    if (!tcp_is_open(tcp))
        return;
    if (tcp->watched)
        loop_forget(tcp->loop, &tcp->source);
    close(tcp->source.fd);
    tcp->source.fd = -1;
    tcp->watched = 0;
    buf_done(&tcp->out);
}

static void end(struct tcp *tcp, int error)
{
    tcp_close(tcp);
    tcp->events->end(tcp, error);
}

static void write_out(struct tcp *tcp)
{
    size_t done = 0;
    while (done < tcp->out.len) {
        ssize_t n = send(tcp->source.fd, tcp->out.ptr + done, tcp->out.len - done, MSG_NOSIGNAL);
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    buf_cut(&tcp->out, done);
    if (tcp->out.len == 0 && tcp->is_ending)
        tcp_close(tcp);
}

static void read_in(struct tcp *tcp)
{
    char bytes[READ_SIZE];
    for (int i = 0; i < BURST && tcp_is_open(tcp) && tcp->events->has_room(tcp); i++) {
        ssize_t n = recv(tcp->source.fd, bytes, sizeof bytes, 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= 0) {
            end(tcp, n < 0 ? errno : 0);
            return;
        }
        if (!tcp->is_ending)
            tcp->events->data(tcp, (struct sv){bytes, (size_t)n});
    }
}

static int connect_error(const struct tcp *tcp)
{
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(tcp->source.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
}

static void ready(struct source *source, uint32_t events)
{
    struct tcp *tcp = (struct tcp *)source;
    if (!tcp_is_open(tcp) || tcp->watched == 0)
        return;
    int error = tcp->is_connected ? 0 : connect_error(tcp);
    if (error) {
        end(tcp, error);
        return;
    }
    tcp->is_connected = true;
    if (events & EPOLLOUT)
        write_out(tcp);
    if (tcp_is_open(tcp) && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        read_in(tcp);
}

static bool connect_to(struct tcp *tcp, const struct sockaddr *address, socklen_t size)
{
    const int on = 1;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, address, size) == 0 || errno == EINPROGRESS) {
        tcp->source = (struct source){fd, ready};
        return true;
    }
    int error = errno;
    close(fd);
    errno = error;
    return false;
}

/* On loopback a refusal comes at once. */
bool tcp_open(struct tcp *tcp, struct loop *loop, uint16_t port, const struct tcp_events *events)
{
    const struct sockaddr_in v4 = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct sockaddr_in6 v6 = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    *tcp = (struct tcp){.source.fd = -1, .loop = loop, .events = events};
    if (connect_to(tcp, (const struct sockaddr *)&v4, sizeof v4))
        return true;
    int error = errno;
    if (connect_to(tcp, (const struct sockaddr *)&v6, sizeof v6))
        return true;
    errno = error;
    return false;
}

void tcp_write(struct tcp *tcp, struct sv data)
{
    if (!tcp_is_open(tcp) || tcp->is_ending)
        return;
    buf_add(&tcp->out, data);
    if (tcp->is_connected)
        write_out(tcp);
}

void tcp_finish(struct tcp *tcp)
{
    tcp->is_ending = true;
    if (tcp->out.len == 0)
        tcp_close(tcp);
}

void tcp_turn(struct tcp *tcp)
{
    uint32_t events = 0;
    if (!tcp_is_open(tcp))
        return;
    if (!tcp->is_connected || tcp->out.len > 0)
        events |= EPOLLOUT;
    if (tcp->is_connected && tcp->events->has_room(tcp))
        events |= EPOLLIN;
    if (events == tcp->watched)
        return;
    if (tcp->watched == 0)
        loop_watch(tcp->loop, &tcp->source, events);
    else if (events == 0)
        loop_forget(tcp->loop, &tcp->source);
    else
        loop_change(tcp->loop, &tcp->source, events);
    tcp->watched = events;
}
