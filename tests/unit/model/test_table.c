/* Tables: what goes in comes out, duplicates do not, memory stays small. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "helper_world.h"

static void assert_text(const struct cell *cell, struct sv text)
{
    assert_false(cell->absent);
    assert_int_equal(cell->text.len, text.len);
    assert_memory_equal(cell->text.ptr, text.ptr, text.len);
}

static void assert_same_rows(const struct world *world)
{
    for (size_t row = 0; row < world->n_rows; row++) {
        for (size_t i = 0; i < W_COLUMNS; i++) {
            const struct cell *expected = &world->rows[row][i];
            struct cell cell;
            table_cell(world->table, row, i, &cell);
            assert_int_equal(cell.absent, expected->absent);
            if (expected->absent)
                continue;
            assert_int_equal(cell.number, expected->number);
            if (expected->text.ptr != NULL)
                assert_text(&cell, expected->text);
        }
    }
}

static void test_cells_come_out_as_they_went_in(void **state)
{
    (void)state;
    struct world *world = world_new(1, 6000);
    world_grow(world, 100);
    assert_same_rows(world);
    world_grow(world, 5900);
    assert_int_equal(table_count(world->table), 6000);
    assert_same_rows(world);
    world_free(world);
}

static void test_rows_are_copied_whole(void **state)
{
    (void)state;
    struct world *world = world_new(1, 500);
    struct table *rows = world->table, *copy = table_new(world_columns, W_COLUMNS);
    world_grow(world, 500);
    table_add_rows(copy, rows);
    table_publish(copy);
    assert_int_equal(table_count(copy), 500);
    for (size_t row = 0; row < 500; row++)
        assert_int_equal(table_key(copy, row), table_key(rows, row));
    world->table = copy;
    assert_same_rows(world);
    world->table = rows;
    table_unref(copy);
    world_free(world);
}

static void test_rows_are_visible_once_published(void **state)
{
    (void)state;
    struct table *table = table_new(world_columns, W_COLUMNS);
    table_set_text(table, W_ID, SV("one"));
    assert_true(table_commit(table));
    assert_int_equal(table_count(table), 0);
    table_publish(table);
    assert_int_equal(table_count(table), 1);
    table_unref(table);
}

static void test_values_by_their_columns_ids(void **state)
{
    (void)state;
    struct cell cell;
    struct table *table = table_new(world_columns, W_COLUMNS);
    table_set_text(table, W_ID, SV("one"));
    table_set_number(table, W_PORTS, 22);
    assert_true(table_commit(table));
    table_publish(table);
    assert_true(table_value(table, 0, world_columns[W_PORTS].id, &cell));
    assert_int_equal(cell.number, 22);
    assert_true(sv_eq(table_text(table, 0, world_columns[W_ID].id), SV("one")));
    assert_null(table_text(table, 0, world_columns[W_TAGS].id).ptr);
    assert_false(table_value(table, 0, "no such column", &cell));
    assert_true(cell.absent);
    table_unref(table);
}

static void test_absent_is_not_empty(void **state)
{
    (void)state;
    struct table *table = table_new(world_columns, W_COLUMNS);
    table_set_text(table, W_ID, SV("one"));
    table_set_text(table, W_NAME, SV(""));
    table_set_text(table, W_TYPE, SV(""));
    table_set_text(table, W_TAGS, SV("x"));
    table_set_text(table, W_TAGS, SV_NONE);
    assert_true(table_commit(table));
    table_set_text(table, W_ID, SV("two"));
    assert_true(table_commit(table));
    table_publish(table);
    struct cell cell;
    table_cell(table, 0, W_NAME, &cell);
    assert_text(&cell, SV(""));
    table_cell(table, 0, W_TYPE, &cell);
    assert_text(&cell, SV(""));
    table_cell(table, 0, W_TAGS, &cell);
    assert_true(cell.absent);
    for (size_t i = W_NAME; i < W_COLUMNS; i++) {
        table_cell(table, 1, i, &cell);
        assert_true(cell.absent);
    }
    assert_int_equal(table_distinct(table, W_TYPE), 1);
    table_unref(table);
}

static void test_setting_again_replaces(void **state)
{
    (void)state;
    struct table *table = table_new(world_columns, W_COLUMNS);
    table_set_text(table, W_ID, SV("first and longer"));
    table_set_text(table, W_ID, SV("second"));
    table_set_text(table, W_TYPE, SV("never"));
    table_set_text(table, W_TYPE, SV("bucket"));
    assert_true(table_commit(table));
    table_publish(table);
    struct cell cell;
    table_cell(table, 0, W_ID, &cell);
    assert_text(&cell, SV("second"));
    table_cell(table, 0, W_TYPE, &cell);
    assert_text(&cell, SV("bucket"));
    assert_int_equal(table_distinct(table, W_TYPE), 1);
    table_unref(table);
}

static void test_duplicates_are_refused_and_leave_nothing(void **state)
{
    (void)state;
    struct table *table = table_new(world_columns, W_COLUMNS);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < 2000; i++) {
            char id[16];
            snprintf(id, sizeof(id), "id-%zu", i);
            table_set_text(table, W_ID, sv_of(id));
            table_set_text(table, W_TYPE, pass == 0 ? SV("kept") : SV("refused"));
            table_set_number(table, W_PORTS, pass);
            assert_int_equal(table_commit(table), pass == 0);
        }
    }
    table_set_text(table, W_ID, SV("last"));
    assert_true(table_commit(table));
    table_publish(table);
    assert_int_equal(table_count(table), 2001);
    assert_int_equal(table_distinct(table, W_TYPE), 1);
    struct cell cell;
    table_cell(table, 2000, W_ID, &cell);
    assert_text(&cell, SV("last"));
    table_cell(table, 2000, W_TYPE, &cell);
    assert_true(cell.absent);
    table_unref(table);
}

static const struct column pair_columns[] = {
    {.id = "account", .title = "ACCOUNT", .type = COL_IDENTITY, .flags = COL_KEY | COL_INTERNED},
    {.id = "id", .title = "ID", .type = COL_IDENTITY, .flags = COL_KEY},
    {.id = "port", .title = "PORT", .type = COL_COUNT, .flags = COL_KEY},
};

static bool add_pair(struct table *table, struct sv account, struct sv id, int64_t port)
{
    table_set_text(table, 0, account);
    table_set_text(table, 1, id);
    if (port >= 0)
        table_set_number(table, 2, port);
    return table_commit(table);
}

static void test_every_key_column_counts(void **state)
{
    (void)state;
    struct table *table = table_new(pair_columns, ARRAY_LEN(pair_columns));
    assert_true(add_pair(table, SV("a"), SV("b"), 1));
    assert_true(add_pair(table, SV("b"), SV("a"), 1));
    assert_true(add_pair(table, SV("a"), SV("b"), 2));
    assert_true(add_pair(table, SV("a"), SV("b"), -1));
    assert_true(add_pair(table, SV("ab"), SV(""), 1));
    assert_true(add_pair(table, SV(""), SV("ab"), 1));
    assert_true(add_pair(table, SV_NONE, SV("ab"), 1));
    assert_true(add_pair(table, SV("ab"), SV_NONE, 1));
    assert_false(add_pair(table, SV("ab"), SV_NONE, 1));
    assert_false(add_pair(table, SV("b"), SV("a"), 1));
    table_unref(table);
}

static void test_keys_are_the_same_in_another_table(void **state)
{
    (void)state;
    struct world *first = world_new(5, 3000), *second = world_new(5, 3000);
    world_grow(first, 3000);
    world_grow(second, 1000);
    for (size_t row = 0; row < 3000; row++) {
        uint64_t key = table_key(first->table, row);
        assert_int_equal(table_find(first->table, key), row);
        assert_int_equal(table_find(second->table, key), row < 1000 ? row : SIZE_MAX);
    }
    world_free(first);
    world_free(second);
}

static void test_without_key_columns_nothing_is_a_duplicate(void **state)
{
    (void)state;
    static const struct column columns[] = {{.id = "line", .title = "LINE", .type = COL_TEXT}};
    struct table *table = table_new(columns, 1);
    for (int i = 0; i < 1000; i++) {
        table_set_text(table, 0, SV("the same"));
        assert_true(table_commit(table));
    }
    table_publish(table);
    assert_int_equal(table_find(table, table_key(table, 999)), 999);
    table_unref(table);
}

static void test_more_values_than_a_byte_or_two_can_number(void **state)
{
    (void)state;
    enum { N = 70000 };
    static const struct column columns[] = {
        {.id = "v", .title = "V", .type = COL_TEXT, .flags = COL_INTERNED}};
    struct table *table = table_new(columns, 1);
    for (size_t i = 0; i < 2 * N; i++) {
        char value[16];
        snprintf(value, sizeof(value), "v%zu", i % N);
        table_set_text(table, 0, sv_of(value));
        assert_true(table_commit(table));
    }
    table_publish(table);
    assert_int_equal(table_distinct(table, 0), N);
    for (size_t i = 0; i < 2 * N; i++) {
        char value[16];
        struct cell cell;
        snprintf(value, sizeof(value), "v%zu", i % N);
        table_cell(table, i, 0, &cell);
        assert_text(&cell, sv_of(value));
    }
    table_unref(table);
}

static void test_texts_of_any_length(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 255, 256, 257, 3, 100000, 1, 0, 65536, 70000, 12, 513};
    static const struct column columns[] = {{.id = "text", .title = "TEXT", .type = COL_TEXT}};
    struct table *table = table_new(columns, 1);
    char *text = mem_alloc(100000);
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        memset(text, 'a' + (int)i, lengths[i]);
        table_set_text(table, 0, (struct sv){text, lengths[i]});
        assert_true(table_commit(table));
    }
    table_publish(table);
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        struct cell cell;
        table_cell(table, i, 0, &cell);
        memset(text, 'a' + (int)i, lengths[i]);
        assert_text(&cell, (struct sv){text, lengths[i]});
    }
    mem_free(text);
    table_unref(table);
}

static void test_memory_is_what_the_rows_need(void **state)
{
    (void)state;
    enum { N = 50000 };
    struct table *table = table_new(world_columns, W_COLUMNS);
    for (size_t i = 0; i < N; i++) {
        char id[16];
        snprintf(id, sizeof(id), "i-%08zx", i);
        table_set_text(table, W_ID, sv_of(id));
        table_set_text(table, W_TYPE, SV("bucket"));
        table_commit(table);
    }
    table_publish(table);
    /* id 10, ends 3 * 4, numbers 4 * 8 - 8, codes 3, key 8, index 8..16, bits: below 100 bytes */
    assert_in_range(table_bytes(table) / N, 50, 100);
    table_unref(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells_come_out_as_they_went_in),
        cmocka_unit_test(test_rows_are_copied_whole),
        cmocka_unit_test(test_rows_are_visible_once_published),
        cmocka_unit_test(test_values_by_their_columns_ids),
        cmocka_unit_test(test_absent_is_not_empty),
        cmocka_unit_test(test_setting_again_replaces),
        cmocka_unit_test(test_duplicates_are_refused_and_leave_nothing),
        cmocka_unit_test(test_every_key_column_counts),
        cmocka_unit_test(test_keys_are_the_same_in_another_table),
        cmocka_unit_test(test_without_key_columns_nothing_is_a_duplicate),
        cmocka_unit_test(test_more_values_than_a_byte_or_two_can_number),
        cmocka_unit_test(test_texts_of_any_length),
        cmocka_unit_test(test_memory_is_what_the_rows_need),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
