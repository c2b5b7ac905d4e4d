#include "core/model/match_texts.h"

#include <endian.h>
#include <string.h>

/* Below one row in so many, texts are looked at one by one: that is dear when it is a miss of the
 * cache each time, less so when they are there already. */
#define FEW      64
#define FEW_WARM 12

/* Text by text, for few rows and for terms that are no plain search. */
static void hit_singly(const struct term *term, const struct texts *texts,
                       const struct granule *granule)
{
    for (size_t word = 0; word < granule_words(granule); word++) {
        for (uint64_t asked = granule->asked[word]; asked != 0; asked &= asked - 1) {
            size_t i = word * 64 + (size_t)__builtin_ctzll(asked);
            if (term_holds_text(term, texts_get(texts, granule->row + i)))
                granule_hit(granule, i);
        }
    }
}

/*
 * Many texts at once: a run of them is searched as one piece, which leaves a bit for each position
 * where the needle stands; then every text looks for one among its own positions. A run fits into
 * the first-level cache, its bits onto the stack.
 */
#define RUN_BYTES  ((size_t)16384)
#define LOOK       ((size_t)56)            /* positions that one look is sure to show */
#define MARK_BYTES (RUN_BYTES / 8 + 1 + 8) /* a look at the last one reads so far */

/* The marks of the n <= LOOK positions from at. */
static inline uint64_t look(const uint8_t *marks, size_t at, size_t n)
{
    uint64_t bits;
    memcpy(&bits, marks + at / 8, sizeof(bits));
    return le64toh(bits) >> at % 8 & ((UINT64_C(1) << n) - 1);
}

static inline bool has_mark(const uint8_t *marks, size_t at, size_t limit)
{
    for (; limit - at > LOOK; at += LOOK) {
        if (look(marks, at, LOOK) != 0)
            return true;
    }
    return look(marks, at, limit - at) != 0;
}

/* A run of texts within a granule: n of them, from place `first` of the granule. */
struct run {
    const struct texts_run *texts;
    size_t first, n;
};

/* Where text i of the run begins, by position in it. */
static size_t run_begin(const struct run *run, size_t i)
{
    return i == 0 ? 0 : run->texts->ends[i - 1] - run->texts->begin;
}

typedef uint64_t texts_in_run(const struct run *run, const void *marked, size_t i, size_t limit);

/* Asks for the texts of a run in question, by words of the granule. */
static void hit_asked(const struct run *run, const struct granule *granule, texts_in_run *texts_of,
                      const void *marked)
{
    for (size_t i = 0, next; i < run->n; i = next) {
        size_t at = run->first + i;
        next = i + 64 - at % 64 < run->n ? i + 64 - at % 64 : run->n;
        if (granule->asked[at / 64] != 0)
            granule->hits[at / 64] |= texts_of(run, marked, i, next) << at % 64;
    }
}

struct substring_marks {
    size_t len; /* of the needle */
    uint8_t bits[MARK_BYTES];
};

static uint64_t texts_with_substring(const struct run *run, const void *marked, size_t i,
                                     size_t limit)
{
    const struct substring_marks *marks = marked;
    uint64_t found = 0;
    size_t begin = run_begin(run, i);
    for (size_t shift = 0; i < limit; i++, shift++) {
        size_t end = run->texts->ends[i] - run->texts->begin;
        size_t behind = begin + marks->len <= end ? end - marks->len + 1 : begin;
        found |= (uint64_t)has_mark(marks->bits, begin, behind) << shift;
        begin = end;
    }
    return found;
}

static void hit_substring(const struct needle *needle, const struct run *run,
                          const struct granule *granule)
{
    struct substring_marks marks;
    const struct texts_run *texts = run->texts;
    marks.len = needle->text.len;
    if (texts->n_bytes >= marks.len &&
        needle_mark(needle, texts->bytes, texts->n_bytes - marks.len + 1, marks.bits))
        hit_asked(run, granule, texts_with_substring, &marks);
}

/* A bit for each position of each letter. */
#define LETTERS_MAX 8
struct fuzzy_marks {
    const struct needle *needle;
    uint8_t bits[LETTERS_MAX][MARK_BYTES];
};

/* Each letter is looked for above the lowest place of the one before. */
static bool has_letters(const struct fuzzy_marks *marks, size_t begin, size_t n)
{
    uint64_t above = UINT64_MAX;
    for (size_t letter = 0; letter < marks->needle->text.len; letter++) {
        uint64_t places = look(marks->bits[letter], begin, n) & above;
        uint64_t lowest = places & -places;
        above = ~(lowest | (lowest - 1)); /* nothing when there was no place */
    }
    return above != 0;
}

static uint64_t texts_with_letters(const struct run *run, const void *marked, size_t i,
                                   size_t limit)
{
    const struct fuzzy_marks *marks = marked;
    uint64_t found = 0;
    size_t begin = run_begin(run, i);
    for (size_t shift = 0; i < limit; i++, shift++) {
        size_t end = run->texts->ends[i] - run->texts->begin;
        struct sv text = {run->texts->bytes + begin, end - begin};
        bool holds = text.len <= LOOK ? has_letters(marks, begin, text.len)
                                      : needle_fuzzy(marks->needle, text);
        found |= (uint64_t)holds << shift;
        begin = end;
    }
    return found;
}

static void hit_fuzzy(const struct needle *needle, const struct run *run,
                      const struct granule *granule)
{
    struct fuzzy_marks marks;
    const struct texts_run *texts = run->texts;
    marks.needle = needle;
    for (size_t i = 0; i < needle->text.len; i++) {
        struct needle letter = {{needle->text.ptr + i, 1}, needle->fold};
        if (!needle_mark(&letter, texts->bytes, texts->n_bytes, marks.bits[i]))
            return;
    }
    hit_asked(run, granule, texts_with_letters, &marks);
}

static void hit_run(const struct term *term, const struct run *run, const struct granule *granule)
{
    const struct texts_run *texts = run->texts;
    if (texts->n_bytes == 0)
        return;
    if (texts->n_bytes > RUN_BYTES &&
        term_holds_text(term, (struct sv){texts->bytes, texts->n_bytes}))
        granule_hit(granule, run->first);
    else if (texts->n_bytes <= RUN_BYTES && term->kind == TERM_FUZZY)
        hit_fuzzy(&term->needle, run, granule);
    else if (texts->n_bytes <= RUN_BYTES)
        hit_substring(&term->needle, run, granule);
}

static void hit_runs(const struct term *term, const struct texts *texts,
                     const struct granule *granule)
{
    size_t limit = granule->row + granule->n;
    for (size_t row = granule->row; row < limit;) {
        struct texts_run piece = texts_run(texts, row, limit, RUN_BYTES);
        struct run run = {&piece, row - granule->row, piece.limit - row};
        hit_run(term, &run, granule);
        row = piece.limit;
    }
}

static bool asks_few(const struct granule *granule)
{
    size_t n_asked = 0;
    for (size_t word = 0; word < granule_words(granule); word++)
        n_asked += (size_t)__builtin_popcountll(granule->asked[word]);
    return n_asked < granule->n / (granule->is_warm ? FEW_WARM : FEW);
}

void hit_texts(const struct term *term, const struct texts *texts, const struct granule *granule)
{
    bool is_search = term->kind == TERM_SUBSTRING ||
                     (term->kind == TERM_FUZZY && term->needle.text.len <= LETTERS_MAX);
    if (is_search && !asks_few(granule))
        hit_runs(term, texts, granule);
    else
        hit_singly(term, texts, granule);
}
