/*
 * helper_echo: a server on loopback that gives everything back, on each connection by itself.
 */
#ifndef TESTS_UNIT_SCREENS_HELPER_ECHO_H
#define TESTS_UNIT_SCREENS_HELPER_ECHO_H

#include <sys/types.h>

struct echo {
    pid_t pid;
    unsigned port;
};
/* Listens at a port that is free. */
void echo_start(struct echo *echo);
/* Ends its connections too. */
void echo_stop(struct echo *echo);

#endif
