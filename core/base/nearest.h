/* nearest: which of the words there are a mistyped one was meant to be. */
#ifndef CORE_BASE_NEAREST_H
#define CORE_BASE_NEAREST_H

#include "core/base/str.h"

struct nearest {
    struct sv word;   /* as it was typed */
    const char *best; /* NULL: nothing is near so far */
    size_t distance;
};

/* Ready for nearest_offer; word is borrowed. */
void nearest_init(struct nearest *nearest, struct sv word);
/* Looks at a word that would have been right; it is borrowed. The first of equals stays. */
void nearest_offer(struct nearest *nearest, const char *candidate);
/* Appends "; did you mean BEST?", nothing when no candidate was near. */
void nearest_hint(const struct nearest *nearest, struct buf *out);

/*
 * How many bytes must be inserted, removed or replaced, or neighbours swapped, to make b of a
 * (optimal string alignment). Words of more than 64 bytes are cut there.
 */
size_t word_distance(struct sv a, struct sv b);

#endif
