#include "core/model/keyset.h"

#include <endian.h>
#include <string.h>
#include <threads.h>

#include "core/base/mem.h"
#include "core/base/os.h"

#define FILTER_BITS_FIRST ((size_t)1 << 12)
#define FILTER_BITS_A_ROW 8 /* at least, and twice that at most: one key in 8 to 16 looks known */

static uint64_t seed[2];
static once_flag seed_once = ONCE_FLAG_INIT;

static void draw_seed(void)
{
    os_random(seed, sizeof(seed));
}

static inline uint64_t rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1], v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0], v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1], v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2], v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
}

static inline void sip_word(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    sip_round(v);
    v[0] ^= word;
}

uint64_t key_of_text(struct sv text)
{
    call_once(&seed_once, draw_seed);
    uint64_t v[4] = {seed[0] ^ 0x736f6d6570736575, seed[1] ^ 0x646f72616e646f6d,
                     seed[0] ^ 0x6c7967656e657261, seed[1] ^ 0x7465646279746573};
    size_t at = 0;
    for (; at + 8 <= text.len; at += 8) {
        uint64_t word;
        memcpy(&word, text.ptr + at, 8);
        sip_word(v, le64toh(word));
    }
    uint64_t last = 0;
    if (at < text.len)
        memcpy(&last, text.ptr + at, text.len - at);
    sip_word(v, le64toh(last) | (uint64_t)text.len << 56);
    v[2] ^= 0xff;
    for (int i = 0; i < 4; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t key_of_number(int64_t number)
{
    return key_of_text((struct sv){(const char *)&number, sizeof(number)});
}

uint64_t key_of_absent(void)
{
    return 0;
}

uint64_t key_fold(uint64_t key, uint64_t part)
{
    key = (rotate(key, 29) ^ part) * 0x9e3779b97f4a7c15;
    return key ^ key >> 32;
}

static size_t n_slots(unsigned level)
{
    return 2 * (series_block_end(level) - series_block_start(level));
}

/*
 * A slot holds the row's place in its block plus one, which needs value_bits; the bits above it
 * hold as much of the key as fits, so that a foreign key is seldom mistaken before it is read.
 */
static unsigned value_bits(unsigned level)
{
    return SERIES_FIRST_LOG + (level == 0 ? 0 : level - 1) + 1;
}

static uint32_t slot_tag(unsigned level, uint64_t key)
{
    return (uint32_t)((key >> 32) << value_bits(level));
}

/* --- the filter ------------------------------------------------------------------------------ */

/* Other bits of the key than those that choose a slot. */
static uint64_t *filter_word(const struct keyset *keyset, uint64_t key, uint64_t *bit)
{
    size_t at = key >> 20 & (keyset->filter_bits - 1);
    *bit = UINT64_C(1) << at % 64;
    return &keyset->filter[at / 64];
}

static void filter_set(struct keyset *keyset, uint64_t key)
{
    uint64_t bit, *word = filter_word(keyset, key, &bit);
    *word |= bit;
}

/* Once there are fewer than FILTER_BITS_A_ROW bits for each row. */
static void filter_grow(struct keyset *keyset, size_t n_rows)
{
    mem_free(keyset->filter);
    keyset->filter_bits = keyset->filter_bits != 0 ? 2 * keyset->filter_bits : FILTER_BITS_FIRST;
    keyset->filter = mem_alloc(keyset->filter_bits / 8);
    for (size_t row = 0; row < n_rows; row++)
        filter_set(keyset, keyset_key(keyset, row));
}

bool keyset_has(const struct keyset *keyset, size_t n_rows, uint64_t key)
{
    uint64_t bit;
    if (n_rows == 0 || (*filter_word(keyset, key, &bit) & bit) == 0)
        return false;
    return keyset_find(keyset, n_rows, key) != SIZE_MAX;
}

/* --- the index ------------------------------------------------------------------------------- */

void keyset_add(struct keyset *keyset, size_t row, uint64_t key)
{
    if ((row + 1) * FILTER_BITS_A_ROW > keyset->filter_bits)
        filter_grow(keyset, row);
    filter_set(keyset, key);
    *(uint64_t *)series_grow(&keyset->keys, sizeof(uint64_t), row) = key;
    unsigned level = series_block(row);
    if (keyset->levels[level] == NULL)
        keyset->levels[level] = mem_alloc(n_slots(level) * sizeof(uint32_t));
    _Atomic uint32_t *slots = keyset->levels[level];
    size_t mask = n_slots(level) - 1;
    size_t slot = key & mask;
    while (atomic_load_explicit(&slots[slot], memory_order_relaxed) != 0)
        slot = (slot + 1) & mask;
    uint32_t value = (uint32_t)(row - series_block_start(level)) + 1;
    atomic_store_explicit(&slots[slot], slot_tag(level, key) | value, memory_order_relaxed);
}

/* limit is the number of rows of that level that may be looked at. */
static size_t find_in_level(const struct keyset *keyset, unsigned level, size_t limit, uint64_t key)
{
    const _Atomic uint32_t *slots = keyset->levels[level];
    const uint64_t *keys = keyset->keys.blocks[level];
    size_t mask = n_slots(level) - 1;
    uint32_t value_mask = (uint32_t)((UINT64_C(1) << value_bits(level)) - 1);
    uint32_t tag = slot_tag(level, key);
    for (size_t at = key & mask;; at = (at + 1) & mask) {
        uint32_t slot = atomic_load_explicit(&slots[at], memory_order_relaxed);
        if (slot == 0)
            return SIZE_MAX;
        uint32_t value = slot & value_mask;
        if ((slot & ~value_mask) == tag && value <= limit && keys[value - 1] == key)
            return series_block_start(level) + value - 1;
    }
}

size_t keyset_find(const struct keyset *keyset, size_t n_rows, uint64_t key)
{
    if (n_rows == 0)
        return SIZE_MAX;
    for (unsigned level = series_block(n_rows - 1) + 1; level-- > 0;) {
        size_t row = find_in_level(keyset, level, n_rows - series_block_start(level), key);
        if (row != SIZE_MAX)
            return row;
    }
    return SIZE_MAX;
}

uint64_t keyset_key(const struct keyset *keyset, size_t row)
{
    return *(const uint64_t *)series_at(&keyset->keys, sizeof(uint64_t), row);
}

size_t keyset_bytes(const struct keyset *keyset, size_t n_rows)
{
    size_t bytes = n_rows * (sizeof(uint64_t) + FILTER_BITS_A_ROW / 8);
    for (unsigned level = 0; level < SERIES_BLOCKS && series_block_start(level) < n_rows; level++)
        bytes += n_slots(level) * sizeof(uint32_t);
    (void)keyset;
    return bytes;
}

void keyset_done(struct keyset *keyset)
{
    series_done(&keyset->keys);
    mem_free(keyset->filter);
    for (size_t i = 0; i < SERIES_BLOCKS; i++)
        mem_free((void *)keyset->levels[i]);
    *keyset = (struct keyset){0};
}
