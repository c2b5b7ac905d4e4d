/*
 * sequences: what a program wrote to a terminal, without the terminal's own sequences.
 *
 * Whoever judges whether hostile text reached a terminal needs to tell its bytes from those that
 * draw the screen. The latter are the sequences of the terminfo entry's output capabilities, with
 * any numbers, and those that the caller names. Everything else is left where it stands.
 */
#ifndef TESTS_HARNESS_SEQUENCES_H
#define TESTS_HARNESS_SEQUENCES_H

#include "core/base/str.h"

struct sequences;

/* For the terminfo entry called term, and the sequences in more (NULL-terminated, may be NULL).
 * NULL when there is no such entry. */
struct sequences *sequences_new(const char *term, const char *const *more);
/* NULL is allowed. */
void sequences_free(struct sequences *sequences);
/* Appends bytes to out, each sequence that belongs to the terminal replaced by an LF: what stands
 * on its two sides need not be neighbours on the screen. */
void sequences_strip(const struct sequences *sequences, struct sv bytes, struct buf *out);

/* How much of bytes, which may end anywhere in what a program writes, ends neither within a
 * sequence nor within a character. */
size_t sequences_whole(struct sv bytes);

#endif
