/*
 * tilde: what is typed for this program and not for the node: behind a `~` at the beginning of a
 * line, as with ssh. Pure.
 */
#ifndef VIEWS_TILDE_H
#define VIEWS_TILDE_H

#include "core/base/str.h"

enum tilde_wish { TILDE_NONE, TILDE_LEAVE, TILDE_HELP };

struct tilde { /* all zero to begin with */
    bool is_within_line;
    bool is_held; /* it was typed, and what it is for comes next */
};

/* Takes one byte that was typed, and appends to out what of it is for the node: a tilde that was
 * held, too, once it is clear that it was meant as one. Returns what is wished of this program. */
enum tilde_wish tilde_take(struct tilde *tilde, char c, struct buf *out);

#endif
