/*
 * How often a shell goes to and fro before it is there: a relay between the console and the sandbox
 * counts connections and answers from the key to the prompt.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/screens/helper_console.h"
#include "tests/unit/unit.h"

#define PATIENCE_MS 60000
#define TRIPS_MAX   4

static struct room room;
static struct sandbox sandbox;

/* --- the relay ---------------------------------------------------------------------------------
 */

static atomic_int n_trips;
static atomic_bool is_counting;

struct relayed {
    int client, server;
    bool has_asked; /* what the server says next is an answer */
};

static int connect_to(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((in_port_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void count(void)
{
    if (atomic_load(&is_counting))
        atomic_fetch_add(&n_trips, 1);
}

/* False at its end. The prompt of the node, which comes unmasked, is the end of counting. */
static bool pass(struct relayed *relayed, bool is_answer)
{
    char bytes[65536];
    ssize_t n = recv(is_answer ? relayed->server : relayed->client, bytes, sizeof bytes, 0);

    if (n <= 0)
        return false;
    if (is_answer && relayed->has_asked)
        count();
    relayed->has_asked = !is_answer;
    if (is_answer && memmem(bytes, (size_t)n, "$ ", 2) != NULL)
        atomic_store(&is_counting, false);
    return send(is_answer ? relayed->client : relayed->server, bytes, (size_t)n, MSG_NOSIGNAL) == n;
}

static void *relay_one(void *arg)
{
    struct relayed *relayed = arg;
    struct pollfd fds[] = {{.fd = relayed->client, .events = POLLIN},
                           {.fd = relayed->server, .events = POLLIN}};
    bool is_open = true;

    while (is_open && poll(fds, 2, -1) > 0) {
        if (fds[0].revents != 0)
            is_open = pass(relayed, false);
        if (is_open && fds[1].revents != 0)
            is_open = pass(relayed, true);
    }
    close(relayed->client);
    close(relayed->server);
    free(relayed);
    return NULL;
}

static struct {
    pthread_t thread;
    int fd;
    unsigned port;
} relay;

static void *relay_all(void *arg)
{
    (void)arg;
    for (int fd; (fd = accept(relay.fd, NULL, NULL)) >= 0;) {
        struct relayed *relayed = calloc(1, sizeof *relayed);
        pthread_t thread;
        count();
        *relayed = (struct relayed){.client = fd, .server = connect_to(relay.port)};
        pthread_create(&thread, NULL, relay_one, relayed);
        pthread_detach(thread);
    }
    return NULL;
}

/* At the sandbox's own port in the other family, for it answers to its own name alone. False: there
 * is no such family here, or somebody else has the port. */
static bool relay_start(unsigned port)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6,
                                   .sin6_port = htons((in_port_t)port),
                                   .sin6_addr = IN6ADDR_LOOPBACK_INIT};

    relay.port = port;
    relay.fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (relay.fd < 0 || bind(relay.fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(relay.fd, 64) != 0)
        return false;
    pthread_create(&relay.thread, NULL, relay_all, NULL);
    return true;
}

static void relay_stop(void)
{
    shutdown(relay.fd, SHUT_RDWR);
    pthread_join(relay.thread, NULL);
    close(relay.fd);
}

/* --- the console --------------------------------------------------------------------------------
 */

/* What other screens have begun to read is there. */
static void wait_for_quiet(void)
{
    int64_t until_ms = test_now_ms() + PATIENCE_MS;
    int before;

    atomic_store(&is_counting, true);
    do {
        before = atomic_load(&n_trips);
        usleep(500 * 1000);
        assert_true(test_now_ms() < until_ms);
    } while (before != atomic_load(&n_trips));
}

static void a_shell_is_there_after_four(void **state)
{
    static const char *const more[] = {"--world", "accounts=12,regions=2,resources=600,seed=11",
                                       "--session", "prompt=10", NULL};
    static const char *const argv[] = {WATCHDECK, NULL};
    char url[64];

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    room_open(&room);
    room_sanitize(&room, "detect_leaks=0:handle_segv=0:handle_abort=0");
    sandbox_start(&sandbox, &room, more);
    if (!relay_start((unsigned)strtoul(strrchr(sandbox.endpoint, ':') + 1, NULL, 10))) {
        print_message("# skipped: there is no port for a relay at ::1\n");
        sandbox_stop(&sandbox);
        room_close(&room);
        return;
    }
    snprintf(url, sizeof url, "http://[::1]:%u", relay.port);
    env_add(&room.env, "AWS_ENDPOINT_URL", url);
    env_add(&room.env, "AWS_ENDPOINT_URL_SSMMESSAGES", url);
    struct harness *console = console_spawn(&room, argv, 40, 120);
    console_wait(console, "accounts, ");
    assert_true(harness_wait_gone(console, "loading", PATIENCE_MS));
    console_type(console, ":nodes\r");
    console_wait(console, "Online");
    assert_true(harness_wait_gone(console, "loading", PATIENCE_MS));
    console_type(console, "/ping:=Online account:=shop-dev\r");
    assert_true(harness_wait_row(console, 1, "account:=shop-dev", PATIENCE_MS));
    wait_for_quiet();
    atomic_store(&n_trips, 0);
    atomic_store(&is_counting, true);
    console_type(console, "s");
    assert_true(harness_wait_row(console, 3, "$", PATIENCE_MS));
    assert_false(atomic_load(&is_counting));
    print_message("# %d connections and answers\n", atomic_load(&n_trips));
    assert_in_range(atomic_load(&n_trips), 3, TRIPS_MAX);
    console_type(console, "stty size\r"); /* nobody was resized on the way */
    console_wait(console, "36 120");
    console_type(console, "\r~.");
    console_wait(console, "PATCHES");
    console_type(console, ":q\r");
    assert_int_equal(console_end(console, PATIENCE_MS), 0);
    harness_free(console);
    relay_stop();
    sandbox_stop(&sandbox);
    room_close(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_shell_is_there_after_four)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
