/*
 * host_key: whether the host at the other end is who it was before: OpenSSH's known_hosts, in which
 * a node stands under its id, as `ssh NODE` over ssh-proxy has it.
 */
#ifndef CORE_SESSION_SSH_HOST_KEY_H
#define CORE_SESSION_SSH_HOST_KEY_H

#include "core/session/ssh/ssh.h"

#define HOST_KEY_PRINT_SIZE 64

enum host_key_verdict {
    HOST_KEY_KNOWN,
    HOST_KEY_NEW,     /* nothing is known of the node, or no key of this kind */
    HOST_KEY_CHANGED, /* another key of this kind is known */
    HOST_KEY_REVOKED  /* the file says so (@revoked) */
};

struct host_key {
    enum host_key_verdict verdict;
    char kind[24];                         /* "ED25519" */
    char fingerprint[HOST_KEY_PRINT_SIZE]; /* "SHA256:...", as ssh-keygen -l prints it */
    struct buf line;                       /* for known_hosts: "NODE ssh-ed25519 AAAA..." */
};

/* The methods for ssh_open, best first: those first of which a key of the node is known in the file
 * at path. A file that is not there, or not to be read, knows nobody. */
void host_key_methods(const char *path, const char *node, struct buf *out);

/* After ssh_open: fills *key, whose line is to be freed by buf_done. ERR_UNSUPPORTED for a kind
 * that there is no name for. */
enum err_code host_key_check(struct ssh *ssh, const char *path, const char *node,
                             struct host_key *key, struct err *err);

/* Appends key's line to the file, which is made, with its folder, when there is none. ERR_IO. */
enum err_code host_key_remember(const char *path, const struct host_key *key, struct err *err);

#endif
