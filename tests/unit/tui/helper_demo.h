/*
 * A small program of the toolkit, for the tests of term: counts keys, shows the last event.
 */
#ifndef TESTS_UNIT_TUI_HELPER_DEMO_H
#define TESTS_UNIT_TUI_HELPER_DEMO_H

#include <stdbool.h>

struct demo {
    const char *theme; /* NULL: default */
    bool no_watchdog;
    const char *text; /* on the second row, raw; NULL: none */
    bool ignores_end; /* goes on at EVENT_CLOSED, as a program that is stuck does */
};

/*
 * Runs until `q` or the end of the terminal; for harness_options.run. Keys: `c` crashes (a write
 * to NULL), `a` aborts, `y` copies, `e` leaves the screen and prints a line, ctrl-z suspends,
 * `u` presents the same screen a hundred times, `f` a thousand different ones, all others are
 * shown. Status: 0, 3 at EVENT_CLOSED, 2 when the terminal was refused, and then the message is on
 * stdout.
 */
int demo_run(void *demo);

/*
 * The same as the foreground job of a small shell, which prints "stopped" with the terminal's own
 * modes when the job stops, and continues it at the next line. Status: the job's.
 */
int demo_run_as_job(void *demo);

#endif
