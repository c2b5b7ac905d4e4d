/* JSON read in one pass says the same as the tree of it, and refuses what has none. */
#include <string.h>

#include "core/base/json.h"
#include "core/base/json_pull.h"
#include "tests/unit/unit.h"

/* Reads the value at hand beside the tree of it; NULL: it has none. */
static void read_beside(struct json_pull *pull, const cJSON *tree)
{
    AUTO(buf_done) struct buf scratch = BUF_NONE;
    const cJSON *member = tree != NULL ? tree->child : NULL;
    struct sv key;
    if (json_pull_enter(pull, '{') || json_pull_enter(pull, '[')) {
        for (; json_pull_next(pull, &key); member = member != NULL ? member->next : NULL) {
            if (cJSON_IsObject(tree))
                assert_true(sv_eq_cstr(key, member->string));
            read_beside(pull, member);
        }
        assert_true(tree == NULL || member == NULL);
        return;
    }
    struct sv said = json_pull_text(pull, &scratch);
    if (tree != NULL) {
        assert_int_equal(said.ptr != NULL, cJSON_IsString(tree));
        assert_true(sv_eq(said, json_string(tree)));
    }
}

static enum err_code read_all(struct sv text, const cJSON *tree)
{
    struct json_pull pull;
    struct err err;
    json_pull_begin(&pull, text);
    read_beside(&pull, tree);
    return json_pull_end(&pull, "test", &err);
}

static void it_reads_as_the_tree_does(void **state)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        "null",
        " \t\n{ \"a\" : 1 , \"b\":[ true,false ,null, -1.5e3 ] } \r\n",
        "\"\"",
        "\"longer than eight bytes, and plain\"",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "\"1234567\\\\\"",
        "\"12345678\\\"9\"",
        "[\"ends with \\\\\",\"\\\\\\\"\",{\"k\":\"}]\"}]",
        "\"\\u00e9 \\u20ac \\ud83d\\ude00 caf\xc3\xa9, \x80 too\"",
        "{\"tags\":[{\"k\":\"v \\\"q\\\"\"},{\"k\":\"[\",\"v\":\"{\"}],\"n\":0}",
        "{\"configuration\":{\"complianceType\":\"COMPLIANT\",\"x\":[[[]]]},\"COUNT(*)\":12}",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        AUTO(json_free_at) cJSON *tree = NULL;
        struct err err;
        assert_int_equal(json_parse(sv_of(texts[i]), "test", &tree, &err), OK);
        assert_int_equal(read_all(sv_of(texts[i]), tree), OK);
    }
}

static void what_is_no_json_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        " ",
        "{",
        "[",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{a:1}",
        "[}",
        "{]",
        "[]]",
        "1 2",
        "tru",
        "01",
        "\"",
        "\"raw\ncontrol byte\"",
        "\"\x1f\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\ud800\\u0041\"",
        "\"\\udc00\"",
        "\"\\u12g4\"",
        "\"\\x\"",
        "1e999",
        "\xef\xbb\xbf{}",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        AUTO(json_free_at) cJSON *tree = NULL;
        assert_int_equal(json_parse(sv_of(texts[i]), "test", &tree, NULL), ERR_PARSE);
        assert_int_equal(read_all(sv_of(texts[i]), NULL), ERR_PARSE);
    }
    assert_int_equal(read_all((struct sv){"[]\0", 3}, NULL), ERR_PARSE);
}

/* As deep as a tree may be, and not deeper. */
static void depth_has_the_same_bound(void **state)
{
    char text[2 * JSON_DEPTH_MAX + 3];
    (void)state;
    for (size_t depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
        AUTO(json_free_at) cJSON *tree = NULL;
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        struct sv whole = {text, 2 * depth};
        enum err_code code = json_parse(whole, "test", &tree, NULL);
        assert_int_equal(code, depth <= JSON_DEPTH_MAX ? OK : ERR_PARSE);
        assert_int_equal(read_all(whole, tree), code);
    }
}

/* What is not wanted is passed over, and checked all the same. */
static void what_is_left_out_is_checked(void **state)
{
    AUTO(buf_done) struct buf scratch = BUF_NONE;
    struct json_pull pull;
    struct sv key;
    struct err err;
    (void)state;
    json_pull_begin(&pull, SV("{\"a\":{\"b\":[1,\"]\"]},\"c\":\"x\"}"));
    assert_false(json_pull_enter(&pull, '['));
    assert_true(json_pull_enter(&pull, '{'));
    assert_true(json_pull_next(&pull, &key));
    assert_sv(json_pull_raw(&pull), "{\"b\":[1,\"]\"]}");
    assert_true(json_pull_next(&pull, &key));
    assert_sv(key, "c");
    assert_sv(json_pull_text(&pull, &scratch), "x");
    assert_false(json_pull_next(&pull, &key));
    assert_int_equal(json_pull_end(&pull, "test", &err), OK);

    json_pull_begin(&pull, SV("{\"a\":{\"b\":[1,]},\"c\":\"x\"}"));
    assert_true(json_pull_enter(&pull, '{'));
    assert_true(json_pull_next(&pull, &key));
    json_pull_raw(&pull);
    assert_false(json_pull_next(&pull, &key));
    assert_int_equal(json_pull_end(&pull, "test", &err), ERR_PARSE);
    assert_string_equal(err.message, "JSON: a value is missing");
}

static void texts_are_added_behind_each_other(void **state)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    struct json_pull pull;
    struct sv none;
    (void)state;
    json_pull_begin(&pull, SV("[\"{\\\"a\\\":1}\",2,\"\\u00e9\"]"));
    assert_true(json_pull_enter(&pull, '['));
    assert_true(json_pull_next(&pull, &none) && json_pull_add(&pull, &out));
    assert_true(json_pull_next(&pull, &none) && !json_pull_add(&pull, &out));
    assert_true(json_pull_next(&pull, &none) && json_pull_add(&pull, &out));
    assert_false(json_pull_next(&pull, &none));
    assert_sv(buf_sv(&out), "{\"a\":1}\xc3\xa9");
    assert_int_equal(json_pull_end(&pull, "test", NULL), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_reads_as_the_tree_does),
        cmocka_unit_test(what_is_no_json_is_refused),
        cmocka_unit_test(depth_has_the_same_bound),
        cmocka_unit_test(what_is_left_out_is_checked),
        cmocka_unit_test(texts_are_added_behind_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
