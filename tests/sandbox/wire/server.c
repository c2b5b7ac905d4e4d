#include "tests/sandbox/wire/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/vec.h"
#include "tests/sandbox/identity/sso_page.h"
#include "tests/sandbox/wire/codec.h"
#include "tests/sandbox/wire/proxy.h"
#include "tests/sandbox/wire/relay.h"

#define IDLE_TIMEOUT_S    120
#define CONNECTION_MEMORY ((size_t)65536)
#define CONNECTIONS_MAX   2048u

/* One request, from its first line until its answer is sent. */
struct exchange {
    struct server *server;
    struct MHD_Connection *connection;
    char *target;
    struct buf body;
    bool has_begun;
    struct http_response response;
    bool is_answered;
    int64_t due_ms;
    struct exchange *next; /* among those that wait for their latency */
};

struct server {
    struct loop_user user;
    struct sandbox *sandbox;
    answer_fn *answer;
    int latency_ms;
    uint16_t port;
    char url[80];
    struct loop *loop;
    struct source listener, http;
    struct MHD_Daemon *daemon;
    bool has_relays;
    struct relays relays;
    struct relay *arriving; /* the relay of the connection that is just being added */
    struct exchange *first_waiting, *last_waiting;
};

/* --- answering -------------------------------------------------------------------------------- */

/* The names of AWS are ours for whoever comes through the proxy. */
static bool names_us(const struct server *server, struct sv host)
{
    static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
    char expected[64];
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(expected, sizeof expected, "%s:%u", names[i], server->port);
        if (sv_eq_nocase(host, sv_of(expected)))
            return true;
    }
    return proxy_is_aws(host);
}

static void refuse(struct http_response *response, const char *why)
{
    response->status = 403;
    response->content_type = "text/plain";
    buf_addf(&response->body, "%s\n", why);
}

/* The page on which device codes are approved posts to itself. */
static bool is_own_page(const struct server *server, const struct http_request *request)
{
    struct sv origin = http_header(request, "Origin");
    sv_split(&origin, '/');
    sv_split(&origin, '/');
    return sv_eq_cstr(http_path(request), SSO_PAGE_PATH) && names_us(server, origin);
}

/* Web pages have no business here: neither under their own origin nor by a name of theirs that
 * was made to point to this machine. */
static void answer(struct server *server, const struct http_request *request,
                   struct http_response *response)
{
    if (http_header(request, "Origin").ptr && !is_own_page(server, request))
        refuse(response, "requests of web pages are refused");
    else if (!names_us(server, http_header(request, "Host")))
        refuse(response, "the Host header must name this server");
    else
        server->answer(server->sandbox, request, response);
}

typedef VEC(struct http_header) headers_vec;

static enum MHD_Result take_header(void *arg, enum MHD_ValueKind kind, const char *name,
                                   size_t name_len, const char *value, size_t value_len)
{
    headers_vec *headers = arg;
    (void)kind;
    vec_push(headers, ((struct http_header){{name, name_len}, {value, value_len}}));
    return MHD_YES;
}

static struct relay *relay_of(struct exchange *e)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(e->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static void make_answer(struct exchange *e, const char *method)
{
    headers_vec headers = {0};
    MHD_get_connection_values_n(e->connection, MHD_HEADER_KIND, take_header, &headers);
    const struct http_request request = {
        .method = sv_of(method),
        .target = sv_of(e->target),
        .headers = headers.ptr,
        .n_headers = headers.len,
        .body = buf_sv(&e->body),
    };
    answer(e->server, &request, &e->response);
    relay_break_after(relay_of(e), &e->response.broken);
    e->is_answered = true;
    vec_free(&headers);
}

static void wait_for_latency(struct exchange *e)
{
    struct server *server = e->server;
    e->due_ms = clock_mono_ms() + server->latency_ms;
    if (server->last_waiting)
        server->last_waiting->next = e;
    else
        server->first_waiting = e;
    server->last_waiting = e;
    MHD_suspend_connection(e->connection);
}

static void free_text(void *text)
{
    mem_free(text);
}

/* Some of the body, blanks behind it. */
static ssize_t read_huge(void *arg, uint64_t at, char *to, size_t size)
{
    const struct exchange *e = arg;
    struct sv body = buf_sv(&e->response.body);
    memset(to, ' ', size);
    if (at < body.len)
        memcpy(to, body.ptr + at, body.len - at < size ? body.len - at : size);
    return (ssize_t)size;
}

/* Some of the body; where more was announced than there is, the connection ends. */
static ssize_t read_body(void *arg, uint64_t at, char *to, size_t size)
{
    const struct exchange *e = arg;
    struct sv body = buf_sv(&e->response.body);
    if (at >= body.len)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t n = body.len - at < size ? body.len - at : size;
    memcpy(to, body.ptr + at, n);
    return (ssize_t)n;
}

/* What Content-Length says. */
static size_t told_length(const struct http_response *r)
{
    int64_t told = (int64_t)r->body.len + r->length_off_by;
    return told > 0 ? (size_t)told : 0;
}

/* Where less was announced than there is, it comes all the same. */
static void send_rest(const struct exchange *e)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(e->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct sv body = buf_sv(&e->response.body);
    size_t told = told_length(&e->response);
    if (info && told < body.len &&
        send(info->connect_fd, body.ptr + told, body.len - told, MSG_NOSIGNAL) < 0)
        return; /* whoever does not listen any more has not heard the rest */
}

static struct MHD_Response *make_response(struct exchange *e)
{
    struct http_response *r = &e->response;
    size_t len = r->body.len;
    if (r->n_blanks > 0)
        return MHD_create_response_from_callback(len + (uint64_t)r->n_blanks, 65536, read_huge, e,
                                                 NULL);
    if (r->length_off_by != 0)
        return MHD_create_response_from_callback(told_length(r), 65536, read_body, e, NULL);
    char *text = buf_take(&r->body);
    struct MHD_Response *response =
        MHD_create_response_from_buffer_with_free_callback(len, text, free_text);
    if (!response)
        mem_free(text);
    return response;
}

static void add_headers(struct MHD_Response *response, struct sv rest)
{
    while (rest.len > 0) {
        struct sv value = sv_split(&rest, '\n');
        AUTO_FREE char *name = sv_dup(sv_split(&value, ':'));
        AUTO_FREE char *text = sv_dup(sv_trim(value));
        MHD_add_response_header(response, name, text);
    }
}

/* The connection is no more of HTTP; context is the exchange that it ends with. */
static void leave_http(void *arg, struct MHD_Connection *connection, void *context,
                       const char *early, size_t early_len, MHD_socket fd,
                       struct MHD_UpgradeResponseHandle *handle)
{
    const struct exchange *e = context;
    const int on = 1;
    (void)arg, (void)connection;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* the library has taken it back */
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    e->response.upgrade.take(e->response.upgrade.arg, (struct http_socket){fd, handle},
                             sv_of(e->target), (struct sv){early, early_len});
}

void http_socket_close(struct http_socket *socket)
{
    if (socket->handle)
        MHD_upgrade_action(socket->handle, MHD_UPGRADE_ACTION_CLOSE);
    *socket = (struct http_socket){.fd = -1};
}

static enum MHD_Result send_upgrade(struct exchange *e)
{
    struct MHD_Response *response = MHD_create_response_for_upgrade(leave_http, NULL);
    if (!response)
        return MHD_NO;
    add_headers(response, buf_sv(&e->response.headers));
    enum MHD_Result queued = MHD_queue_response(e->connection, 101, response);
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result send_answer(struct exchange *e)
{
    struct http_response *r = &e->response;
    if (r->upgrade.take)
        return send_upgrade(e);
    struct MHD_Response *response = make_response(e);
    if (!response)
        return MHD_NO;
    add_headers(response, buf_sv(&r->headers));
    MHD_add_response_header(response, "Content-Type", r->content_type);
    if (*r->request_id)
        MHD_add_response_header(response, "x-amzn-RequestId", r->request_id);
    if (*r->error_type)
        MHD_add_response_header(response, "x-amzn-ErrorType", r->error_type);
    enum MHD_Result queued = MHD_queue_response(e->connection, (unsigned)r->status, response);
    MHD_destroy_response(response);
    return queued;
}

/* --- libmicrohttpd's callbacks ---------------------------------------------------------------- */

/* The first thing that is known of a request: its target, before anything in it is decoded. */
static void *exchange_begin(void *arg, const char *target, struct MHD_Connection *connection)
{
    struct exchange *e = mem_new(struct exchange);
    e->server = arg;
    e->connection = connection;
    e->target = mem_strdup(target);
    return e;
}

static void exchange_end(void *arg, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode why)
{
    struct exchange *e = *context;
    (void)arg, (void)connection;
    if (!e)
        return;
    if (e->response.length_off_by < 0 && why == MHD_REQUEST_TERMINATED_COMPLETED_OK)
        send_rest(e);
    mem_free(e->target);
    buf_done(&e->body);
    buf_done(&e->response.body);
    buf_done(&e->response.headers);
    mem_free(e);
    *context = NULL;
}

/* One byte beyond the limit is kept, so that whoever judges sees that it was too much. */
static void add_body(struct exchange *e, const char *data, size_t len)
{
    size_t room = CODEC_BODY_MAX + 1 - e->body.len;
    buf_add(&e->body, (struct sv){data, len < room ? len : room});
}

/* Called when the head is there, for each piece of the body, at its end, and after a wait. */
static enum MHD_Result exchange_go_on(void *arg, struct MHD_Connection *connection,
                                      const char *path, const char *method, const char *version,
                                      const char *data, size_t *data_len, void **context)
{
    struct exchange *e = *context;
    (void)arg, (void)connection, (void)path, (void)version;
    if (e->is_answered)
        return send_answer(e);
    if (!e->has_begun) {
        e->has_begun = true;
        return MHD_YES;
    }
    if (*data_len > 0) {
        add_body(e, data, *data_len);
        *data_len = 0;
        return MHD_YES;
    }
    make_answer(e, method);
    bool control = sv_starts(sv_of(e->target), SV(CONTROL_PREFIX));
    if (e->server->latency_ms == 0 || control)
        return send_answer(e);
    wait_for_latency(e);
    return MHD_YES;
}

static void connection_changed(void *arg, struct MHD_Connection *connection, void **context,
                               enum MHD_ConnectionNotificationCode what)
{
    struct server *server = arg;
    (void)connection;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        server->sandbox->n_connections++;
        *context = server->arriving;
        server->arriving = NULL;
    } else {
        server->sandbox->n_connections--;
        relay_unref(*context);
    }
}

/* --- the loop --------------------------------------------------------------------------------- */

static void take_connection(struct server *server, int fd, const struct sockaddr *address,
                            socklen_t size)
{
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (server->has_relays) {
        server->arriving = relay_new(&server->relays, fd, &fd);
        if (!server->arriving)
            return;
    }
    MHD_add_connection(server->daemon, fd, address, size);
    relay_unref(server->arriving); /* still here only when the server did not want it */
    server->arriving = NULL;
}

static void listener_ready(struct source *source, uint32_t events)
{
    struct server *server = (struct server *)((char *)source - offsetof(struct server, listener));
    struct sockaddr_storage address;
    (void)events;
    for (;;) {
        socklen_t size = sizeof address;
        int fd =
            accept4(source->fd, (struct sockaddr *)&address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        take_connection(server, fd, (struct sockaddr *)&address, size);
    }
}

static void http_ready(struct source *source, uint32_t events)
{
    (void)source, (void)events; /* turn runs the daemon after every wait */
}

static void resume_due(struct server *server)
{
    int64_t now_ms = server->first_waiting ? clock_mono_ms() : 0;
    while (server->first_waiting && server->first_waiting->due_ms <= now_ms) {
        struct exchange *e = server->first_waiting;
        server->first_waiting = e->next;
        if (!e->next)
            server->last_waiting = NULL;
        MHD_resume_connection(e->connection);
    }
}

static int timeout_ms(struct loop_user *user)
{
    const struct server *server = (const struct server *)user;
    MHD_UNSIGNED_LONG_LONG http_ms;
    int64_t wait_ms = -1;
    if (server->first_waiting)
        wait_ms = server->first_waiting->due_ms - clock_mono_ms();
    if (server->first_waiting && wait_ms < 0)
        wait_ms = 0;
    if (MHD_get_timeout(server->daemon, &http_ms) == MHD_YES &&
        (wait_ms < 0 || (int64_t)http_ms < wait_ms))
        wait_ms = (int64_t)http_ms;
    int64_t relays_ms = relays_timeout_ms(&server->relays, clock_mono_ms());
    if (relays_ms >= 0 && (wait_ms < 0 || relays_ms < wait_ms))
        wait_ms = relays_ms;
    return (int)wait_ms;
}

static void turn(struct loop_user *user)
{
    struct server *server = (struct server *)user;
    relays_run_due(&server->relays, clock_mono_ms());
    resume_due(server);
    MHD_run(server->daemon);
    relays_reap(&server->relays);
}

/* --- beginning and end ------------------------------------------------------------------------ */

static enum err_code cannot_listen(const struct server_options *options, struct err *err)
{
    const int reason = errno;
    char where[80];
    snprintf(where, sizeof where, "port %u of %s", options->port, options->address);
    errno = reason;
    enum err_code code = err_set_errno(err, where, "cannot listen");
    return reason == EADDRINUSE ? err_advise(err, code, "port 0 takes one that is free") : code;
}

static enum err_code listen_on(struct server *server, const struct server_options *options,
                               struct err *err)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(options->port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(options->port)};
    bool is_v4 = inet_pton(AF_INET, options->address, &v4.sin_addr) == 1;
    struct sockaddr *address = is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
    socklen_t size = is_v4 ? sizeof v4 : sizeof v6;
    const int on = 1;
    if (!is_v4)
        inet_pton(AF_INET6, options->address, &v6.sin6_addr);
    int fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    server->listener = (struct source){fd, listener_ready};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd < 0 || bind(fd, address, size) != 0 || listen(fd, 512) != 0 ||
        getsockname(fd, address, &size) != 0)
        return cannot_listen(options, err);
    server->port = ntohs(is_v4 ? v4.sin_port : v6.sin6_port);
    snprintf(server->url, sizeof server->url, is_v4 ? "%s://%s:%u" : "%s://[%s]:%u",
             options->tls ? "https" : "http", options->address, server->port);
    loop_watch(server->loop, &server->listener, EPOLLIN);
    return OK;
}

static enum err_code start_http(struct server *server, const struct tls_identity *tls,
                                struct err *err)
{
    struct MHD_OptionItem pems[] = {
        {MHD_OPTION_HTTPS_MEM_KEY, 0, tls ? tls->key.ptr : NULL},
        {MHD_OPTION_HTTPS_MEM_CERT, 0, tls ? tls->certificate.ptr : NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    struct MHD_OptionItem nothing[] = {{MHD_OPTION_END, 0, NULL}};
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE |
                     MHD_USE_NO_LISTEN_SOCKET | (tls ? MHD_USE_TLS : 0u);
    server->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, exchange_go_on, server, MHD_OPTION_URI_LOG_CALLBACK, exchange_begin,
        server, MHD_OPTION_NOTIFY_COMPLETED, exchange_end, server, MHD_OPTION_NOTIFY_CONNECTION,
        connection_changed, server, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_TIMEOUT_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, MHD_OPTION_CONNECTION_LIMIT,
        CONNECTIONS_MAX, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_ARRAY, tls ? pems : nothing,
        MHD_OPTION_END);
    if (!server->daemon)
        return err_set(err, tls ? ERR_TLS : ERR_INTERNAL, "libmicrohttpd",
                       "the HTTP server does not start");
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    server->http = (struct source){info->epoll_fd, http_ready};
    loop_watch(server->loop, &server->http, EPOLLIN);
    return OK;
}

enum err_code server_new(const struct server_options *options, struct loop *loop,
                         struct sandbox *sandbox, struct server **server, struct err *err)
{
    struct server *s = mem_new(struct server);
    s->user = (struct loop_user){.timeout_ms = timeout_ms, .turn = turn};
    s->loop = loop;
    s->sandbox = sandbox;
    s->answer = options->answer;
    s->latency_ms = options->latency_ms;
    s->has_relays = faults_break_wires(sandbox->faults);
    s->relays.loop = loop;
    s->listener.fd = -1;
    enum err_code code = listen_on(s, options, err);
    if (code == OK)
        code = start_http(s, options->tls, err);
    if (code == OK) {
        loop_join(loop, &s->user);
        *server = s;
    } else {
        server_free(s);
    }
    return code;
}

void server_free(struct server *server)
{
    if (!server)
        return;
    for (struct exchange *e = server->first_waiting; e; e = e->next)
        MHD_resume_connection(e->connection);
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    relays_done(&server->relays);
    if (server->listener.fd >= 0)
        close(server->listener.fd);
    mem_free(server);
}

const char *server_url(const struct server *server)
{
    return server->url;
}

uint16_t server_port(const struct server *server)
{
    return server->port;
}
