/*
 * sort_keys: indices of a column sorted by their numbers or texts, in radix passes over 64-bit
 * keys. Both are stable in both directions; false when they were cancelled (then the order is
 * undefined). cancelled may be NULL.
 */
#ifndef CORE_MODEL_SORT_KEYS_H
#define CORE_MODEL_SORT_KEYS_H

#include <stdbool.h>

#include "core/model/texts.h"

/* indices[0..n-1] in place, by the number at each. */
bool sort_by_number(const struct series *numbers, uint32_t *indices, size_t n, bool descending,
                    const _Atomic bool *cancelled);
/* The same by text; see text_compare. */
bool sort_by_text(const struct texts *texts, uint32_t *indices, size_t n, bool descending,
                  const _Atomic bool *cancelled);

/* The order of sort_by_text: bytewise without regard to ASCII case, from byte `from` on. */
int text_compare(struct sv a, struct sv b, size_t from);

#endif
