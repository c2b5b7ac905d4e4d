#include "tests/unit/unit.h"

#include <math.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/text.h"

static bool accepts(struct sv text)
{
    AUTO(json_free_at) cJSON *tree = NULL;
    struct err err;
    char *exact = mem_copy(text.ptr, text.len); /* so that reading beyond it is seen */
    enum err_code code = json_parse((struct sv){exact, text.len}, "test", &tree, &err);

    mem_free(exact);
    assert_true(code == OK || code == ERR_PARSE);
    assert_int_equal(tree != NULL, code == OK);
    return code == OK;
}

static void accepts_what_is_json(void **state)
{
    static const struct sv right[] = {
        {"{}", 2},
        {"[]", 2},
        {"0", 1},
        {" \t\r\n-1.5e+3\n ", 13},
        {"\"\"", 2},
        {"null", 4},
        {"[true,false,null]", 17},
    };
    static const char *const more[] = {
        "{\"a\":{\"b\":[1,-0,0.5,1E5,1e-400]}}",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDe00\"",
        "\"\x7f\xc3\xa9\xff\xc0\"", /* DEL and bad UTF-8 are for the text door */
        "[1.7976931348623157e308]",
        "{\"a\":1,\"a\":2}",
        "123456789012345678901234567890123456789012345678901234567890123",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(right); i++)
        assert_true(accepts(right[i]));
    for (size_t i = 0; i < ARRAY_LEN(more); i++) {
        if (!accepts(sv_of(more[i])))
            fail_msg("refused: %s", more[i]);
    }
}

static void refuses_what_is_not(void **state)
{
    static const char *const wrong[] = {
        "",
        " ",
        "\xef\xbb\xbf{}",
        "nul",
        "nullx",
        "True",
        "NaN",
        "Infinity",
        "undefined",
        /* numbers */
        "01",
        "-",
        "-a",
        "+1",
        "1.",
        ".5",
        "1e",
        "1e+",
        "1.e5",
        "0x1",
        "1e400",
        "-1e999",
        "1.8e308",
        "1234567890123456789012345678901234567890123456789012345678901234",
        "1 2",
        "1,",
        /* strings */
        "\"",
        "\"a",
        "\"\\",
        "\"\\\"",
        "\"\\x41\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\ud800x\"",
        "\"\\ud800\\n\"",
        "\"\\ud800\\u0041\"",
        "\"\\udc00\"",
        "\"\\ud800\\ud800\"",
        "\"\\ud83d\\u\"",
        "\"a\nb\"",
        "\"\x1b[2J\"",
        "\"\x01\"",
        "\"\t\"",
        "'a'",
        "\"a\"b",
        "\"\\U0041\"",
        /* structure */
        "[",
        "]",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1]]",
        "{",
        "}",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\":1,}",
        "{a:1}",
        "{1:1}",
        "{\"a\" 1}",
        "{\"a\":1 \"b\":2}",
        "[}",
        "{]",
        "[1}",
        "{\"a\":1]",
        "{}{}",
        "[]x",
        "/* */1",
        "[1]//",
        "\v1",
        ("\xc2\xa0"
         "1"),
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        if (accepts(sv_of(wrong[i])))
            fail_msg("accepted: %s", wrong[i]);
    }
    assert_false(accepts((struct sv){"\"a\0b\"", 5}));
    assert_false(accepts((struct sv){"{}\0", 3}));
    assert_false(accepts((struct sv){"\0", 1}));
    assert_false(accepts(SV_NONE));
}

/* Every prefix of a document with one of each, and every byte of it replaced by some others. */
static void refuses_what_is_cut_or_hit(void **state)
{
    struct sv whole = SV("{\"k\":[\"a\\u00e9\\ud83d\\ude00\\n\",-12.5e+3,true,false,null,{}]}");

    (void)state;
    assert_true(accepts(whole));
    for (size_t len = 0; len < whole.len; len++)
        assert_false(accepts((struct sv){whole.ptr, len}));
    for (size_t i = 0; i < whole.len; i++) {
        AUTO_FREE char *hit = sv_dup(whole);
        for (const char *other = "\x01\x7f{}[]\",:\\u0e-"; *other != '\0'; other++) {
            hit[i] = *other;
            accepts((struct sv){hit, whole.len}); /* either way: no crash, and tree as promised */
        }
        hit[i] = '\x01';
        assert_false(accepts((struct sv){hit, whole.len}));
    }
}

/* Every byte at every place of a string: those that end a run of plain ones, and those that do not.
 */
static void strings_of_any_byte(void **state)
{
    char text[34];

    (void)state;
    for (size_t at = 1; at + 1 < sizeof text; at++) {
        for (int byte = 0; byte < 256; byte++) {
            memset(text, 'a', sizeof text);
            text[0] = text[sizeof text - 1] = '"';
            text[at] = (char)byte;
            bool is_plain = byte >= 0x20 && byte != '"' && byte != '\\';
            assert_int_equal(accepts((struct sv){text, sizeof text}), is_plain);
        }
    }
}

static void depth_is_bounded(void **state)
{
    (void)state;
    for (size_t depth = JSON_DEPTH_MAX - 1; depth <= JSON_DEPTH_MAX + 1; depth++) {
        AUTO(buf_done) struct buf text = BUF_NONE;
        for (size_t i = 0; i < depth; i++)
            buf_add_cstr(&text, i % 2 ? "[" : "{\"a\":");
        buf_add_cstr(&text, "1");
        for (size_t i = depth; i-- > 0;)
            buf_add_cstr(&text, i % 2 ? "]" : "}");
        assert_int_equal(accepts(buf_sv(&text)), depth <= JSON_DEPTH_MAX);
    }
    AUTO(buf_done) struct buf deep = BUF_NONE;
    for (int i = 0; i < 2000000; i++)
        buf_add_char(&deep, '[');
    assert_false(accepts(buf_sv(&deep)));
    AUTO(buf_done) struct buf wide = BUF_NONE;
    for (int i = 0; i < 1000; i++)
        buf_add_cstr(&wide, i == 0 ? "[[]" : ",[]");
    buf_add_char(&wide, ']');
    assert_true(accepts(buf_sv(&wide)));
}

static void says_what_and_where(void **state)
{
    cJSON *tree;
    struct err err;

    (void)state;
    assert_int_equal(json_parse(SV("{\"a\":\x1b}"), "ssm:GetParameter", &tree, &err), ERR_PARSE);
    assert_string_equal(err.where, "ssm:GetParameter");
    assert_string_equal(err.message, "JSON: a value is missing at byte 5");
    assert_null(tree);
    assert_int_equal(json_parse(SV("[1e999]"), "x", &tree, NULL), ERR_PARSE);
}

#define DOCUMENT                                                                                 \
    "{\"s\":\"text\",\"S\":\"other\",\"n\":42,\"d\":1.5,\"big\":1e300,\"ns\":\"-7\",\"t\":true," \
    "\"f\":\"false\",\"nil\":null,\"dup\":1,\"dup\":2,\"a\":[\"x\",\"y\"],\"e\":[],"             \
    "\"o\":{\"p\":{\"q\":\"deep\"}},\"\":\"empty\",\"neg\":-9223372036854775808,"                \
    "\"half\":\"0.5\",\"two\":2.0}"

static void lookups(void **state)
{
    AUTO(json_free_at) cJSON *tree = NULL;

    (void)state;
    assert_int_equal(json_parse(SV(DOCUMENT), "x", &tree, NULL), OK);
    assert_sv(json_sv(tree, "s"), "text");
    assert_sv(json_sv(tree, "S"), "other");
    assert_null(json_sv(tree, "n").ptr);
    assert_null(json_sv(tree, "absent").ptr);
    assert_null(json_get(tree, "nil"));
    assert_sv(json_sv(tree, ""), "empty");
    assert_int_equal(json_i64(tree, "n", 0), 42);
    assert_int_equal(json_i64(tree, "d", 5), 5); /* not cut to 1 */
    assert_int_equal(json_i64(tree, "half", 5), 5);
    assert_int_equal(json_i64(tree, "two", 5), 2);
    assert_int_equal(json_i64(tree, "ns", 0), -7);
    assert_int_equal(json_i64(tree, "big", 5), 5);
    assert_true(json_i64(tree, "neg", 5) == INT64_MIN);
    assert_int_equal(json_i64(tree, "s", 5), 5);
    assert_int_equal(json_i64(tree, "dup", 0), 1);
    assert_true(json_double(tree, "d", 0) == 1.5);
    assert_true(json_double(tree, "s", 2.5) == 2.5);
    assert_true(json_bool(tree, "t", false));
    assert_false(json_bool(tree, "f", true));
    assert_true(json_bool(tree, "s", true));
    assert_sv(json_string(json_path(tree, "o.p.q")), "deep");
    assert_null(json_path(tree, "o.x.q"));
    assert_null(json_path(tree, "s.p"));
    assert_null(json_path(NULL, "s"));
    assert_null(json_get(NULL, "s"));
    assert_null(json_get(json_get(tree, "a"), "s"));

    const cJSON *item = json_items(tree, "a");
    assert_sv(json_string(item), "x");
    assert_sv(json_string(item->next), "y");
    assert_null(json_items(tree, "e"));
    assert_null(json_items(tree, "o"));
    json_free(NULL);
}

static void assert_written(struct sv text, const char *expected)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    struct json_writer w = {.out = &out};

    jw_string(&w, text);
    assert_string_equal(buf_cstr(&out), expected);
}

static void strings_are_escaped(void **state)
{
    (void)state;
    assert_written(SV_NONE, "\"\"");
    assert_written(SV("a\"b\\c/"), "\"a\\\"b\\\\c/\"");
    assert_written((struct sv){"a\0\x1b\n\x7f", 5}, "\"a\\u0000\\u001b\\u000a\\u007f\"");
    assert_written(SV("\xc2\x9b\xe2\x80\xa8\xe2\x80\xae"), "\"\\u009b\\u2028\\u202e\"");
    assert_written(SV("\xf3\xa0\x81\x81\xf0\x9f\x98\x80"), "\"\\udb40\\udc41\xf0\x9f\x98\x80\"");
    assert_written(SV("\xff"
                      "a\xe2\x80"),
                   "\"\xef\xbf\xbd"
                   "a\xef\xbf\xbd\"");
    assert_written(SV("\xcc\x81"), "\"\\u0301\"");
    assert_written(SV("e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81"),
                   "\"e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\\u0301\"");
    assert_written(SV("\x01\xcc\x81"), "\"\\u0001\\u0301\"");
    assert_written(SV("a\x01\xcc\x81"), "\"a\\u0001\\u0301\"");
    assert_written(SV("\"\xcc\x81"), "\"\\\"\xcc\x81\"");
    text_ascii_only(true);
    assert_written(SV("\xc3\xa9\xf0\x9f\x98\x80\xff"), "\"\\u00e9\\ud83d\\ude00\\ufffd\"");
    text_ascii_only(false);
}

/* All of Unicode is written as something that reads back as the same. */
static void strings_come_back(void **state)
{
    (void)state;
    for (uint32_t first = 1; first < 0x110000; first += 0x1000) {
        AUTO(buf_done) struct buf in = BUF_NONE;
        AUTO(buf_done) struct buf out = BUF_NONE;
        AUTO(json_free_at) cJSON *tree = NULL;
        struct json_writer w = {.out = &out};
        for (uint32_t codepoint = first; codepoint < first + 0x1000; codepoint++) {
            char bytes[4];
            buf_add(&in, (struct sv){bytes, utf8_encode(codepoint, bytes)});
        }
        jw_string(&w, buf_sv(&in));
        assert_int_equal(json_parse(buf_sv(&out), "x", &tree, NULL), OK);
        assert_true(sv_eq(json_string(tree), buf_sv(&in)));
    }
}

static void writer_places_commas(void **state)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    struct json_writer w = {.out = &out};

    (void)state;
    jw_object(&w);
    jw_string_at(&w, "a", SV("b"));
    jw_i64_at(&w, "n", INT64_MIN);
    jw_bool_at(&w, "t", true);
    jw_key(&w, "list");
    jw_array(&w);
    jw_array(&w);
    jw_array_end(&w);
    jw_null(&w);
    jw_object(&w);
    jw_object_end(&w);
    jw_bool(&w, false);
    jw_array_end(&w);
    jw_key(&w, "o\n");
    jw_object(&w);
    jw_object_end(&w);
    jw_object_end(&w);
    assert_string_equal(buf_cstr(&out), "{\"a\":\"b\",\"n\":-9223372036854775808,\"t\":true,"
                                        "\"list\":[[],null,{},false],\"o\\u000a\":{}}");
}

static void trees_are_printed(void **state)
{
    static const char *const texts[] = {
        "{\"a\":[1,2.5,-3,1e+300,0.1,123456789012,true,null,\"x\\u001b\",{}],\"b\":[]}",
        "[1767225600.123,0.30000000000000004]",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        AUTO(json_free_at) cJSON *tree = NULL;
        assert_int_equal(json_parse(sv_of(texts[i]), "x", &tree, NULL), OK);
        AUTO_FREE char *printed = json_print(tree);
        assert_string_equal(printed, texts[i]);
    }
    cJSON *nan = cJSON_CreateNumber(NAN);
    AUTO_FREE char *printed = json_print(nan);
    assert_string_equal(printed, "null");
    json_free(nan);
    AUTO_FREE char *nothing = json_print(NULL);
    assert_string_equal(nothing, "null");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_what_is_json),
        cmocka_unit_test(refuses_what_is_not),
        cmocka_unit_test(refuses_what_is_cut_or_hit),
        cmocka_unit_test(strings_of_any_byte),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(says_what_and_where),
        cmocka_unit_test(lookups),
        cmocka_unit_test(strings_are_escaped),
        cmocka_unit_test(strings_come_back),
        cmocka_unit_test(writer_places_commas),
        cmocka_unit_test(trees_are_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
