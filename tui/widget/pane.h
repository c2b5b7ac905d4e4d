/*
 * pane: a terminal model on the screen: what is shown of it, scrolled back, searched, selected.
 *
 * While it follows (the start), it shows the end and takes no keys of its own. pane_browse opens
 * its reading mode: moves go through the lines that have scrolled off too, a selection may be held
 * and copied. Lines have numbers (tui/vt/vt.h), so that what is looked at stays where it is while
 * the program goes on.
 */
#ifndef TUI_WIDGET_PANE_H
#define TUI_WIDGET_PANE_H

#include "tui/vt/vt.h"
#include "tui/widget/widget.h"

struct pane_point {
    uint64_t line;
    int x;
};

struct pane {
    struct vt *vt;  /* borrowed */
    bool browsing;  /* reading mode: `point` is the cursor */
    bool selecting; /* from `anchor` to `point` */
    bool dragging;  /* with the mouse */
    struct pane_point point, anchor;
    uint64_t top;   /* the first line shown, while browsing */
    char *search;   /* NULL: none */
    int rows, cols; /* of the last drawing */
};

/* Sets up one that follows vt (NULL: shows nothing yet); gives back what it holds, vt not. */
void pane_init(struct pane *pane, struct vt *vt);
void pane_done(struct pane *pane);

/* Opens the reading mode at the program's cursor, or ends it and follows again. */
void pane_browse(struct pane *pane, bool on);
/* Moves the point (left and right: by a column); opens the reading mode if need be. */
void pane_move(struct pane *pane, enum move move);
/* Begins a selection at the point, or drops the one that is held. */
void pane_select(struct pane *pane);
/* Appends what is selected (without a selection the point's line) to out, lines ended by LF but the
 * last. */
void pane_copy(struct pane *pane, struct buf *out);
/* Looks for text upwards from the point (no upper case letter in it: ASCII case ignored) and goes
 * there; an empty one forgets the search. False when it is nowhere. */
bool pane_search(struct pane *pane, struct sv text);
/* The next hit upwards, or downwards. */
bool pane_search_next(struct pane *pane, bool downwards);

/* On the whole of canvas; the program's cursor (while following) or the point, if has_focus. */
void pane_draw(struct pane *pane, const struct canvas *canvas, bool has_focus);
/* "line 120/900"; nothing while it follows. */
void pane_position(const struct pane *pane, struct buf *out);
/* Mouse: reports it to a program that asks for it (never with shift). Else the wheel scrolls, as
 * arrow keys on the alternate screen, and dragging selects: WIDGET_ACTIVATED when that ends. */
enum widget_result pane_handle(struct pane *pane, const struct event *event);

#endif
