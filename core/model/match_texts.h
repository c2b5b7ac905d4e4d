/*
 * match_texts: one term over the texts of a column that is not interned.
 */
#ifndef CORE_MODEL_MATCH_TEXTS_H
#define CORE_MODEL_MATCH_TEXTS_H

#include "core/model/filter_terms.h"
#include "core/model/texts.h"

/* The rows row .. row + n - 1, a bit for each: bit i stands for row + i. */
struct granule {
    size_t row, n;
    const uint64_t *asked; /* whose answer matters; none is absent, bits from n on are zero */
    bool is_warm;          /* its texts have just been searched for something else */
    uint64_t *hits;        /* where the term holds; may say so of others too */
};

static inline size_t granule_words(const struct granule *granule)
{
    return (granule->n + 63) / 64;
}

static inline void granule_hit(const struct granule *granule, size_t i)
{
    granule->hits[i / 64] |= UINT64_C(1) << i % 64;
}

/* Sets the hits among the rows that are asked for. The granule lies within one block of texts->ends
 * and is no larger than GRANULE_ROWS. */
void hit_texts(const struct term *term, const struct texts *texts, const struct granule *granule);

#endif
