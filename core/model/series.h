/*
 * series: an append-only array whose elements never move.
 *
 * Blocks double in size (256, 256, 512, 1024, ... elements), so a fixed directory reaches 2^32
 * elements, an index finds its block with one count of leading zeros, and a small series costs
 * little. One writer grows it; readers may use every element that was published to them (the
 * owner's release/acquire of a count), because a block pointer is written once, before that.
 */
#ifndef CORE_MODEL_SERIES_H
#define CORE_MODEL_SERIES_H

#include <stddef.h>
#include <stdint.h>

#define SERIES_FIRST_LOG 8
#define SERIES_FIRST     ((size_t)1 << SERIES_FIRST_LOG)
#define SERIES_BLOCKS    25
#define SERIES_MAX       ((size_t)UINT32_MAX) /* indexes are below this */

/* Zero-initialised is ready. */
struct series {
    void *blocks[SERIES_BLOCKS];
};

/* The number of the block that holds index, and where blocks begin and end. */
static inline unsigned series_block(size_t index)
{
    unsigned long long high = index >> SERIES_FIRST_LOG;
    return high == 0 ? 0 : 64u - (unsigned)__builtin_clzll(high);
}

static inline size_t series_block_start(unsigned block)
{
    return block == 0 ? 0 : SERIES_FIRST << (block - 1);
}

static inline size_t series_block_end(unsigned block)
{
    return SERIES_FIRST << block;
}

/* The element at index; the following ones are contiguous up to the end of its block. */
static inline void *series_at(const struct series *series, size_t element_bytes, size_t index)
{
    unsigned block = series_block(index);
    return (char *)series->blocks[block] + (index - series_block_start(block)) * element_bytes;
}

/*
 * For the writer: makes sure that the block of index is there, and returns the element. New
 * elements are zero. Their memory is not resident before it is touched.
 */
void *series_grow(struct series *series, size_t element_bytes, size_t index);
void series_done(struct series *series);

#endif
