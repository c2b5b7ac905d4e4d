#include "core/model/match.h"

#include <endian.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/model/filter_terms.h"
#include "core/model/table_inside.h"

/* One term over one column that it looks into. */
struct column_match {
    const struct store *store;
    uint8_t *by_code; /* STORE_INTERNED: whether the value of that code holds */
};

struct term_match {
    const struct term *term;
    struct column_match *columns;
    size_t n_columns;
};

struct matcher {
    struct term_match *terms;
    size_t n_terms;
};

/* The rows of a granule in question. */
struct granule {
    size_t row, n;
    const uint64_t *asked; /* rows whose answer matters */
    uint64_t *hits;
};

static uint8_t *match_codes(const struct term *term, const struct interned *interned, bool *any)
{
    size_t n_codes = interned_count(interned);
    uint8_t *by_code = mem_alloc(n_codes);
    *any = false;
    for (uint32_t code = 1; code < n_codes; code++) {
        by_code[code] = term_holds_text(term, interned_value(interned, code));
        *any |= by_code[code];
    }
    return by_code;
}

static void add_column(struct term_match *match, const struct store *store)
{
    struct column_match column = {.store = store};
    bool any = true;
    if (store->kind == STORE_INTERNED)
        column.by_code = match_codes(match->term, &store->interned, &any);
    if (any)
        match->columns[match->n_columns++] = column;
    else
        mem_free(column.by_code);
}

static void init_term(struct term_match *match, const struct term *term, const struct table *table)
{
    *match = (struct term_match){.term = term};
    match->columns = mem_alloc(table->n_columns * sizeof(*match->columns));
    /* The cheap columns first: what they decide need not be searched for. */
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < table->n_columns; i++) {
            const struct store *store = &table->stores[i];
            if ((store->kind == STORE_INTERNED) == (pass == 0) &&
                term_covers(term, table->columns, i))
                add_column(match, store);
        }
    }
}

struct matcher *matcher_new(const struct filter *filter, const struct table *table, size_t n_rows)
{
    struct matcher *matcher = mem_new(struct matcher);
    if (filter == NULL || n_rows == 0)
        return matcher;
    matcher->n_terms = filter->n_terms;
    matcher->terms = mem_alloc(filter->n_terms * sizeof(*matcher->terms));
    for (size_t i = 0; i < filter->n_terms; i++)
        init_term(&matcher->terms[i], &filter->terms[i], table);
    return matcher;
}

void matcher_free(struct matcher *matcher)
{
    for (size_t i = 0; i < matcher->n_terms; i++) {
        for (size_t j = 0; j < matcher->terms[i].n_columns; j++)
            mem_free(matcher->terms[i].columns[j].by_code);
        mem_free(matcher->terms[i].columns);
    }
    mem_free(matcher->terms);
    mem_free(matcher);
}

size_t granule_end(size_t row, size_t n_rows)
{
    size_t end = series_block_end(series_block(row));
    if (end > row + GRANULE_ROWS)
        end = row + GRANULE_ROWS;
    return end < n_rows ? end : n_rows;
}

static void set_bit(uint64_t *bits, size_t i)
{
    bits[i / 64] |= UINT64_C(1) << i % 64;
}

static size_t n_words(const struct granule *granule)
{
    return (granule->n + 63) / 64;
}

static void hit_codes(const struct column_match *column, const struct granule *granule)
{
    uint32_t codes[64];
    for (size_t at = 0; at < granule->n; at += 64) {
        if (granule->asked[at / 64] == 0)
            continue;
        size_t n = granule->n - at < 64 ? granule->n - at : 64;
        interned_codes(&column->store->interned, granule->row + at, n, codes);
        uint64_t word = 0;
        for (size_t i = 0; i < n; i++)
            word |= (uint64_t)column->by_code[codes[i]] << i;
        granule->hits[at / 64] |= word;
    }
}

static void hit_numbers(const struct term *term, const struct store *store,
                        const struct granule *granule)
{
    const int64_t *numbers = series_at(&store->numbers, sizeof(int64_t), granule->row);
    for (size_t word = 0; word < n_words(granule); word++) {
        uint64_t present = ~store_absent_word(store, granule->row + word * 64);
        for (uint64_t asked = granule->asked[word] & present; asked != 0; asked &= asked - 1) {
            size_t i = word * 64 + (size_t)__builtin_ctzll(asked);
            if (term_holds_number(term, numbers[i]))
                set_bit(granule->hits, i);
        }
    }
}

/* Below one row in so many, texts are looked at one by one: each then costs a miss of the cache. */
#define FEW 64

/* Text by text, for few rows or terms that are no plain search. */
static void hit_texts_singly(const struct term *term, const struct store *store,
                             const struct granule *granule)
{
    for (size_t word = 0; word < n_words(granule); word++) {
        uint64_t present = ~store_absent_word(store, granule->row + word * 64);
        for (uint64_t asked = granule->asked[word] & present; asked != 0; asked &= asked - 1) {
            size_t i = word * 64 + (size_t)__builtin_ctzll(asked);
            if (term_holds_text(term, texts_get(&store->texts, granule->row + i)))
                set_bit(granule->hits, i);
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
        set_bit(granule->hits, run->first);
    else if (texts->n_bytes <= RUN_BYTES && term->kind == TERM_FUZZY)
        hit_fuzzy(&term->needle, run, granule);
    else if (texts->n_bytes <= RUN_BYTES)
        hit_substring(&term->needle, run, granule);
}

static void hit_texts(const struct term *term, const struct store *store,
                      const struct granule *granule)
{
    size_t limit = granule->row + granule->n;
    for (size_t row = granule->row; row < limit;) {
        struct texts_run texts = texts_run(&store->texts, row, limit, RUN_BYTES);
        struct run run = {&texts, row - granule->row, texts.limit - row};
        hit_run(term, &run, granule);
        row = texts.limit;
    }
}

static size_t count_bits(const uint64_t *words, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += (size_t)__builtin_popcountll(words[i]);
    return count;
}

static void hit_column(const struct term *term, const struct column_match *column,
                       const struct granule *granule)
{
    const struct store *store = column->store;
    bool is_search = term->kind == TERM_SUBSTRING ||
                     (term->kind == TERM_FUZZY && term->needle.text.len <= LETTERS_MAX);
    bool are_few = count_bits(granule->asked, n_words(granule)) < granule->n / FEW;
    if (store->kind == STORE_INTERNED)
        hit_codes(column, granule);
    else if (store->kind == STORE_NUMBERS)
        hit_numbers(term, store, granule);
    else if (is_search && !are_few)
        hit_texts(term, store, granule);
    else
        hit_texts_singly(term, store, granule);
}

static void keep_term(const struct term_match *match, size_t row, size_t n, uint64_t *kept)
{
    uint64_t hits[GRANULE_WORDS] = {0};
    uint64_t asked[GRANULE_WORDS] = {0};
    struct granule granule = {row, n, asked, hits};
    for (size_t i = 0; i < match->n_columns; i++) {
        for (size_t word = 0; word < n_words(&granule); word++)
            asked[word] = kept[word] & ~hits[word];
        hit_column(match->term, &match->columns[i], &granule);
    }
    for (size_t word = 0; word < n_words(&granule); word++)
        kept[word] &= match->term->negated ? ~hits[word] : hits[word];
}

void matcher_keep(const struct matcher *matcher, size_t row, size_t n, uint64_t *kept)
{
    for (size_t i = 0; i < matcher->n_terms; i++)
        keep_term(&matcher->terms[i], row, n, kept);
}
