/*
 * chart: numbers as pictures of one row: sparklines, bars, progress.
 */
#ifndef TUI_WIDGET_CHART_H
#define TUI_WIDGET_CHART_H

#include <stddef.h>
#include <stdint.h>

#include "tui/canvas.h"

/* The last `width` of values as ▁▂▃▄▅▆▇█ from (y, x), 0 at the bottom; negative ones are gaps
 * (absent). In ASCII: _.-=#. Returns the columns drawn. */
int chart_spark(const struct canvas *canvas, int y, int x, int width, const int64_t *values,
                size_t n_values, style_t style);
/* part of whole as a bar of width columns. */
void chart_bar(const struct canvas *canvas, int y, int x, int width, int64_t part, int64_t whole,
               style_t style);

struct progress {
    int64_t done, total;        /* total <= 0: unknown, shown as a count alone */
    int64_t started_ms, now_ms; /* of one clock; for the rate and the time left */
    struct sv label;
};
/* "label ████░░░░ 120/840 14% 12/s 1m left", what fits, from (y, x). */
void chart_progress(const struct canvas *canvas, int y, int x, int width,
                    const struct progress *progress, style_t style);

#endif
