/*
 * decode: from the bytes of a terminal to events. Pure: no descriptor, no clock.
 *
 * It knows the sequences of xterm and its descendants (CSI, SS3, SGR mouse, focus, bracketed
 * paste) and those that a terminfo entry adds. What it does not know is swallowed whole, up to
 * the end of the sequence, so that an unknown key or a late reply never turns into commands.
 */
#ifndef TUI_DECODE_H
#define TUI_DECODE_H

#include "tui/input.h"

/* A lone ESC is the key Esc when nothing has followed it for so long. */
#define DECODE_ESC_MS 25

struct decoder;

/* An empty one; free it with decoder_free (NULL is allowed). */
struct decoder *decoder_new(void);
void decoder_free(struct decoder *decoder);

/* Teaches it that the terminal sends bytes (a terminfo string) for key. */
void decoder_add_key(struct decoder *decoder, struct sv bytes, struct key key);

/* Appends what was read. */
void decoder_feed(struct decoder *decoder, struct sv bytes);

/*
 * The next event, or false when more bytes are needed. With `expired` (nothing has come for
 * DECODE_ESC_MS) an incomplete sequence is not waited for: ESC becomes the key Esc, ESC and a
 * character that key with alt, anything longer is dropped. Only EVENT_KEY, EVENT_MOUSE,
 * EVENT_PASTE and EVENT_FOCUS come from here.
 */
bool decoder_next(struct decoder *decoder, bool expired, struct event *event);

/* Whether bytes wait for the rest of a sequence, so that the caller sets its timer. */
bool decoder_is_waiting(const struct decoder *decoder);

#endif
