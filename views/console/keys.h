/*
 * keys: the key files of a console, and what is wrong in them.
 */
#ifndef VIEWS_KEYS_H
#define VIEWS_KEYS_H

#include "tui/keymap/keymap.h"

/*
 * Adds default.keys to keymap, over it the default.keys of the user's config folder, and over that
 * the key file called layer (a name or a path; "": none).
 * Nothing that is wrong hinders the rest: each problem is logged, and one line for a person goes to
 * report, empty when all is well.
 */
void keys_read(struct keymap *keymap, const char *layer, struct buf *report);

/* Whether there is such a command with so many arguments: for key files. */
extern const struct keymap_check keys_check;

#endif
