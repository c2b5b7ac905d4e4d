/* What the tests of tui share: canvases to draw on and to read back. */
#ifndef TESTS_UNIT_TUI_HELPER_CANVAS_H
#define TESTS_UNIT_TUI_HELPER_CANVAS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "tui/canvas.h"
#include "tui/input.h"

/* Fails unless row y of canvas reads as text (without trailing blanks). */
#define assert_row(canvas, y, text) row_is((canvas), (y), (text), __FILE__, __LINE__)
void row_is(const struct canvas *canvas, int y, const char *text, const char *file, int line);
bool canvas_has(const struct canvas *canvas, const char *text);
style_t style_at(const struct canvas *canvas, int y, int x);

/* An event of the key called name. */
struct event key_event_of(const char *name);

#endif
