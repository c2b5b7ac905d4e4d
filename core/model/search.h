/*
 * search: finding a needle in bytes, with or without regard to ASCII case, at the speed of memory.
 */
#ifndef CORE_MODEL_SEARCH_H
#define CORE_MODEL_SEARCH_H

#include "core/base/str.h"

/* ASCII lower case, by byte. */
extern const uint8_t search_lower[256];

/* What is looked for. With fold it has no upper case letter and matches either case. */
struct needle {
    struct sv text;
    bool fold;
};

/* Smart case: folds unless text has an ASCII upper case letter. text is borrowed. */
struct needle needle_of(struct sv text);

/*
 * Marks the positions 0..n-1 of bytes where the needle (not empty) occurs: bit i % 8 of marks[i /
 * 8] stands for position i, the rest of the last byte is zero. bytes reaches at least to the end of
 * a needle at position n - 1, and is not read behind that. Returns whether there are any.
 */
bool needle_mark(const struct needle *needle, const char *bytes, size_t n, uint8_t *marks);

/* The position of the first occurrence in hay; SIZE_MAX when there is none. An empty needle is
 * everywhere. Never reads outside hay. */
size_t needle_find(const struct needle *needle, struct sv hay);
bool needle_equals(const struct needle *needle, struct sv text);
/* Whether the needle's bytes occur in text in their order, with anything between them. */
bool needle_fuzzy(const struct needle *needle, struct sv text);

#endif
