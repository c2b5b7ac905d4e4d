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
 * Sixteen positions at a time: those where up to four bytes of the needle fit (after W. Mula,
 * "SIMD-friendly algorithms for substring searching", who takes two). Folding a letter is an OR
 * with 0x20, after which only its two cases equal its lower one; so a needle of up to four bytes is
 * found without a branch. Longer ones are confirmed, by their first and their last eight bytes.
 */
typedef uint8_t lanes __attribute__((vector_size(16)));
#define N_LANES    sizeof(lanes)
#define PROBES_MAX 4
#define WORD_BYTES sizeof(uint64_t)

/* Up to eight bytes of the needle, those from offset on. */
struct word {
    size_t offset;
    uint64_t bytes, cases, mask;
};

/* Some bytes of the needle, each in all lanes. */
struct sieve {
    size_t offsets[PROBES_MAX];
    lanes bytes[PROBES_MAX], cases[PROBES_MAX];
};

struct probe {
    const struct needle *needle;
    const char *end; /* of what may be read */
    struct sieve sieve;
    struct word head, tail;
};

static uint8_t case_bit(const struct needle *needle, size_t i)
{
    char c = needle->text.ptr[i];
    return needle->fold && c >= 'a' && c <= 'z' ? 0x20 : 0;
}

static lanes all_lanes(uint8_t byte)
{
    return (lanes){0} + byte;
}

static struct word word_of(const struct needle *needle, size_t offset)
{
    uint8_t bytes[WORD_BYTES] = {0}, cases[WORD_BYTES] = {0}, mask[WORD_BYTES] = {0};
    for (size_t i = 0; i < WORD_BYTES && offset + i < needle->text.len; i++) {
        bytes[i] = (uint8_t)needle->text.ptr[offset + i];
        cases[i] = case_bit(needle, offset + i);
        mask[i] = 0xff;
    }
    struct word word = {.offset = offset};
    memcpy(&word.bytes, bytes, WORD_BYTES);
    memcpy(&word.cases, cases, WORD_BYTES);
    memcpy(&word.mask, mask, WORD_BYTES);
    return word;
}

static struct probe probe_of(const struct needle *needle, const char *end)
{
    static const size_t steps[PROBES_MAX] = {0, 3, 1, 2}; /* first, last, and between them */
    struct probe probe = {.needle = needle, .end = end};
    size_t last = needle->text.len - 1;
    for (size_t i = 0; i < PROBES_MAX; i++) {
        size_t offset = last * steps[i] / 3;
        probe.sieve.offsets[i] = offset;
        probe.sieve.bytes[i] = all_lanes((uint8_t)needle->text.ptr[offset]);
        probe.sieve.cases[i] = all_lanes(case_bit(needle, offset));
    }
    probe.head = word_of(needle, 0);
    probe.tail = word_of(needle, last < WORD_BYTES ? 0 : last + 1 - WORD_BYTES);
    return probe;
}

/* One bit a lane, of lanes that are 0x00 or 0xff. */
static inline unsigned lane_bits(lanes set)
{
#ifdef __SSE2__
    return (unsigned)__builtin_ia32_pmovmskb128((char __attribute__((vector_size(16))))set);
#else
    uint64_t halves[2];
    memcpy(halves, &set, sizeof(halves));
    unsigned bits = 0;
    for (unsigned i = 0; i < 2; i++) {
        uint64_t ones = le64toh(halves[i]) & UINT64_C(0x0101010101010101);
        bits |= (unsigned)(ones * UINT64_C(0x0102040810204080) >> 56) << 8 * i;
    }
    return bits;
#endif
}

/* The lanes where the needle's bytes number from..limit-1 of the sieve fit. */
static inline lanes sift(const struct sieve *sieve, const char *at, unsigned from, unsigned limit)
{
    lanes fit = all_lanes(0xff);
    for (unsigned i = from; i < limit; i++) {
        lanes text;
        memcpy(&text, at + sieve->offsets[i], N_LANES);
        fit &= (lanes)((text | sieve->cases[i]) == sieve->bytes[i]);
    }
    return fit;
}

static inline bool any_lane(lanes set)
{
    uint64_t halves[2];
    memcpy(halves, &set, sizeof(halves));
    return (halves[0] | halves[1]) != 0;
}

/* The candidates among 64 positions. Most often two bytes are enough to see that there are none. */
static inline uint64_t candidates(const struct sieve *sieve, const char *at, unsigned n_probes)
{
    lanes fit[4];
    for (unsigned i = 0; i < 4; i++)
        fit[i] = sift(sieve, at + i * N_LANES, 0, n_probes < 2 ? n_probes : 2);
    if (n_probes > 2) {
        if (!any_lane(fit[0] | fit[1] | fit[2] | fit[3]))
            return 0;
        for (unsigned i = 0; i < 4; i++)
            fit[i] &= sift(sieve, at + i * N_LANES, 2, n_probes);
    }
    return lane_bits(fit[0]) | (uint64_t)lane_bits(fit[1]) << 16 |
           (uint64_t)lane_bits(fit[2]) << 32 | (uint64_t)lane_bits(fit[3]) << 48;
}

static inline bool word_fits(const struct word *word, const char *at)
{
    uint64_t bytes;
    memcpy(&bytes, at + word->offset, WORD_BYTES);
    return ((bytes | word->cases) & word->mask) == word->bytes;
}

static inline bool confirm(const struct probe *probe, const char *at)
{
    if (probe->end - at < (ptrdiff_t)WORD_BYTES)
        return equal_at(probe->needle, at);
    if (!word_fits(&probe->head, at) || !word_fits(&probe->tail, at))
        return false;
    return probe->needle->text.len <= 2 * WORD_BYTES || equal_at(probe->needle, at);
}

static inline uint64_t confirmed(const struct probe *probe, const char *at, uint64_t bits)
{
    uint64_t good = 0;
    for (; bits != 0; bits &= bits - 1) {
        unsigned i = (unsigned)__builtin_ctzll(bits);
        good |= (uint64_t)confirm(probe, at + i) << i;
    }
    return good;
}

/* The last, fewer than 64 positions. */
static uint64_t mark_rest(const struct probe *probe, const char *at, size_t n, unsigned n_probes)
{
    uint64_t bits = 0;
    size_t i = 0;
    for (; i + N_LANES <= n; i += N_LANES)
        bits |= (uint64_t)lane_bits(sift(&probe->sieve, at + i, 0, n_probes)) << i;
    bits = confirmed(probe, at, bits);
    for (; i < n; i++)
        bits |= (uint64_t)confirm(probe, at + i) << i;
    return bits;
}

/* n_probes and confirms are constants where this is inlined. */
static inline __attribute__((always_inline)) bool mark(const struct probe *probe, const char *bytes,
                                                       size_t n, uint8_t *marks, unsigned n_probes,
                                                       bool confirms)
{
    const struct sieve sieve = probe->sieve; /* a copy that marks cannot be an alias of */
    uint64_t any = 0;
    size_t at = 0;
    for (; at + 64 <= n; at += 64) {
        uint64_t bits = candidates(&sieve, bytes + at, n_probes);
        if (confirms)
            bits = confirmed(probe, bytes + at, bits);
        any |= bits;
        bits = htole64(bits);
        memcpy(marks + at / 8, &bits, sizeof(bits));
    }
    uint64_t rest = mark_rest(probe, bytes + at, n - at, n_probes);
    any |= rest;
    for (; at < n; at += 8, rest >>= 8)
        marks[at / 8] = (uint8_t)rest;
    return any != 0;
}

bool needle_mark(const struct needle *needle, const char *bytes, size_t n, uint8_t *marks)
{
    struct probe probe = probe_of(needle, bytes + n + needle->text.len - 1);
    if (needle->text.len == 1)
        return mark(&probe, bytes, n, marks, 1, false);
    if (needle->text.len == 2)
        return mark(&probe, bytes, n, marks, 2, false);
    if (needle->text.len <= PROBES_MAX)
        return mark(&probe, bytes, n, marks, PROBES_MAX, false);
    return mark(&probe, bytes, n, marks, PROBES_MAX, true);
}

#define FIND_BYTES     32
#define FIND_POSITIONS ((size_t)FIND_BYTES * 8)

static size_t first_mark(const uint8_t *marks)
{
    size_t i = 0;
    while (marks[i] == 0)
        i++;
    return i * 8 + (size_t)__builtin_ctz(marks[i]);
}

static size_t find_in_short(const struct needle *needle, struct sv hay)
{
    uint8_t first = (uint8_t)needle->text.ptr[0];
    for (size_t at = 0; at + needle->text.len <= hay.len; at++) {
        if (fold_byte(hay.ptr[at], needle->fold) == first && equal_at(needle, hay.ptr + at))
            return at;
    }
    return SIZE_MAX;
}

#define SHORT 64 /* not worth preparing a probe for */

size_t needle_find(const struct needle *needle, struct sv hay)
{
    size_t len = needle->text.len;
    uint8_t marks[FIND_BYTES];
    if (len == 0)
        return 0;
    if (hay.len < SHORT)
        return find_in_short(needle, hay);
    for (size_t at = 0; at + len <= hay.len; at += FIND_POSITIONS) {
        size_t n_left = hay.len - len + 1 - at;
        size_t n = n_left < FIND_POSITIONS ? n_left : FIND_POSITIONS;
        if (needle_mark(needle, hay.ptr + at, n, marks))
            return at + first_mark(marks);
    }
    return SIZE_MAX;
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
