/*
 * harness: a program on a terminal that a test can read: a pty, and a virtual terminal (libvterm)
 * behind it.
 *
 * Nothing here sleeps: every wait polls the pty until a condition holds or a deadline has passed.
 * To see that nothing happened, send a key that changes something and wait for that.
 */
#ifndef TESTS_HARNESS_HARNESS_H
#define TESTS_HARNESS_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

#include "core/base/str.h"

#define HARNESS_WAIT_MS 30000 /* what a wait takes at most, with timeout_ms 0 */

struct harness;

struct harness_options {
    /* What runs: a program (NULL-terminated; argv[0] is looked up in PATH), or, when argv is NULL,
     * a function in a forked process, whose result is the exit status. */
    const char *const *argv;
    int (*run)(void *arg);
    void *arg;
    /* "NAME=VALUE" each, "NAME" to unset; NULL-terminated; may be NULL. From the start TERM is
     * xterm-256color, LC_ALL C.UTF-8, ESCDELAY 1; LINES, COLUMNS, TMUX, NO_COLOR are unset. */
    const char *const *env;
    int rows, cols; /* 0: 24, 80 */
};

/* Starts it as the leader of a session on a new pty. Never fails: without a pty the test program
 * ends, since its pid would be -1, which is everybody to kill(); a program that cannot be run
 * exits with 127. */
struct harness *harness_spawn(const struct harness_options *options);
/* Kills the process if it still runs, reaps it, frees. NULL is allowed. */
void harness_free(struct harness *harness);
pid_t harness_pid(const struct harness *harness);

/* --- what goes in -------------------------------------------------------------------------- */

/* Bytes as a terminal would send them. */
void harness_send(struct harness *harness, struct sv bytes);
/* Key names apart by blanks ("j Down ctrl-d alt-x F1 Esc"), as xterm sends them. False at a name
 * that is unknown; those before it are sent. */
bool harness_keys(struct harness *harness, const char *names);
/* A new size for pty and virtual terminal; the kernel sends SIGWINCH. */
void harness_resize(struct harness *harness, int rows, int cols);
/* Closes our end: the program has no terminal any more. Only waiting for its end is left. */
void harness_hang_up(struct harness *harness);

/* --- waiting; timeout_ms 0 means HARNESS_WAIT_MS -----------------------------------------------
 */

/* Until text stands anywhere on the screen (on one row), on row `row`, or nowhere any more, or not
 * on that row. */
bool harness_wait(struct harness *harness, const char *text, int timeout_ms);
bool harness_wait_row(struct harness *harness, int row, const char *text, int timeout_ms);
bool harness_wait_gone(struct harness *harness, const char *text, int timeout_ms);
bool harness_wait_row_gone(struct harness *harness, int row, const char *text, int timeout_ms);
/* Until bytes occur in what was written since harness_forget_bytes (or the start). */
bool harness_wait_bytes(struct harness *harness, struct sv bytes, int timeout_ms);
/* Until the process has ended; *status is that of waitpid. */
bool harness_wait_end(struct harness *harness, int *status, int timeout_ms);
/* Until the process has stopped (SIGTSTP and the like). */
bool harness_wait_stop(struct harness *harness, int timeout_ms);
/* Until the terminal's modes are (or are not) those of before the program began. */
bool harness_wait_modes(struct harness *harness, bool restored, int timeout_ms);

/* --- what came out -----------------------------------------------------------------------------
 */

/* Row `row` without trailing blanks; all rows, each ended by LF. Appended to out. */
void harness_row(struct harness *harness, int row, struct buf *out);
void harness_screen(struct harness *harness, struct buf *out);
/* Whether text stands on the screen as it is now. */
bool harness_has(struct harness *harness, const char *text);

struct harness_cell {
    char text[32]; /* UTF-8, "" for an empty cell */
    int fg, bg;    /* index of the palette; -1: the default colour */
    bool bold, underline, reverse, italic;
};
/* False when there is no such cell. */
bool harness_cell(struct harness *harness, int row, int col, struct harness_cell *cell);
void harness_cursor(struct harness *harness, int *row, int *col, bool *visible);
/* Whether the program is on the alternate screen. */
bool harness_is_alternate(const struct harness *harness);

/* Every byte that the program has written since the last harness_forget_bytes; borrowed until the
 * next call. Reads what has arrived first. */
struct sv harness_bytes(struct harness *harness);
void harness_forget_bytes(struct harness *harness);
/* Forgets the first n of them alone. */
void harness_forget_first(struct harness *harness, size_t n);
/* The terminal's modes as they are now, and as they were before the program began. */
void harness_modes(const struct harness *harness, struct termios *now, struct termios *before);

#endif
