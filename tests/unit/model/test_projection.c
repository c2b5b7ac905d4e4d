/* Projections: every order against the reference, growing lists, identities, cancelling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "helper_reference.h"

#define ROWS_MAX 3000

static struct filter *filter_of(const struct ref_filter *reference)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct filter *filter = NULL;
    ref_print(reference, &text);
    assert_int_equal(filter_parse(buf_sv(&text), world_columns, W_COLUMNS, &filter, NULL), OK);
    return filter;
}

static struct filter *parsed(const char *text)
{
    struct filter *filter = NULL;
    assert_int_equal(filter_parse(sv_of(text), world_columns, W_COLUMNS, &filter, NULL), OK);
    return filter;
}

static void assert_is_reference(const struct world *world, const struct projection *made,
                                const struct ref_filter *filter)
{
    static size_t rows[ROWS_MAX];
    struct sort_order order = projection_order(made);
    size_t n = ref_project(world, filter, order, projection_seen(made), rows);
    assert_int_equal(projection_count(made), n);
    for (size_t i = 0; i < n; i++) {
        if (projection_row(made, i) != rows[i])
            fail_msg("column %d %s: row %zu at %zu, not %zu", order.column,
                     order.descending ? "down" : "up", projection_row(made, i), i, rows[i]);
    }
}

static void test_every_column_in_both_directions(void **state)
{
    (void)state;
    struct world *world = world_new(3, ROWS_MAX);
    world_grow(world, ROWS_MAX);
    for (int column = -1; column < W_COLUMNS; column++) {
        for (int descending = 0; descending < 2; descending++) {
            struct sort_order order = {column, descending != 0};
            struct projection *made = projection_make(world->table, NULL, order, NULL, NULL);
            assert_is_reference(world, made, NULL);
            projection_unref(made);
        }
    }
    world_free(world);
}

static struct sort_order some_order(struct dice *dice)
{
    return (struct sort_order){(int)dice_below(dice, W_COLUMNS + 1) - 1, dice_one_in(dice, 2)};
}

static void test_extending_equals_making_anew(void **state)
{
    (void)state;
    for (uint64_t seed = 20; seed < 45; seed++) {
        struct world *world = world_new(seed, 1600);
        struct ref_filter reference = ref_roll(&world->dice);
        struct filter *filter = filter_of(&reference);
        struct sort_order order = some_order(&world->dice);
        struct projection *made = projection_make(world->table, filter, order, NULL, NULL);
        while (world->n_rows < 1600) {
            size_t n = dice_below(&world->dice, dice_one_in(&world->dice, 4) ? 900 : 90);
            world_grow(world, n);
            struct projection *longer = projection_extend(made, filter, NULL);
            projection_unref(made);
            made = longer;
            assert_int_equal(projection_seen(made), world->n_rows);
        }
        assert_is_reference(world, made, &reference);
        projection_unref(made);
        filter_free(filter);
        world_free(world);
    }
}

/* Narrowing from rows in any order, while the list grows, gives what a cold start gives. */
static void test_narrowing_keeps_or_changes_the_order(void **state)
{
    (void)state;
    for (uint64_t seed = 100; seed < 150; seed++) {
        struct world *world = world_new(seed, 2000);
        world_grow(world, 1 + dice_below(&world->dice, 1500));
        struct sort_order order = some_order(&world->dice);
        struct projection *all = projection_make(world->table, NULL, order, NULL, NULL);
        world_grow(world, dice_below(&world->dice, 2) * dice_below(&world->dice, 60));
        struct ref_filter reference = ref_roll(&world->dice);
        struct filter *filter = filter_of(&reference);
        struct sort_order other = some_order(&world->dice);
        struct projection *same = projection_make(world->table, filter, order, all, NULL);
        struct projection *turned = projection_make(world->table, filter, other, all, NULL);
        assert_is_reference(world, same, &reference);
        assert_is_reference(world, turned, &reference);
        projection_unref(same);
        projection_unref(turned);
        projection_unref(all);
        filter_free(filter);
        world_free(world);
    }
}

static void test_identity_survives_filter_sort_and_refresh(void **state)
{
    (void)state;
    struct world *before = world_new(7, 3000), *after = world_new(7, 3000);
    world_grow(before, 3000);
    world_grow(after, 2000);
    struct filter *filter = parsed("!open:true");
    struct projection *all =
        projection_make(before->table, NULL, (struct sort_order){W_NAME, true}, NULL, NULL);
    struct projection *some =
        projection_make(after->table, filter, (struct sort_order){W_SEEN, false}, NULL, NULL);
    struct rows old = projection_rows(all), new = projection_rows(some);
    size_t n_found = 0;
    for (size_t at = 0; at < old.count; at++) {
        uint64_t key = old.key(&old, at);
        assert_int_equal(old.find(&old, key), at);
        size_t found = new.find(&new, key);
        if (found == SIZE_MAX)
            continue;
        struct cell a, b;
        old.cell(&old, at, W_ID, &a);
        new.cell(&new, found, W_ID, &b);
        assert_true(sv_eq(a.text, b.text));
        n_found++;
    }
    assert_int_equal(n_found, new.count);
    assert_int_equal(new.find(&new, 12345), SIZE_MAX);
    assert_int_equal(projection_find(some, 2999), SIZE_MAX);
    projection_unref(all);
    projection_unref(some);
    filter_free(filter);
    world_free(before);
    world_free(after);
}

static void test_rows_see_their_columns(void **state)
{
    (void)state;
    struct world *world = world_new(8, 10);
    world_grow(world, 10);
    struct projection *made =
        projection_make(world->table, NULL, (struct sort_order){-1, false}, NULL, NULL);
    struct rows rows = projection_rows(made);
    assert_ptr_equal(rows.columns, world_columns);
    assert_int_equal(rows.n_columns, W_COLUMNS);
    assert_ptr_equal(column_find(rows.columns, rows.n_columns, SV("name")), &world_columns[W_NAME]);
    assert_null(column_find(rows.columns, rows.n_columns, SV("nam")));
    projection_unref(made);
    world_free(world);
}

static void test_a_projection_keeps_its_table(void **state)
{
    (void)state;
    struct world *world = world_new(2, 50);
    world_grow(world, 50);
    struct projection *made =
        projection_make(world->table, NULL, (struct sort_order){W_ID, false}, NULL, NULL);
    struct projection *again = projection_ref(made);
    world_free(world);
    projection_unref(made);
    struct rows rows = projection_rows(again);
    struct cell cell;
    rows.cell(&rows, 49, W_ID, &cell);
    assert_true(sv_starts(cell.text, SV("i-")));
    projection_unref(again);
}

static void test_cancelled_gives_nothing(void **state)
{
    (void)state;
    struct world *world = world_new(4, 2000);
    world_grow(world, 1000);
    struct filter *filter = parsed("a");
    _Atomic bool cancelled = true;
    for (int column = -1; column < W_COLUMNS; column++) {
        struct sort_order order = {column, false};
        assert_null(projection_make(world->table, filter, order, NULL, &cancelled));
        struct projection *old = projection_make(world->table, filter, order, NULL, NULL);
        world_grow(world, 50);
        assert_null(projection_extend(old, filter, &cancelled));
        projection_unref(old);
    }
    filter_free(filter);
    world_free(world);
}

static void test_an_empty_table(void **state)
{
    (void)state;
    struct world *world = world_new(4, 20);
    struct filter *filter = parsed("x");
    struct projection *made =
        projection_make(world->table, filter, (struct sort_order){W_NAME, false}, NULL, NULL);
    assert_int_equal(projection_count(made), 0);
    struct rows rows = projection_rows(made);
    assert_int_equal(rows.find(&rows, 1), SIZE_MAX);
    world_grow(world, 20);
    struct projection *longer = projection_extend(made, NULL, NULL);
    assert_is_reference(world, longer, NULL);
    projection_unref(longer);
    projection_unref(made);
    filter_free(filter);
    world_free(world);
}

/* Long common prefixes: no recursion, no quadratic walk. */
static void test_long_equal_texts(void **state)
{
    (void)state;
    enum { N = 400, LEN = 20000 };
    struct table *table = table_new(world_columns, W_COLUMNS);
    char *text = mem_alloc(LEN);
    for (size_t i = 0; i < LEN; i++)
        text[i] = 'x';
    for (size_t i = 0; i < N; i++) {
        char id[16];
        snprintf(id, sizeof(id), "%zu", i);
        table_set_text(table, W_ID, sv_of(id));
        text[LEN - 1] = (char)('a' + (i * 7) % 3);
        table_set_text(table, W_NAME, (struct sv){text, LEN});
        assert_true(table_commit(table));
    }
    table_publish(table);
    struct projection *made =
        projection_make(table, NULL, (struct sort_order){W_NAME, true}, NULL, NULL);
    for (size_t at = 0; at < N; at++) {
        size_t row = projection_row(made, at);
        size_t before = at == 0 ? 2 : (projection_row(made, at - 1) * 7) % 3;
        assert_in_range((row * 7) % 3, 0, before);
        if (at > 0 && (row * 7) % 3 == before)
            assert_true(row > projection_row(made, at - 1));
    }
    projection_unref(made);
    table_unref(table);
    mem_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_column_in_both_directions),
        cmocka_unit_test(test_extending_equals_making_anew),
        cmocka_unit_test(test_narrowing_keeps_or_changes_the_order),
        cmocka_unit_test(test_identity_survives_filter_sort_and_refresh),
        cmocka_unit_test(test_rows_see_their_columns),
        cmocka_unit_test(test_a_projection_keeps_its_table),
        cmocka_unit_test(test_cancelled_gives_nothing),
        cmocka_unit_test(test_an_empty_table),
        cmocka_unit_test(test_long_equal_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
