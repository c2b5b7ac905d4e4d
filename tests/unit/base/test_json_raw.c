/* JSON read where it lies says the same as the tree of it. */
#include <string.h>

#include "core/base/json.h"
#include "core/base/json_raw.h"
#include "tests/unit/unit.h"

static struct sv checked(const char *text)
{
    struct sv value;
    struct err err;
    assert_int_equal(json_raw_check(sv_of(text), "test", &value, &err), OK);
    return value;
}

static void assert_same(struct sv value, const cJSON *tree)
{
    AUTO(buf_done) struct buf scratch = BUF_NONE;
    struct json_raw walk = json_raw_open(value);
    const cJSON *member = cJSON_IsObject(tree) || cJSON_IsArray(tree) ? tree->child : NULL;
    struct sv key, inner;
    assert_true(sv_eq(json_raw_text(value, &scratch), json_string(tree)));
    assert_int_equal(json_raw_text(value, &scratch).ptr != NULL, cJSON_IsString(tree));
    for (; json_raw_next(&walk, &key, &inner); member = member->next) {
        assert_non_null(member);
        if (cJSON_IsObject(tree))
            assert_true(sv_eq_cstr(key, member->string));
        else
            assert_null(key.ptr);
        assert_same(inner, member);
    }
    assert_null(member);
}

static void it_reads_as_the_tree_does(void **state)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        "null",
        " \t\n{ \"a\" : 1 , \"b\":[ true,false ,null, -1.5e3 ] } \r\n",
        "\"\"",
        "\"plain\"",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "\"\\\\\"",
        "[\"ends with \\\\\",\"\\\\\\\"\",{\"k\":\"}]\"}]",
        "\"\\u00e9 \\u20ac \\ud83d\\ude00 caf\xc3\xa9\"",
        "{\"tags\":[{\"k\":\"v \\\"q\\\"\"},{\"k\":\"[\",\"v\":\"{\"}],\"n\":0}",
        "{\"configuration\":{\"complianceType\":\"COMPLIANT\",\"x\":[[[]]]},\"COUNT(*)\":12}",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        AUTO(json_free_at) cJSON *tree = NULL;
        struct err err;
        assert_int_equal(json_parse(sv_of(texts[i]), "test", &tree, &err), OK);
        assert_same(checked(texts[i]), tree);
    }
}

static void what_is_no_json_is_refused(void **state)
{
    static const char *const texts[] = {"",    " ",      "{", "[1,]", "\"\\u0000\"", "\"\\ud800\"",
                                        "1 2", "{\"a\"}"};
    struct sv value;
    struct err err;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_int_equal(json_raw_check(sv_of(texts[i]), "test", &value, &err), ERR_PARSE);
}

static void a_text_without_escapes_is_borrowed(void **state)
{
    AUTO(buf_done) struct buf scratch = BUF_NONE;
    struct sv value = checked("\"vol-0123\"");
    (void)state;
    assert_ptr_equal(json_raw_text(value, &scratch).ptr, value.ptr + 1);
    assert_null(json_raw_text(SV("12"), &scratch).ptr);
    assert_null(json_raw_text(SV_NONE, &scratch).ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_reads_as_the_tree_does),
        cmocka_unit_test(what_is_no_json_is_refused),
        cmocka_unit_test(a_text_without_escapes_is_borrowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
