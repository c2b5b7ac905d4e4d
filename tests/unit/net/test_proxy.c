/*
 * Proxies: which one is asked, whom it is not asked for, and what is said when it does not do.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/net/http_proxy.h"
#include "helper_exchange.h"
#include "helper_tls.h"
#include "tests/support/server.h"
#include "tests/unit/unit.h"

#define HOST         "config.eu-west-1.example"
#define CANARY       "hunter2"
#define WITH_USER    "someone:" CANARY "@"
#define BASIC_HEADER "Basic c29tZW9uZTpodW50ZXIy" /* someone:hunter2 */

static struct scope *scope;
static struct cert *authority, *cert;
static struct tls_server *target;
static struct err err;

/* --- which one ---------------------------------------------------------------------------------
 */

static void clear_environment(void)
{
    static const char *const names[] = {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY",
                                        "all_proxy",  "ALL_PROXY",  "no_proxy",    "NO_PROXY"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        unsetenv(names[i]);
}

/* The proxy's name, "" for none. */
static const char *proxy_for(const char *url)
{
    static char name[HTTP_ORIGIN_SIZE];
    struct http_origin origin;
    struct http_proxy proxy;
    assert_int_equal(http_url_check(url, true, &origin, &err), OK);
    assert_int_equal(http_proxy_find(&origin, &proxy, &err), OK);
    str_copy(name, proxy.url != NULL ? proxy.name : "");
    http_proxy_done(&proxy);
    return name;
}

static void test_which_variable(void **state)
{
    (void)state;
    clear_environment();
    assert_string_equal(proxy_for("https://" HOST), "");
    setenv("ALL_PROXY", "all:1", 1);
    assert_string_equal(proxy_for("https://" HOST), "all:1");
    setenv("HTTPS_PROXY", "http://upper", 1);
    assert_string_equal(proxy_for("https://" HOST), "upper:80");
    setenv("https_proxy", "https://lower", 1);
    assert_string_equal(proxy_for("https://" HOST), "lower:443");
    setenv("https_proxy", "socks5h://user:x@lower", 1);
    assert_string_equal(proxy_for("https://" HOST), "lower:1080");
    setenv("HTTP_PROXY", "not:2", 1); /* a header of a request, in a CGI program */
    assert_string_equal(proxy_for("http://" HOST), "all:1");
    setenv("http_proxy", "[2001:db8::1]:3128", 1);
    assert_string_equal(proxy_for("http://" HOST), "[2001:db8::1]:3128");
}

static void test_none_for(void **state)
{
    static const struct {
        const char *list, *url;
        bool is_none;
    } cases[] = {
        {"", "https://" HOST, false},
        {"*", "https://" HOST, true},
        {"example", "https://" HOST, true},
        {".eu-west-1.example", "https://" HOST, true},
        {"other, EU-WEST-1.EXAMPLE ,third", "https://" HOST, true},
        {"west-1.example", "https://" HOST, false},
        {"config.eu-west-1.example.com", "https://" HOST, false},
        {"10.0.0.0/8", "https://10.1.2.3", true},
        {"10.0.0.0/8", "https://11.1.2.3", false},
        {"10.1.2.0/23", "https://10.1.3.9", true},
        {"10.1.2.0/23", "https://10.1.4.9", false},
        {"10.1.2.3", "https://10.1.2.3", true},
        {"0.0.0.0/0", "https://10.1.2.3", true},
        {"10.0.0.0/33", "https://10.1.2.3", false},
        {"10.0.0.0/x", "https://10.1.2.3", false},
        {"2001:db8::/32", "https://[2001:db8:5::1]", true},
        {"2001:db8::/32", "https://[2001:db9::1]", false},
        {"10.0.0.0/8", "https://[2001:db9::1]", false},
        {"", "http://169.254.169.254", true}, /* metadata is never behind a proxy */
        {"", "http://127.0.0.1:1", true},
        {"", "http://localhost", true},
        {"", "http://[fd00:ec2::254]", true},
    };
    (void)state;
    clear_environment();
    setenv("ALL_PROXY", "proxy:1", 1);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        setenv("NO_PROXY", cases[i].list, 1);
        if ((proxy_for(cases[i].url)[0] == '\0') != cases[i].is_none)
            fail_msg("NO_PROXY=%s for %s", cases[i].list, cases[i].url);
    }
}

static void test_no_proxy_at_all(void **state)
{
    static const char *const wrong[] = {"http://" WITH_USER, "http://" WITH_USER "a b:1",
                                        "http://x:port", "://"};
    struct http_origin origin;
    struct http_proxy proxy;
    (void)state;
    clear_environment();
    assert_int_equal(http_url_check("https://" HOST, true, &origin, &err), OK);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        setenv("HTTPS_PROXY", wrong[i], 1);
        assert_int_equal(http_proxy_find(&origin, &proxy, &err), ERR_CONFIG);
        assert_string_equal(err.where, "HTTPS_PROXY");
        assert_null(strstr(err.message, CANARY));
        http_proxy_done(&proxy);
    }
}

/* --- through one -------------------------------------------------------------------------------
 */

/* Both ways until one side ends. */
static void relay(int a, int b)
{
    struct pollfd fds[2] = {{.fd = a, .events = POLLIN}, {.fd = b, .events = POLLIN}};
    char bytes[4096];
    for (;;) {
        if (poll(fds, 2, 60000) <= 0)
            return;
        for (int i = 0; i < 2; i++) {
            ssize_t len = fds[i].revents != 0 ? recv(fds[i].fd, bytes, sizeof bytes, 0) : -1;
            if (len == 0 ||
                (len > 0 && send(fds[1 - i].fd, bytes, (size_t)len, MSG_NOSIGNAL) < len))
                return;
        }
    }
}

static enum server_next tunnel(const struct server_request *request)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)tls_server_port(target)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) {
        server_write(request, SV("HTTP/1.1 200 Connection established\r\n\r\n"));
        relay(request->fd, fd);
    }
    close(fd);
    return SERVER_CLOSE;
}

static atomic_int n_with_basic;

/* How the proxy is: the handler's arg. */
static enum server_next serve_proxy(void *arg, const struct server_request *request)
{
    const char *manner = *(const char **)arg;
    if (strcmp(manner, "dies") == 0)
        return SERVER_CLOSE;
    if (strcmp(manner, "resets") == 0)
        return SERVER_RESET;
    if (strcmp(manner, "garbage") == 0) {
        server_write(request, SV("\x1b[2J no HTTP at all\r\n\r\n"));
        return SERVER_CLOSE;
    }
    if (strcmp(manner, "refuses") == 0) {
        server_reply(request, 403, "Content-Type: text/html\r\n", SV("<html>no \x1b[2J</html>"));
        return SERVER_CLOSE;
    }
    if (strcmp(manner, "portal") == 0) { /* says yes, and shows a page of its own */
        server_reply(request, 200, "Content-Type: text/html\r\n", SV("<html>log in first</html>"));
        return SERVER_CLOSE;
    }
    if (strcmp(manner, "silent") == 0) {
        server_stall(request);
        return SERVER_CLOSE;
    }
    struct sv given = server_header(request, "Proxy-Authorization");
    if (strcmp(manner, "digest") == 0) {
        n_with_basic += sv_starts(given, SV("Basic "));
        if (sv_starts(given, SV("Digest username=\"someone\"")))
            return tunnel(request);
        server_reply(request, 407,
                     "Connection: close\r\nProxy-Authenticate: Basic realm=\"x\"\r\n"
                     "Proxy-Authenticate: Digest "
                     "realm=\"x\", qop=\"auth\", algorithm=SHA-256, nonce=\"0123\"\r\n",
                     SV("<html></html>"));
        return SERVER_CLOSE;
    }
    if (!sv_eq_cstr(given, BASIC_HEADER)) {
        server_reply(request, 407, "Connection: close\r\nProxy-Authenticate: Basic realm=\"x\"\r\n",
                     SV("<html></html>"));
        return SERVER_CLOSE;
    }
    if (server_header(request, "Authorization").len > 0) /* is for the target alone */
        return SERVER_RESET;
    return tunnel(request);
}

static const char *manner;
static struct server *proxy_server;

static struct exchange *get_through(const char *how, const char *user)
{
    char url[128];
    const struct http_header header = {"Authorization", "AWS4-HMAC-SHA256 x"};
    const struct http_request request = {.headers = &header,
                                         .n_headers = 1,
                                         .ca_file = cert_file(authority),
                                         .tls_timeout_ms =
                                             strcmp(how, "silent") == 0 ? 200 : 20000};
    manner = how;
    clear_environment();
    snprintf(url, sizeof url, "http://%s%s", user, server_url(proxy_server) + strlen("http://"));
    setenv("HTTPS_PROXY", url, 1);
    struct exchange *exchange = exchange_begin(scope, "https://" HOST, "/", &request);
    exchange_wait(exchange);
    clear_environment();
    return exchange;
}

static void test_tunnel_with_user(void **state)
{
    (void)state;
    size_t before = tls_server_n_bytes(target);
    struct exchange *exchange = get_through("tunnel", WITH_USER);
    if (exchange->reply.code != OK)
        fail_msg("%s", exchange->reply.err.message);
    assert_int_equal(exchange->reply.status, 200);
    assert_true(tls_server_n_bytes(target) > before);
    exchange_free(exchange);
}

/* Where there is better than the password itself, that is what goes over the wire. */
static void test_tunnel_by_digest(void **state)
{
    (void)state;
    struct exchange *exchange = get_through("digest", WITH_USER);
    if (exchange->reply.code != OK)
        fail_msg("%s", exchange->reply.err.message);
    assert_int_equal(exchange->reply.status, 200);
    assert_int_equal(n_with_basic, 0);
    exchange_free(exchange);
}

static void assert_named(const char *how, const char *user, enum err_code code, const char *words)
{
    struct exchange *exchange = get_through(how, user);
    char line[1024];
    err_describe(&exchange->reply.err, line, sizeof line);
    if (exchange->reply.code != code || strstr(line, words) == NULL)
        fail_msg("%s: %s, %s", how, err_name(exchange->reply.code), line);
    assert_non_null(strstr(line, strchr(server_url(proxy_server), '1'))); /* whose fault it is */
    assert_null(strstr(line, CANARY));
    assert_null(strchr(line, '\x1b'));
    assert_false(exchange->reply.sent);
    exchange_free(exchange);
}

static void test_proxies_that_do_not_do(void **state)
{
    (void)state;
    assert_named("tunnel", "", ERR_CONNECT, "407: it wants a user and password, see HTTPS_PROXY");
    assert_named("tunnel", "other:" CANARY "@", ERR_CONNECT, "407: it refuses the user");
    assert_named("refuses", WITH_USER, ERR_CONNECT, "answers 403 for " HOST);
    assert_named("portal", WITH_USER, ERR_TLS, HOST);
    assert_named("dies", WITH_USER, ERR_CONNECT, "breaks the connection");
    assert_named("resets", WITH_USER, ERR_CONNECT, "breaks the connection");
    assert_named("garbage", WITH_USER, ERR_CONNECT, "proxy");
    assert_named("silent", WITH_USER, ERR_TIMEOUT, "through the proxy");
}

static void test_proxy_that_is_not_there(void **state)
{
    (void)state;
    clear_environment();
    setenv("HTTPS_PROXY", "http://" WITH_USER "127.0.0.1:1", 1);
    struct exchange *exchange =
        exchange_begin(scope, "https://" HOST, "/", &(struct http_request){0});
    exchange_wait(exchange);
    assert_int_equal(exchange->reply.code, ERR_CONNECT);
    assert_string_equal(exchange->reply.err.message,
                        "cannot connect to the proxy 127.0.0.1:1: check HTTPS_PROXY");
    exchange_free(exchange);
    clear_environment();
}

/* A proxy is asked for plain http to an endpoint that a person named; its 407 is its own. */
static void test_plain_http(void **state)
{
    (void)state;
    clear_environment();
    manner = "tunnel";
    setenv("http_proxy", server_url(proxy_server), 1);
    struct exchange *exchange =
        exchange_begin(scope, "http://" HOST, "/", &(struct http_request){.allow_plain = true});
    exchange_wait(exchange);
    assert_int_equal(exchange->reply.code, ERR_CONNECT);
    assert_non_null(strstr(exchange->reply.err.message, "407"));
    exchange_free(exchange);
    clear_environment();
}

static int setup(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    authority = cert_new(&(struct cert_spec){.host = "authority.example"});
    cert = cert_new(&(struct cert_spec){.host = HOST, .issuer = authority});
    target = tls_server_new(cert, TLS_ANSWERS);
    proxy_server = server_new(serve_proxy, &manner);
    run_start(&http_net_loop);
    scope = scope_new(NULL, "test");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scope_unref(scope);
    run_stop();
    server_free(proxy_server);
    tls_server_free(target);
    cert_free(cert);
    cert_free(authority);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_variable),
        cmocka_unit_test(test_none_for),
        cmocka_unit_test(test_no_proxy_at_all),
        cmocka_unit_test(test_tunnel_with_user),
        cmocka_unit_test(test_tunnel_by_digest),
        cmocka_unit_test(test_proxies_that_do_not_do),
        cmocka_unit_test(test_proxy_that_is_not_there),
        cmocka_unit_test(test_plain_http),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
