/*
 * modal: what lies over a screen and takes all keys: a prompt, a question, a menu. One at a time.
 */
#ifndef VIEWS_MODAL_H
#define VIEWS_MODAL_H

#include "tui/canvas.h"
#include "tui/input.h"

struct app;
struct menu;
struct modal;

/* Closes it without an answer; NULL is allowed. */
void modal_free(struct modal *modal);

/*
 * Opens a menu for the caller to fill (borrowed until the next event). chosen fires with the id of
 * the entry, -1 for Esc, unless something else takes the menu's place; drop(arg) always, at last.
 */
struct menu *modal_menu(struct app *app, const char *title, void (*chosen)(void *arg, int id),
                        void (*drop)(void *arg), void *arg);

/* Gives it an event. When that ends it, it is taken off the app, answers, and is freed. */
void modal_event(struct app *app, const struct event *event);

/* Draws it: prompts on the footer's row(s) at the bottom of whole, the rest in the middle. */
void modal_draw(struct app *app, const struct canvas *whole);

#endif
