#include "core/model/series.h"

#include "core/base/mem.h"

void *series_grow(struct series *series, size_t element_bytes, size_t index)
{
    unsigned block = series_block(index);
    if (series->blocks[block] == NULL) {
        size_t n_elements = series_block_end(block) - series_block_start(block);
        series->blocks[block] = mem_alloc(n_elements * element_bytes);
    }
    return series_at(series, element_bytes, index);
}

void series_done(struct series *series)
{
    for (size_t i = 0; i < SERIES_BLOCKS; i++)
        mem_free(series->blocks[i]);
    *series = (struct series){0};
}
