/* Trees: paths become folders, folding hides what is below and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/model/tree.h"
#include "helper_world.h"

static const struct column columns[] = {
    {.id = "id", .title = "ID", .type = COL_IDENTITY, .flags = COL_KEY},
    {.id = "path", .title = "PATH", .type = COL_TEXT},
    {.id = "name", .title = "NAME", .type = COL_TEXT},
};
enum { ID, PATH, NAME };

static const struct tree_shape parameters = {PATH, PATH, '/', true};
static const struct tree_shape accounts = {PATH, NAME, '/', false};

static void add(struct table *table, const char *id, const char *path, const char *name)
{
    table_set_text(table, ID, sv_of(id));
    table_set_text(table, PATH, sv_of(path));
    table_set_text(table, NAME, sv_of(name));
    table_commit(table);
}

static struct tree *tree_of(struct table *table, const char *filter_text, struct tree_shape shape)
{
    struct filter *filter = NULL;
    table_publish(table);
    assert_int_equal(filter_parse(sv_of(filter_text), columns, ARRAY_LEN(columns), &filter, NULL),
                     OK);
    struct projection *all =
        projection_make(table, filter, (struct sort_order){-1, false}, NULL, NULL);
    struct tree *tree = tree_new(all, shape);
    projection_unref(all);
    filter_free(filter);
    return tree;
}

/* What is shown: a point a level, the label, "*" on rows, (how many below), "+" when folded. */
static void assert_shows(const struct tree *tree, size_t label_column, const char *expected)
{
    AUTO(buf_done) struct buf shown = BUF_NONE;
    struct rows rows = tree_rows(tree);
    for (size_t at = 0; at < rows.count; at++) {
        struct cell cell;
        struct outline outline;
        rows.outline(&rows, at, &outline);
        rows.cell(&rows, at, label_column, &cell);
        buf_addf(&shown, "%s%.*s", at > 0 ? " " : "", (int)outline.depth, "......");
        buf_add(&shown, cell.absent ? SV("-") : cell.text);
        buf_add_cstr(&shown, tree_row(tree, at) != SIZE_MAX ? "*" : "");
        if (outline.n_below > 0)
            buf_addf(&shown, "(%zu)%s", outline.n_below, outline.is_folded ? "+" : "");
        assert_int_equal(rows.find(&rows, rows.key(&rows, at)), at);
    }
    assert_string_equal(buf_cstr(&shown), expected);
}

static uint64_t key_at(const struct tree *tree, size_t at)
{
    struct rows rows = tree_rows(tree);
    return rows.key(&rows, at);
}

static struct table *some_parameters(void)
{
    struct table *table = table_new(columns, ARRAY_LEN(columns));
    add(table, "1", "/shop/db/host", "h");
    add(table, "2", "/shop/db/port", "p");
    add(table, "3", "/pay", "y");
    add(table, "4", "shop//db", "d");
    add(table, "5", "/shop/db/port", "q");
    add(table, "6", "/", "root");
    add(table, "7", NULL, "none");
    return table;
}

static void test_parameters(void **state)
{
    (void)state;
    struct table *table = some_parameters();
    struct tree *tree = tree_of(table, "", parameters);
    assert_shows(tree, PATH, "shop(4) .db*(3) ..host* ..port* ..port* pay* /* -*");
    struct rows rows = tree_rows(tree);
    struct cell cell;
    rows.cell(&rows, 2, NAME, &cell);
    assert_true(sv_eq_cstr(cell.text, "h"));
    rows.cell(&rows, 0, ID, &cell);
    assert_true(cell.absent);
    tree_free(tree);
    table_unref(table);
}

static struct table *some_accounts(void)
{
    struct table *table = table_new(columns, ARRAY_LEN(columns));
    add(table, "1", "Root", "mgmt");
    add(table, "2", "Root/Prod", "shop");
    add(table, "3", "Root/Dev", "sand");
    add(table, "4", "Root/Prod", "pay");
    add(table, "5", "Root/Prod/EU", "eu");
    return table;
}

static void test_accounts(void **state)
{
    (void)state;
    struct table *table = some_accounts();
    struct tree *tree = tree_of(table, "", accounts);
    assert_shows(tree, NAME,
                 "Root(8) .mgmt* .Prod(4) ..shop* ..pay* ..EU(1) ...eu* .Dev(1) ..sand*");
    tree_free(tree);
    tree = tree_of(table, "pay", accounts);
    assert_shows(tree, NAME, "Root(2) .Prod(1) ..pay*");
    tree_free(tree);
    tree = tree_of(table, "nothing", accounts);
    assert_shows(tree, NAME, "");
    tree_free(tree);
    table_unref(table);
}

static void test_folding(void **state)
{
    (void)state;
    struct table *table = some_accounts();
    struct tree *tree = tree_of(table, "", accounts);
    uint64_t prod = key_at(tree, 2), pay = key_at(tree, 4), eu = key_at(tree, 6);
    assert_true(tree_fold(tree, prod, true));
    assert_shows(tree, NAME, "Root(8) .mgmt* .Prod(4)+ .Dev(1) ..sand*");
    struct rows rows = tree_rows(tree);
    assert_int_equal(rows.find(&rows, pay), SIZE_MAX);
    assert_int_equal(tree_parent(tree, pay), prod);
    assert_int_equal(tree_parent(tree, tree_parent(tree, eu)), prod);
    assert_int_equal(tree_parent(tree, key_at(tree, 0)), 0);
    assert_int_equal(tree_parent(tree, 42), 0);
    assert_false(tree_fold(tree, pay, true));
    assert_false(tree_fold(tree, 42, true));
    assert_false(tree_fold(tree, 0, true));
    assert_true(tree_fold(tree, prod, false));
    assert_int_equal(tree_rows(tree).count, 9);
    assert_true(tree_fold(tree, key_at(tree, 0), true));
    assert_shows(tree, NAME, "Root(8)+");
    assert_true(tree_fold(tree, key_at(tree, 0), false));
    assert_int_equal(tree_rows(tree).count, 9);
    tree_free(tree);
    table_unref(table);
}

static void test_folds_survive_filters_and_refreshes(void **state)
{
    (void)state;
    struct table *table = some_accounts(), *fresh = some_accounts();
    struct tree *tree = tree_of(table, "", accounts);
    assert_true(tree_fold(tree, key_at(tree, 7), true));
    assert_true(tree_fold(tree, key_at(tree, 2), true));
    struct tree *filtered = tree_of(fresh, "eu", accounts);
    tree_take_folds(filtered, tree);
    assert_shows(filtered, NAME, "Root(3) .Prod(2)+");
    struct tree *again = tree_of(fresh, "", accounts);
    tree_take_folds(again, filtered);
    assert_shows(again, NAME, "Root(8) .mgmt* .Prod(4)+ .Dev(1)+");
    tree_free(tree);
    tree_free(filtered);
    tree_free(again);
    table_unref(table);
    table_unref(fresh);
}

static void test_endless_paths(void **state)
{
    (void)state;
    enum { LEN = 200000 };
    struct table *table = table_new(columns, ARRAY_LEN(columns));
    char *path = mem_alloc(LEN + 1);
    for (size_t i = 0; i < LEN; i++)
        path[i] = i % 2 ? '/' : 'a';
    add(table, "1", path, "deep");
    memset(path, '/', LEN);
    add(table, "2", path, "slashes");
    struct tree *tree = tree_of(table, "", accounts);
    assert_int_equal(tree_rows(tree).count, TREE_DEPTH_MAX + 2);
    tree_free(tree);
    table_unref(table);
    mem_free(path);
}

/* --- random trees -------------------------------------------------------------------------- */

static void add_random_rows(struct table *table, struct dice *dice, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char id[32], path[64] = "";
        snprintf(id, sizeof(id), "%zu", i);
        for (size_t depth = dice_below(dice, 5); depth > 0; depth--)
            snprintf(path + strlen(path), sizeof(path) - strlen(path), "/%c",
                     "abcd/"[dice_below(dice, 5)]);
        add(table, id, path, id);
    }
}

/* Walks what is shown: parents are the last shallower node, and what a node says is below it is. */
static size_t check_subtree(const struct tree *tree, size_t at, size_t depth)
{
    struct rows rows = tree_rows(tree);
    struct outline outline;
    rows.outline(&rows, at, &outline);
    assert_int_equal(outline.depth, depth);
    size_t next = at + 1, n_below = 0;
    while (next < rows.count) {
        struct outline below;
        rows.outline(&rows, next, &below);
        if (below.depth <= depth)
            break;
        assert_int_equal(tree_parent(tree, rows.key(&rows, next)), rows.key(&rows, at));
        size_t end = check_subtree(tree, next, depth + 1);
        n_below += below.n_below + 1;
        next = end;
    }
    assert_int_equal(outline.is_folded ? 0 : outline.n_below, n_below);
    return next;
}

static void check_forest(const struct tree *tree)
{
    for (size_t at = 0; at < tree_rows(tree).count;)
        at = check_subtree(tree, at, 0);
}

static void check_rows_once(const struct tree *tree, size_t n_rows)
{
    size_t n_found = 0, seen[400] = {0};
    for (size_t at = 0; at < tree_rows(tree).count; at++) {
        size_t row = tree_row(tree, at);
        if (row != SIZE_MAX) {
            assert_int_equal(seen[row]++, 0);
            n_found++;
        }
    }
    assert_int_equal(n_found, n_rows);
}

static void test_random_trees(void **state)
{
    (void)state;
    struct dice dice = {99};
    for (int round = 0; round < 60; round++) {
        struct table *table = table_new(columns, ARRAY_LEN(columns));
        size_t n_rows = dice_below(&dice, 400);
        add_random_rows(table, &dice, n_rows);
        struct tree *tree = tree_of(table, "", round % 2 ? parameters : accounts);
        check_rows_once(tree, n_rows);
        for (int i = 0; i < 20 && tree_rows(tree).count > 0; i++) {
            check_forest(tree);
            tree_fold(tree, key_at(tree, dice_below(&dice, tree_rows(tree).count)),
                      !dice_one_in(&dice, 3));
        }
        for (size_t i = 0; i < tree_rows(tree).count; i++)
            tree_fold(tree, key_at(tree, i), false);
        check_rows_once(tree, n_rows);
        tree_free(tree);
        table_unref(table);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_accounts),
        cmocka_unit_test(test_folding),
        cmocka_unit_test(test_folds_survive_filters_and_refreshes),
        cmocka_unit_test(test_endless_paths),
        cmocka_unit_test(test_random_trees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
