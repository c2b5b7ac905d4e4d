/* tls: a certificate authority of our own and a server certificate for loopback names. */
#ifndef SANDBOX_TLS_H
#define SANDBOX_TLS_H

#include "core/base/err.h"
#include "core/base/str.h"

struct tls_identity {
    struct buf certificate, key; /* PEM; the key never touches a disk */
};

/*
 * Makes both for one run (ECDSA P-256, valid for a year from yesterday; for 127.0.0.1, ::1,
 * localhost and names, as "DNS:a.example,DNS:b.example") and writes the authority's certificate to
 * dir/ca.pem, making dir if need be. ERR_IO, ERR_TLS. Free *identity with tls_identity_done.
 */
enum err_code tls_make(const char *dir, const char *names, struct tls_identity *identity,
                       struct err *err);
void tls_identity_done(struct tls_identity *identity);

#endif
