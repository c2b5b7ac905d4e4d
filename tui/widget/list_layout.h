/*
 * list_layout: which columns of a list are shown, where, and how wide. Part of list.
 */
#ifndef TUI_WIDGET_LIST_LAYOUT_H
#define TUI_WIDGET_LIST_LAYOUT_H

#include "tui/widget/list.h"

#define LIST_GUTTER        2 /* the mark, a blank */
#define OUTLINE_INDENT     2 /* for each level of a tree */
#define OUTLINE_SIGN_WIDTH 2 /* the fold sign, a blank */

struct placed_column {
    size_t column;
    int x, width;
};

/* What the last list_draw has left on its canvas. */
struct list_picture {
    bool stands; /* nothing but the cursor has changed since */
    bool unfocused;
    int rows, cols; /* of the canvas */
    size_t top, cursor;
};

struct list_layout {
    const struct column *columns;       /* of the rows measured */
    uint16_t content[LIST_COLUMNS_MAX]; /* the widest value seen, or the title */
    uint16_t title[LIST_COLUMNS_MAX];   /* the width of its title */
    uint64_t differs;                   /* bit per column: its values are not all the same */
    uint64_t hidden, shown;             /* bit per column: what list_hide_column said */
    struct placed_column placed[LIST_COLUMNS_MAX];
    size_t n_placed;
    bool more_left, more_right; /* columns left out by scrolling, or for want of room */
    int lines;                  /* of a row: 1 or 2 */
    int page;                   /* rows shown as last drawn */
    int scrolled_max;
    struct list_picture picture;
};

/* Widens the columns to what a sample of the list's rows needs. */
void list_layout_measure(struct list *list);
/* Places the columns on width cells. */
void list_layout_place(struct list *list, int rows, int width);
/* Columns of the terminal that stand before the first value of a tree's row. */
int outline_width(const struct outline *outline);
/* Whether a column is to be shown at all. */
bool list_layout_shows(const struct list *list, size_t column);

#endif
