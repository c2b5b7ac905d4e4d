/*
 * pager: text to scroll, search and wrap; lines may carry roles (JSON).
 */
#ifndef TUI_WIDGET_PAGER_H
#define TUI_WIDGET_PAGER_H

#include "tui/widget/widget.h"

/* A part of a line in a role of its own: bytes [from, to). */
struct pager_span {
    uint32_t from, to;
    style_t style;
};

struct pager {
    struct pager_text *text;
    size_t top;   /* the first row shown; a line is one row, or more when it is wrapped */
    int scrolled; /* columns, when wrap is off */
    bool wrap;    /* at blanks; what goes on stands as far in as its line does */
    char *search; /* NULL: none */
    size_t found; /* the line of the current hit; SIZE_MAX: none */
};

/* Sets up an empty pager; gives back what it holds. */
void pager_init(struct pager *pager);
void pager_done(struct pager *pager);

/* Takes all lines out; keeps the search and the way of wrapping. */
void pager_clear(struct pager *pager);
/* Appends lines (split at LF), all in one style; tabs become 4 blanks. Copies. */
void pager_add(struct pager *pager, struct sv text, style_t style);
/* Appends one line with spans (ascending, not overlapping) over style. Copies. */
void pager_add_spans(struct pager *pager, struct sv line, style_t style,
                     const struct pager_span *spans, size_t n_spans);
/* Appends JSON text indented by 2, coloured by kind, numbers as they are written; what is no JSON
 * is added as it is. */
void pager_add_json(struct pager *pager, struct sv json);
/* The same document as YAML (core/base/yaml.h), coloured alike. */
void pager_add_yaml(struct pager *pager, struct sv json);
/* Rows that it takes on width columns. */
size_t pager_rows(struct pager *pager, int width);

/* Scrolls; left and right only while lines are not wrapped. */
void pager_move(struct pager *pager, enum move move);
/* Wraps long lines, or cuts them at the edge. The top line stays. */
void pager_set_wrap(struct pager *pager, bool wrap);
/* Looks for text (no upper case letter in it: ASCII case ignored) from the top line on; an empty
 * one forgets the search. False when it is nowhere. */
bool pager_search(struct pager *pager, struct sv text);
bool pager_search_next(struct pager *pager, bool backwards); /* wraps around */

/* On the whole of canvas, a scrollbar at its right edge when not all is shown. */
void pager_draw(struct pager *pager, const struct canvas *canvas);
void pager_position(const struct pager *pager, struct buf *out);                 /* "41/200 20%" */
enum widget_result pager_handle(struct pager *pager, const struct event *event); /* the wheel */

#endif
