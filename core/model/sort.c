#include "core/model/sort.h"

#include <stdatomic.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/vec.h"
#include "core/model/sort_keys.h"
#include "core/model/table_inside.h"

enum sort_by { BY_RANK, BY_NUMBER, BY_TEXT };

struct sorter {
    enum sort_by by;
    const struct store *store;
    bool descending;
    uint32_t *ranks; /* BY_RANK over an interned column: by code */
    uint32_t n_ranks;
};

/* --- ranks --------------------------------------------------------------------------------- */

static uint32_t directed(const struct sorter *sorter, uint32_t rank)
{
    return sorter->descending ? sorter->n_ranks - 1 - rank : rank;
}

static void rank_severities(struct sorter *sorter, const struct interned *interned, size_t n_codes)
{
    sorter->n_ranks = SEVERITY_MAX + 1;
    for (uint32_t code = 1; code < n_codes; code++) {
        int severity = severity_rank(interned_value(interned, code));
        sorter->ranks[code] = directed(sorter, (uint32_t)severity);
    }
}

/* Values that differ only in case share a rank. */
static void rank_values(struct sorter *sorter, const struct interned *interned, size_t n_codes)
{
    size_t n = n_codes - 1;
    uint32_t *codes = mem_alloc(n * sizeof(*codes));
    for (uint32_t i = 0; i < n; i++)
        codes[i] = i + 1;
    sort_by_text(&interned->values, codes, n, false, NULL);
    uint32_t rank = 0;
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && text_compare(interned_value(interned, codes[i - 1]),
                                  interned_value(interned, codes[i]), 0) != 0)
            rank++;
        sorter->ranks[codes[i]] = rank;
    }
    sorter->n_ranks = rank + 1;
    for (size_t i = 0; i < n; i++)
        sorter->ranks[codes[i]] = directed(sorter, sorter->ranks[codes[i]]);
    mem_free(codes);
}

static void rank_codes(struct sorter *sorter, const struct interned *interned, bool is_severity)
{
    size_t n_codes = interned_count(interned);
    sorter->ranks = mem_alloc(n_codes * sizeof(*sorter->ranks));
    if (is_severity)
        rank_severities(sorter, interned, n_codes);
    else
        rank_values(sorter, interned, n_codes);
    sorter->ranks[0] = sorter->n_ranks; /* absent */
}

struct sorter *sorter_new(const struct table *table, struct sort_order order)
{
    struct sorter *sorter = mem_new(struct sorter);
    bool is_severity = table->columns[order.column].type == COL_SEVERITY;
    sorter->store = &table->stores[order.column];
    sorter->descending = order.descending;
    if (sorter->store->kind == STORE_NUMBERS)
        sorter->by = BY_NUMBER;
    else if (sorter->store->kind == STORE_TEXTS && !is_severity)
        sorter->by = BY_TEXT;
    else if (sorter->store->kind == STORE_INTERNED)
        rank_codes(sorter, &sorter->store->interned, is_severity);
    else
        sorter->n_ranks = SEVERITY_MAX + 1;
    return sorter;
}

void sorter_free(struct sorter *sorter)
{
    if (sorter == NULL)
        return;
    mem_free(sorter->ranks);
    mem_free(sorter);
}

static bool is_absent(const struct store *store, size_t row)
{
    return store_absent_word(store, row) >> row % 64 & 1;
}

static uint32_t rank_of(const struct sorter *sorter, size_t row)
{
    if (sorter->ranks != NULL)
        return sorter->ranks[interned_code(&sorter->store->interned, row)];
    if (is_absent(sorter->store, row))
        return sorter->n_ranks;
    int severity = severity_rank(texts_get(&sorter->store->texts, row));
    return directed(sorter, (uint32_t)severity);
}

/* --- the three sorts ----------------------------------------------------------------------- */

static void sort_by_rank(const struct sorter *sorter, uint32_t *rows, size_t n)
{
    uint32_t *starts = mem_alloc((sorter->n_ranks + 2) * sizeof(*starts));
    uint32_t *ranks = mem_alloc(n * sizeof(*ranks));
    for (size_t i = 0; i < n; i++) {
        ranks[i] = rank_of(sorter, rows[i]);
        starts[ranks[i] + 1]++;
    }
    for (size_t rank = 0; rank <= sorter->n_ranks; rank++)
        starts[rank + 1] += starts[rank];
    uint32_t *sorted = mem_alloc(n * sizeof(*sorted));
    for (size_t i = 0; i < n; i++)
        sorted[starts[ranks[i]]++] = rows[i];
    memcpy(rows, sorted, n * sizeof(*rows));
    mem_free(sorted);
    mem_free(ranks);
    mem_free(starts);
}

/* Moves the rows without a value behind the others; returns how many have one. */
static size_t absent_last(const struct store *store, uint32_t *rows, size_t n)
{
    uint32_t *absent = mem_alloc(n * sizeof(*absent));
    size_t n_present = 0, n_absent = 0;
    for (size_t i = 0; i < n; i++) {
        if (is_absent(store, rows[i]))
            absent[n_absent++] = rows[i];
        else
            rows[n_present++] = rows[i];
    }
    memcpy(rows + n_present, absent, n_absent * sizeof(*rows));
    mem_free(absent);
    return n_present;
}

bool sorter_sort(const struct sorter *sorter, uint32_t *rows, size_t n,
                 const _Atomic bool *cancelled)
{
    if (n == 0)
        return true;
    if (sorter->by == BY_RANK) {
        sort_by_rank(sorter, rows, n);
        return true;
    }
    n = absent_last(sorter->store, rows, n);
    if (sorter->by == BY_NUMBER)
        return sort_by_number(&sorter->store->numbers, rows, n, sorter->descending, cancelled);
    return sort_by_text(&sorter->store->texts, rows, n, sorter->descending, cancelled);
}

/* --- comparing two rows -------------------------------------------------------------------- */

static int compare_numbers(const struct store *store, size_t a, size_t b)
{
    int64_t left = *(const int64_t *)series_at(&store->numbers, sizeof(int64_t), a);
    int64_t right = *(const int64_t *)series_at(&store->numbers, sizeof(int64_t), b);
    return (left > right) - (left < right);
}

static int compare_values(const struct sorter *sorter, size_t a, size_t b)
{
    const struct store *store = sorter->store;
    int absent_a = is_absent(store, a), absent_b = is_absent(store, b);
    if (absent_a || absent_b)
        return absent_a - absent_b;
    int order = sorter->by == BY_NUMBER
                    ? compare_numbers(store, a, b)
                    : text_compare(texts_get(&store->texts, a), texts_get(&store->texts, b), 0);
    return sorter->descending ? -order : order;
}

bool sorter_before(const struct sorter *sorter, uint32_t a, uint32_t b)
{
    int order;
    if (sorter->by == BY_RANK) {
        uint32_t left = rank_of(sorter, a), right = rank_of(sorter, b);
        order = (left > right) - (left < right);
    } else {
        order = compare_values(sorter, a, b);
    }
    return order < 0 || (order == 0 && a < b);
}
