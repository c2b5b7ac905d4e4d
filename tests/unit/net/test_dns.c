/*
 * Names that do not resolve, by a DNS server of the test's own. It needs a network namespace of
 * its own, which not every machine lets a test have.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "helper_exchange.h"
#include "tests/support/server.h"
#include "tests/unit/unit.h"

#define PATIENCE_MS     1000
#define NAMED_WITHIN_MS 5000 /* on a machine that has other things to do, too */
#define TYPE_A          1
#define TYPE_AAAA       28

static bool is_alone; /* in namespaces of our own */
static int dns_fd = -1;
static pthread_t dns_thread;
static struct scope *scope;
static struct server *six;

/* --- the namespace -----------------------------------------------------------------------------
 */

static bool write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        close(fd);
    return good;
}

static bool lift_loopback(void)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool good = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    close(fd);
    return good;
}

/* Nothing but loopback, and /etc/resolv.conf points there. */
static bool go_alone(void)
{
    char map[64], resolv[] = "/tmp/watchdeck-resolv-XXXXXX";
    int fd = mkstemp(resolv);
    unsigned uid = getuid();
    if (fd >= 0)
        close(fd);
    snprintf(map, sizeof map, "0 %u 1", uid);
    bool good = (unshare(CLONE_NEWNET | CLONE_NEWNS) == 0 ||
                 (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) == 0 &&
                  write_text("/proc/self/uid_map", map))) &&
                write_text(resolv, "nameserver 127.0.0.1\n") &&
                mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
                mount(resolv, "/etc/resolv.conf", NULL, MS_BIND, NULL) == 0 && lift_loopback();
    unlink(resolv);
    return good;
}

/* --- the DNS server ----------------------------------------------------------------------------
 */

/* The first label of the name decides: nx, broken, silent, wrong (another address), six. */
static bool asks_for(const unsigned char *query, const char *label)
{
    return query[12] == strlen(label) && memcmp(query + 13, label, strlen(label)) == 0;
}

/* Behind the name of the question, whose type stands there. */
static size_t end_of_name(const unsigned char *query, size_t len)
{
    size_t at = 12;
    while (at < len && query[at] != 0)
        at += query[at] + 1u;
    return at + 1;
}

static size_t add_record(unsigned char *reply, size_t len, unsigned type, const void *data,
                         size_t n_bytes)
{
    const unsigned char head[] = {0xc0, 12, 0, (unsigned char)type,   0, 1, 0, 0,
                                  0,    0,  0, (unsigned char)n_bytes};
    memcpy(reply + len, head, sizeof head);
    memcpy(reply + len + sizeof head, data, n_bytes);
    reply[7] = 1;
    return len + sizeof head + n_bytes;
}

/* Turns the query into its reply; 0: none is sent. */
static size_t answer(unsigned char *packet, size_t len)
{
    static const unsigned char elsewhere[4] = {127, 0, 0, 9};
    size_t end = end_of_name(packet, len);
    if (len < 17 || end + 4 > len || asks_for(packet, "silent"))
        return 0;
    unsigned type = packet[end + 1];
    len = end + 4;
    packet[2] = 0x81;
    packet[3] = asks_for(packet, "nx") ? 0x83 : asks_for(packet, "broken") ? 0x82 : 0x80;
    packet[11] = 0; /* without what EDNS adds */
    if (asks_for(packet, "wrong") && type == TYPE_A)
        len = add_record(packet, len, TYPE_A, elsewhere, sizeof elsewhere);
    if (asks_for(packet, "six") && type == TYPE_AAAA)
        len = add_record(packet, len, TYPE_AAAA, &in6addr_loopback, sizeof in6addr_loopback);
    return len;
}

static void *serve_dns(void *arg)
{
    unsigned char packet[1024];
    struct sockaddr_in from;
    socklen_t from_len = sizeof from;
    ssize_t len;
    (void)arg;
    while ((len = recvfrom(dns_fd, packet, 512, 0, (struct sockaddr *)&from, &from_len)) > 0) {
        size_t n = answer(packet, (size_t)len);
        if (n > 0)
            sendto(dns_fd, packet, n, 0, (struct sockaddr *)&from, from_len);
    }
    return NULL;
}

static bool start_dns(void)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    dns_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return bind(dns_fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
           pthread_create(&dns_thread, NULL, serve_dns, NULL) == 0;
}

/* --- tests -------------------------------------------------------------------------------------
 */

static void need_namespace(void)
{
    if (!is_alone) {
        print_message("this machine does not let a test have a network of its own\n");
        skip();
    }
}

static struct exchange *get(const char *url, int connect_timeout_ms)
{
    struct exchange *exchange = exchange_begin(
        scope, url, "/",
        &(struct http_request){.allow_plain = true, .connect_timeout_ms = connect_timeout_ms});
    exchange_wait(exchange);
    return exchange;
}

static void assert_named(const char *url, enum err_code code, const char *host)
{
    int64_t begun_ms = clock_mono_ms();
    struct exchange *exchange = get(url, PATIENCE_MS);
    int64_t took_ms = clock_mono_ms() - begun_ms;
    if (exchange->reply.code != code)
        fail_msg("%s: %s", url, exchange->reply.err.message);
    assert_non_null(strstr(exchange->reply.err.message, host));
    assert_false(exchange->reply.sent);
    assert_true(took_ms <= NAMED_WITHIN_MS);
    exchange_free(exchange);
}

static void test_no_such_name(void **state)
{
    (void)state;
    need_namespace();
    assert_named("https://nx.example", ERR_DNS, "nx.example");
    assert_named("https://broken.example", ERR_DNS, "broken.example");
}

/* A resolver that says nothing is not waited for, nor when the program ends. */
static void test_silent_dns(void **state)
{
    (void)state;
    need_namespace();
    assert_named("https://silent.example", ERR_DNS, "silent.example");
}

static void test_wrong_address(void **state)
{
    (void)state;
    need_namespace();
    assert_named("https://wrong.example", ERR_CONNECT, "wrong.example");
}

static void test_ipv6_alone(void **state)
{
    (void)state;
    need_namespace();
    char url[64];
    snprintf(url, sizeof url, "http://six.example%s", strrchr(server_url(six), ':'));
    struct exchange *exchange = get(url, 0);
    if (exchange->reply.code != OK)
        fail_msg("%s", exchange->reply.err.message);
    assert_int_equal(exchange->reply.status, 200);
    exchange_free(exchange);
}

static enum server_next serve(void *arg, const struct server_request *request)
{
    (void)arg;
    server_reply(request, 200, "", SV("ok"));
    return SERVER_CLOSE;
}

static int setup(void **state)
{
    (void)state;
    is_alone = go_alone() && start_dns() && (six = server_new_ipv6(serve, NULL)) != NULL;
    run_start(&http_net_loop);
    scope = scope_new(NULL, "test");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scope_unref(scope);
    run_stop();
    if (is_alone) {
        shutdown(dns_fd, SHUT_RDWR);
        pthread_join(dns_thread, NULL);
        server_free(six);
    }
    close(dns_fd);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_such_name),
        cmocka_unit_test(test_silent_dns),
        cmocka_unit_test(test_wrong_address),
        cmocka_unit_test(test_ipv6_alone),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
