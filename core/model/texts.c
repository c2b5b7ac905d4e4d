#include "core/model/texts.h"

#include <string.h>

/* Where a text of len bytes may begin at or behind tail without crossing the end of a block. */
static size_t place(size_t tail, size_t len)
{
    unsigned block = series_block(tail);
    while (tail + len > series_block_end(block))
        tail = series_block_end(block++);
    return tail;
}

bool texts_stage(struct texts *texts, struct sv text)
{
    texts_unstage(texts);
    if (text.len == 0)
        return true;
    if (text.len > SERIES_MAX)
        return false;
    size_t begin = place(texts->tail, text.len);
    if (begin + text.len > SERIES_MAX)
        return false;
    memcpy(series_grow(&texts->bytes, 1, begin), text.ptr, text.len);
    texts->staged_end = begin + text.len;
    return true;
}

void texts_commit(struct texts *texts, size_t index)
{
    *(uint32_t *)series_grow(&texts->ends, sizeof(uint32_t), index) = (uint32_t)texts->staged_end;
    texts->tail = texts->staged_end;
}

void texts_unstage(struct texts *texts)
{
    texts->staged_end = texts->tail;
}

/* The first of first..limit-1 whose text ends behind position; ends ascend. */
static size_t first_behind(const uint32_t *ends, size_t first, size_t limit, size_t position)
{
    size_t low = first;
    while (low < limit) {
        size_t middle = low + (limit - low) / 2;
        if (ends[middle - first] <= position)
            low = middle + 1;
        else
            limit = middle;
    }
    return low;
}

struct texts_run texts_run(const struct texts *texts, size_t first, size_t limit, size_t max_bytes)
{
    const uint32_t *ends = series_at(&texts->ends, sizeof(uint32_t), first);
    size_t begin = texts_begin(texts, first, ends[0]);
    size_t reach = series_block_end(series_block(begin));
    if (reach - begin > max_bytes)
        reach = begin + max_bytes;
    if (ends[limit - 1 - first] > reach)
        limit = first_behind(ends, first, limit, reach);
    if (limit == first)
        limit++;
    size_t n_bytes = ends[limit - 1 - first] - begin;
    return (struct texts_run){
        .limit = limit,
        .bytes = n_bytes == 0 ? NULL : series_at(&texts->bytes, 1, begin),
        .n_bytes = n_bytes,
        .ends = ends,
        .begin = begin,
    };
}

size_t texts_bytes(const struct texts *texts, size_t count)
{
    return count == 0 ? 0 : texts_end(texts, count - 1) + count * sizeof(uint32_t);
}

void texts_done(struct texts *texts)
{
    series_done(&texts->bytes);
    series_done(&texts->ends);
    *texts = (struct texts){0};
}
