/*
 * Members of documents that hold secrets.
 */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "core/base/json_pick.h"

static struct sv pick(const char *document, const char *key)
{
    assert_int_equal(json_pick_check(sv_of(document), "test", NULL), OK);
    return json_pick(sv_of(document), key);
}

static void finds_members_as_they_stand(void **state)
{
    const char *document =
        " { \"a\" : 1, \"b\":\"x\\\"}\", \"c\" : {\"d\":[1,{\"a\":2}],\"e\":\"deep\"},"
        "\"n\":null, \"a\":3 , \"t\":true } ";
    (void)state;
    assert_sv(pick(document, "a"), "1");
    assert_sv(pick(document, "b"), "\"x\\\"}\"");
    assert_sv(json_pick(pick(document, "c"), "e"), "\"deep\"");
    assert_sv(json_pick(pick(document, "c"), "d"), "[1,{\"a\":2}]");
    assert_sv(pick(document, "t"), "true");
    assert_null(pick(document, "n").ptr);
    assert_null(pick(document, "d").ptr);
    assert_null(pick("{}", "d").ptr);
    assert_null(json_pick(pick(document, "a"), "a").ptr);
    assert_null(json_pick(SV_NONE, "a").ptr);
}

static void keys_may_be_escaped_or_long(void **state)
{
    char document[512];
    (void)state;
    assert_sv(pick("{\"\\u0061b\":7}", "ab"), "7");
    snprintf(document, sizeof document, "{\"%0300d\":1,\"ab\":8}", 0);
    assert_sv(pick(document, "ab"), "8");
}

static void refuses_what_is_no_object(void **state)
{
    static const char *const wrong[] = {"",     "{",    "[1]",   "\"a\"",           "{\"a\":1",
                                        "null", "{}{}", "{a:1}", "{\"a\":\"\x01\"}"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct err err = ERR_NONE;
        assert_int_equal(json_pick_check(sv_of(wrong[i]), "the cache", &err), ERR_PARSE);
        assert_string_equal(err.where, "the cache");
    }
}

static void strings_are_unescaped(void **state)
{
    const char *document = "{\"s\":\"a\\\\\\/\\b\\f\\n\\r\\t\\\"\\u00e9\\u20AC\\ud83d\\ude00z\"}";
    const char *meaning = "a\\/\b\f\n\r\t\"\u00e9\u20ac\U0001f600z";
    char text[64];
    struct secret *secret = json_pick_secret(pick(document, "s"));
    (void)state;
    assert_true(sv_eq_cstr(secret_bytes(secret), meaning));
    secret_unref(secret);
    assert_true(json_pick_text(pick(document, "s"), text, sizeof text));
    assert_string_equal(text, meaning);
    assert_true(json_pick_text(SV("\"\""), text, 1));
    assert_false(json_pick_text(SV("\"x\""), text, 1));
    assert_null(json_pick_secret(SV("12")));
    assert_null(json_pick_secret(SV_NONE));
    assert_false(json_pick_text(SV("true"), text, sizeof text));
}

static void numbers(void **state)
{
    int64_t number = 0;
    (void)state;
    assert_true(json_pick_i64(SV("1767225600000"), &number));
    assert_int_equal(number, 1767225600000);
    assert_true(json_pick_i64(SV("\"-5\""), &number));
    assert_int_equal(number, -5);
    assert_false(json_pick_i64(SV("1.5"), &number));
    assert_false(json_pick_i64(SV("1e3"), &number));
    assert_false(json_pick_i64(SV("\"x\""), &number));
    assert_false(json_pick_i64(SV_NONE, &number));
}

static void quoted_text_reads_back(void **state)
{
    struct buf out = BUF_NONE;
    struct sv text = SV("q\"b\\n\n\x1f\u00e9/");
    (void)state;
    assert_true(buf_reserve(&out, 6 * text.len + 2));
    const char *before = out.ptr;
    json_pick_quote(&out, text);
    assert_ptr_equal(out.ptr, before); /* what was reserved does not move */
    struct secret *secret = json_pick_secret(buf_sv(&out));
    assert_true(sv_eq(secret_bytes(secret), text));
    secret_unref(secret);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_members_as_they_stand),
        cmocka_unit_test(keys_may_be_escaped_or_long),
        cmocka_unit_test(refuses_what_is_no_object),
        cmocka_unit_test(strings_are_unescaped),
        cmocka_unit_test(numbers),
        cmocka_unit_test(quoted_text_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
