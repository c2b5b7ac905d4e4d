/*
 * helper_sshd: an OpenSSH server on loopback that stands for that of a node, with keys of its own.
 */
#ifndef TESTS_UNIT_SCREENS_HELPER_SSHD_H
#define TESTS_UNIT_SCREENS_HELPER_SSHD_H

#include "tests/unit/screens/helper_console.h"

struct sshd {
    const char *sftp; /* what speaks SFTP; NULL: OpenSSH's own. To be set before the start */
    pid_t pid;
    unsigned port;
};

/* Whether there is one on this machine, and we are who may start it for others. */
bool sshd_is_there(void);

/* Makes a key pair: DIR/name and DIR/name.pub; passphrase "": none. */
void sshd_make_key(const struct room *room, const char *kind, const char *name,
                   const char *passphrase);

/*
 * Serves SFTP and programs on a free port. Its host key is that of name; who has a key that stands
 * in keys/USER or keys/any below the room may enter as USER. limit_kb: how large a file may become,
 * 0: as large as it likes.
 */
void sshd_start(struct sshd *sshd, const struct room *room, const char *host_key, int limit_kb);
void sshd_stop(struct sshd *sshd);

#endif
