/*
 * restore: gives the terminal back, whatever ends the process.
 *
 * Whoever changes the terminal says beforehand how to undo it (restore_arm). From then on a crash
 * (SEGV, BUS, FPE, ILL, SYS, ABRT) undoes it in a signal handler on a stack of its own and lets
 * the signal kill the process; the death of the process by SIGKILL is noticed by a watchdog, a
 * child that holds the terminal and one end of a socket pair. One terminal a process.
 */
#ifndef TUI_RESTORE_H
#define TUI_RESTORE_H

#include <stdbool.h>
#include <termios.h>

#include "core/base/str.h"

#define RESTORE_BYTES_MAX 512

/* How the terminal on fd gets back to what it was. */
struct restore_plan {
    int fd;
    struct termios before;         /* its modes to go back to */
    struct termios during;         /* those set now: if others hold, somebody else has set them */
    char bytes[RESTORE_BYTES_MAX]; /* what to write first: leaves the modes, shows the cursor */
    size_t n_bytes;
};

/* Forks the watchdog of the terminal on that descriptor (before threads start) and installs the
 * handlers of crashes. Without a watchdog everything but SIGKILL is still covered. */
void restore_open(int terminal, bool with_watchdog);
/* Ends the watchdog, puts the handlers of crashes back. */
void restore_close(void);

/* From now on plan (copied) is what undoes the changes. */
void restore_arm(const struct restore_plan *plan);
/* The terminal has been given back in order: nothing to undo. */
void restore_disarm(void);
/* Undoes now, once, if armed; never waits long for a terminal that does not read.
 * Async-signal-safe. */
void restore_now(void);

#endif
