#include "core/base/nearest.h"

#include <string.h>

#define WORD_BYTES_MAX ((size_t)64)

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

size_t word_distance(struct sv a, struct sv b)
{
    size_t n = a.len < WORD_BYTES_MAX ? a.len : WORD_BYTES_MAX;
    size_t m = b.len < WORD_BYTES_MAX ? b.len : WORD_BYTES_MAX;
    size_t rows[3][WORD_BYTES_MAX + 1], *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= m; j++)
        above[j] = j;
    for (size_t i = 1; i <= n; i++) {
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            bool same = a.ptr[i - 1] == b.ptr[j - 1];
            row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + !same);
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1] &&
                before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
        }
        size_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[m];
}

void nearest_init(struct nearest *nearest, struct sv word)
{
    *nearest = (struct nearest){.word = word, .distance = word.len < 3 ? 1 : 2 + word.len / 4};
}

/* Half typed is a little less near than whole: `--endpint` for `--endpoint-url`. */
static size_t distance_from(struct sv typed, struct sv candidate)
{
    size_t least = word_distance(typed, candidate);
    for (size_t len = typed.len; len <= typed.len + 1 && len < candidate.len; len++) {
        size_t half = word_distance(typed, (struct sv){candidate.ptr, len}) + 1;
        if (half < least)
            least = half;
    }
    return least;
}

void nearest_offer(struct nearest *nearest, const char *candidate)
{
    size_t distance = distance_from(nearest->word, sv_of(candidate));
    if (distance >= nearest->distance)
        return;
    nearest->distance = distance;
    nearest->best = candidate;
}

void nearest_hint(const struct nearest *nearest, struct buf *out)
{
    if (nearest->best)
        buf_addf(out, "; did you mean %s?", nearest->best);
}
