/*
 * Threads: one appends, others read, filter, sort and look up what is published meanwhile. Under
 * ThreadSanitizer this is the proof that no lock is missing; without it, that nothing is torn.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "helper_world.h"

#define N_ROWS    30000
#define N_READERS 3

/* Row n is made of n alone, so that a reader can tell whether it is whole. */
static void print_row(size_t row, char id[32], char name[32], char account[32])
{
    snprintf(id, 32, "i-%zu", row);
    snprintf(name, 32, "name-%zu-of-%zu", row % 100, row);
    snprintf(account, 32, "%012zu", row % 900);
}

static void append_row(struct table *table, size_t row)
{
    char id[32], name[32], account[32];
    print_row(row, id, name, account);
    table_set_text(table, W_ID, sv_of(id));
    if (row % 5 != 0)
        table_set_text(table, W_NAME, sv_of(name));
    table_set_text(table, W_ACCOUNT, sv_of(account));
    if (row % 7 != 0)
        table_set_number(table, W_PORTS, (int64_t)(row % 50));
    table_commit(table);
}

static void *writer(void *arg)
{
    struct table *table = arg;
    for (size_t row = 0; row < N_ROWS; row++) {
        append_row(table, row);
        if (row % 37 == 0)
            table_publish(table);
    }
    table_publish(table);
    return NULL;
}

static size_t check_row(const struct table *table, size_t row)
{
    char id[32], name[32], account[32];
    struct cell cell;
    size_t n_wrong = 0;
    print_row(row, id, name, account);
    table_cell(table, row, W_ID, &cell);
    n_wrong += !sv_eq_cstr(cell.text, id);
    table_cell(table, row, W_NAME, &cell);
    n_wrong += cell.absent != (row % 5 == 0) || (!cell.absent && !sv_eq_cstr(cell.text, name));
    table_cell(table, row, W_ACCOUNT, &cell);
    n_wrong += !sv_eq_cstr(cell.text, account);
    table_cell(table, row, W_PORTS, &cell);
    n_wrong += cell.absent != (row % 7 == 0) || (!cell.absent && cell.number != (int64_t)row % 50);
    n_wrong += table_find(table, table_key(table, row)) != row;
    return n_wrong;
}

static size_t check_projection(const struct projection *made, size_t count)
{
    size_t n_wrong = projection_count(made) != count;
    struct rows rows = projection_rows(made);
    if (rows.count > 0) {
        size_t at = rows.count / 2;
        n_wrong += rows.find(&rows, rows.key(&rows, at)) != at;
    }
    return n_wrong;
}

/* Rows below n whose decimal name part is 42 of 100; names of every fifth row are absent. */
static size_t count_42(size_t n)
{
    size_t count = 0;
    for (size_t row = 0; row < n; row++)
        count += row % 5 != 0 && row % 100 == 42;
    return count;
}

struct reader {
    struct table *table;
    size_t n_wrong;
};

static void *reader(void *arg)
{
    struct reader *reader = arg;
    struct table *table = reader->table;
    struct dice dice = {(uintptr_t)reader | 1};
    struct filter *filter = NULL;
    filter_parse(SV("name:name-42-"), world_columns, W_COLUMNS, &filter, NULL);
    struct sort_order order = {W_ACCOUNT, false};
    struct projection *made = projection_make(table, filter, order, NULL, NULL);
    size_t n_seen;
    do {
        n_seen = table_count(table);
        for (int i = 0; i < 50 && n_seen > 0; i++)
            reader->n_wrong += check_row(table, dice_below(&dice, n_seen));
        struct projection *longer = projection_extend(made, filter, NULL);
        projection_unref(made);
        made = longer;
        reader->n_wrong += check_projection(made, count_42(projection_seen(made)));
        (void)table_bytes(table);
    } while (n_seen < N_ROWS);
    projection_unref(made);
    filter_free(filter);
    return NULL;
}

static void test_readers_beside_a_writer(void **state)
{
    (void)state;
    struct table *table = table_new(world_columns, W_COLUMNS);
    struct reader readers[N_READERS] = {0};
    pthread_t threads[N_READERS + 1];
    for (size_t i = 0; i < N_READERS; i++) {
        readers[i].table = table_ref(table);
        assert_int_equal(pthread_create(&threads[i], NULL, reader, &readers[i]), 0);
    }
    assert_int_equal(pthread_create(&threads[N_READERS], NULL, writer, table), 0);
    for (size_t i = 0; i <= N_READERS; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < N_READERS; i++) {
        assert_int_equal(readers[i].n_wrong, 0);
        table_unref(readers[i].table);
    }
    assert_int_equal(table_count(table), N_ROWS);
    table_unref(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_readers_beside_a_writer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
