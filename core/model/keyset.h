/*
 * keyset: the identities of rows, by row and back.
 *
 * A key is a 64-bit hash under a seed drawn once per process (SipHash-2-4, Aumasson and Bernstein
 * 2012), so that nobody can name a resource so that it hides another one. Equal texts have equal
 * keys in every table of the process; keys are never stored.
 *
 * The index is one hash table per block of rows, at most half full. None is ever moved or rebuilt,
 * so readers look things up while the writer appends.
 */
#ifndef CORE_MODEL_KEYSET_H
#define CORE_MODEL_KEYSET_H

#include <stdatomic.h>

#include "core/base/str.h"
#include "core/model/series.h"

/* The part of a key that one cell makes: of its text, its number, or of neither. */
uint64_t key_of_text(struct sv text);
uint64_t key_of_number(int64_t number);
uint64_t key_of_absent(void);
/* The key of several parts, folded from the first (with key 0) to the last. */
uint64_t key_fold(uint64_t key, uint64_t part);

/* Zero-initialised is ready. */
struct keyset {
    struct series keys; /* uint64_t by row */
    _Atomic uint32_t *levels[SERIES_BLOCKS];
    /* For the writer: a bit by hash. Where it is not set the key is new, and most are: they are not
     * looked for in level after level. */
    uint64_t *filter;
    size_t filter_bits;
};

/* For the writer: rows are added in order. */
void keyset_add(struct keyset *keyset, size_t row, uint64_t key);
/* For the writer: whether one of the first n_rows, which are all, has the key. */
bool keyset_has(const struct keyset *keyset, size_t n_rows, uint64_t key);
/* The row below n_rows (all published to the caller) that has the key, or SIZE_MAX. */
size_t keyset_find(const struct keyset *keyset, size_t n_rows, uint64_t key);
uint64_t keyset_key(const struct keyset *keyset, size_t row);
size_t keyset_bytes(const struct keyset *keyset, size_t n_rows);
void keyset_done(struct keyset *keyset);

#endif
