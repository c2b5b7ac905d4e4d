/*
 * identity: the key by which a person enters: one of a file, or one that is made for this once.
 */
#ifndef CORE_SESSION_SSH_IDENTITY_H
#define CORE_SESSION_SSH_IDENTITY_H

#include "core/base/secret.h"
#include "core/base/str.h"

#define ED25519_BYTES       32
#define ED25519_PROOF_BYTES 64

/* --- of a file ------------------------------------------------------------------------------- */

struct identity_file {
    struct secret *text; /* the file's */
    bool is_encrypted;   /* a passphrase is wanted */
};

/*
 * Reads a private key: OpenSSH's own form (PROTOCOL.key), or PEM. ERR_UNSUPPORTED for an RSA key,
 * with what to do; ERR_PARSE for what is no private key; and as os_read_file has it.
 */
enum err_code identity_read(const char *path, struct identity_file *file, struct err *err);
void identity_done(struct identity_file *file);

/* --- made for once (RFC 8709) ---------------------------------------------------------------- */

struct ephemeral {
    struct secret *seed; /* ED25519_BYTES */
    struct buf blob;     /* the public key as SSH has it on the wire */
};

/* ERR_INTERNAL when there is no such key to be had. */
enum err_code ephemeral_make(struct ephemeral *key, struct err *err);
void ephemeral_done(struct ephemeral *key);
/* "ssh-ed25519 BASE64 watchdeck": for whoever is to let it in. */
void ephemeral_public(const struct ephemeral *key, struct buf *out);
/* Signs; false when that fails. */
bool ephemeral_sign(const struct ephemeral *key, struct sv data,
                    uint8_t proof[ED25519_PROOF_BYTES]);

#endif
