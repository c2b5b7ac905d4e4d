#include "core/model/projection.h"

#include <stdatomic.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/parallel.h"
#include "core/model/filter_terms.h"
#include "core/model/match.h"
#include "core/model/sort.h"
#include "core/model/table.h"

#define PARALLEL_ROWS 65536 /* from so many on it is worth starting threads */

struct projection {
    atomic_size_t n_refs;
    struct table *table;
    struct filter *filter; /* may be NULL */
    struct sort_order order;
    size_t n_seen;
    size_t count;
    uint32_t *rows;
    uint64_t *bits; /* the same rows as a set: one bit for each row seen */
};

struct projection *projection_ref(struct projection *projection)
{
    atomic_fetch_add_explicit(&projection->n_refs, 1, memory_order_relaxed);
    return projection;
}

void projection_unref(struct projection *projection)
{
    if (projection == NULL ||
        atomic_fetch_sub_explicit(&projection->n_refs, 1, memory_order_acq_rel) != 1)
        return;
    table_unref(projection->table);
    filter_free(projection->filter);
    mem_free(projection->rows);
    mem_free(projection->bits);
    mem_free(projection);
}

static bool is_sorted(struct sort_order order)
{
    return order.column >= 0;
}

static bool same_order(struct sort_order a, struct sort_order b)
{
    return a.column == b.column && (!is_sorted(a) || a.descending == b.descending);
}

static bool is_cancelled(const _Atomic bool *cancelled)
{
    return cancelled != NULL && atomic_load_explicit(cancelled, memory_order_relaxed);
}

/* --- which rows: a bit for each ------------------------------------------------------------- */

static bool has_bit(const uint64_t *bits, size_t i)
{
    return bits[i / 64] >> i % 64 & 1;
}

static void set_bits(uint64_t *bits, size_t from, size_t to)
{
    for (; from < to && from % 64 != 0; from++)
        bits[from / 64] |= UINT64_C(1) << from % 64;
    for (; from + 64 <= to; from += 64)
        bits[from / 64] = UINT64_MAX;
    for (; from < to; from++)
        bits[from / 64] |= UINT64_C(1) << from % 64;
}

/* Candidates: the rows of `from` (which may be NULL), and all that it has not seen. */
static uint64_t *candidate_bits(const struct projection *from, size_t n_rows)
{
    uint64_t *bits = mem_alloc((n_rows / 64 + 1) * sizeof(*bits));
    size_t n_seen = from == NULL ? 0 : from->n_seen;
    if (from != NULL)
        memcpy(bits, from->bits, (n_seen / 64 + 1) * sizeof(*bits));
    set_bits(bits, n_seen, n_rows);
    return bits;
}

/* The rows from `row` on, in parts of so many: each has words of the bits to itself. */
struct filtering {
    struct projection *made;
    const struct matcher *matcher;
    size_t row, part_rows;
    const _Atomic bool *cancelled;
};

static void filter_part(void *arg, size_t i)
{
    const struct filtering *filtering = arg;
    struct projection *made = filtering->made;
    size_t row = filtering->row + i * filtering->part_rows, limit = row + filtering->part_rows;

    if (limit > made->n_seen)
        limit = made->n_seen;
    for (size_t end; row < limit && !is_cancelled(filtering->cancelled); row = end) {
        end = granule_end(row, limit);
        matcher_keep(filtering->matcher, row, end - row, made->bits + row / 64);
    }
}

/* Clears the bits of the rows from `row` on that do not pass; false when cancelled. */
static bool filter_bits(struct projection *made, size_t row, const _Atomic bool *cancelled)
{
    struct matcher *matcher = matcher_new(made->filter, made->table, made->n_seen);
    size_t first = row - row % 64, n = made->n_seen - first;
    size_t n_parts = n < PARALLEL_ROWS ? 1 : parallel_width();
    size_t part_rows = (n / n_parts / 64 + 1) * 64;
    struct filtering filtering = {made, matcher, first, part_rows, cancelled};

    parallel_do(n_parts, filter_part, &filtering);
    matcher_free(matcher);
    return !is_cancelled(cancelled);
}

/* --- the list ------------------------------------------------------------------------------ */

static size_t count_from(const uint64_t *bits, size_t from, size_t to)
{
    size_t count = 0;
    for (size_t word = from / 64; word * 64 < to; word++) {
        uint64_t masked = bits[word];
        if (word == from / 64)
            masked &= UINT64_MAX << from % 64;
        count += (size_t)__builtin_popcountll(masked);
    }
    return count;
}

/* Appends the rows whose bit is set, from..to-1, in ascending order. */
static size_t list_bits(const uint64_t *bits, size_t from, size_t to, uint32_t *rows)
{
    size_t n = 0;
    for (size_t word = from / 64; word * 64 < to; word++) {
        uint64_t rest = bits[word];
        if (word == from / 64)
            rest &= UINT64_MAX << from % 64;
        for (; rest != 0; rest &= rest - 1)
            rows[n++] = (uint32_t)(word * 64 + (size_t)__builtin_ctzll(rest));
    }
    return n;
}

/* The first place at or behind `from` in rows whose row stands behind `row`: steps that double,
 * then halves, since neighbours are likely. */
static size_t place_of(const struct sorter *sorter, const uint32_t *rows, size_t from, size_t n,
                       uint32_t row)
{
    size_t step = 1, low = from;
    while (low + step < n && sorter_before(sorter, rows[low + step], row)) {
        low += step;
        step *= 2;
    }
    size_t high = low + step < n ? low + step : n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorter_before(sorter, rows[middle], row))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Merges two sorted lists; every row of b is newer than all of a. */
static void merge(const struct sorter *sorter, const uint32_t *a, size_t n_a, const uint32_t *b,
                  size_t n_b, uint32_t *out)
{
    size_t at = 0;
    for (size_t i = 0; i < n_b; i++) {
        size_t place = place_of(sorter, a, at, n_a, b[i]);
        memcpy(out, a + at, (place - at) * sizeof(*out));
        out += place - at;
        at = place;
        *out++ = b[i];
    }
    memcpy(out, a + at, (n_a - at) * sizeof(*out));
}

/* All rows that have a bit, sorted from scratch. */
static bool list_afresh(struct projection *made, const _Atomic bool *cancelled)
{
    list_bits(made->bits, 0, made->n_seen, made->rows);
    if (!is_sorted(made->order))
        return true;
    struct sorter *sorter = sorter_new(made->table, made->order);
    bool done = sorter_sort(sorter, made->rows, made->count, cancelled);
    sorter_free(sorter);
    return done;
}

/* Those that `old` has seen in its order, which is the same, the others merged in. */
static bool list_along(struct projection *made, const struct projection *old,
                       const _Atomic bool *cancelled)
{
    size_t n_new = count_from(made->bits, old->n_seen, made->n_seen);
    size_t n_kept = made->count - n_new;
    AUTO_FREE uint32_t *kept = mem_alloc(made->count * sizeof(*kept));
    uint32_t *fresh = kept + n_kept;
    for (size_t i = 0, n = 0; n < n_kept; i++) {
        if (has_bit(made->bits, old->rows[i]))
            kept[n++] = old->rows[i];
    }
    list_bits(made->bits, old->n_seen, made->n_seen, fresh);
    struct sorter *sorter = sorter_new(made->table, made->order);
    bool done = sorter_sort(sorter, fresh, n_new, cancelled);
    if (done)
        merge(sorter, kept, n_kept, fresh, n_new, made->rows);
    sorter_free(sorter);
    return done;
}

/* Whether merging into the order of `from` is less work than sorting all rows. */
static bool goes_along(const struct projection *made, const struct projection *from)
{
    return from != NULL && is_sorted(made->order) && same_order(made->order, from->order) &&
           count_from(made->bits, from->n_seen, made->n_seen) <= made->count / 16;
}

/* from may be NULL; its rows before `unsure` are known to pass the filter. */
static struct projection *project(struct table *table, const struct filter *filter,
                                  struct sort_order order, const struct projection *from,
                                  size_t unsure, const _Atomic bool *cancelled)
{
    struct projection *made = mem_new(struct projection);
    atomic_init(&made->n_refs, 1);
    made->table = table_ref(table);
    made->filter = filter_ref(filter);
    made->order = order;
    made->n_seen = table_count(table);
    made->bits = candidate_bits(from, made->n_seen);
    bool done = filter_bits(made, unsure, cancelled);
    if (done) {
        made->count = count_from(made->bits, 0, made->n_seen);
        made->rows = mem_alloc(made->count * sizeof(*made->rows));
        done = goes_along(made, from) ? list_along(made, from, cancelled)
                                      : list_afresh(made, cancelled);
    }
    if (done)
        return made;
    projection_unref(made);
    return NULL;
}

struct projection *projection_make(struct table *table, const struct filter *filter,
                                   struct sort_order order, const struct projection *narrow_from,
                                   const _Atomic bool *cancelled)
{
    bool helps = narrow_from != NULL && narrow_from->table == table &&
                 filter_narrows(narrow_from->filter, filter);
    return project(table, filter, order, helps ? narrow_from : NULL, 0, cancelled);
}

struct projection *projection_extend(const struct projection *old, const struct filter *filter,
                                     const _Atomic bool *cancelled)
{
    return project(old->table, filter, old->order, old, old->n_seen, cancelled);
}

/* --- reading ------------------------------------------------------------------------------- */

size_t projection_count(const struct projection *projection)
{
    return projection->count;
}

size_t projection_row(const struct projection *projection, size_t at)
{
    return projection->rows[at];
}

size_t projection_seen(const struct projection *projection)
{
    return projection->n_seen;
}

struct sort_order projection_order(const struct projection *projection)
{
    return projection->order;
}

struct table *projection_table(const struct projection *projection)
{
    return projection->table;
}

static size_t place_ascending(const struct projection *projection, size_t row)
{
    size_t low = 0, high = projection->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (projection->rows[middle] < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t projection_find(const struct projection *projection, size_t row)
{
    if (row >= projection->n_seen || !has_bit(projection->bits, row))
        return SIZE_MAX;
    if (!is_sorted(projection->order))
        return place_ascending(projection, row);
    size_t at = 0;
    while (projection->rows[at] != row)
        at++;
    return at;
}

static void rows_cell(const struct rows *rows, size_t row, size_t column, struct cell *cell)
{
    const struct projection *projection = rows->ctx;
    table_cell(projection->table, projection->rows[row], column, cell);
}

static uint64_t rows_key(const struct rows *rows, size_t row)
{
    const struct projection *projection = rows->ctx;
    return table_key(projection->table, projection->rows[row]);
}

static size_t rows_find(const struct rows *rows, uint64_t key)
{
    const struct projection *projection = rows->ctx;
    size_t row = table_find(projection->table, key);
    return row == SIZE_MAX ? SIZE_MAX : projection_find(projection, row);
}

struct rows projection_rows(const struct projection *projection)
{
    struct rows rows = {.count = projection->count,
                        .cell = rows_cell,
                        .key = rows_key,
                        .find = rows_find,
                        .ctx = projection};
    rows.columns = table_columns(projection->table, &rows.n_columns);
    rows.n_columns = columns_public(rows.columns, rows.n_columns);
    return rows;
}
