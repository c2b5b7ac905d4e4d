/*
 * field: the smallest line to type on: characters at its end, Backspace, ctrl-w, ctrl-u. For
 * filters inside widgets and for typed confirmations, where an editor's powers (history,
 * completion, paste) are unwanted. For everything else there is tui/prompt.h.
 */
#ifndef TUI_WIDGET_FIELD_H
#define TUI_WIDGET_FIELD_H

#include "tui/widget/widget.h"

#define FIELD_SIZE 256

struct field {
    char text[FIELD_SIZE]; /* UTF-8, NUL-terminated; zero-initialised is empty */
    size_t len;
    bool refuses_paste;
};

/* WIDGET_HANDLED when the text has changed or a paste was refused, else WIDGET_IGNORED. */
enum widget_result field_handle(struct field *field, const struct event *event);
struct sv field_text(const struct field *field);
/* On one row from (y, x), the end in view, with the cursor. */
void field_draw(const struct field *field, const struct canvas *canvas, int y, int x, int width);

#endif
