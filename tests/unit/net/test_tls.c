/*
 * Whom TLS trusts: every kind of wrong certificate and broken handshake is refused by name, before
 * a byte of the request has left.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper_exchange.h"
#include "helper_tls.h"
#include "tests/unit/unit.h"

static struct scope *scope;
static struct cert *authority, *other_authority;

/* GET from a server with this certificate, trusting authority. */
static struct exchange *get(struct tls_server *server, const char *ca_file)
{
    char url[64];
    const struct http_request request = {.ca_file = ca_file, .tls_timeout_ms = 20000};
    snprintf(url, sizeof url, "https://127.0.0.1:%d", tls_server_port(server));
    struct exchange *exchange = exchange_begin(scope, url, "/", &request);
    exchange_wait(exchange);
    return exchange;
}

static void assert_refused(const struct cert_spec *spec, enum tls_manner manner,
                           enum err_code expected)
{
    struct cert *cert = cert_new(spec);
    struct tls_server *server = tls_server_new(cert, manner);
    struct exchange *exchange = get(server, cert_file(authority));
    if (exchange->reply.code != expected)
        fail_msg("%s: %s", err_name(exchange->reply.code), exchange->reply.err.message);
    assert_non_null(strstr(exchange->reply.err.message, "127.0.0.1"));
    assert_false(exchange->reply.sent);
    assert_int_equal(tls_server_n_bytes(server), 0);
    exchange_free(exchange);
    tls_server_free(server);
    cert_free(cert);
}

static void test_good_certificate(void **state)
{
    (void)state;
    struct cert *cert = cert_new(&(struct cert_spec){.issuer = authority});
    struct tls_server *server = tls_server_new(cert, TLS_ANSWERS);
    struct exchange *exchange = get(server, cert_file(authority));
    if (exchange->reply.code != OK)
        fail_msg("%s", exchange->reply.err.message);
    assert_int_equal(exchange->reply.status, 200);
    exchange_free(exchange);
    exchange = get(server, cert_file(other_authority)); /* another CA bundle does not do */
    assert_int_equal(exchange->reply.code, ERR_TLS);
    assert_false(exchange->reply.sent);
    exchange_free(exchange);
    tls_server_free(server);
    cert_free(cert);
}

static void test_wrong_certificates(void **state)
{
    (void)state;
    assert_refused(&(struct cert_spec){.issuer = authority, .is_expired = true}, TLS_ANSWERS,
                   ERR_TLS);
    assert_refused(&(struct cert_spec){.issuer = authority, .is_not_yet_valid = true}, TLS_ANSWERS,
                   ERR_TLS);
    assert_refused(&(struct cert_spec){.issuer = authority, .host = "elsewhere.example"},
                   TLS_ANSWERS, ERR_TLS);
    assert_refused(&(struct cert_spec){0}, TLS_ANSWERS, ERR_TLS); /* self-signed */
    assert_refused(&(struct cert_spec){.issuer = other_authority}, TLS_ANSWERS, ERR_TLS);
}

static void test_weak_certificates(void **state)
{
    (void)state;
    assert_refused(&(struct cert_spec){.issuer = authority, .is_sha1 = true}, TLS_ANSWERS, ERR_TLS);
    assert_refused(&(struct cert_spec){.issuer = authority, .rsa_bits = 512}, TLS_ANSWERS, ERR_TLS);
}

static void test_broken_handshakes(void **state)
{
    const struct cert_spec good = {.issuer = authority};
    (void)state;
    assert_refused(&good, TLS_OLD, ERR_TLS);
    assert_refused(&good, TLS_IS_GARBAGE, ERR_TLS);
    assert_refused(&good, TLS_CLOSES, ERR_NET);
}

/* A connection that is there, and then nothing. */
static void test_silent_handshake(void **state)
{
    (void)state;
    char url[64];
    struct cert *cert = cert_new(&(struct cert_spec){.issuer = authority});
    struct tls_server *server = tls_server_new(cert, TLS_SAYS_NOTHING);
    const struct http_request request = {.connect_timeout_ms = 100, .tls_timeout_ms = 200};
    snprintf(url, sizeof url, "https://127.0.0.1:%d", tls_server_port(server));
    struct exchange *exchange = exchange_begin(scope, url, "/", &request);
    exchange_wait(exchange);
    assert_int_equal(exchange->reply.code, ERR_TIMEOUT);
    assert_non_null(strstr(exchange->reply.err.message, "TLS"));
    assert_false(exchange->reply.sent);
    exchange_free(exchange);
    tls_server_free(server);
    cert_free(cert);
}

static int setup(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    authority = cert_new(&(struct cert_spec){.host = "authority.example"});
    other_authority = cert_new(&(struct cert_spec){.host = "other.example"});
    run_start(&http_net_loop);
    scope = scope_new(NULL, "test");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scope_unref(scope);
    run_stop();
    cert_free(authority);
    cert_free(other_authority);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_certificate),  cmocka_unit_test(test_wrong_certificates),
        cmocka_unit_test(test_weak_certificates), cmocka_unit_test(test_broken_handshakes),
        cmocka_unit_test(test_silent_handshake),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
