/* The cache: what went in comes out with its age, and nothing that happens to it matters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/store/cache.h"
#include "tests/support/dir.h"

static char dir[DIR_PATH_SIZE], path[DIR_PATH_SIZE];

static int setup(void **state)
{
    (void)state;
    dir_make(dir);
    dir_path(dir, "cache.db", path);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    dir_remove(dir);
    return 0;
}

static struct cache *open_cache(void)
{
    struct cache *cache;
    struct err err = ERR_NONE;

    if (cache_open(path, &cache, &err) != OK)
        fail_msg("%s", err.message);
    return cache;
}

static void assert_rows(struct cache *cache, const char *scope, const char *expected)
{
    AUTO(buf_done) struct buf rows = BUF_NONE;
    int64_t at_ms = 0;
    bool found = cache_get(cache, "rules", scope, &rows, &at_ms);

    assert_int_equal(found, expected != NULL);
    if (expected == NULL)
        return;
    assert_string_equal(buf_cstr(&rows), expected);
    assert_int_equal(at_ms, 1234567890123);
}

static void put(struct cache *cache, const char *scope, const char *rows)
{
    cache_put(cache, "rules", scope, sv_of(rows), 1234567890123);
}

static void test_rows_come_back_with_their_age(void **state)
{
    struct cache *cache = open_cache();
    struct stat st;

    (void)state;
    assert_rows(cache, "alice", NULL);
    put(cache, "alice", "one\ntwo");
    put(cache, "bob", "three");
    put(cache, "nobody", "");
    put(cache, "alice", "four");
    cache_close(cache);
    cache = open_cache();
    assert_rows(cache, "alice", "four");
    assert_rows(cache, "bob", "three");
    assert_rows(cache, "nobody", "");
    assert_rows(cache, "carol", NULL);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    cache_forget_all(cache);
    assert_rows(cache, "alice", NULL);
    cache_close(cache);
}

static void test_it_stays_small(void **state)
{
    struct cache *cache = open_cache();
    char *large = mem_alloc(CACHE_ROWS_BYTES_MAX + 2);
    char scope[32];

    (void)state;
    memset(large, 'x', CACHE_ROWS_BYTES_MAX + 1);
    put(cache, "large", large);
    assert_rows(cache, "large", NULL);
    for (int i = 0; i < CACHE_ENTRIES_MAX + 10; i++) {
        snprintf(scope, sizeof scope, "scope %d", i);
        cache_put(cache, "rules", scope, SV("x"), i);
    }
    AUTO(buf_done) struct buf rows = BUF_NONE;
    int64_t at_ms;
    assert_false(cache_get(cache, "rules", "scope 9", &rows, &at_ms));
    assert_true(cache_get(cache, "rules", "scope 10", &rows, &at_ms));
    cache_close(cache);
    mem_free(large);
}

/* The oldest ones make room for the newest, and the file does not keep theirs. */
static void test_its_bytes_are_bounded(void **state)
{
    struct cache *cache = open_cache();
    char *large = mem_alloc(CACHE_ROWS_BYTES_MAX + 1);
    int n = (int)(CACHE_BYTES_MAX / (int64_t)CACHE_ROWS_BYTES_MAX);
    AUTO(buf_done) struct buf rows = BUF_NONE;
    struct stat st;
    char scope[32];
    int64_t at_ms;

    (void)state;
    memset(large, 'x', CACHE_ROWS_BYTES_MAX);
    for (int i = 0; i < n + 3; i++) {
        snprintf(scope, sizeof scope, "scope %d", i);
        cache_put(cache, "rules", scope, sv_of(large), i);
    }
    assert_false(cache_get(cache, "rules", "scope 2", &rows, &at_ms));
    assert_true(cache_get(cache, "rules", "scope 3", &rows, &at_ms));
    cache_close(cache);
    assert_int_equal(stat(path, &st), 0);
    assert_true(st.st_size < CACHE_BYTES_MAX + CACHE_BYTES_MAX / 8);
    mem_free(large);
}

/* Whatever lies there, a cache can be opened, and what it holds is right or absent. */
static void assert_usable(const char *what)
{
    AUTO(buf_done) struct buf rows = BUF_NONE;
    struct cache *cache = open_cache();
    int64_t at_ms;

    if (cache_get(cache, "rules", "alice", &rows, &at_ms) &&
        strncmp(buf_cstr(&rows), "rowrowrow", 9) != 0)
        fail_msg("%s: wrong rows", what);
    put(cache, "bob", "again");
    put(cache, "bob", "again"); /* the first one may be the one that finds the damage */
    assert_rows(cache, "bob", "again");
    cache_close(cache);
}

static void test_damage_is_forgotten(void **state)
{
    AUTO(buf_done) struct buf good = BUF_NONE, bad = BUF_NONE, rows = BUF_NONE;
    struct cache *cache = open_cache();

    (void)state;
    for (int i = 0; i < 5000; i++)
        buf_add_cstr(&rows, "rowrowrow ");
    put(cache, "alice", buf_cstr(&rows));
    cache_close(cache);
    file_read(path, &good);
    for (size_t at = 0; at < good.len; at += good.len / 97 + 1) {
        buf_clear(&bad);
        buf_add(&bad, buf_sv(&good));
        memset(bad.ptr + at, 0x5a, at + 20 < bad.len ? 20 : bad.len - at);
        file_write(path, buf_sv(&bad));
        assert_usable("scribbled over");
        file_write(path, (struct sv){good.ptr, at});
        assert_usable("cut");
    }
}

static void test_what_is_no_cache_is_replaced(void **state)
{
    AUTO(buf_done) struct buf kept = BUF_NONE;
    char aside[DIR_PATH_SIZE];
    static const char text[] = "this is a text about caches, and long enough to be taken for one\n";

    (void)state;
    file_write(path, sv_of(text));
    assert_usable("text");
    dir_path(dir, "cache.db.aside", aside);
    file_read(aside, &kept);
    assert_string_equal(buf_cstr(&kept), text);
    file_write(path, SV(""));
    assert_usable("empty");
}

static void test_a_home_behind_a_link_is_fine(void **state)
{
    char link[DIR_PATH_SIZE];

    (void)state;
    dir_path(dir, "link", link);
    assert_int_equal(symlink(dir, link), 0);
    dir_path(dir, "link/cache.db", path);
    assert_usable("behind a link");
}

static void test_without_a_cache_there_is_nothing(void **state)
{
    struct cache *cache;
    AUTO(buf_done) struct buf rows = BUF_NONE;
    int64_t at_ms;
    char other[DIR_PATH_SIZE];

    (void)state;
    put(NULL, "alice", "x");
    assert_false(cache_get(NULL, "rules", "alice", &rows, &at_ms));
    cache_forget_all(NULL);
    cache_close(NULL);

    dir_path(dir, "other", other);
    file_write(other, SV("precious"));
    assert_int_equal(symlink(other, path), 0);
    assert_int_not_equal(cache_open(path, &cache, NULL), OK);
    assert_null(cache);
    file_read(other, &rows);
    assert_string_equal(buf_cstr(&rows), "precious");
    unlink(path);
    dir_path(dir, "missing/cache.db", path);
    assert_int_not_equal(cache_open(path, &cache, NULL), OK);
}

#define CACHE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CACHE_TEST(test_rows_come_back_with_their_age),
        CACHE_TEST(test_it_stays_small),
        CACHE_TEST(test_its_bytes_are_bounded),
        CACHE_TEST(test_damage_is_forgotten),
        CACHE_TEST(test_what_is_no_cache_is_replaced),
        CACHE_TEST(test_a_home_behind_a_link_is_fine),
        CACHE_TEST(test_without_a_cache_there_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
