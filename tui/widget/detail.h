/*
 * detail: labels and values below one another, in sections; scrolls as a pager does.
 */
#ifndef TUI_WIDGET_DETAIL_H
#define TUI_WIDGET_DETAIL_H

#include "core/model/rows.h"
#include "tui/widget/widget.h"

enum detail_kind { DETAIL_TEXT, DETAIL_IDENTITY, DETAIL_STATUS, DETAIL_SEVERITY, DETAIL_BLOCK };

struct detail {
    struct detail_item *items;
    size_t n_items, items_size;
    size_t top;         /* first line shown */
    size_t lines, page; /* as last drawn */
    char *sought;       /* the section that is marked; NULL: none */
    bool is_sought;     /* it is still to be scrolled to */
};

/* Sets up an empty one; gives back what it holds. */
void detail_init(struct detail *detail);
void detail_done(struct detail *detail);
/* Keeps the scroll position and the mark. */
void detail_clear(struct detail *detail);
/* Begins a section: a title on a line of its own. Copies. */
void detail_section(struct detail *detail, struct sv title);
/* Copies. Long values wrap below themselves; DETAIL_BLOCK keeps the line ends of the value. */
void detail_add(struct detail *detail, enum detail_kind kind, struct sv label, struct sv value);
void detail_addf(struct detail *detail, const char *label, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Every column of a row, COL_HIDDEN ones too. */
void detail_add_row(struct detail *detail, const struct rows *rows, size_t row);

/* Marks the first section of that title, also when it is added later, and has the next frame that
 * it is in begin with it, unless something else is moved to before; SV_NONE: none is marked. */
void detail_seek(struct detail *detail, struct sv title);

/* Scrolls; draws on the whole of canvas, with a scrollbar when not all is shown. */
void detail_move(struct detail *detail, enum move move);
void detail_draw(struct detail *detail, const struct canvas *canvas);
enum widget_result detail_handle(struct detail *detail, const struct event *event); /* the wheel */

#endif
