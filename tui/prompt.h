/*
 * prompt: a line to type on, by GNU readline, painted on a canvas. The one file that knows
 * readline.
 *
 * readline's own terminal handling is off; events come in by prompt_handle, the line is painted
 * by prompt_draw, nothing ever blocks. Its editing keys and ~/.inputrc hold. Esc and ctrl-g cancel
 * (with vi keys in ~/.inputrc a first Esc goes to command mode), Enter accepts, Up and Down walk
 * the history, ctrl-r searches it. Tab completes: the common beginning first, then one candidate
 * after the other. Pasted text is inserted; line ends and other controls in it become blanks.
 *
 * A secret never reaches readline, which would keep it for its undo and its kill ring.
 *
 * readline has one line: opening a prompt while another is open cancels the first, whose
 * prompt_handle then says PROMPT_CANCELLED.
 */
#ifndef TUI_PROMPT_H
#define TUI_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/str.h"
#include "tui/canvas.h"
#include "tui/input.h"
#include "tui/prompt_history.h"

/* --- completion ------------------------------------------------------------------------------ */

struct prompt_candidates; /* filled by the completer */
/* text replaces the word that is completed; hint (may be SV_NONE) stands beside it. Copies. */
void prompt_candidate(struct prompt_candidates *candidates, struct sv text, struct sv hint);

/*
 * Asked at Tab, on the UI runner, must not block: line is what stands before the cursor, its last
 * word begins at line.ptr[word_at].
 */
typedef void prompt_completer(void *ctx, struct sv line, size_t word_at,
                              struct prompt_candidates *candidates);

/* --- the prompt ------------------------------------------------------------------------------ */

struct prompt_options {
    const char *label;              /* ":" or "filter /"; passes the door as all text does */
    const char *initial;            /* NULL: empty */
    struct prompt_history *history; /* NULL: none; lines that begin with a blank are not kept */
    prompt_completer *complete;     /* NULL: Tab does nothing */
    void *ctx;                      /* for complete */
    bool secret;      /* shows no characters, no history, at most 255 bytes, wiped when closed */
    size_t max_bytes; /* longer input is refused; 0: 4096 */
};

struct prompt;

/* Never fails. Close it with prompt_close. */
struct prompt *prompt_open(const struct prompt_options *options);
void prompt_close(struct prompt *prompt); /* wipes and frees; NULL is allowed */

enum prompt_result {
    PROMPT_IGNORED,   /* not for a prompt (mouse, resize) */
    PROMPT_EDITING,   /* something may have changed: draw, look at prompt_text */
    PROMPT_ACCEPTED,  /* prompt_text is the answer */
    PROMPT_CANCELLED, /* Esc, ctrl-g, ctrl-c, ctrl-d on an empty line, or another prompt */
};
/* Takes one event; after ACCEPTED and CANCELLED only prompt_text and prompt_close are of use. */
enum prompt_result prompt_handle(struct prompt *prompt, const struct event *event);

/* The line as it stands; borrowed until the next call with this prompt. */
struct sv prompt_text(const struct prompt *prompt);
/* Replaces the line, the cursor at its end. */
void prompt_set_text(struct prompt *prompt, struct sv text);
/* Rows that prompt_draw wants: 1, and more while completions are listed (at most max_rows). */
int prompt_rows(const struct prompt *prompt, int max_rows);
/* Paints the label and the line on the canvas' last row, the completions above it, and sets the
 * cursor. */
void prompt_draw(const struct prompt *prompt, const struct canvas *canvas);

#endif
