#include "core/model/sort_keys.h"

#include <stdatomic.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/vec.h"
#include "core/model/search.h"

/* Packed, since the memory that a million of them pass through is what sorting costs. */
struct item {
    uint64_t key;
    uint32_t place; /* in the indices as they were */
} __attribute__((packed, aligned(4)));

static bool is_cancelled(const _Atomic bool *cancelled)
{
    return cancelled != NULL && atomic_load_explicit(cancelled, memory_order_relaxed);
}

/* --- radix sort of items by key ------------------------------------------------------------ */

#define DIGIT_BITS 8
#define N_DIGITS   ((64 + DIGIT_BITS - 1) / DIGIT_BITS)
#define N_BUCKETS  (1u << DIGIT_BITS)

static inline size_t bucket_of(uint64_t key, unsigned digit)
{
    return key >> digit * DIGIT_BITS & (N_BUCKETS - 1);
}

static void count_digits(const struct item *items, size_t n, uint32_t counts[N_DIGITS][N_BUCKETS])
{
    memset(counts, 0, N_DIGITS * sizeof(counts[0]));
    for (size_t i = 0; i < n; i++) {
        for (unsigned digit = 0; digit < N_DIGITS; digit++)
            counts[digit][bucket_of(items[i].key, digit)]++;
    }
}

static void scatter(const struct item *from, struct item *to, size_t n, unsigned digit,
                    uint32_t counts[N_BUCKETS])
{
    uint32_t start = 0;
    for (size_t i = 0; i < N_BUCKETS; i++) {
        uint32_t count = counts[i];
        counts[i] = start;
        start += count;
    }
    for (size_t i = 0; i < n; i++)
        to[counts[bucket_of(from[i].key, digit)]++] = from[i];
}

/* Least significant digit first, stable; digits that are all the same are left out. spare has room
 * for n items. */
static void sort_items_by_radix(struct item *items, struct item *spare, size_t n)
{
    uint32_t counts[N_DIGITS][N_BUCKETS];
    count_digits(items, n, counts);
    struct item *from = items, *to = spare;
    for (unsigned digit = 0; digit < N_DIGITS; digit++) {
        if (counts[digit][bucket_of(items[0].key, digit)] == n)
            continue;
        scatter(from, to, n, digit, counts[digit]);
        struct item *swap = from;
        from = to, to = swap;
    }
    if (from != items)
        memcpy(items, from, n * sizeof(*items));
}

/* Stable as well, and quicker for few. */
static void sort_items_by_insertion(struct item *items, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct item item = items[i];
        size_t at = i;
        for (; at > 0 && items[at - 1].key > item.key; at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

#define INSERTION_MAX 48

static void sort_items(struct item *items, struct item *spare, size_t n)
{
    if (n <= INSERTION_MAX)
        sort_items_by_insertion(items, n);
    else
        sort_items_by_radix(items, spare, n);
}

/* Puts the indices into the order of the items, whose places are used up. */
static void reorder(uint32_t *indices, struct item *items, size_t n)
{
    for (size_t i = 0; i < n; i++)
        items[i].place = indices[items[i].place];
    for (size_t i = 0; i < n; i++)
        indices[i] = items[i].place;
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
        items[i] = (struct item){descending ? ~key : key, (uint32_t)i};
    }
    sort_items(items, items + n, n);
    reorder(indices, items, n);
    mem_free(items);
    return true;
}

/* --- texts --------------------------------------------------------------------------------- */

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

/*
 * The folded bytes that occur, numbered from 1 in their order; 0 is where a text has ended. The
 * fewer there are, the more of a text fits into a key: 12 hexadecimal digits, 10 letters, 7 bytes.
 */
struct alphabet {
    uint16_t symbols[256]; /* by byte, folding included */
    unsigned symbol_bits;
    unsigned key_symbols;
};

static struct alphabet alphabet_of(const struct texts *texts, const uint32_t *indices, size_t n)
{
    bool occurs[256] = {false};
    for (size_t i = 0; i < n; i++) {
        struct sv text = texts_get(texts, indices[i]);
        for (size_t at = 0; at < text.len; at++)
            occurs[(uint8_t)text.ptr[at]] = true;
    }
    struct alphabet alphabet = {.symbol_bits = 1};
    uint16_t numbers[256], n_symbols = 0;
    for (unsigned byte = 0; byte < 256; byte++)
        numbers[search_lower[byte]] = 0;
    for (unsigned byte = 0; byte < 256; byte++)
        numbers[search_lower[byte]] |= occurs[byte];
    for (unsigned byte = 0; byte < 256; byte++)
        numbers[byte] = search_lower[byte] == byte && numbers[byte] != 0 ? ++n_symbols : 0;
    for (unsigned byte = 0; byte < 256; byte++)
        alphabet.symbols[byte] = numbers[search_lower[byte]];
    while (n_symbols >> alphabet.symbol_bits != 0)
        alphabet.symbol_bits++;
    alphabet.key_symbols = 64 / alphabet.symbol_bits;
    return alphabet;
}

/* The symbols of text from depth on, the first one in the highest place. */
static uint64_t text_key(const struct alphabet *alphabet, struct sv text, size_t depth)
{
    if (text.len <= depth)
        return 0;
    const uint8_t *bytes = (const uint8_t *)text.ptr + depth;
    size_t n = text.len - depth < alphabet->key_symbols ? text.len - depth : alphabet->key_symbols;
    unsigned shift = alphabet->symbol_bits * alphabet->key_symbols;
    uint64_t key = 0;
    for (size_t i = 0; i < n; i++)
        key |= (uint64_t)alphabet->symbols[bytes[i]] << (shift -= alphabet->symbol_bits);
    return key;
}

/* Items that are equal in the first `depth` bytes. */
struct text_group {
    size_t first, n, depth;
};

struct text_sort {
    const struct texts *texts;
    const uint32_t *indices;
    struct alphabet alphabet;
    bool descending;
    struct item *items, *spare;
    uint64_t *second; /* by place: the key behind the first one */
    VEC(struct text_group) groups;
};

/* Both first keys at once, while the texts come in the order in which they lie in memory: later a
 * look at one costs a miss of the cache. */
static void read_texts(struct text_sort *sort, size_t n)
{
    uint64_t flip = sort->descending ? UINT64_MAX : 0;
    for (size_t i = 0; i < n; i++) {
        struct sv text = texts_get(sort->texts, sort->indices[i]);
        uint64_t key = text_key(&sort->alphabet, text, 0) ^ flip;
        sort->items[i] = (struct item){key, (uint32_t)i};
        sort->second[i] = text_key(&sort->alphabet, text, sort->alphabet.key_symbols) ^ flip;
    }
}

static uint64_t key_at(const struct text_sort *sort, uint32_t place, size_t depth)
{
    if (depth == sort->alphabet.key_symbols)
        return sort->second[place];
    uint64_t key = text_key(&sort->alphabet, texts_get(sort->texts, sort->indices[place]), depth);
    return sort->descending ? ~key : key;
}

/* Queues what is still equal behind its key: not what has ended within it. */
static void split_group(struct text_sort *sort, struct text_group group)
{
    const struct item *items = sort->items + group.first;
    uint64_t mask = (UINT64_C(1) << sort->alphabet.symbol_bits) - 1;
    uint64_t ended = sort->descending ? mask : 0;
    for (size_t i = 0, next; i < group.n; i = next) {
        for (next = i + 1; next < group.n && items[next].key == items[i].key;)
            next++;
        if (next - i > 1 && (items[i].key & mask) != ended)
            vec_push(&sort->groups,
                     ((struct text_group){group.first + i, next - i,
                                          group.depth + sort->alphabet.key_symbols}));
    }
}

static void sort_group(struct text_sort *sort, struct text_group group)
{
    struct item *items = sort->items + group.first;
    for (size_t i = 0; group.depth > 0 && i < group.n; i++)
        items[i].key = key_at(sort, items[i].place, group.depth);
    sort_items(items, sort->spare, group.n);
    split_group(sort, group);
}

bool sort_by_text(const struct texts *texts, uint32_t *indices, size_t n, bool descending,
                  const _Atomic bool *cancelled)
{
    struct text_sort sort = {.texts = texts, .indices = indices, .descending = descending};
    sort.alphabet = alphabet_of(texts, indices, n);
    sort.items = mem_alloc(2 * n * sizeof(*sort.items));
    sort.spare = sort.items + n;
    sort.second = mem_alloc(n * sizeof(*sort.second));
    read_texts(&sort, n);
    if (n > 1)
        vec_push(&sort.groups, ((struct text_group){0, n, 0}));
    while (sort.groups.len > 0 && !is_cancelled(cancelled))
        sort_group(&sort, sort.groups.ptr[--sort.groups.len]);
    bool done = sort.groups.len == 0;
    reorder(indices, sort.items, n);
    vec_free(&sort.groups);
    mem_free(sort.second);
    mem_free(sort.items);
    return done;
}
