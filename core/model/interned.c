#include "core/model/interned.h"

#include "core/model/keyset.h"

void interned_init(struct interned *interned)
{
    *interned = (struct interned){0};
    for (size_t i = 0; i < INTERNED_PLANES; i++)
        atomic_init(&interned->plane_from[i], i == 0 ? 0 : SIZE_MAX);
    texts_commit(&interned->values, 0);
    *(uint64_t *)series_grow(&interned->hashes, sizeof(uint64_t), 0) = key_of_absent();
    atomic_init(&interned->n_values, 1);
}

void interned_done(struct interned *interned)
{
    texts_done(&interned->values);
    series_done(&interned->hashes);
    for (size_t i = 0; i < INTERNED_PLANES; i++)
        series_done(&interned->planes[i]);
    map_done(&interned->codes);
}

bool interned_stage(struct interned *interned, struct sv text)
{
    interned_unstage(interned);
    if (text.ptr == NULL)
        return true;
    if (interned->last != 0 && sv_eq(interned_value(interned, interned->last), text)) {
        interned->staged = interned->last; /* rows of a page often repeat a value */
        return true;
    }
    const union map_value *known = map_get(&interned->codes, text);
    interned->staged_is_new = known == NULL;
    if (known != NULL) {
        interned->staged = (uint32_t)known->u64;
        return true;
    }
    interned->staged = (uint32_t)interned_count(interned);
    *(uint64_t *)series_grow(&interned->hashes, sizeof(uint64_t), interned->staged) =
        key_of_text(text);
    return texts_stage(&interned->values, text);
}

static void add_value(struct interned *interned)
{
    uint32_t code = interned->staged;
    texts_commit(&interned->values, code);
    map_put(&interned->codes, texts_get(&interned->values, code), NULL)->u64 = code;
    atomic_store_explicit(&interned->n_values, (size_t)code + 1, memory_order_release);
}

void interned_commit(struct interned *interned, size_t row)
{
    if (interned->staged_is_new)
        add_value(interned);
    uint32_t code = interned->staged;
    for (size_t i = 0; i < INTERNED_PLANES; i++, code >>= 8) {
        size_t from = atomic_load_explicit(&interned->plane_from[i], memory_order_relaxed);
        if (from == SIZE_MAX && code == 0)
            break;
        *(uint8_t *)series_grow(&interned->planes[i], 1, row) = (uint8_t)code;
        if (from == SIZE_MAX)
            atomic_store_explicit(&interned->plane_from[i], row, memory_order_relaxed);
    }
    interned->last = interned->staged;
    interned_unstage(interned);
}

void interned_unstage(struct interned *interned)
{
    texts_unstage(&interned->values);
    interned->staged = 0;
    interned->staged_is_new = false;
}

uint64_t interned_staged_hash(const struct interned *interned)
{
    return *(const uint64_t *)series_at(&interned->hashes, sizeof(uint64_t), interned->staged);
}

void interned_codes(const struct interned *interned, size_t row, size_t n, uint32_t *codes)
{
    const uint8_t *low = series_at(&interned->planes[0], 1, row);
    for (size_t i = 0; i < n; i++)
        codes[i] = low[i];
    for (unsigned plane = 1; plane < INTERNED_PLANES; plane++) {
        size_t from = atomic_load_explicit(&interned->plane_from[plane], memory_order_relaxed);
        if (row + n <= from)
            break;
        const uint8_t *high = series_at(&interned->planes[plane], 1, row);
        for (size_t i = from > row ? from - row : 0; i < n; i++)
            codes[i] |= (uint32_t)high[i] << (8 * plane);
    }
}

struct sv interned_value(const struct interned *interned, uint32_t code)
{
    return code == 0 ? SV_NONE : texts_get(&interned->values, code);
}

size_t interned_count(const struct interned *interned)
{
    return atomic_load_explicit(&interned->n_values, memory_order_acquire);
}

size_t interned_bytes(const struct interned *interned, size_t n_rows)
{
    size_t n_values = interned_count(interned);
    size_t bytes = texts_bytes(&interned->values, n_values) + n_values * sizeof(uint64_t);
    for (size_t i = 0; i < INTERNED_PLANES; i++) {
        size_t from = atomic_load_explicit(&interned->plane_from[i], memory_order_relaxed);
        bytes += n_rows > from ? n_rows - from : 0;
    }
    return bytes;
}
