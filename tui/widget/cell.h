/*
 * cell: a value of a row as a person reads it.
 */
#ifndef TUI_WIDGET_CELL_H
#define TUI_WIDGET_CELL_H

#include "core/model/rows.h"
#include "tui/canvas.h"

/* Columns that cell_draw takes when there is room. */
int cell_width(const struct column *column, const struct cell *cell);
/* Draws it on width columns, numbers and ages at the right edge, words with a meaning behind their
 * sign, over the overlays given. Returns the columns that it takes. */
int cell_draw(const struct canvas *canvas, int y, int x, int width, const struct column *column,
              const struct cell *cell, style_t overlays);
/* Whether values of that type stand at the right edge of their column. */
bool column_is_right(const struct column *column);

#endif
