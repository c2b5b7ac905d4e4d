/*
 * ssh: an SSH connection over a stream, by libssh2: the greeting, and programs on the other side.
 *
 * For one thread, which it makes wait. Everything ends early when the session does or when who asks
 * gives it up (ssh_cancel), with that error.
 *
 * libssh2 1.10 knows host keys and user keys of the kinds ed25519 and ecdsa; RSA only with SHA-1,
 * which is not offered here and which OpenSSH has not taken since 8.8.
 */
#ifndef CORE_SESSION_SSH_SSH_H
#define CORE_SESSION_SSH_SSH_H

#include <libssh2.h>
#include <stdatomic.h>

#include "core/session/ssh/stream.h"

struct ssh {
    struct stream *stream;
    atomic_bool *is_cancelled; /* set by others, who then ring the stream */
    LIBSSH2_SESSION *session;
    int fd;                  /* libssh2 wants one; nothing is ever read from it */
    LIBSSH2_CHANNEL *needed; /* without it nothing goes on: its end ends all; NULL: none */
    int64_t due_ms;  /* monotonic; when the other side has to have answered; 0: in its own time */
    struct err over; /* why nothing can be waited for any more; OK: it can */
};

/* Zero-initialised is ready but for stream and is_cancelled. Greets the other side, with the host
 * key algorithms that are wanted, best first, by commas. ERR_UNSUPPORTED when both have nothing in
 * common, with what the host offers and what can be done. */
enum err_code ssh_open(struct ssh *ssh, const char *host_key_methods, struct err *err);
/* From now on nothing is said or heard any more, and what is freed is freed at once. */
void ssh_hang_up(struct ssh *ssh);
/* Hangs up and frees what there is. */
void ssh_close(struct ssh *ssh);

/* libssh2 has answered EAGAIN: waits for something new. False: there is no sense in asking again;
 * ssh_fail says why. */
bool ssh_again(struct ssh *ssh);
/* From now on the other side has so long for an answer; 0: as long as it likes. */
void ssh_patience(struct ssh *ssh, int timeout_ms);
/* Fills err with why ssh_again was false, else with what libssh2 says of its last failure: ERR_NET
 * and `what`. */
enum err_code ssh_fail(struct ssh *ssh, const char *what, struct err *err);

/* Calls again as long as libssh2 has to wait: *rc is its answer. */
#define SSH_CALL(ssh, rc, call) \
    do                          \
        (rc) = (call);          \
    while ((rc) == LIBSSH2_ERROR_EAGAIN && ssh_again(ssh))

/* The same for what returns a pointer. */
#define SSH_MAKE(ssh, ptr, call)                                                                  \
    do                                                                                            \
        (ptr) = (call);                                                                           \
    while ((ptr) == NULL && libssh2_session_last_errno((ssh)->session) == LIBSSH2_ERROR_EAGAIN && \
           ssh_again(ssh))

/*
 * Runs a command line there, without input, and appends what it writes to out. *status is its exit
 * status, -1 when it has none: the user may run no programs. An error only when the connection has
 * failed. */
enum err_code ssh_run(struct ssh *ssh, const char *command, struct buf *out, int *status,
                      struct err *err);

#endif
