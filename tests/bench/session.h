/*
 * session: a program on a pty of its own, watched from the outside with a clock.
 *
 * A burst is what the program writes until it has been quiet for quiet_ms and its threads sleep;
 * its end is the arrival of its last byte. Sleeping counts beside quiet, as a program that is only
 * kept from the processor is quiet too.
 */
#ifndef TESTS_BENCH_SESSION_H
#define TESTS_BENCH_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/base/str.h"

struct session_options {
    const char *const *argv; /* NULL at the end */
    const char *const *env;  /* "NAME=value" over the own environment, NULL at the end */
    int rows, cols;
};

struct session;

/* A running program; NULL when it could not be started. */
struct session *session_start(const struct session_options *options);
void session_end(struct session *session); /* ends the program; NULL is allowed */

struct burst {
    int64_t began_at_us;       /* when session_start was called, or the keys were written */
    int64_t first_us, last_us; /* its first and last byte; 0 when there was none */
    size_t n_bytes;
};

struct settle {
    int quiet_ms, limit_ms; /* limit_ms: for the whole burst */
    bool all_threads;       /* all of the program's threads have to sleep, else the first one */
};

/* Waits for the end of the burst that goes on; keys (SV_NONE: none) are written before. False when
 * the limit came first or the program has ended, with *burst so far. */
bool session_burst(struct session *session, struct sv keys, const struct settle *settle,
                   struct burst *burst);
/* Bursts until `text` stands on the screen; *burst spans from the start of the program on. */
bool session_wait(struct session *session, struct sv text, const struct settle *settle,
                  struct burst *burst);

/* Reads and drops for so long; returns the bytes. */
size_t session_drain(struct session *session, int64_t until_us);
/* One line of the screen as text, without trailing blanks. */
void session_line(struct session *session, int row, struct buf *line);
int session_rows(const struct session *session);
long session_rss_kib(const struct session *session);
int64_t session_cpu_ns(const struct session *session); /* of all its threads so far */

#endif
