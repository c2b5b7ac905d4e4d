/*
 * term: the terminal of this process. With terminfo the one place that knows curses.
 *
 * The UI's loop polls the descriptors of term_fds together with its own, for at most
 * term_timeout_ms, then takes events until there are none, draws if anything is dirty and calls
 * term_present. Nothing here waits for anything.
 *
 * Whatever ends the process, the terminal gets back its modes: an orderly end (term_close),
 * TERM, HUP, INT, QUIT (they arrive as EVENT_CLOSED), a crash (SEGV, BUS, FPE, ILL, ABRT: a
 * handler writes precomputed bytes, restores the modes and lets the signal kill), and even
 * SIGKILL (a watchdog process holds the terminal and the end of a pipe).
 *
 * All calls on the UI runner, except term_restore_now.
 */
#ifndef TUI_TERM_H
#define TUI_TERM_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"
#include "tui/canvas.h"
#include "tui/input.h"
#include "tui/theme.h"

struct term;

struct term_options {
    const struct theme *theme; /* NULL: default */
    bool no_mouse;
    bool no_watchdog;
};

/*
 * Takes over the terminal on stdin and stdout: alternate screen, raw input, bracketed paste, SGR
 * mouse, focus reports; installs the signal handlers above and SIGWINCH, SIGTSTP, SIGCONT. Reads
 * TERM, NO_COLOR, ESCDELAY and the locale (setlocale has been called); in a locale that is not
 * UTF-8 it switches the text door and the signs to ASCII. Call before threads start.
 * ERR_UNSUPPORTED (nothing is changed then): stdin or stdout is no terminal, TERM is unset, dumb,
 * unknown or cannot place the cursor; the message says what to do.
 */
enum err_code term_open(const struct term_options *options, struct term **term, struct err *err);
/* A term without a terminal, for scripts and tests: it shows nothing and has no descriptors;
 * its events are what term_push gave it. */
struct term *term_open_memory(int rows, int cols);
/* Restores the terminal and frees; prints nothing. NULL is allowed. */
void term_close(struct term *term);

/* --- events -------------------------------------------------------------------------------- */

#define TERM_FDS 2
/* Fills fds with what to poll for (events POLLIN); returns how many. */
size_t term_fds(const struct term *term, struct pollfd fds[TERM_FDS]);
/* What poll has said of them, just now: the next input is read without asking again. May be left
 * out. */
void term_polled(struct term *term, const struct pollfd fds[TERM_FDS]);
/* Milliseconds until a lone ESC counts as a key; -1 when nothing is pending. */
int term_timeout_ms(const struct term *term);
/*
 * The next event, false when there is none now. Reads what has arrived, never waits. Many
 * SIGWINCH make one EVENT_RESIZE. SIGTSTP is obeyed in here: the call returns after SIGCONT, with
 * EVENT_RESIZE. EVENT_CLOSED is repeated for ever: end the loop within TERM_GRACE_MS, after which
 * the process is ended with the terminal restored.
 */
bool term_next_event(struct term *term, struct event *event);
#define TERM_GRACE_MS 1000
/* Queues an event as if it had come from the terminal; a paste's text is copied. */
void term_push(struct term *term, const struct event *event);

/* --- the screen ---------------------------------------------------------------------------- */

/* Its size in cells, never below 1. */
void term_size(const struct term *term, int *rows, int *cols);
/*
 * Makes the terminal show canvas, which is that of a whole grid; one of another size than the
 * terminal's is left alone (EVENT_RESIZE is on its way). Writes only what differs from what is
 * shown: nothing at all for an unchanged canvas.
 */
void term_present(struct term *term, const struct canvas *canvas);
/* Forgets what is shown: the next term_present writes everything (ctrl-l). */
void term_invalidate(struct term *term);
void term_set_theme(struct term *term, const struct theme *theme);
/* What is shown, for dumps: the canvas given to the last term_present. */
struct canvas term_shown(const struct term *term);

/* --- beside the screen ---------------------------------------------------------------------- */

/* Gives the terminal back for a while (an editor, a shell, SIGTSTP) and takes it again. */
void term_leave(struct term *term);
void term_enter(struct term *term); /* an EVENT_RESIZE follows */
/* Stops the process as ctrl-z does for others; returns when it is continued. */
void term_suspend(struct term *term);

#define TERM_COPY_MAX 65536
/*
 * Asks the terminal to put text into the clipboard (OSC 52), through tmux too. Nobody can know
 * whether it did: say what was copied, not that it arrived. ERR_TOO_BIG above TERM_COPY_MAX.
 * Empty text clears the clipboard.
 */
enum err_code term_copy(struct term *term, struct sv text, struct err *err);

/* Restores the terminal at once, if there is one. Async-signal-safe; for mem_on_exhausted. */
void term_restore_now(void);

#endif
