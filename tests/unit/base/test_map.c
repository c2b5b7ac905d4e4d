#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/map.h"
#include "core/base/mem.h"

static struct sv name_of(size_t i, char name[32])
{
    return (struct sv){name, (size_t)snprintf(name, 32, "i-%zx", i * 2654435761u)};
}

static void empty_map_has_nothing(void **state)
{
    struct map map = {0};
    size_t at = 0;

    (void)state;
    assert_null(map_get(&map, SV("a")));
    assert_false(map_remove(&map, SV("a")));
    assert_false(map_next(&map, &at, NULL, NULL));
    map_done(&map);
}

static void puts_gets_removes(void **state)
{
    AUTO(map_done) struct map map = {0};
    bool fresh;

    (void)state;
    map_put(&map, SV("a"), &fresh)->u64 = 1;
    assert_true(fresh);
    assert_int_equal(map_put(&map, SV("a"), &fresh)->u64, 1);
    assert_false(fresh);
    assert_int_equal(map_put(&map, SV(""), NULL)->u64, 0);
    map_put(&map, (struct sv){"a\0b", 3}, NULL)->u64 = 3;
    assert_int_equal(map.count, 3);
    assert_int_equal(map_get(&map, (struct sv){"a\0b", 3})->u64, 3);
    assert_non_null(map_get(&map, SV_NONE));
    assert_true(map_remove(&map, SV("a")));
    assert_false(map_remove(&map, SV("a")));
    assert_null(map_get(&map, SV("a")));
    assert_int_equal(map_put(&map, SV("a"), &fresh)->u64, 0);
    assert_true(fresh);
}

static void keys_are_copied(void **state)
{
    AUTO(map_done) struct map map = {0};
    char key[] = "key";

    (void)state;
    map_put(&map, sv_of(key), NULL)->u64 = 1;
    key[0] = 'K';
    assert_non_null(map_get(&map, SV("key")));
    assert_null(map_get(&map, sv_of(key)));
}

/* Against a plain array as the model: 200,000 steps of random puts and removes over 3,000 names. */
static void agrees_with_a_model(void **state)
{
    enum { N_NAMES = 3000, N_STEPS = 200000 };
    static uint64_t model[N_NAMES]; /* 0: not there */
    AUTO(map_done) struct map map = {0};
    char name[32];
    size_t n_there = 0;

    (void)state;
    srandom(7);
    for (uint64_t step = 1; step <= N_STEPS; step++) {
        size_t i = (size_t)random() % N_NAMES;
        struct sv key = name_of(i, name);
        if (random() % 3 != 0) {
            n_there += model[i] == 0;
            map_put(&map, key, NULL)->u64 = model[i] = step;
        } else {
            assert_int_equal(map_remove(&map, key), model[i] != 0);
            n_there -= model[i] != 0;
            model[i] = 0;
        }
        assert_int_equal(map.count, n_there);
    }
    for (size_t i = 0; i < N_NAMES; i++) {
        union map_value *value = map_get(&map, name_of(i, name));
        assert_true(model[i] == 0 ? value == NULL : value != NULL && value->u64 == model[i]);
    }
}

static void walk_meets_each_once(void **state)
{
    enum { N_NAMES = 1000 };
    AUTO(map_done) struct map map = {0};
    bool met[N_NAMES] = {false};
    char name[32];
    size_t at = 0, n_met = 0;
    struct sv key;
    union map_value value;

    (void)state;
    for (size_t i = 0; i < N_NAMES; i++)
        map_put(&map, name_of(i, name), NULL)->u64 = i;
    while (map_next(&map, &at, &key, &value)) {
        assert_true(sv_eq(key, name_of(value.u64, name)));
        assert_false(met[value.u64]);
        met[value.u64] = true;
        n_met++;
    }
    assert_int_equal(n_met, N_NAMES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_map_has_nothing), cmocka_unit_test(puts_gets_removes),
        cmocka_unit_test(keys_are_copied),       cmocka_unit_test(agrees_with_a_model),
        cmocka_unit_test(walk_meets_each_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
