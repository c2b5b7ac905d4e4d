/* Forwards: connections of this machine to a port behind a node, many at a time and one by one. */
#include "core/session/forward/port.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/net/http.h"
#include "core/session/forward/smux.h"
#include "helper_gateway.h"
#include "tests/unit/unit.h"

#define WAIT_MS 120000
#define BYTES   ((size_t)300 << 10)
#define HANDSHAKE(type)                                                               \
    "{\"ActionType\":\"SessionType\",\"ActionParameters\":{\"SessionType\":\"Port\"," \
    "\"Properties\":{\"portNumber\":\"5432\",\"localPortNumber\":\"0\"" type "}}}"
#define FORWARD HANDSHAKE(",\"type\":\"LocalPortForwarding\"")

/* --- the node: gives back what every stream sends -------------------------------------------- */

struct multiplexer {
    struct buf bytes;
    bool refuses; /* it cannot connect anywhere */
};

static void take_smux(void *arg, struct gateway *gateway, struct sv bytes)
{
    struct multiplexer *multiplexer = arg;
    AUTO(buf_done) struct buf out = BUF_NONE;
    struct smux_frame frame;
    size_t used;

    buf_add(&multiplexer->bytes, bytes);
    struct sv rest = buf_sv(&multiplexer->bytes);
    while (smux_read(rest, &frame, &used) == SMUX_FRAME) {
        if (frame.command == SMUX_SYN && multiplexer->refuses) {
            gateway_flag(gateway, FLAG_CONNECT_TO_PORT_ERROR);
            smux_write(SMUX_FIN, frame.stream, &out);
        } else if (frame.command == SMUX_PSH) {
            smux_write_data(frame.stream, frame.data, &out);
        } else if (frame.command == SMUX_FIN) {
            smux_write(SMUX_FIN, frame.stream, &out);
        }
        rest = (struct sv){rest.ptr + used, rest.len - used};
    }
    struct buf left = BUF_NONE;
    buf_add(&left, rest);
    buf_done(&multiplexer->bytes);
    multiplexer->bytes = left;
    if (out.len > 0)
        gateway_stream(gateway, buf_sv(&out));
}

/* --- a local client -------------------------------------------------------------------------- */

struct local {
    pthread_t thread;
    unsigned port;
    bool is_ipv6;
    size_t n_bytes; /* to be sent and to come back; 0: it waits for the other side's end */
    atomic_bool done, is_right;
};

static int connect_to(const struct local *local)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET,
                             .sin_port = htons((in_port_t)local->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                              .sin6_port = htons((in_port_t)local->port),
                              .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(local->is_ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int failed = local->is_ipv6 ? connect(fd, (struct sockaddr *)&v6, sizeof v6)
                                : connect(fd, (struct sockaddr *)&v4, sizeof v4);

    if (failed == 0)
        return fd;
    close(fd);
    return -1;
}

static bool send_all(int fd, struct sv bytes)
{
    while (bytes.len > 0) {
        ssize_t n = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        bytes = (struct sv){bytes.ptr + n, bytes.len - (size_t)n};
    }
    return true;
}

/* Sends in pieces and reads each back, so that nobody's buffer decides. */
static bool exchange(int fd, struct sv bytes)
{
    while (bytes.len > 0) {
        char back[8192];
        size_t n = bytes.len < sizeof back ? bytes.len : sizeof back;
        if (!send_all(fd, (struct sv){bytes.ptr, n}) ||
            recv(fd, back, n, MSG_WAITALL) != (ssize_t)n || memcmp(back, bytes.ptr, n) != 0)
            return false;
        bytes = (struct sv){bytes.ptr + n, bytes.len - n};
    }
    return true;
}

static void *run_local(void *arg)
{
    struct local *local = arg;
    AUTO(buf_done) struct buf bytes = BUF_NONE;
    int fd = connect_to(local);
    char byte;

    gateway_bytes(&bytes, local->n_bytes);
    bool is_right =
        fd >= 0 && (local->n_bytes > 0 ? exchange(fd, buf_sv(&bytes)) : recv(fd, &byte, 1, 0) == 0);
    if (fd >= 0)
        close(fd);
    atomic_store(&local->is_right, is_right);
    atomic_store(&local->done, true);
    return NULL;
}

static void local_start(struct local *local, unsigned port, size_t n_bytes)
{
    local->port = port;
    local->n_bytes = n_bytes;
    pthread_create(&local->thread, NULL, run_local, local);
}

/* Turns RUN_UI until it is done, and says whether it got what it wanted. */
static bool local_join(struct local *local)
{
    const bool never = false;
    int64_t end_ms = clock_mono_ms() + WAIT_MS;

    while (!atomic_load(&local->done) && clock_mono_ms() < end_ms)
        run_ui_until(&never, 10);
    assert_true(atomic_load(&local->done));
    pthread_join(local->thread, NULL);
    return atomic_load(&local->is_right);
}

/* --- a person -------------------------------------------------------------------------------- */

static struct scope *scope;

struct user {
    struct aws_client *client;
    struct port *port;
    struct port_status status;
    struct err problem;
    bool done;
    bool (*done_when)(const struct user *user);
};

static void on_status(void *arg, const struct port_status *status)
{
    struct user *user = arg;

    user->status = *status;
    user->done = user->done_when != NULL && user->done_when(user);
}

static void on_problem(void *arg, const struct err *err)
{
    struct user *user = arg;

    user->problem = *err;
    user->done = user->done_when != NULL && user->done_when(user);
}

static void wait_until(struct user *user, bool (*when)(const struct user *user), const char *what)
{
    user->done_when = when;
    user->done = when(user);
    if (!run_ui_until(&user->done, WAIT_MS))
        fail_msg("%s: never; %s", what, user->status.channel.err.message);
}

static void user_begin(struct user *user, struct gateway *gateway,
                       const struct port_request *request)
{
    const struct aws_options options = {
        .endpoint_url = gateway_url(gateway), .region = "eu-west-1", .budget_percent = -1};
    const struct port_handlers handlers = {on_status, on_problem, user};
    struct err err;

    *user = (struct user){0};
    signal(SIGPIPE, SIG_IGN);
    setenv("AWS_CONFIG_FILE", "/nonexistent/config", 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials", 1);
    setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    unsetenv("AWS_ENDPOINT_URL");
    unsetenv("AWS_PROFILE");
    run_start(&http_net_loop);
    scope = scope_new(NULL, "test");
    if (client_new(&options, &user->client, &err) != OK)
        fail_msg("%s", err.message);
    user->port = port_open(user->client, scope, request, &handlers);
}

static bool is_open(const struct user *user)
{
    return user->status.channel.state == CHANNEL_OPEN;
}

static bool has_ended(const struct user *user)
{
    return user->status.channel.state == CHANNEL_ENDED;
}

static bool has_problem(const struct user *user)
{
    return user->problem.code != OK;
}

static bool has_no_connection(const struct user *user)
{
    return user->status.n_open == 0;
}

static void user_end(struct user *user)
{
    port_close(user->port);
    assert_true(sessions_leave(WAIT_MS));
    run_stop();
    scope_unref(scope);
    client_free(user->client);
}

static const struct port_request request = {
    .node = "i-0123456789abcdef0", .port = 5432, .messages_per_s = CHANNEL_UNPACED};

/* --- tests ----------------------------------------------------------------------------------- */

static bool has_ipv6(unsigned port)
{
    const struct local probe = {.port = port, .is_ipv6 = true};
    int fd = connect_to(&probe);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static void several_connections_at_a_time(void **state)
{
    struct multiplexer multiplexer = {0};
    struct gateway *gateway = gateway_new(&(struct gateway_manner){
        .handshake = FORWARD, .on_stream = take_smux, .arg = &multiplexer});
    struct gateway_seen seen;
    struct local locals[4] = {0};
    struct user user;

    (void)state;
    user_begin(&user, gateway, &request);
    wait_until(&user, is_open, "it opens");
    assert_true(user.status.is_multiplexed);
    assert_in_range(user.status.local_port, 1024, 65535);
    locals[3].is_ipv6 = has_ipv6(user.status.local_port);
    for (size_t i = 0; i < ARRAY_LEN(locals); i++)
        local_start(&locals[i], user.status.local_port, BYTES);
    for (size_t i = 0; i < ARRAY_LEN(locals); i++)
        assert_true(local_join(&locals[i]));
    wait_until(&user, has_no_connection, "all have ended");
    assert_in_range(user.status.n_total, 4, 5);                         /* and the probe */
    assert_int_equal(user.status.bytes_out, ARRAY_LEN(locals) * BYTES); /* theirs alone */
    assert_int_equal(user.status.bytes_in, ARRAY_LEN(locals) * BYTES);
    user_end(&user);
    gateway_see(gateway, &seen);
    assert_non_null(strstr(seen.start_body, "\"AWS-StartPortForwardingSession\""));
    assert_non_null(strstr(seen.start_body, "\"portNumber\":[\"5432\"]"));
    assert_int_equal(seen.n_terminates, 1);
    gateway_seen_done(&seen);
    gateway_free(gateway);
    buf_done(&multiplexer.bytes);
}

static void one_after_the_other_with_older_agents(void **state)
{
    struct gateway *gateway = gateway_new(&(struct gateway_manner){
        .handshake = FORWARD, .agent_version = "3.0.196.0", .echoes = true});
    struct gateway_seen seen;
    struct local first = {0}, second = {0};
    struct user user;

    (void)state;
    user_begin(&user, gateway, &request);
    wait_until(&user, is_open, "it opens");
    assert_false(user.status.is_multiplexed);
    local_start(&first, user.status.local_port, BYTES);
    local_start(&second, user.status.local_port, BYTES); /* waits */
    assert_true(local_join(&first));
    assert_true(local_join(&second));
    wait_until(&user, has_no_connection, "both have ended");
    assert_int_equal(user.status.n_total, 2);
    assert_int_equal(user.status.bytes_in, 2 * BYTES);
    user_end(&user);
    gateway_see(gateway, &seen);
    assert_in_range(seen.n_disconnects, 1,
                    2); /* the last may have been given up with the session */
    gateway_seen_done(&seen);
    gateway_free(gateway);
}

static void a_node_that_cannot_connect_ends_one_connection(void **state)
{
    struct multiplexer multiplexer = {.refuses = true};
    struct gateway *gateway = gateway_new(&(struct gateway_manner){
        .handshake = FORWARD, .on_stream = take_smux, .arg = &multiplexer});
    struct port_request remote = request;
    struct gateway_seen seen;
    struct local local = {0};
    struct user user;

    (void)state;
    remote.host = "db.internal";
    user_begin(&user, gateway, &remote);
    wait_until(&user, is_open, "it opens");
    local_start(&local, user.status.local_port, 0);
    wait_until(&user, has_problem, "a problem");
    assert_true(local_join(&local)); /* it has seen the end */
    assert_int_equal(user.problem.code, ERR_CONNECT);
    assert_non_null(strstr(user.problem.message, "db.internal:5432"));
    assert_non_null(strstr(err_hint(&user.problem), "security groups"));
    assert_int_equal(user.status.channel.state, CHANNEL_OPEN);
    gateway_see(gateway, &seen);
    assert_non_null(strstr(seen.start_body, "AWS-StartPortForwardingSessionToRemoteHost"));
    assert_non_null(strstr(seen.start_body, "\"host\":[\"db.internal\"]"));
    gateway_seen_done(&seen);
    user_end(&user);
    gateway_free(gateway);
    buf_done(&multiplexer.bytes);
}

static void a_port_that_is_in_use_is_said(void **state)
{
    struct gateway *gateway = gateway_new(&(struct gateway_manner){.handshake = FORWARD});
    struct port_request taken = request;
    struct gateway_seen seen;
    struct user user;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)state;
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(fd, 1), 0);
    getsockname(fd, (struct sockaddr *)&address, &len);
    taken.local_port = ntohs(address.sin_port);
    user_begin(&user, gateway, &taken);
    wait_until(&user, has_ended, "an end");
    assert_int_equal(user.status.channel.err.code, ERR_IN_USE);
    gateway_see(gateway, &seen);
    assert_int_equal(seen.n_starts, 0); /* no session for nothing */
    gateway_seen_done(&seen);
    user_end(&user);
    gateway_free(gateway);
    close(fd);
}

static void a_session_of_another_kind_is_no_forward(void **state)
{
    struct gateway *gateway = gateway_new(&(struct gateway_manner){.first = "$ "});
    struct user user;

    (void)state;
    user_begin(&user, gateway, &request);
    wait_until(&user, has_ended, "an end");
    assert_int_equal(user.problem.code, ERR_UNSUPPORTED);
    user_end(&user);
    gateway_free(gateway);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_connections_at_a_time),
        cmocka_unit_test(one_after_the_other_with_older_agents),
        cmocka_unit_test(a_node_that_cannot_connect_ends_one_connection),
        cmocka_unit_test(a_port_that_is_in_use_is_said),
        cmocka_unit_test(a_session_of_another_kind_is_no_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
