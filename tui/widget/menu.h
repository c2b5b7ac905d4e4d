/*
 * menu: entries to choose from, narrowed by typing: the palette, the list of row actions, help.
 */
#ifndef TUI_WIDGET_MENU_H
#define TUI_WIDGET_MENU_H

#include "tui/widget/field.h"

struct menu {
    struct menu_entry *entries;
    size_t n_entries, entries_size;
    size_t *matches; /* indices of entries, best first */
    size_t n_matches;
    size_t cursor, top; /* among the matches */
    int page;
    struct field filter;
    char *title;
    struct rect area;
};

/* Sets up an empty one; gives back what it holds. */
void menu_init(struct menu *menu, struct sv title);
void menu_done(struct menu *menu);
/* hint stands right of the text (a key, a state), detail below the list when the cursor is on it.
 * id is the caller's. Copies. */
void menu_add(struct menu *menu, struct sv text, struct sv hint, struct sv detail, int id,
              style_t style);
/* In the middle of canvas. */
void menu_draw(struct menu *menu, const struct canvas *canvas);
/* Typing narrows (letters in order, the best first), arrows, ctrl-n and ctrl-p move, Enter and a
 * click activate, Esc empties the filter, then closes. WIDGET_ACTIVATED: see menu_chosen. */
enum widget_result menu_handle(struct menu *menu, const struct event *event);
/* The id under the cursor; -1 when nothing matches. */
int menu_chosen(const struct menu *menu);

/* How well the letters of pattern lie in text in their order, ASCII case ignored: 0 not at all,
 * more is better (starts of words and runs count more). */
int fuzzy_score(struct sv text, struct sv pattern);

#endif
