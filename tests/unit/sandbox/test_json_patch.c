/* JSON patches: the examples of RFC 6902 (appendix A) and what goes wrong. */
#include "tests/unit/unit.h"

#include "core/base/json.h"
#include "tests/sandbox/world/json_patch.h"

static const struct {
    const char *doc, *patch, *result; /* NULL: refused */
    enum err_code code;
} rows[] = {
    {"{\"foo\":\"bar\"}", "[{\"op\":\"add\",\"path\":\"/baz\",\"value\":\"qux\"}]",
     "{\"foo\":\"bar\",\"baz\":\"qux\"}", OK},
    {"{\"foo\":[\"bar\",\"baz\"]}", "[{\"op\":\"add\",\"path\":\"/foo/1\",\"value\":\"qux\"}]",
     "{\"foo\":[\"bar\",\"qux\",\"baz\"]}", OK},
    {"{\"baz\":\"qux\",\"foo\":\"bar\"}", "[{\"op\":\"remove\",\"path\":\"/baz\"}]",
     "{\"foo\":\"bar\"}", OK},
    {"{\"foo\":[\"bar\",\"qux\",\"baz\"]}", "[{\"op\":\"remove\",\"path\":\"/foo/1\"}]",
     "{\"foo\":[\"bar\",\"baz\"]}", OK},
    {"{\"baz\":\"qux\"}", "[{\"op\":\"replace\",\"path\":\"/baz\",\"value\":\"boo\"}]",
     "{\"baz\":\"boo\"}", OK},
    {"{\"foo\":{\"bar\":\"baz\",\"waldo\":\"fred\"},\"qux\":{\"corge\":\"grault\"}}",
     "[{\"op\":\"move\",\"from\":\"/foo/waldo\",\"path\":\"/qux/thud\"}]",
     "{\"foo\":{\"bar\":\"baz\"},\"qux\":{\"corge\":\"grault\",\"thud\":\"fred\"}}", OK},
    {"{\"foo\":[\"all\",\"grass\",\"cows\",\"eat\"]}",
     "[{\"op\":\"move\",\"from\":\"/foo/1\",\"path\":\"/foo/3\"}]",
     "{\"foo\":[\"all\",\"cows\",\"eat\",\"grass\"]}", OK},
    {"{\"baz\":\"qux\",\"foo\":[\"a\",2,\"c\"]}",
     "[{\"op\":\"test\",\"path\":\"/baz\",\"value\":\"qux\"},"
     "{\"op\":\"test\",\"path\":\"/foo/1\",\"value\":2}]",
     "{\"baz\":\"qux\",\"foo\":[\"a\",2,\"c\"]}", OK},
    {"{\"baz\":\"qux\"}", "[{\"op\":\"test\",\"path\":\"/baz\",\"value\":\"bar\"}]", NULL,
     ERR_REFUSED},
    {"{\"foo\":\"bar\"}", "[{\"op\":\"add\",\"path\":\"/child\",\"value\":{\"grandchild\":{}}}]",
     "{\"foo\":\"bar\",\"child\":{\"grandchild\":{}}}", OK},
    {"{\"foo\":\"bar\"}", "[{\"op\":\"add\",\"path\":\"/baz\",\"value\":\"qux\",\"xyz\":123}]",
     "{\"foo\":\"bar\",\"baz\":\"qux\"}", OK},
    {"{\"foo\":\"bar\"}", "[{\"op\":\"add\",\"path\":\"/baz/bat\",\"value\":\"qux\"}]", NULL,
     ERR_NOT_FOUND},
    {"{\"/\":9,\"~1\":10}", "[{\"op\":\"test\",\"path\":\"/~01\",\"value\":10}]",
     "{\"/\":9,\"~1\":10}", OK},
    {"{\"/\":9,\"~1\":10}", "[{\"op\":\"test\",\"path\":\"/~01\",\"value\":\"10\"}]", NULL,
     ERR_REFUSED},
    {"{\"foo\":[\"bar\"]}", "[{\"op\":\"add\",\"path\":\"/foo/-\",\"value\":[\"abc\"]}]",
     "{\"foo\":[\"bar\",[\"abc\"]]}", OK},
    {"{\"a\":{\"b\":1}}", "[{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/c\"}]",
     "{\"a\":{\"b\":1},\"c\":{\"b\":1}}", OK},
    {"{\"a\":1}", "[{\"op\":\"add\",\"path\":\"/a\",\"value\":2}]", "{\"a\":2}", OK},
    {"{\"a\":1}", "[{\"op\":\"replace\",\"path\":\"\",\"value\":[]}]", "[]", OK},
    {"{\"a\":[1]}", "[{\"op\":\"add\",\"path\":\"/a/2\",\"value\":2}]", NULL, ERR_NOT_FOUND},
    {"{\"a\":[1]}", "[{\"op\":\"add\",\"path\":\"/a/01\",\"value\":2}]", NULL, ERR_NOT_FOUND},
    {"{\"a\":[1]}", "[{\"op\":\"add\",\"path\":\"/a/+1\",\"value\":2}]", NULL, ERR_NOT_FOUND},
    {"{\"a\":[1]}", "[{\"op\":\"remove\",\"path\":\"/a/-\"}]", NULL, ERR_NOT_FOUND},
    {"{\"a\":1}", "[{\"op\":\"remove\",\"path\":\"/b\"}]", NULL, ERR_NOT_FOUND},
    {"{\"a\":1}", "[{\"op\":\"replace\",\"path\":\"/b\",\"value\":1}]", NULL, ERR_NOT_FOUND},
    {"{\"a\":{}}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/a/b\"}]", NULL, ERR_PARSE},
    {"{\"a\":1}", "[{\"op\":\"add\",\"path\":\"/b\"}]", NULL, ERR_PARSE},
    {"{\"a\":1}", "[{\"op\":\"spam\",\"path\":\"/b\",\"value\":1}]", NULL, ERR_PARSE},
    {"{\"a\":1}", "[{\"op\":\"add\",\"value\":1}]", NULL, ERR_PARSE},
    {"{\"a\":1}", "[{\"op\":\"copy\",\"path\":\"/b\"}]", NULL, ERR_PARSE},
    {"{\"a\":1}", "{\"op\":\"add\",\"path\":\"/b\",\"value\":1}", NULL, ERR_PARSE},
    {"{\"a\":1}", "[1]", NULL, ERR_PARSE},
    {"{\"a\":1}", "[]", "{\"a\":1}", OK},
    {"{\"a\":1}", "[{\"op\":\"add\",\"path\":\"b\",\"value\":1}]", NULL, ERR_NOT_FOUND},
};

static void patches_do_what_the_standard_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err;
        cJSON *tree = cJSON_Parse(rows[i].doc), *patch = cJSON_Parse(rows[i].patch);
        assert_non_null(tree);
        assert_non_null(patch);
        enum err_code code = json_patch_apply(&tree, patch, &err);
        if (code != rows[i].code)
            fail_msg("row %zu: %s", i, err_name(code));
        if (rows[i].result) {
            AUTO_FREE char *result = json_print(tree);
            assert_string_equal(result, rows[i].result);
        }
        cJSON_Delete(patch);
        cJSON_Delete(tree);
    }
}

static void pointers_are_cut(void **state)
{
    struct sv pointer = SV("/a~1b/~0//c");
    char token[8];
    (void)state;
    assert_true(json_pointer_token(&pointer, token, sizeof token));
    assert_string_equal(token, "a/b");
    assert_true(json_pointer_token(&pointer, token, sizeof token));
    assert_string_equal(token, "~");
    assert_true(json_pointer_token(&pointer, token, sizeof token));
    assert_string_equal(token, "");
    assert_true(json_pointer_token(&pointer, token, sizeof token));
    assert_string_equal(token, "c");
    assert_false(json_pointer_token(&pointer, token, sizeof token));
    pointer = SV("/much-too-long");
    assert_false(json_pointer_token(&pointer, token, sizeof token));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patches_do_what_the_standard_says),
        cmocka_unit_test(pointers_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
