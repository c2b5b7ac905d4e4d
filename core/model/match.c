#include "core/model/match.h"

#include <string.h>

#include "core/base/mem.h"
#include "core/model/match_texts.h"
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

static void hit_numbers(const struct term *term, const struct series *series,
                        const struct granule *granule)
{
    const int64_t *numbers = series_at(series, sizeof(int64_t), granule->row);
    for (size_t word = 0; word < granule_words(granule); word++) {
        for (uint64_t asked = granule->asked[word]; asked != 0; asked &= asked - 1) {
            size_t i = word * 64 + (size_t)__builtin_ctzll(asked);
            if (term_holds_number(term, numbers[i]))
                granule_hit(granule, i);
        }
    }
}

static void hit_column(const struct term *term, const struct column_match *column,
                       const struct granule *granule)
{
    switch (column->store->kind) {
    case STORE_INTERNED:
        hit_codes(column, granule);
        break;
    case STORE_NUMBERS:
        hit_numbers(term, &column->store->numbers, granule);
        break;
    case STORE_TEXTS:
        hit_texts(term, &column->store->texts, granule);
        break;
    }
}

static uint64_t present_word(const struct store *store, size_t row)
{
    return store->kind == STORE_INTERNED ? UINT64_MAX : ~store_absent_word(store, row);
}

static void keep_term(const struct term_match *match, size_t row, size_t n, bool is_warm,
                      uint64_t *kept)
{
    uint64_t hits[GRANULE_WORDS] = {0};
    uint64_t asked[GRANULE_WORDS] = {0};
    struct granule granule = {row, n, asked, is_warm, hits};
    for (size_t i = 0; i < match->n_columns; i++) {
        const struct column_match *column = &match->columns[i];
        for (size_t word = 0; word < granule_words(&granule); word++)
            asked[word] = kept[word] & ~hits[word] & present_word(column->store, row + word * 64);
        hit_column(match->term, column, &granule);
    }
    for (size_t word = 0; word < granule_words(&granule); word++)
        kept[word] &= match->term->negated ? ~hits[word] : hits[word];
}

void matcher_keep(const struct matcher *matcher, size_t row, size_t n, uint64_t *kept)
{
    for (size_t i = 0; i < matcher->n_terms; i++)
        keep_term(&matcher->terms[i], row, n, i > 0, kept);
}
