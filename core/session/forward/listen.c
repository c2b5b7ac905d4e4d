#include "core/session/forward/listen.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/mem.h"

#define BACKLOG   64
#define TRIES_MAX 10 /* at a port that is free in both families */
#define WHERE     "forward"

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* A socket that listens at address, whose port is filled in; -1 and errno when there is none. */
static int listen_at(union address *address, socklen_t len)
{
    int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int yes = 1;

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes); /* those that TIME_WAIT holds */
    if (bind(fd, &address->any, len) == 0 && listen(fd, BACKLOG) == 0 &&
        getsockname(fd, &address->any, &len) == 0)
        return fd;
    int saved_errno = errno;
    close(fd);
    errno = saved_errno;
    return -1;
}

static int listen_v4(unsigned *port)
{
    union address address = {.v4 = {.sin_family = AF_INET,
                                    .sin_port = htons((in_port_t)*port),
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}};
    int fd = listen_at(&address, sizeof address.v4);

    *port = ntohs(address.v4.sin_port);
    return fd;
}

static int listen_v6(unsigned port)
{
    union address address = {.v6 = {.sin6_family = AF_INET6,
                                    .sin6_port = htons((in_port_t)port),
                                    .sin6_addr = IN6ADDR_LOOPBACK_INIT}};

    return listen_at(&address, sizeof address.v6);
}

static enum err_code fail(unsigned port, struct err *err)
{
    if (errno == EADDRINUSE)
        return err_set(err, ERR_IN_USE, WHERE, "port %u of this machine is in use", port);
    if (errno == EACCES)
        return err_set(err, ERR_IO, WHERE, "port %u is for the superuser: choose one from 1024 on",
                       port);
    return err_set_errno(err, WHERE, "cannot listen");
}

enum err_code listen_on_loopback(unsigned port, struct listening *listening, struct err *err)
{
    for (int i = 0;; i++) {
        *listening = (struct listening){.fds = {-1, -1}, .port = port};
        listening->fds[0] = listen_v4(&listening->port);
        if (listening->fds[0] < 0)
            return fail(port, err);
        listening->fds[1] = listen_v6(listening->port);
        if (listening->fds[1] >= 0 || errno != EADDRINUSE)
            return OK; /* no IPv6 here is no fault */
        listening_done(listening);
        if (port != 0 || i + 1 == TRIES_MAX) {
            errno = EADDRINUSE;
            return fail(listening->port, err);
        }
    }
}

void listening_done(struct listening *listening)
{
    for (size_t i = 0; i < LISTEN_FDS; i++) {
        if (listening->fds[i] >= 0)
            close(listening->fds[i]);
        listening->fds[i] = -1;
    }
}

int listen_accept(int fd)
{
    int accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), yes = 1;

    if (accepted >= 0)
        setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return accepted;
}
