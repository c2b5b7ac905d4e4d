/*
 * helper_tls: certificates of every kind, and TLS servers on loopback that show them.
 */
#ifndef TESTS_UNIT_NET_HELPER_TLS_H
#define TESTS_UNIT_NET_HELPER_TLS_H

#include <stdbool.h>
#include <stddef.h>

struct cert;

/* What a certificate is like; zeros: a good one, P-256 and SHA-256, valid from yesterday on. */
struct cert_spec {
    const char *host;          /* its name and subject alternative name; NULL: 127.0.0.1 */
    const struct cert *issuer; /* NULL: self-signed, an authority */
    bool is_expired, is_not_yet_valid, is_sha1;
    int rsa_bits; /* 0: P-256 */
};

struct cert *cert_new(const struct cert_spec *spec);
void cert_free(struct cert *cert);
/* A file of its own with the certificate, for ca_file; removed by cert_free. */
const char *cert_file(struct cert *cert);

enum tls_manner {
    TLS_ANSWERS, /* a handshake, then "200" to one request */
    TLS_OLD,     /* nothing newer than TLS 1.0 */
    TLS_CLOSES,  /* the connection, amid the handshake */
    TLS_SAYS_NOTHING,
    TLS_IS_GARBAGE, /* plain text */
};

struct tls_server;

/* Listens on 127.0.0.1 with cert (borrowed). */
struct tls_server *tls_server_new(const struct cert *cert, enum tls_manner manner);
void tls_server_free(struct tls_server *server);
int tls_server_port(const struct tls_server *server);
/* How many bytes of requests have come through a handshake. */
size_t tls_server_n_bytes(const struct tls_server *server);

#endif
