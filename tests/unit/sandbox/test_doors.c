/* The doors of a run over real sockets: metadata, container credentials, the proxy. */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/json.h"
#include "tests/sandbox/run.h"
#include "tests/sandbox/wire/api.h"

#define BASIC "Proxy-Authorization: Basic bWU6c2VjcmV0\r\n" /* me:secret */

static struct run run;
static struct options options;
static char got[65536]; /* all that came back */

static int begin(void **state)
{
    char *argv[] = {"sandbox", "--world", "accounts=3,resources=0",
                    "--imds",  "on",      "--container",
                    "on",      "--proxy", "me:secret",
                    NULL};
    (void)state;
    api_load();
    if (options_parse(9, argv, &options, NULL) != OK)
        return 1;
    return run_open(&run, &options, NULL);
}

static int end(void **state)
{
    (void)state;
    run_done(&run);
    options_done(&options);
    api_unload();
    return 0;
}

static int connect_to(const char *url)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_port = htons((uint16_t)strtol(strrchr(url, ':') + 1, NULL, 10));
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* Turns the loop until got holds part, or the connection has ended. */
static void receive(int fd, const char *part)
{
    size_t len = 0;
    for (;;) {
        ssize_t n = recv(fd, got + len, sizeof got - 1 - len, MSG_DONTWAIT);
        if (n > 0)
            len += (size_t)n;
        got[len] = '\0';
        if (n == 0 || (n > 0 && part && strstr(got, part)) || (n < 0 && errno != EAGAIN))
            return;
        if (n < 0)
            loop_turn(&run.loop);
    }
}

static void ask(const char *url, const char *text)
{
    int fd = connect_to(url);
    assert_int_equal(send(fd, text, strlen(text), 0), (ssize_t)strlen(text));
    receive(fd, NULL);
    close(fd);
}

/* A request to one of the servers, answered wholly. */
static void request(const struct server *server, const char *line, const char *header)
{
    char text[1024];
    snprintf(text, sizeof text, "%s HTTP/1.1\r\nHost: %s\r\n%sConnection: close\r\n\r\n", line,
             server_url(server) + strlen("http://"), header);
    ask(server_url(server), text);
}

#define assert_got(part) assert_non_null(strstr(got, part))

static void metadata_is_guarded_by_tokens(void **state)
{
    char header[120];
    (void)state;
    request(run.imds, "PUT /latest/api/token", "");
    assert_got("HTTP/1.1 400");
    request(run.imds, "PUT /latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds: 60\r\n");
    assert_got("HTTP/1.1 200");
    snprintf(header, sizeof header, "X-aws-ec2-metadata-token: %s\r\n",
             strstr(got, "\r\n\r\n") + 4);
    request(run.imds, "GET /latest/meta-data/iam/security-credentials/" ROLE_INSTANCE, header);
    assert_got("\"Code\":\"Success\"");
    request(run.imds, "GET /latest/meta-data/instance-id", "X-aws-ec2-metadata-token: x\r\n");
    assert_got("HTTP/1.1 401");
}

static void container_credentials_want_their_token(void **state)
{
    char text[200];
    (void)state;
    request(run.container, "GET " CONTAINER_FULL_PATH, "");
    assert_got("HTTP/1.1 401");
    snprintf(text, sizeof text, "Authorization: %s\r\n", container_token(run.sandbox.container));
    request(run.container, "GET " CONTAINER_FULL_PATH, text);
    assert_got("\"AccountId\":");
    snprintf(text, sizeof text, "GET %s", container_relative_path(run.sandbox.container));
    request(run.container, text, "");
    assert_got("\"SecretAccessKey\":");
}

static void proxy_lets_in_who_may(void **state)
{
    (void)state;
    ask(proxy_url(run.proxy), "CONNECT sts.amazonaws.com:443 HTTP/1.1\r\n\r\n");
    assert_got("HTTP/1.1 407");
    ask(proxy_url(run.proxy), "GET http://sts.amazonaws.com/ HTTP/1.1\r\n" BASIC "\r\n");
    assert_got("HTTP/1.1 405");
    ask(proxy_url(run.proxy), "CONNECT example.com:443 HTTP/1.1\r\n" BASIC "\r\n");
    assert_got("HTTP/1.1 502");
    assert_int_equal(proxy_n_tunnels(run.proxy), 0);
}

static void proxy_leads_to_the_endpoint(void **state)
{
    static const char connect_text[] = "CONNECT sts.amazonaws.com:443 HTTP/1.1\r\n" BASIC "\r\n";
    static const char text[] =
        "GET / HTTP/1.1\r\nHost: sts.amazonaws.com\r\nConnection: close\r\n\r\n";
    int fd = connect_to(proxy_url(run.proxy));
    (void)state;
    send(fd, connect_text, strlen(connect_text), 0);
    receive(fd, "\r\n\r\n");
    assert_got("HTTP/1.1 200 Connection established");
    send(fd, text, strlen(text), 0);
    receive(fd, NULL);
    assert_got("<Code>MissingAuthenticationToken</Code>");
    close(fd);
    assert_int_equal(proxy_n_tunnels(run.proxy), 1);
}

static void proxy_goes_wrong_when_told(void **state)
{
    static const struct {
        enum proxy_mode mode;
        const char *part;
    } cases[] = {{PROXY_REFUSES, "HTTP/1.1 403"},
                 {PROXY_HTML, "<title>Access</title>"},
                 {PROXY_DIES, "HTTP/1.1 200 Conn"}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        options.proxy.mode = cases[i].mode;
        ask(proxy_url(run.proxy), "CONNECT sts.amazonaws.com:443 HTTP/1.1\r\n" BASIC "\r\n");
        assert_got(cases[i].part);
    }
    options.proxy.mode = PROXY_WORKS;
}

static void aws_is_known_by_its_name(void **state)
{
    (void)state;
    assert_true(proxy_is_aws(SV("sts.us-east-1.amazonaws.com:443")));
    assert_true(proxy_is_aws(SV("ssm.eu-west-1.api.aws")));
    assert_false(proxy_is_aws(SV("amazonaws.com.example.com:443")));
    assert_false(proxy_is_aws(SV("notamazonaws.com")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metadata_is_guarded_by_tokens),
        cmocka_unit_test(container_credentials_want_their_token),
        cmocka_unit_test(proxy_lets_in_who_may),
        cmocka_unit_test(proxy_leads_to_the_endpoint),
        cmocka_unit_test(proxy_goes_wrong_when_told),
        cmocka_unit_test(aws_is_known_by_its_name),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
