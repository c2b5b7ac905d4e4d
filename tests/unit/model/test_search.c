/* Search: against the obvious loop, at every alignment and length, never outside the bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/model/search.h"
#include "helper_world.h"

static size_t find_naively(struct needle needle, struct sv hay)
{
    for (size_t at = 0; at + needle.text.len <= hay.len; at++) {
        size_t i = 0;
        for (; i < needle.text.len; i++) {
            uint8_t c = (uint8_t)hay.ptr[at + i];
            if (needle.fold && c >= 'A' && c <= 'Z')
                c += 32;
            if (c != (uint8_t)needle.text.ptr[i])
                break;
        }
        if (i == needle.text.len)
            return at;
    }
    return SIZE_MAX;
}

/* The hay lies in a block of its own size, so that the sanitizer sees every step outside. */
static void assert_found_as_naively(struct sv text, struct sv hay)
{
    struct needle needle = needle_of(text);
    char *own = mem_alloc(hay.len);
    memcpy(own, hay.ptr, hay.len);
    struct sv tight = {own, hay.len};
    assert_int_equal(needle_find(&needle, tight), find_naively(needle, tight));
    assert_int_equal(needle_equals(&needle, tight),
                     hay.len == text.len && find_naively(needle, tight) == 0);
    mem_free(own);
}

static void fill(struct dice *dice, char *text, size_t len, const char *letters, size_t n_letters)
{
    for (size_t i = 0; i < len; i++)
        text[i] = letters[dice_below(dice, n_letters)];
}

static void test_random_needles(void **state)
{
    (void)state;
    /* '@' and '`', '[' and '{' differ in the case bit only, but are no letters */
    static const char letters[] = "aAbB@`[{z\0\xe1\xc1";
    struct dice dice = {5};
    char needle[8], hay[120];
    for (int i = 0; i < 200000; i++) {
        size_t needle_len = dice_below(&dice, sizeof(needle) + 1);
        size_t hay_len = dice_below(&dice, sizeof(hay) + 1);
        size_t n_letters = 1 + dice_below(&dice, sizeof(letters) - 1);
        fill(&dice, needle, needle_len, letters, n_letters);
        fill(&dice, hay, hay_len, letters, n_letters);
        assert_found_as_naively((struct sv){needle, needle_len}, (struct sv){hay, hay_len});
    }
}

static void test_every_place_and_length(void **state)
{
    (void)state;
    char hay[80], needle[40];
    memset(needle, 'n', sizeof(needle));
    needle[0] = 'a';
    for (size_t len = 1; len <= sizeof(needle); len++) {
        for (size_t at = 0; at + len <= sizeof(hay); at++) {
            memset(hay, 'n', sizeof(hay));
            hay[at] = at % 2 ? 'A' : 'a';
            assert_found_as_naively((struct sv){needle, len}, (struct sv){hay, sizeof(hay)});
            assert_found_as_naively((struct sv){needle, len}, (struct sv){hay, at + len});
            assert_found_as_naively((struct sv){needle, len}, (struct sv){hay, at + len - 1});
        }
    }
}

static bool fuzzy(const char *text, const char *hay)
{
    struct needle needle = needle_of(sv_of(text));
    return needle_fuzzy(&needle, sv_of(hay));
}

static void test_fuzzy(void **state)
{
    (void)state;
    assert_true(fuzzy("", ""));
    assert_true(fuzzy("", "x"));
    assert_false(fuzzy("x", ""));
    assert_true(fuzzy("pdb", "Prod-DataBase"));
    assert_false(fuzzy("pdD", "prod-database"));
    assert_true(fuzzy("PB", "Prod-DataBase"));
    assert_false(fuzzy("bp", "prod-database"));
    assert_false(fuzzy("aaa", "aa"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_needles),
        cmocka_unit_test(test_every_place_and_length),
        cmocka_unit_test(test_fuzzy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
