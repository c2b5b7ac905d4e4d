#include "core/model/search.h"

#include <endian.h>
#include <string.h>

#define LOWER_ROW(x)                                                                      \
    (x), (x) + 1, (x) + 2, (x) + 3, (x) + 4, (x) + 5, (x) + 6, (x) + 7, (x) + 8, (x) + 9, \
        (x) + 10, (x) + 11, (x) + 12, (x) + 13, (x) + 14, (x) + 15
#define LOWER_ROWS_FROM_80                                                               \
    LOWER_ROW(0x80), LOWER_ROW(0x90), LOWER_ROW(0xa0), LOWER_ROW(0xb0), LOWER_ROW(0xc0), \
        LOWER_ROW(0xd0), LOWER_ROW(0xe0), LOWER_ROW(0xf0)

const uint8_t search_lower[256] = {
    LOWER_ROW(0x00),
    LOWER_ROW(0x10),
    LOWER_ROW(0x20),
    LOWER_ROW(0x30),
    '@',
    'a',
    'b',
    'c',
    'd',
    'e',
    'f',
    'g',
    'h',
    'i',
    'j',
    'k',
    'l',
    'm',
    'n',
    'o',
    'p',
    'q',
    'r',
    's',
    't',
    'u',
    'v',
    'w',
    'x',
    'y',
    'z',
    '[',
    '\\',
    ']',
    '^',
    '_',
    LOWER_ROW(0x60),
    LOWER_ROW(0x70),
    LOWER_ROWS_FROM_80,
};

struct needle needle_of(struct sv text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = (uint8_t)text.ptr[i];
        if (search_lower[c] != c)
            return (struct needle){text, false};
    }
    return (struct needle){text, true};
}

static inline uint8_t fold_byte(char c, bool fold)
{
    return fold ? search_lower[(uint8_t)c] : (uint8_t)c;
}

static bool equal_at(const struct needle *needle, const char *at)
{
    if (!needle->fold)
        return memcmp(at, needle->text.ptr, needle->text.len) == 0;
    for (size_t i = 0; i < needle->text.len; i++) {
        if (search_lower[(uint8_t)at[i]] != (uint8_t)needle->text.ptr[i])
            return false;
    }
    return true;
}

/*
 * Sixteen positions at a time: those where both the first and the last byte of the needle fit are
 * compared in full (W. Mula, "SIMD-friendly algorithms for substring searching"). Folding is an OR
 * with 0x20 where the needle has a letter, which is also true for a few other bytes; the full
 * comparison sorts those out.
 */
typedef uint8_t lanes __attribute__((vector_size(16)));
#define N_LANES sizeof(lanes)

struct probe {
    lanes first, last;           /* the byte looked for, in all lanes */
    lanes first_case, last_case; /* what is ORed before */
    size_t last_offset;
};

static lanes all_lanes(uint8_t byte)
{
    return (lanes){0} + byte;
}

static uint8_t case_bit(char c, bool fold)
{
    return fold && c >= 'a' && c <= 'z' ? 0x20 : 0;
}

static struct probe probe_of(const struct needle *needle)
{
    size_t last = needle->text.len - 1;
    const char *bytes = needle->text.ptr;
    return (struct probe){
        .first = all_lanes((uint8_t)bytes[0]),
        .last = all_lanes((uint8_t)bytes[last]),
        .first_case = all_lanes(case_bit(bytes[0], needle->fold)),
        .last_case = all_lanes(case_bit(bytes[last], needle->fold)),
        .last_offset = last,
    };
}

static inline lanes candidates(const struct probe *probe, const char *at)
{
    lanes first, last;
    memcpy(&first, at, N_LANES);
    memcpy(&last, at + probe->last_offset, N_LANES);
    return (lanes)((first | probe->first_case) == probe->first) &
           (lanes)((last | probe->last_case) == probe->last);
}

/* The first lane that is set and where the needle stands; N_LANES when there is none. */
static size_t confirm(const struct needle *needle, const char *at, lanes set)
{
    uint64_t halves[2];
    memcpy(halves, &set, sizeof(halves));
    for (size_t half = 0; half < 2; half++) {
        for (uint64_t bits = le64toh(halves[half]); bits != 0;) {
            unsigned lane = (unsigned)__builtin_ctzll(bits) / 8;
            if (equal_at(needle, at + half * 8 + lane))
                return half * 8 + lane;
            bits &= ~(UINT64_C(0xff) << lane * 8);
        }
    }
    return N_LANES;
}

static inline bool any_lane(lanes set)
{
    uint64_t halves[2];
    memcpy(halves, &set, sizeof(halves));
    return (halves[0] | halves[1]) != 0;
}

static size_t find_short(const struct needle *needle, struct sv hay)
{
    for (size_t at = 0; at + needle->text.len <= hay.len; at++) {
        if (equal_at(needle, hay.ptr + at))
            return at;
    }
    return SIZE_MAX;
}

size_t needle_find(const struct needle *needle, struct sv hay)
{
    if (needle->text.len == 0)
        return 0;
    if (hay.len < needle->text.len + N_LANES - 1)
        return find_short(needle, hay);
    struct probe probe = probe_of(needle);
    size_t last_start = hay.len - needle->text.len - (N_LANES - 1);
    for (size_t at = 0;; at = at + N_LANES < last_start ? at + N_LANES : last_start) {
        lanes set = candidates(&probe, hay.ptr + at);
        if (any_lane(set)) {
            size_t lane = confirm(needle, hay.ptr + at, set);
            if (lane < N_LANES)
                return at + lane;
        }
        if (at == last_start)
            return SIZE_MAX;
    }
}

bool needle_equals(const struct needle *needle, struct sv text)
{
    return text.len == needle->text.len && (text.len == 0 || equal_at(needle, text.ptr));
}

bool needle_fuzzy(const struct needle *needle, struct sv text)
{
    size_t n_found = 0;
    for (size_t i = 0; i < text.len && n_found < needle->text.len; i++)
        n_found += fold_byte(text.ptr[i], needle->fold) == (uint8_t)needle->text.ptr[n_found];
    return n_found == needle->text.len;
}
