/*
 * helper_echo: a server on loopback that gives everything back, on each connection by itself.
 */
#ifndef TESTS_UNIT_SCREENS_HELPER_ECHO_H
#define TESTS_UNIT_SCREENS_HELPER_ECHO_H

#include <pthread.h>

struct echo {
    pthread_t thread;
    int fd;
    unsigned port;
};
/* Listens at a port that is free; ends with the connection that it has. */
void echo_start(struct echo *echo);
void echo_stop(struct echo *echo);

#endif
