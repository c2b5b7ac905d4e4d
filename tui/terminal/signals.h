/*
 * signals: those that a terminal program must answer, as a descriptor to poll and a question to
 * ask. TERM, HUP, INT and QUIT ask for an end; WINCH, TSTP and CONT are about the terminal.
 *
 * After a signal that asks for an end the process has SIGNALS_GRACE_S to end in order; then the
 * terminal is restored (tui/terminal/restore.h) and the process exits with 128 + the signal,
 * whatever it is stuck in.
 */
#ifndef TUI_SIGNALS_H
#define TUI_SIGNALS_H

#include <stdbool.h>

#define SIGNALS_GRACE_S 1

/* Installs the handlers. Before threads start. */
void signals_open(void);
/* Puts back what was there; a pending end is called off. */
void signals_close(void);
/* Readable when a signal has come; cleared by signals_clear. */
int signals_fd(void);
/* Whether one has come since this was asked last. */
bool signals_clear(void);
/* Whether signo has come since this was asked last. */
bool signals_take(int signo);
/* The signal that asked for an end, 0 when none has. Stays. */
int signals_end(void);
/* Starts the grace as if such a signal had come: the terminal has gone. */
void signals_begin_end(void);
/* Stops the process as SIGTSTP does by default; returns when it is continued. */
void signals_stop_process(void);

#endif
