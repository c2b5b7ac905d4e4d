#include "tests/support/server.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/base/vec.h"

#define REQUEST_BYTES_MAX ((size_t)16 << 20)

struct server {
    server_handler *handler;
    void *arg;
    int listen_fd, stop_fd;
    char url[64];
    atomic_size_t n_requests, n_connections;
    pthread_t acceptor;
    VEC(pthread_t) connections; /* the acceptor's until it has ended */
};

struct connection {
    struct server *server;
    int fd;
    size_t number;
    struct buf input;
};

/* Stops everything at once: a test without its server makes no sense. */
static void require(bool good, const char *what)
{
    if (!good) {
        perror(what);
        abort();
    }
}

/* --- reading --------------------------------------------------------------------------------- */

/* Waits for bytes; false when the peer has closed or the server ends. */
static bool read_more(struct connection *connection)
{
    char bytes[16384];
    struct pollfd fds[2] = {{.fd = connection->fd, .events = POLLIN},
                            {.fd = connection->server->stop_fd, .events = POLLIN}};
    if (poll(fds, 2, -1) < 0 || fds[1].revents != 0)
        return false;
    ssize_t len = recv(connection->fd, bytes, sizeof bytes, 0);
    if (len <= 0 || connection->input.len > REQUEST_BYTES_MAX)
        return false;
    buf_add(&connection->input, (struct sv){bytes, (size_t)len});
    return true;
}

static struct sv find_header(struct sv head, const char *name)
{
    while (head.len > 0) {
        struct sv value = sv_split(&head, '\n');
        if (sv_eq_nocase(sv_split(&value, ':'), sv_of(name)))
            return sv_trim(value);
    }
    return SV_NONE;
}

/* Reads one request; its views are into the connection's input, which holds *len bytes of it. */
static bool read_request(struct connection *connection, struct server_request *request, size_t *len)
{
    const char *end;
    int64_t body_len = 0;
    while ((end = memmem(buf_cstr(&connection->input), connection->input.len, "\r\n\r\n", 4)) ==
           NULL)
        if (!read_more(connection))
            return false;
    size_t head_len = (size_t)(end - connection->input.ptr) + 4;
    sv_to_i64(find_header((struct sv){connection->input.ptr, head_len}, "content-length"),
              &body_len);
    *len = head_len + (size_t)body_len;
    while (connection->input.len < *len)
        if (!read_more(connection))
            return false;
    request->head = (struct sv){connection->input.ptr, head_len};
    request->body = (struct sv){connection->input.ptr + head_len, (size_t)body_len};
    return true;
}

static void drop_read(struct connection *connection, size_t len)
{
    struct buf rest = BUF_NONE;
    buf_add(&rest, (struct sv){connection->input.ptr + len, connection->input.len - len});
    buf_done(&connection->input);
    connection->input = rest;
}

static void *serve_connection(void *arg)
{
    struct connection *connection = arg;
    struct server *server = connection->server;
    enum server_next next = SERVER_KEEP;
    size_t len = 0;
    struct server_request request = {
        .server = server, .fd = connection->fd, .connection = connection->number};
    while (next == SERVER_KEEP && read_request(connection, &request, &len)) {
        request.number = atomic_fetch_add(&server->n_requests, 1) + 1;
        next = server->handler(server->arg, &request);
        drop_read(connection, len);
    }
    if (next == SERVER_RESET)
        setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0},
                   sizeof(struct linger));
    close(connection->fd);
    buf_done(&connection->input);
    mem_free(connection);
    return NULL;
}

/* --- listening ------------------------------------------------------------------------------- */

static void *accept_connections(void *arg)
{
    struct server *server = arg;
    for (;;) {
        struct pollfd fds[2] = {{.fd = server->listen_fd, .events = POLLIN},
                                {.fd = server->stop_fd, .events = POLLIN}};
        if (poll(fds, 2, -1) < 0 || fds[1].revents != 0)
            return NULL;
        int fd = accept(server->listen_fd, NULL, NULL);
        if (fd < 0)
            continue;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        struct connection *connection = mem_new(struct connection);
        connection->server = server;
        connection->fd = fd;
        connection->number = atomic_fetch_add(&server->n_connections, 1) + 1;
        pthread_t thread;
        require(pthread_create(&thread, NULL, serve_connection, connection) == 0, "thread");
        vec_push(&server->connections, thread);
    }
}

/* A socket that listens at address, which gets its port; -1 when there is none to be had. */
static int listen_at(struct sockaddr *address, socklen_t len)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, address, len) == 0 && listen(fd, 1024) == 0 &&
        getsockname(fd, address, &len) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static struct server *serve_at(int listen_fd, const char *host, in_port_t port,
                               server_handler *handler, void *arg)
{
    struct server *server = mem_new(struct server);
    server->handler = handler;
    server->arg = arg;
    server->stop_fd = os_event_new();
    server->listen_fd = listen_fd;
    snprintf(server->url, sizeof server->url, "http://%s:%d", host, ntohs(port));
    require(pthread_create(&server->acceptor, NULL, accept_connections, server) == 0, "thread");
    return server;
}

struct server *server_new(server_handler *handler, void *arg)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = listen_at((struct sockaddr *)&address, sizeof address);
    require(fd >= 0, "server");
    return serve_at(fd, "127.0.0.1", address.sin_port, handler, arg);
}

struct server *server_new_ipv6(server_handler *handler, void *arg)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = listen_at((struct sockaddr *)&address, sizeof address);
    return fd >= 0 ? serve_at(fd, "[::1]", address.sin6_port, handler, arg) : NULL;
}

void server_free(struct server *server)
{
    os_event_signal(server->stop_fd);
    pthread_join(server->acceptor, NULL);
    for (size_t i = 0; i < server->connections.len; i++)
        pthread_join(server->connections.ptr[i], NULL);
    vec_free(&server->connections);
    close(server->listen_fd);
    close(server->stop_fd);
    mem_free(server);
}

const char *server_url(const struct server *server)
{
    return server->url;
}

size_t server_n_requests(const struct server *server)
{
    return atomic_load(&server->n_requests);
}

size_t server_n_connections(const struct server *server)
{
    return atomic_load(&server->n_connections);
}

/* --- for handlers ---------------------------------------------------------------------------- */

struct sv server_header(const struct server_request *request, const char *name)
{
    return find_header(request->head, name);
}

void server_write(const struct server_request *request, struct sv bytes)
{
    while (bytes.len > 0) {
        ssize_t n = send(request->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (n <= 0)
            return; /* the peer has had enough */
        bytes = (struct sv){bytes.ptr + n, bytes.len - (size_t)n};
    }
}

void server_reply(const struct server_request *request, int status, const char *headers,
                  struct sv body)
{
    AUTO(buf_done) struct buf reply = BUF_NONE;
    buf_addf(&reply, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s\r\n", status, body.len, headers);
    buf_add(&reply, body);
    server_write(request, buf_sv(&reply));
}

void server_stall(const struct server_request *request)
{
    struct pollfd fds[2] = {{.fd = request->fd, .events = POLLRDHUP},
                            {.fd = request->server->stop_fd, .events = POLLIN}};
    poll(fds, 2, -1);
}

int server_stop_fd(const struct server_request *request)
{
    return request->server->stop_fd;
}
