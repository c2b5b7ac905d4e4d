#include "core/model/sort_keys.h"

#include <stdatomic.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/vec.h"
#include "core/model/search.h"

struct item {
    uint64_t key;
    uint32_t index;
};

static bool is_cancelled(const _Atomic bool *cancelled)
{
    return cancelled != NULL && atomic_load_explicit(cancelled, memory_order_relaxed);
}

/* --- radix sort of items by key ------------------------------------------------------------ */

#define N_DIGITS 8

static void count_digits(const struct item *items, size_t n, uint32_t counts[N_DIGITS][256])
{
    memset(counts, 0, N_DIGITS * sizeof(counts[0]));
    for (size_t i = 0; i < n; i++) {
        for (unsigned digit = 0; digit < N_DIGITS; digit++)
            counts[digit][items[i].key >> digit * 8 & 255]++;
    }
}

static void scatter(const struct item *from, struct item *to, size_t n, unsigned digit,
                    uint32_t counts[256])
{
    uint32_t start = 0;
    for (size_t i = 0; i < 256; i++) {
        uint32_t count = counts[i];
        counts[i] = start;
        start += count;
    }
    for (size_t i = 0; i < n; i++)
        to[counts[from[i].key >> digit * 8 & 255]++] = from[i];
}

/* Least significant digit first, stable; digits that are all the same are left out. spare has room
 * for n items. */
static void sort_items(struct item *items, struct item *spare, size_t n)
{
    uint32_t counts[N_DIGITS][256];
    count_digits(items, n, counts);
    struct item *from = items, *to = spare;
    for (unsigned digit = 0; digit < N_DIGITS; digit++) {
        if (counts[digit][items[0].key >> digit * 8 & 255] == n)
            continue;
        scatter(from, to, n, digit, counts[digit]);
        struct item *swap = from;
        from = to, to = swap;
    }
    if (from != items)
        memcpy(items, from, n * sizeof(*items));
}

static void store_indices(const struct item *items, uint32_t *indices, size_t n)
{
    for (size_t i = 0; i < n; i++)
        indices[i] = items[i].index;
}

/* --- numbers ------------------------------------------------------------------------------- */

bool sort_by_number(const struct series *numbers, uint32_t *indices, size_t n, bool descending,
                    const _Atomic bool *cancelled)
{
    if (n == 0 || is_cancelled(cancelled))
        return n == 0;
    struct item *items = mem_alloc(2 * n * sizeof(*items));
    for (size_t i = 0; i < n; i++) {
        int64_t number = *(const int64_t *)series_at(numbers, sizeof(int64_t), indices[i]);
        uint64_t key = (uint64_t)number ^ UINT64_C(1) << 63;
        items[i] = (struct item){descending ? ~key : key, indices[i]};
    }
    sort_items(items, items + n, n);
    store_indices(items, indices, n);
    mem_free(items);
    return true;
}

/* --- texts --------------------------------------------------------------------------------- */

/* A key holds seven characters of nine bits: 0 where the text has ended, else byte + 1. */
#define KEY_CHARS 7
#define CHAR_BITS 9
#define CHAR_MASK ((1u << CHAR_BITS) - 1)

#define FEW_ITEMS 16

struct text_sort {
    const struct texts *texts;
    bool descending;
    struct item *items, *spare;
    VEC(struct text_group) groups;
};

/* Items that are equal in the first `depth` bytes. */
struct text_group {
    size_t first, n, depth;
};

static uint8_t folded(struct sv text, size_t i)
{
    return search_lower[(uint8_t)text.ptr[i]];
}

int text_compare(struct sv a, struct sv b, size_t from)
{
    size_t n = a.len < b.len ? a.len : b.len;
    for (size_t i = from; i < n; i++) {
        int order = folded(a, i) - folded(b, i);
        if (order != 0)
            return order;
    }
    return (a.len > b.len) - (a.len < b.len);
}

static uint64_t text_key(struct sv text, size_t depth)
{
    uint64_t key = 0;
    for (size_t i = depth; i < depth + KEY_CHARS; i++)
        key = key << CHAR_BITS | (i < text.len ? folded(text, i) + 1u : 0);
    return key;
}

static void sort_few(const struct text_sort *sort, struct text_group group)
{
    struct item *items = sort->items + group.first;
    for (size_t i = 1; i < group.n; i++) {
        struct item item = items[i];
        struct sv text = texts_get(sort->texts, item.index);
        size_t at = i;
        for (; at > 0; at--) {
            struct sv before = texts_get(sort->texts, items[at - 1].index);
            int order = text_compare(before, text, group.depth);
            if ((sort->descending ? -order : order) <= 0)
                break;
            items[at] = items[at - 1];
        }
        items[at] = item;
    }
}

/* Queues what is still equal behind its key. */
static void split_group(struct text_sort *sort, struct text_group group)
{
    const struct item *items = sort->items + group.first;
    uint64_t ended = sort->descending ? CHAR_MASK : 0;
    for (size_t i = 0, next; i < group.n; i = next) {
        for (next = i + 1; next < group.n && items[next].key == items[i].key;)
            next++;
        if (next - i > 1 && (items[i].key & CHAR_MASK) != ended)
            vec_push(&sort->groups,
                     ((struct text_group){group.first + i, next - i, group.depth + KEY_CHARS}));
    }
}

static void sort_group(struct text_sort *sort, struct text_group group)
{
    struct item *items = sort->items + group.first;
    for (size_t i = 0; i < group.n; i++) {
        uint64_t key = text_key(texts_get(sort->texts, items[i].index), group.depth);
        items[i].key = sort->descending ? ~key : key;
    }
    sort_items(items, sort->spare, group.n);
    split_group(sort, group);
}

bool sort_by_text(const struct texts *texts, uint32_t *indices, size_t n, bool descending,
                  const _Atomic bool *cancelled)
{
    struct text_sort sort = {.texts = texts, .descending = descending};
    sort.items = mem_alloc(2 * n * sizeof(*sort.items));
    sort.spare = sort.items + n;
    for (size_t i = 0; i < n; i++)
        sort.items[i].index = indices[i];
    if (n > 1)
        vec_push(&sort.groups, ((struct text_group){0, n, 0}));
    while (sort.groups.len > 0 && !is_cancelled(cancelled)) {
        struct text_group group = sort.groups.ptr[--sort.groups.len];
        if (group.n <= FEW_ITEMS)
            sort_few(&sort, group);
        else
            sort_group(&sort, group);
    }
    bool done = sort.groups.len == 0;
    store_indices(sort.items, indices, n);
    vec_free(&sort.groups);
    mem_free(sort.items);
    return done;
}
