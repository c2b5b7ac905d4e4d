/*
 * What the files of list_view have of each other: list_view.c (loading, keys, rows), list_project.c
 * (filter and order), list_draw.c, and list_settled.c (rows that a change has just done away with).
 */
#ifndef VIEWS_LIST_PARTS_H
#define VIEWS_LIST_PARTS_H

#include "core/change/gate.h"
#include "views/list_view/list_view.h"

/* Remembers the item of a change that came to its end: one that succeeded is settled until the list
 * is read anew, to one that was undone the cursor goes back. Others are not remembered. */
void list_settled_note(struct list_view *state, const struct change_status *status);
/* The rows are those of a load that began after the last change: nothing is settled any more, and
 * the cursor goes to the item that was undone, if it is there. */
void list_settled_forget(struct list_view *state);
/* Marks the rows of canvas whose items are settled: until the list is read anew, its rows are as
 * they were before. */
void list_settled_draw(const struct list_view *state, const struct canvas *canvas);

#endif
