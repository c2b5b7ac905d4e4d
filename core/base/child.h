/*
 * child: another program that is run for what it writes, and looked after without waiting.
 *
 * It has a session of its own (so no terminal to ask on, and it can be ended with all that it
 * started), an empty standard input, and this process's environment. Not thread-safe; each child
 * belongs to one thread at a time.
 */
#ifndef CORE_BASE_CHILD_H
#define CORE_BASE_CHILD_H

#include "core/base/str.h"

#define CHILD_STDERR_MAX ((size_t)4096) /* is kept of it; the rest is read and forgotten */

struct child;

/* Starts argv (ends in NULL; found by PATH), whose standard output may have output_max bytes.
 * ERR_NOT_FOUND or ERR_IO when it cannot be started. */
enum err_code child_start(char *const argv[], size_t output_max, struct child **child,
                          struct err *err);

enum child_state {
    CHILD_RUNS,
    CHILD_ENDED,    /* all that it wrote has been read */
    CHILD_TOO_LOUD, /* it wrote more than it may; it has been killed */
};

/* Reads what is there and looks whether it has ended. Never waits. */
enum child_state child_look(struct child *child);

/* What it has written. Borrowed; the memory is not moved while it grows. */
struct sv child_output(const struct child *child);
struct sv child_errors(const struct child *child);
/* After CHILD_ENDED: the exit status, or 128 and the signal that ended it. */
int child_status(const struct child *child);

/* Kills it with its session if it still runs; wipes its output. NULL is allowed. */
void child_free(struct child *child);

#endif
