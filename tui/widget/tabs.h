/*
 * tabs: a row of titles of which one is current; breadcrumbs and pane titles are drawn by it too.
 */
#ifndef TUI_WIDGET_TABS_H
#define TUI_WIDGET_TABS_H

#include "tui/widget/widget.h"

#define TABS_MAX 16

struct tabs {
    char titles[TABS_MAX][48];
    size_t count, current;
    int edges[TABS_MAX + 1]; /* where each begins, as last drawn */
};

/* Copies and cuts; false when there are TABS_MAX already. Zero-initialised is ready. */
bool tabs_add(struct tabs *tabs, struct sv title);
void tabs_clear(struct tabs *tabs);
/* On the first row of canvas; keeps the current one in view. */
void tabs_draw(struct tabs *tabs, const struct canvas *canvas);
enum widget_result tabs_handle(struct tabs *tabs, const struct event *event); /* a click */

#endif
