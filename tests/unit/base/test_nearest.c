/* Which word a mistyped one was meant to be. */
#include "core/base/nearest.h"

#include <string.h>

#include "tests/unit/unit.h"

static void test_distances(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        size_t distance;
    } rows[] = {
        {"", "", 0},
        {"", "abc", 3},
        {"rules", "rules", 0},
        {"rulse", "rules", 1},
        {"rule", "rules", 1},
        {"ruless", "rules", 1},
        {"kitten", "sitting", 3},
        {"ab", "ba", 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(word_distance(sv_of(rows[i].a), sv_of(rows[i].b)), rows[i].distance);
        assert_int_equal(word_distance(sv_of(rows[i].b), sv_of(rows[i].a)), rows[i].distance);
    }
}

static void test_long_words(void **state)
{
    (void)state;
    char a[301], b[301];
    memset(a, 'a', 300);
    memset(b, 'b', 300);
    a[300] = b[300] = '\0';
    assert_int_equal(word_distance(sv_of(a), sv_of(b)), 64);
}

static void test_nearest(void **state)
{
    (void)state;
    static const char *const words[] = {"--endpoint-url", "--account", "--region", "--key"};
    static const struct {
        const char *typed, *hint;
    } rows[] = {
        {"--acount", "; did you mean --account?"},
        {"--regoin", "; did you mean --region?"},
        {"--endpoint", "; did you mean --endpoint-url?"},
        {"--nothing-like-it", ""},
        {"", ""},
        {"x", ""},
        {"--endpint", "; did you mean --endpoint-url?"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(buf_done) struct buf out = BUF_NONE;
        struct nearest nearest;
        nearest_init(&nearest, sv_of(rows[i].typed));
        for (size_t w = 0; w < ARRAY_LEN(words); w++)
            nearest_offer(&nearest, words[w]);
        nearest_hint(&nearest, &out);
        assert_string_equal(buf_cstr(&out), rows[i].hint);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distances),
        cmocka_unit_test(test_long_words),
        cmocka_unit_test(test_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
