/*
 * list: a table of rows with a cursor, marks, columns that fit, and a header.
 *
 * The cursor and the marks belong to identities (rows->key), never to row numbers: whatever a
 * filter, a sort or a refresh does, they stay on their things. When the thing under the cursor
 * is gone, the cursor stays at that height of the list.
 *
 * Below LIST_NARROW columns each row takes two lines, its key columns on the first.
 */
#ifndef TUI_WIDGET_LIST_H
#define TUI_WIDGET_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "core/model/rows.h"
#include "tui/widget/cell.h"
#include "tui/widget/widget.h"

#define LIST_NARROW      80
#define LIST_COLUMNS_MAX 48
#define LIST_TERMS_MAX   8

struct key_set; /* identities; see tui/widget/key_set.h */

/* Read what you need; change through the functions. */
struct list {
    struct rows rows; /* borrowed from whoever called list_set_rows */
    uint64_t cursor_key;
    size_t cursor;   /* row of the cursor; 0 when there are no rows */
    size_t top;      /* the first row shown */
    int scrolled;    /* columns skipped by horizontal scrolling */
    int sort_column; /* for the marker in the header; -1: none */
    bool sort_descending;
    bool unfocused; /* set it to draw the cursor as that of a pane without the focus */
    bool is_placed; /* somebody has moved the cursor: until then it stays on the first row */
    struct key_set *marks;
    struct list_layout *layout;
    char *terms[LIST_TERMS_MAX]; /* to be highlighted */
    size_t n_terms;
};

/* Sets up an empty list; gives back what it holds. */
void list_init(struct list *list);
void list_done(struct list *list);

/*
 * Gives it rows, as often as they change; *rows is copied, what it borrows must live until the
 * next call. NULL: no rows. Columns grow to fit what comes, they never shrink while the columns
 * stay the same. Costs the same for a million rows: widths are estimated from a sample.
 */
void list_set_rows(struct list *list, const struct rows *rows);
/* Overrules COL_WHEN_MANY and COL_HIDDEN for a column of the rows given now. */
void list_hide_column(struct list *list, size_t column, bool hide);
/* Which column the header marks as sorted; -1: none. */
void list_set_sort(struct list *list, int column, bool descending);
/* What to highlight in cells: substrings, ASCII case ignored. Copies. */
void list_set_terms(struct list *list, const struct sv *terms, size_t n_terms);

/* Moves the cursor (left and right: the columns), or puts it on a row. */
void list_move(struct list *list, enum move move);
void list_move_to(struct list *list, size_t row);
/* Puts the cursor on an identity; false when it is not among the rows (nothing moves). */
bool list_move_to_key(struct list *list, uint64_t key);
/* The row under the cursor; false when there are no rows. */
bool list_cursor(const struct list *list, size_t *row, uint64_t *key);

/* Marking: the cursor's row (then one down), the rows from the last mark to the cursor, all rows
 * given now, none (those that are filtered away neither). At most LIST_MARKS_MAX are marked at
 * once: false when some were left out. */
#define LIST_MARKS_MAX 10000
void list_mark_toggle(struct list *list);
bool list_mark_range(struct list *list);
bool list_mark_all(struct list *list);
void list_mark_none(struct list *list);
/* How many are marked, also of those that are filtered away. */
size_t list_marked(const struct list *list);
/* Walks the marked identities in the order of marking; start with *at = 0. */
bool list_next_mark(const struct list *list, size_t *at, uint64_t *key);

/* The header on the first row, the rows below it, a scrollbar at the right edge when they do not
 * fit. Keeps the cursor in view. */
void list_draw(struct list *list, const struct canvas *canvas);
/*
 * As list_draw, on a canvas where what the last of these two has drawn still stands: when only the
 * cursor has moved since, what stands is moved along and only the rows that differ are drawn. What
 * others laid over it, and ages, stay as they were: another list_draw is due soon.
 */
void list_redraw(struct list *list, const struct canvas *canvas);
/* The line of the canvas that the last of these two has drawn a row on, its first one; -1 when it
 * is not in view. */
int list_line_of(const struct list *list, size_t row);
/* "12/840", with marks "12/840 3 marked"; for a title or footer. */
void list_position(const struct list *list, struct buf *out);
/* Mouse: a click moves the cursor (on the header: *sort_column is that column, else -1), a second
 * click on the same row activates, the wheel scrolls. Coordinates of the last list_draw. */
enum widget_result list_handle(struct list *list, const struct event *event, int *sort_column);

#endif
