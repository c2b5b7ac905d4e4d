#include "core/model/table_inside.h"

#include <assert.h>

#include "core/base/mem.h"

typedef _Atomic uint64_t absent_word;

static enum store_kind kind_of(const struct column *column)
{
    switch (column->type) {
    case COL_COUNT:
    case COL_SIZE:
    case COL_TIME:
    case COL_DURATION:
    case COL_BOOL:
        return STORE_NUMBERS;
    default:
        return column->flags & COL_INTERNED ? STORE_INTERNED : STORE_TEXTS;
    }
}

struct table *table_new(const struct column *columns, size_t n_columns)
{
    struct table *table = mem_new(struct table);
    atomic_init(&table->n_refs, 1);
    atomic_init(&table->n_published, 0);
    table->columns = columns;
    table->n_columns = n_columns;
    table->stores = mem_alloc(n_columns * sizeof(*table->stores));
    for (size_t i = 0; i < n_columns; i++) {
        table->stores[i].kind = kind_of(&columns[i]);
        table->has_key_columns |= (columns[i].flags & COL_KEY) != 0;
        if (table->stores[i].kind == STORE_INTERNED)
            interned_init(&table->stores[i].interned);
    }
    return table;
}

static void store_done(struct store *store)
{
    switch (store->kind) {
    case STORE_TEXTS:
        texts_done(&store->texts);
        break;
    case STORE_INTERNED:
        interned_done(&store->interned);
        break;
    case STORE_NUMBERS:
        series_done(&store->numbers);
        break;
    }
    series_done(&store->absent);
}

struct table *table_ref(struct table *table)
{
    atomic_fetch_add_explicit(&table->n_refs, 1, memory_order_relaxed);
    return table;
}

void table_unref(struct table *table)
{
    if (table == NULL || atomic_fetch_sub_explicit(&table->n_refs, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < table->n_columns; i++)
        store_done(&table->stores[i]);
    keyset_done(&table->keyset);
    mem_free(table->stores);
    mem_free(table);
}

const struct column *table_columns(const struct table *table, size_t *n_columns)
{
    *n_columns = table->n_columns;
    return table->columns;
}

size_t table_count(const struct table *table)
{
    return atomic_load_explicit(&table->n_published, memory_order_acquire);
}

/* --- the writer ---------------------------------------------------------------------------- */

void table_set_text(struct table *table, size_t column, struct sv text)
{
    assert(column < table->n_columns);
    struct store *store = &table->stores[column];
    assert(store->kind != STORE_NUMBERS);
    if (store->kind == STORE_INTERNED) {
        table->row_is_bad |= !interned_stage(&store->interned, text);
        store->is_set = true;
        return;
    }
    store->is_set = text.ptr != NULL;
    table->row_is_bad |= !texts_stage(&store->texts, text);
    if (table->columns[column].flags & COL_KEY)
        store->staged_hash = key_of_text(text);
}

void table_set_number(struct table *table, size_t column, int64_t number)
{
    assert(column < table->n_columns);
    struct store *store = &table->stores[column];
    assert(store->kind == STORE_NUMBERS);
    store->is_set = true;
    store->staged_number = number;
    store->staged_hash = key_of_number(number);
}

static uint64_t hash_staged(const struct store *store)
{
    if (store->kind == STORE_INTERNED)
        return interned_staged_hash(&store->interned);
    return store->is_set ? store->staged_hash : key_of_absent();
}

static uint64_t key_staged(const struct table *table)
{
    if (!table->has_key_columns)
        return key_of_number((int64_t)table->n_rows);
    uint64_t key = 0;
    for (size_t i = 0; i < table->n_columns; i++) {
        if (table->columns[i].flags & COL_KEY)
            key = key_fold(key, hash_staged(&table->stores[i]));
    }
    return key;
}

static void store_unstage(struct store *store)
{
    if (store->kind == STORE_TEXTS)
        texts_unstage(&store->texts);
    else if (store->kind == STORE_INTERNED)
        interned_unstage(&store->interned);
}

static void absent_commit(struct store *store, size_t row)
{
    absent_word *word = series_grow(&store->absent, sizeof(absent_word), row / 64);
    if (!store->is_set)
        atomic_fetch_or_explicit(word, UINT64_C(1) << row % 64, memory_order_relaxed);
}

static void store_commit(struct store *store, size_t row)
{
    switch (store->kind) {
    case STORE_TEXTS:
        texts_commit(&store->texts, row);
        absent_commit(store, row);
        break;
    case STORE_INTERNED:
        interned_commit(&store->interned, row);
        break;
    case STORE_NUMBERS:
        *(int64_t *)series_grow(&store->numbers, sizeof(int64_t), row) =
            store->is_set ? store->staged_number : 0;
        absent_commit(store, row);
        break;
    }
}

bool table_commit(struct table *table)
{
    size_t row = table->n_rows;
    uint64_t key = key_staged(table);
    bool good = !table->row_is_bad && row < SERIES_MAX && !keyset_has(&table->keyset, row, key);
    for (size_t i = 0; i < table->n_columns; i++) {
        if (good)
            store_commit(&table->stores[i], row);
        else
            store_unstage(&table->stores[i]);
        table->stores[i].is_set = false;
    }
    table->row_is_bad = false;
    if (good) {
        keyset_add(&table->keyset, row, key);
        table->n_rows++;
    }
    return good;
}

void table_publish(struct table *table)
{
    atomic_store_explicit(&table->n_published, table->n_rows, memory_order_release);
}

void table_add_row(struct table *table, const struct table *from, size_t row)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        struct cell cell;
        table_cell(from, row, i, &cell);
        if (cell.absent)
            continue;
        if (table->stores[i].kind == STORE_NUMBERS)
            table_set_number(table, i, cell.number);
        else
            table_set_text(table, i, cell.text);
    }
    table_commit(table);
}

void table_add_rows(struct table *table, const struct table *from)
{
    size_t n_rows = table_count(from);
    for (size_t row = 0; row < n_rows; row++)
        table_add_row(table, from, row);
}

/* --- readers ------------------------------------------------------------------------------- */

uint64_t store_absent_word(const struct store *store, size_t row)
{
    const absent_word *word = series_at(&store->absent, sizeof(absent_word), row / 64);
    return atomic_load_explicit(word, memory_order_relaxed);
}

void table_cell(const struct table *table, size_t row, size_t column, struct cell *cell)
{
    const struct store *store = &table->stores[column];
    *cell = (struct cell){.absent = true};
    if (store->kind == STORE_INTERNED) {
        uint32_t code = interned_code(&store->interned, row);
        cell->text = interned_value(&store->interned, code);
        cell->absent = code == 0;
        return;
    }
    if (store_absent_word(store, row) >> row % 64 & 1)
        return;
    cell->absent = false;
    if (store->kind == STORE_TEXTS)
        cell->text = texts_get(&store->texts, row);
    else
        cell->number = *(const int64_t *)series_at(&store->numbers, sizeof(int64_t), row);
}

bool table_value(const struct table *table, size_t row, const char *column_id, struct cell *cell)
{
    const struct column *column = column_find(table->columns, table->n_columns, sv_of(column_id));
    *cell = (struct cell){.absent = true};
    if (column != NULL)
        table_cell(table, row, (size_t)(column - table->columns), cell);
    return !cell->absent;
}

struct sv table_text(const struct table *table, size_t row, const char *column_id)
{
    struct cell cell;
    return table_value(table, row, column_id, &cell) ? cell.text : SV_NONE;
}

uint64_t table_key(const struct table *table, size_t row)
{
    return keyset_key(&table->keyset, row);
}

size_t table_find(const struct table *table, uint64_t key)
{
    return keyset_find(&table->keyset, table_count(table), key);
}

size_t table_distinct(const struct table *table, size_t column)
{
    const struct store *store = &table->stores[column];
    return store->kind == STORE_INTERNED ? interned_count(&store->interned) - 1 : 0;
}

static size_t store_bytes(const struct store *store, size_t n_rows)
{
    if (store->kind == STORE_INTERNED)
        return interned_bytes(&store->interned, n_rows);
    if (store->kind == STORE_TEXTS)
        return texts_bytes(&store->texts, n_rows) + n_rows / 8;
    return n_rows * sizeof(int64_t) + n_rows / 8;
}

size_t table_bytes(const struct table *table)
{
    size_t n_rows = table_count(table);
    size_t bytes = sizeof(*table) + table->n_columns * sizeof(*table->stores) +
                   keyset_bytes(&table->keyset, n_rows);
    for (size_t i = 0; i < table->n_columns; i++)
        bytes += store_bytes(&table->stores[i], n_rows);
    return bytes;
}
