/*
 * listen: sockets on loopback, one port for both families.
 */
#ifndef CORE_SESSION_FORWARD_LISTEN_H
#define CORE_SESSION_FORWARD_LISTEN_H

#include "core/base/err.h"

#define LISTEN_FDS 2

struct listening {
    int fds[LISTEN_FDS]; /* non-blocking; of 127.0.0.1 and ::1; -1: this machine has no IPv6 */
    unsigned port;
};

/* Listens on 127.0.0.1 and, where there is IPv6, on ::1, at port (0: any that is free on both).
 * ERR_IN_USE when something listens there, ERR_IO otherwise. */
enum err_code listen_on_loopback(unsigned port, struct listening *listening, struct err *err);
void listening_done(struct listening *listening); /* closes; all -1 is allowed */

/* The next connection, non-blocking, without Nagle's delay; -1 when there is none now. */
int listen_accept(int fd);

#endif
