/* The relay over real sockets: what it passes on, how it ends, where it cuts. */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "tests/sandbox/wire/relay.h"

/* A client, the relay, and the server's end of it. */
struct rig {
    struct loop loop;
    struct relays relays;
    struct relay *relay;
    int client_fd, server_fd;
};

static int rig_new(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    rig->client_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    rig->relays.loop = &rig->loop;
    *state = rig;
    if (!loop_init(&rig->loop) || bind(listener, (struct sockaddr *)&address, size) != 0 ||
        listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0 ||
        connect(rig->client_fd, (struct sockaddr *)&address, size) != 0)
        return 1;
    int accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    close(listener);
    rig->relay = relay_new(&rig->relays, accepted, &rig->server_fd);
    return rig->relay ? 0 : 1;
}

static int rig_free(void **state)
{
    struct rig *rig = *state;
    relays_done(&rig->relays);
    relay_unref(rig->relay);
    close(rig->client_fd);
    close(rig->server_fd);
    loop_done(&rig->loop);
    free(rig);
    return 0;
}

/* Turns the relay until fd has something to read, or an end or error; its result and errno. */
static ssize_t receive(struct rig *rig, int fd, char *data, size_t size)
{
    for (;;) {
        ssize_t got = recv(fd, data, size, MSG_DONTWAIT);
        if (got >= 0 || errno != EAGAIN)
            return got;
        loop_wait(&rig->loop, 10);
        relays_reap(&rig->relays);
    }
}

static void passes_bytes_both_ways(void **state)
{
    struct rig *rig = *state;
    char data[64];
    assert_int_equal(write(rig->client_fd, "question", 8), 8);
    assert_int_equal(receive(rig, rig->server_fd, data, sizeof data), 8);
    assert_memory_equal(data, "question", 8);
    assert_int_equal(write(rig->server_fd, "answer", 6), 6);
    assert_int_equal(receive(rig, rig->client_fd, data, sizeof data), 6);
    assert_memory_equal(data, "answer", 6);
}

/* More than all buffers on the way together hold, so that each end has to wait for the other. */
static void passes_megabytes(void **state)
{
    struct rig *rig = *state;
    static char chunk[1 << 16], got[1 << 16];
    size_t total = (size_t)32 << 20, sent = 0, received = 0;
    memset(chunk, 'x', sizeof chunk);
    while (sent < total || received < sent) {
        ssize_t put = -1;
        if (sent < total)
            put = send(rig->server_fd, chunk, sizeof chunk, MSG_DONTWAIT | MSG_NOSIGNAL);
        sent += put > 0 ? (size_t)put : 0;
        loop_wait(&rig->loop, 0);
        if (put > 0)
            continue; /* until nothing fits any more */
        ssize_t n = receive(rig, rig->client_fd, got, sizeof got);
        assert_true(n > 0);
        received += (size_t)n;
    }
    assert_int_equal(received, sent);
}

static void ends_with_the_server(void **state)
{
    struct rig *rig = *state;
    char data[64];
    assert_int_equal(write(rig->server_fd, "last words", 10), 10);
    shutdown(rig->server_fd, SHUT_WR);
    assert_int_equal(receive(rig, rig->client_fd, data, sizeof data), 10);
    assert_int_equal(receive(rig, rig->client_fd, data, sizeof data), 0);
    assert_null(rig->relays.live);
}

static void tells_the_server_when_the_client_ends(void **state)
{
    struct rig *rig = *state;
    char data[64];
    assert_int_equal(write(rig->client_fd, "bye", 3), 3);
    shutdown(rig->client_fd, SHUT_WR);
    assert_int_equal(receive(rig, rig->server_fd, data, sizeof data), 3);
    assert_int_equal(receive(rig, rig->server_fd, data, sizeof data), 0);
    assert_int_equal(write(rig->server_fd, "still heard", 11), 11);
    assert_int_equal(receive(rig, rig->client_fd, data, sizeof data), 11);
}

static void reset_after(struct rig *rig, int64_t bytes)
{
    relay_break_after(rig->relay, &(struct relay_break){RELAY_RESET, bytes, 0});
}

static void cuts_where_it_is_told(void **state)
{
    struct rig *rig = *state;
    char data[64];
    reset_after(rig, 4);
    assert_int_equal(write(rig->server_fd, "abcdefgh", 8), 8);
    assert_int_equal(receive(rig, rig->client_fd, data, sizeof data), 4);
    assert_memory_equal(data, "abcd", 4);
    assert_int_equal(receive(rig, rig->client_fd, data, sizeof data), -1);
    assert_int_equal(errno, ECONNRESET);
    assert_int_equal(receive(rig, rig->server_fd, data, sizeof data), 0);
}

static void cuts_before_the_first_byte(void **state)
{
    struct rig *rig = *state;
    char data[64];
    reset_after(rig, 0);
    assert_int_equal(write(rig->client_fd, "question", 8), 8);
    assert_int_equal(receive(rig, rig->server_fd, data, sizeof data), 8);
    assert_int_equal(write(rig->server_fd, "a", 1), 1);
    assert_int_equal(receive(rig, rig->client_fd, data, sizeof data), -1);
    assert_int_equal(errno, ECONNRESET);
}

static void forgets_a_cut_that_was_not_reached(void **state)
{
    struct rig *rig = *state;
    char data[64];
    reset_after(rig, 100);
    assert_int_equal(write(rig->server_fd, "short", 5), 5);
    assert_int_equal(receive(rig, rig->client_fd, data, sizeof data), 5);
    relay_break_after(rig->relay, &(struct relay_break){0});
    for (int i = 0; i < 50; i++) {
        assert_int_equal(write(rig->server_fd, "12345", 5), 5);
        assert_int_equal(receive(rig, rig->client_fd, data, sizeof data), 5);
    }
}

static void ends_where_it_is_told(void **state)
{
    struct rig *rig = *state;
    char data[64];
    relay_break_after(rig->relay, &(struct relay_break){RELAY_CLOSE, 2, 0});
    assert_int_equal(write(rig->server_fd, "abcdefgh", 8), 8);
    assert_int_equal(receive(rig, rig->client_fd, data, sizeof data), 2);
    assert_int_equal(receive(rig, rig->client_fd, data, sizeof data), 0);
}

static void holds_back_until_the_client_has_enough(void **state)
{
    struct rig *rig = *state;
    char data[64];
    relay_break_after(rig->relay, &(struct relay_break){RELAY_STALL, 3, 0});
    assert_int_equal(write(rig->server_fd, "abcdefgh", 8), 8);
    assert_int_equal(receive(rig, rig->client_fd, data, sizeof data), 3);
    assert_int_equal(write(rig->client_fd, "well?", 5), 5);
    assert_int_equal(receive(rig, rig->server_fd, data, sizeof data), 5);
    assert_int_equal(recv(rig->client_fd, data, sizeof data, MSG_DONTWAIT), -1);
    shutdown(rig->client_fd, SHUT_WR);
    assert_int_equal(receive(rig, rig->server_fd, data, sizeof data), 0);
    assert_null(rig->relays.live);
}

static void gives_byte_by_byte(void **state)
{
    struct rig *rig = *state;
    char data[64];
    size_t got = 0;
    relay_break_after(rig->relay, &(struct relay_break){RELAY_SLOW, 2, 1});
    assert_int_equal(relays_timeout_ms(&rig->relays, clock_mono_ms()), -1);
    assert_int_equal(write(rig->server_fd, "abcde", 5), 5);
    while (got < 5) {
        ssize_t n = recv(rig->client_fd, data + got, sizeof data - got, MSG_DONTWAIT);
        got += n > 0 ? (size_t)n : 0;
        int64_t wait_ms = relays_timeout_ms(&rig->relays, clock_mono_ms());
        assert_in_range(wait_ms + 1, 0, 2);
        loop_wait(&rig->loop, got < 5 ? (int)wait_ms : 0);
        relays_run_due(&rig->relays, clock_mono_ms());
    }
    assert_memory_equal(data, "abcde", 5);
    relay_break_after(rig->relay, &(struct relay_break){RELAY_SLOW, 0, 1000000});
    assert_int_equal(write(rig->server_fd, "fg", 2), 2);
    assert_int_equal(receive(rig, rig->client_fd, data, sizeof data), 1);
    assert_in_range(relays_timeout_ms(&rig->relays, clock_mono_ms()), 900000, 1000000);
}

#define rig_test(name) cmocka_unit_test_setup_teardown(name, rig_new, rig_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        rig_test(passes_bytes_both_ways),
        rig_test(passes_megabytes),
        rig_test(ends_with_the_server),
        rig_test(tells_the_server_when_the_client_ends),
        rig_test(cuts_where_it_is_told),
        rig_test(cuts_before_the_first_byte),
        rig_test(forgets_a_cut_that_was_not_reached),
        rig_test(ends_where_it_is_told),
        rig_test(holds_back_until_the_client_has_enough),
        rig_test(gives_byte_by_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
