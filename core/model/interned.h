/*
 * interned: a column of few distinct texts. Each is stored once; a row holds its code, the order
 * of first appearance. Code 0 stands for "absent".
 *
 * Codes are kept in planes of one byte: the second plane begins at the row that first needs it,
 * when there have been more than 255 values. So most columns cost a byte a row, none is limited.
 */
#ifndef CORE_MODEL_INTERNED_H
#define CORE_MODEL_INTERNED_H

#include <stdatomic.h>

#include "core/base/map.h"
#include "core/model/texts.h"

#define INTERNED_PLANES 4

struct interned {
    struct texts values;     /* by code */
    struct series hashes;    /* uint64_t by code, see key_of_text */
    _Atomic size_t n_values; /* with code 0 */
    struct series planes[INTERNED_PLANES];
    _Atomic size_t plane_from[INTERNED_PLANES]; /* first row in that plane */
    struct map codes;                           /* for the writer */
    uint32_t staged;                            /* for the writer: the code of the open row */
    bool staged_is_new;
    uint32_t last; /* for the writer: the code of the last row */
};

/* Without any value; give back what it holds with interned_done. */
void interned_init(struct interned *interned);
void interned_done(struct interned *interned);

/* For the writer, as texts_stage and its kin; SV_NONE or nothing staged is absent. */
bool interned_stage(struct interned *interned, struct sv text);
void interned_commit(struct interned *interned, size_t row);
void interned_unstage(struct interned *interned);
uint64_t interned_staged_hash(const struct interned *interned);

/*
 * The code of a row. A plane is read only from its first row on: when that row is published so is
 * its block, and a plane that the writer is just beginning starts behind all published rows.
 */
static inline uint32_t interned_code(const struct interned *interned, size_t row)
{
    uint32_t code = *(const uint8_t *)series_at(&interned->planes[0], 1, row);
    for (unsigned plane = 1; plane < INTERNED_PLANES; plane++) {
        if (row < atomic_load_explicit(&interned->plane_from[plane], memory_order_relaxed))
            break;
        const uint8_t *high = series_at(&interned->planes[plane], 1, row);
        code |= (uint32_t)*high << (8 * plane);
    }
    return code;
}

/* The codes of n rows, which must lie in one block of a series. */
void interned_codes(const struct interned *interned, size_t row, size_t n, uint32_t *codes);
/* The text of a code; SV_NONE for 0. */
struct sv interned_value(const struct interned *interned, uint32_t code);
size_t interned_count(const struct interned *interned); /* with code 0 */
size_t interned_bytes(const struct interned *interned, size_t n_rows);

#endif
