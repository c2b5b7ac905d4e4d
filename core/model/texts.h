/*
 * texts: an append-only list of texts, one behind the other in memory, so that a search runs over
 * whole blocks at the speed of memory. Only the end of each text is kept (4 bytes): it begins
 * where the one before ends, or at the start of its block when it did not fit into the last one.
 */
#ifndef CORE_MODEL_TEXTS_H
#define CORE_MODEL_TEXTS_H

#include <stdbool.h>

#include "core/base/str.h"
#include "core/model/series.h"

/* Zero-initialised is ready. */
struct texts {
    struct series bytes;
    struct series ends; /* uint32_t, positions in bytes */
    size_t tail;        /* for the writer: behind the last committed text */
    size_t staged_end;  /* for the writer: behind the staged text */
};

/*
 * For the writer. texts_stage copies text behind the last one, in place of what was staged before;
 * false when the list is full (2^32 bytes). texts_commit makes it the text at index, which must be
 * the next one. Without a stage before it the text is empty.
 */
bool texts_stage(struct texts *texts, struct sv text);
void texts_commit(struct texts *texts, size_t index);
void texts_unstage(struct texts *texts);

/* Where the text at index ends, and where it begins given that. */
static inline size_t texts_end(const struct texts *texts, size_t index)
{
    return *(const uint32_t *)series_at(&texts->ends, sizeof(uint32_t), index);
}

static inline size_t texts_begin(const struct texts *texts, size_t index, size_t end)
{
    size_t before = index == 0 ? 0 : texts_end(texts, index - 1);
    if (before == end)
        return end;
    size_t block_start = series_block_start(series_block(end - 1));
    return before > block_start ? before : block_start;
}

/* The text at index; never with a NULL ptr. */
static inline struct sv texts_get(const struct texts *texts, size_t index)
{
    size_t end = texts_end(texts, index);
    size_t begin = texts_begin(texts, index, end);
    if (begin == end)
        return SV("");
    return (struct sv){series_at(&texts->bytes, 1, begin), end - begin};
}

/*
 * The longest run of texts from first, before limit (> first), that lie in one piece of memory of
 * at most max_bytes; one text alone may be longer. Text i of the run is
 * bytes[ends[i - 1 - first] - begin .. ends[i - first] - begin), the first one begins at bytes.
 */
struct texts_run {
    size_t limit;      /* behind the last text of the run */
    const char *bytes; /* NULL when all texts of the run are empty */
    size_t n_bytes;
    const uint32_t *ends; /* of texts first, first + 1, ... */
    size_t begin;
};

/* first and limit - 1 must lie in the same block of `ends`. */
struct texts_run texts_run(const struct texts *texts, size_t first, size_t limit, size_t max_bytes);

/* Memory in use by the first count texts. */
size_t texts_bytes(const struct texts *texts, size_t count);
void texts_done(struct texts *texts);

#endif
