#include "helper_tls.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
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

#define DAY_S (24L * 60 * 60)

static void require(bool good, const char *what)
{
    if (!good) {
        perror(what);
        abort();
    }
}

/* --- certificates ------------------------------------------------------------------------------
 */

struct cert {
    EVP_PKEY *key;
    X509 *x509;
    char file[64];
};

static void add_extension(X509 *x509, const struct cert *issuer, int nid, const char *text)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer->x509, x509, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, text);
    require(extension != NULL, "extension");
    X509_add_ext(x509, extension, -1);
    X509_EXTENSION_free(extension);
}

static void add_names(struct cert *cert, const struct cert *issuer, const char *host)
{
    unsigned char address[16];
    char alternative[128];
    bool is_address = inet_pton(AF_INET, host, address) == 1;
    snprintf(alternative, sizeof alternative, "%s:%s", is_address ? "IP" : "DNS", host);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert->x509), "CN", MBSTRING_ASC,
                               (const unsigned char *)host, -1, -1, 0);
    X509_set_issuer_name(cert->x509, X509_get_subject_name(issuer->x509));
    add_extension(cert->x509, issuer, NID_subject_alt_name, alternative);
    add_extension(cert->x509, issuer, NID_basic_constraints,
                  issuer == cert ? "critical,CA:TRUE" : "CA:FALSE");
}

struct cert *cert_new(const struct cert_spec *spec)
{
    static int serial;
    struct cert *cert = mem_new(struct cert);
    const struct cert *issuer = spec->issuer != NULL ? spec->issuer : cert;
    cert->key = spec->rsa_bits != 0 ? EVP_RSA_gen((unsigned)spec->rsa_bits) : EVP_EC_gen("P-256");
    cert->x509 = X509_new();
    require(cert->key != NULL, "key");
    X509_set_version(cert->x509, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert->x509), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(cert->x509), spec->is_not_yet_valid ? DAY_S : -DAY_S);
    X509_gmtime_adj(X509_getm_notAfter(cert->x509), spec->is_expired ? -60 : 30 * DAY_S);
    X509_set_pubkey(cert->x509, cert->key);
    add_names(cert, issuer, spec->host != NULL ? spec->host : "127.0.0.1");
    require(X509_sign(cert->x509, issuer->key, spec->is_sha1 ? EVP_sha1() : EVP_sha256()) != 0,
            "sign");
    return cert;
}

void cert_free(struct cert *cert)
{
    if (cert->file[0] != '\0')
        unlink(cert->file);
    X509_free(cert->x509);
    EVP_PKEY_free(cert->key);
    mem_free(cert);
}

const char *cert_file(struct cert *cert)
{
    if (cert->file[0] == '\0') {
        snprintf(cert->file, sizeof cert->file, "/tmp/watchdeck-cert-XXXXXX");
        int fd = mkstemp(cert->file);
        FILE *file = fdopen(fd, "w");
        require(file != NULL && PEM_write_X509(file, cert->x509) == 1 && fclose(file) == 0,
                "certificate file");
    }
    return cert->file;
}

/* --- servers -----------------------------------------------------------------------------------
 */

struct tls_server {
    SSL_CTX *context;
    enum tls_manner manner;
    int listen_fd, stop_fd, port;
    atomic_size_t n_bytes;
    pthread_t thread;
};

/* Whether fd is readable before the server ends. */
static bool wait_for(struct tls_server *server, int fd)
{
    struct pollfd fds[2] = {{.fd = fd, .events = POLLIN},
                            {.fd = server->stop_fd, .events = POLLIN}};
    return poll(fds, 2, -1) > 0 && fds[1].revents == 0;
}

static void answer(struct tls_server *server, SSL *ssl, int fd)
{
    static const char reply[] =
        "HTTP/1.1 200 X\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";
    char bytes[4096];
    int len = 0;
    if (SSL_accept(ssl) != 1)
        return;
    while ((SSL_pending(ssl) > 0 || wait_for(server, fd)) &&
           (len = SSL_read(ssl, bytes, sizeof bytes)) > 0) {
        atomic_fetch_add(&server->n_bytes, (size_t)len);
        if (len >= 4 && memcmp(bytes + len - 4, "\r\n\r\n", 4) == 0) {
            SSL_write(ssl, reply, sizeof reply - 1);
            return;
        }
    }
}

static void serve_one(struct tls_server *server, int fd)
{
    static const char garbage[] = "220 this is no TLS\r\n";
    char bytes[4096];
    if (server->manner == TLS_SAYS_NOTHING) {
        struct pollfd stop = {.fd = server->stop_fd, .events = POLLIN};
        poll(&stop, 1, -1);
    } else if (server->manner == TLS_IS_GARBAGE || server->manner == TLS_CLOSES) {
        if (wait_for(server, fd) && recv(fd, bytes, sizeof bytes, 0) > 0 &&
            server->manner == TLS_IS_GARBAGE)
            send(fd, garbage, sizeof garbage - 1, MSG_NOSIGNAL);
    } else {
        SSL *ssl = SSL_new(server->context);
        SSL_set_fd(ssl, fd);
        answer(server, ssl, fd);
        SSL_free(ssl);
    }
}

static void *serve(void *arg)
{
    struct tls_server *server = arg;
    while (wait_for(server, server->listen_fd)) {
        int fd = accept(server->listen_fd, NULL, NULL);
        if (fd < 0)
            continue;
        serve_one(server, fd);
        close(fd);
    }
    return NULL;
}

struct tls_server *tls_server_new(const struct cert *cert, enum tls_manner manner)
{
    struct tls_server *server = mem_new(struct tls_server);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    server->manner = manner;
    server->stop_fd = os_event_new();
    server->context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_security_level(server->context, 0); /* it is the client that has to refuse */
    SSL_CTX_set_session_cache_mode(server->context, SSL_SESS_CACHE_OFF);
    require(SSL_CTX_use_certificate(server->context, cert->x509) == 1 &&
                SSL_CTX_use_PrivateKey(server->context, cert->key) == 1,
            "certificate");
    if (manner == TLS_OLD)
        SSL_CTX_set_max_proto_version(server->context, TLS1_VERSION);
    SSL_CTX_set_min_proto_version(server->context, TLS1_VERSION);
    server->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    require(bind(server->listen_fd, (struct sockaddr *)&address, len) == 0 &&
                listen(server->listen_fd, 64) == 0 &&
                getsockname(server->listen_fd, (struct sockaddr *)&address, &len) == 0,
            "tls server");
    server->port = ntohs(address.sin_port);
    require(pthread_create(&server->thread, NULL, serve, server) == 0, "thread");
    return server;
}

void tls_server_free(struct tls_server *server)
{
    os_event_signal(server->stop_fd);
    pthread_join(server->thread, NULL);
    close(server->listen_fd);
    close(server->stop_fd);
    SSL_CTX_free(server->context);
    mem_free(server);
}

int tls_server_port(const struct tls_server *server)
{
    return server->port;
}

size_t tls_server_n_bytes(const struct tls_server *server)
{
    return atomic_load(&server->n_bytes);
}
