/*
 * widget: what all widgets have in common.
 *
 * A widget is a struct with its state, set up by x_init, given back by x_done. It is drawn afresh
 * on a canvas whenever anything is dirty, and told of moves and events between two drawings; it
 * never blocks, loops or reads input itself. Keys are not its business (the keymap turns them
 * into commands), except where a person types text into it. Remembers from its last drawing where
 * things were, so that a mouse event in the same coordinates finds its target.
 */
#ifndef TUI_WIDGET_WIDGET_H
#define TUI_WIDGET_WIDGET_H

#include <stdbool.h>

#include "core/base/str.h"
#include "tui/canvas.h"
#include "tui/input.h"

enum widget_result {
    WIDGET_IGNORED,   /* not for this widget: ask the next */
    WIDGET_HANDLED,   /* taken; draw again */
    WIDGET_ACTIVATED, /* the thing under the cursor was chosen (double click, Enter) */
    WIDGET_CLOSED,    /* it is over: ask the widget for its answer */
};

/* X(move, its name as a command's argument: `move down`) */
#define MOVE_TABLE(X)                   \
    X(MOVE_UP, "up")                    \
    X(MOVE_DOWN, "down")                \
    X(MOVE_PAGE_UP, "page-up")          \
    X(MOVE_PAGE_DOWN, "page-down")      \
    X(MOVE_HALF_UP, "half-page-up")     \
    X(MOVE_HALF_DOWN, "half-page-down") \
    X(MOVE_TOP, "top")                  \
    X(MOVE_BOTTOM, "bottom")            \
    X(MOVE_LEFT, "left")                \
    X(MOVE_RIGHT, "right")

enum move {
#define MOVE_ENUM(move, name) move,
    MOVE_TABLE(MOVE_ENUM)
#undef MOVE_ENUM
        MOVE_COUNT
};

/* A move by its name; the name of a move. */
bool move_parse(struct sv name, enum move *move);
const char *move_name(enum move move);

/* The move that an arrow, page, Home or End key stands for where keys are fixed (dialogs, menus).
 */
bool move_of_key(struct key key, enum move *move);

/* The event as a widget drawn on part of the canvas sees it: the mouse relative to part; false when
 * the mouse is outside. */
bool event_within(const struct event *event, struct rect part, struct event *inner);

/* --- for widgets ------------------------------------------------------------------------------ */

/* Where move leads from position at, among 0..max, with pages of `page`. Left and right: at. */
size_t move_within(enum move move, size_t at, size_t max, size_t page);
/* The first of `page` shown among count, so that `at` is in view and no room is wasted. */
size_t scroll_into_view(size_t top, size_t at, size_t count, size_t page);
/* Where the thumb of a scrollbar in part is; empty when all count are shown. */
struct rect scrollbar_thumb(struct rect part, size_t top, size_t page, size_t count);
/* A scrollbar in part (one column wide), nothing when all count are shown. */
void scrollbar_draw(const struct canvas *canvas, struct rect part, size_t top, size_t page,
                    size_t count);
/* Takes from *rest what fits on a line of width columns (TEXT_LINE), cut behind a blank if there is
 * one, and returns it without that blank. At least one cluster, so that it always gets on. */
struct sv wrap_line(struct sv *rest, int width);
/* Lays ON_MATCH over what reads as term (ASCII case ignored) on the first row of part. */
void highlight(const struct canvas *canvas, struct rect part, struct sv term);

#endif
