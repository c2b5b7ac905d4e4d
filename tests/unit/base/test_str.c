#include "tests/unit/unit.h"

#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"

static void compares(void **state)
{
    (void)state;
    assert_true(sv_eq(SV_NONE, SV("")));
    assert_true(sv_eq_cstr(SV("abc"), "abc"));
    assert_false(sv_eq_cstr(SV("abc"), "abcd"));
    assert_false(sv_eq((struct sv){"a\0b", 3}, (struct sv){"a\0c", 3}));
    assert_true(sv_eq_nocase(SV("X-Amz-Date"), SV("x-aMZ-dATE")));
    assert_false(sv_eq_nocase(SV("["), SV("{")));
    assert_false(sv_eq_nocase(SV("\xc3\x84"), SV("\xc3\xa4")));
    assert_true(sv_cmp(SV("a"), SV("ab")) < 0);
    assert_true(sv_cmp(SV("\xff"), SV("a")) > 0);
    assert_int_equal(sv_cmp(SV_NONE, SV("")), 0);
}

static void finds(void **state)
{
    (void)state;
    assert_true(sv_starts(SV("arn:aws"), SV("arn:")));
    assert_false(sv_starts(SV("ar"), SV("arn:")));
    assert_true(sv_starts(SV_NONE, SV("")));
    assert_true(sv_ends(SV("name.keys"), SV(".keys")));
    assert_false(sv_ends(SV("keys"), SV(".keys")));
    assert_true(sv_ends(SV_NONE, SV_NONE));
    assert_true(sv_contains(SV("abcabd"), SV("abd")));
    assert_true(sv_contains(SV_NONE, SV("")));
    assert_false(sv_contains(SV_NONE, SV("a")));
    assert_false(sv_contains(SV("ab"), SV("abc")));
}

static void trims(void **state)
{
    (void)state;
    assert_sv(sv_trim(SV(" \t a b\r\n")), "a b");
    assert_sv(sv_trim(SV(" \n ")), "");
    assert_sv(sv_trim(SV_NONE), "");
    assert_sv(sv_trim(SV("\v x")), "\v x");
}

static void sizes_are_short(void **state)
{
    static const struct {
        uint64_t size_bytes;
        const char *text;
    } cases[] = {{0, "0B"},          {1023, "1023B"},   {1024, "1.0K"},
                 {1535, "1.4K"},     {10239, "9.9K"},   {10240, "10K"},
                 {1048575, "1023K"}, {52428800, "50M"}, {UINT64_C(3) << 30, "3.0G"},
                 {UINT64_MAX, "15E"}};
    char text[SIZE_TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_to_text(cases[i].size_bytes, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void splits(void **state)
{
    struct sv rest = SV("a,,b,");

    (void)state;
    assert_sv(sv_split(&rest, ','), "a");
    assert_sv(sv_split(&rest, ','), "");
    assert_sv(sv_split(&rest, ','), "b");
    assert_non_null(rest.ptr);
    assert_sv(sv_split(&rest, ','), "");
    assert_null(rest.ptr);
    assert_null(sv_split(&rest, ',').ptr);
    assert_true(sv_has_word(SV("a bc d"), SV("bc")));
    assert_false(sv_has_word(SV("a bc d"), SV("b")));
    assert_false(sv_has_word(SV("a bc d"), SV_NONE));
    assert_false(sv_has_word(SV_NONE, SV("b")));
}

static void reads_integers(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        int64_t value;
    } cases[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"+17", true, 17},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"99999999999999999999999", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"--1", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"0x10", false, 0},
        {"1e3", false, 0},
        {"\xd9\xa1", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t value = 0;
        assert_int_equal(sv_to_i64(sv_of(cases[i].text), &value), cases[i].ok);
        assert_int_equal(value, cases[i].value);
    }
    int64_t untouched = 5;
    assert_false(sv_to_i64(SV("7x"), &untouched));
    assert_int_equal(untouched, 5);
}

/* FNV's own test vectors (draft-eastlake-fnv): the values may be stored, so they must stay. */
static void hashes_as_published(void **state)
{
    (void)state;
    assert_true(sv_hash(SV("")) == 0xcbf29ce484222325u);
    assert_true(sv_hash(SV("a")) == 0xaf63dc4c8601ec8cu);
    assert_true(sv_hash(SV("foobar")) == 0x85944171f73967e8u);
}

static void copies_cut_and_terminated(void **state)
{
    char small[4] = "xxx";
    char text[8] = "abcdef";

    (void)state;
    str_copy(small, "abcdef");
    assert_string_equal(small, "abc");
    sv_copy(SV("z"), small, 0);
    assert_string_equal(small, "abc");
    sv_copy(SV_NONE, small, sizeof small);
    assert_string_equal(small, "");
    sv_copy((struct sv){text + 2, 4}, text, sizeof text);
    assert_string_equal(text, "cdef");

    char *dup = sv_dup(SV_NONE);
    assert_string_equal(dup, "");
    mem_free(dup);
}

static void buf_grows_and_stays_terminated(void **state)
{
    AUTO(buf_done) struct buf buf = BUF_NONE;

    (void)state;
    assert_string_equal(buf_cstr(&buf), "");
    for (int i = 0; i < 1000; i++) {
        buf_addf(&buf, "%d,", i);
        assert_int_equal(strlen(buf.ptr), buf.len);
    }
    buf_add(&buf, SV_NONE);
    buf_add_cstr(&buf, NULL);
    buf_add_char(&buf, '\0');
    assert_int_equal(buf.ptr[buf.len], '\0');
    assert_int_equal(buf_err(&buf), OK);
    assert_true(sv_starts(buf_sv(&buf), SV("0,1,2,")));
    buf_clear(&buf);
    assert_string_equal(buf_cstr(&buf), "");
}

static void buf_cap_is_sticky(void **state)
{
    AUTO(buf_done) struct buf buf = BUF_CAPPED(5);

    (void)state;
    buf_add_cstr(&buf, "12345");
    assert_int_equal(buf_err(&buf), OK);
    buf_add(&buf, SV(""));
    assert_int_equal(buf_err(&buf), OK);
    buf_add_char(&buf, '6');
    assert_int_equal(buf_err(&buf), ERR_TOO_BIG);
    assert_string_equal(buf_cstr(&buf), "12345");
    buf_clear(&buf);
    assert_int_equal(buf_err(&buf), OK);
    buf_addf(&buf, "%s", "123456");
    assert_int_equal(buf_err(&buf), ERR_TOO_BIG);
    buf_add_char(&buf, '1'); /* would fit, but the one before is lost */
    assert_string_equal(buf_cstr(&buf), "");
    assert_int_equal(buf.cap, 5);
}

static void buf_is_taken(void **state)
{
    struct buf buf = BUF_CAPPED(100);

    (void)state;
    char *nothing = buf_take(&buf);
    assert_string_equal(nothing, "");
    mem_free(nothing);
    buf_add_cstr(&buf, "text");
    char *text = buf_take(&buf);
    assert_string_equal(text, "text");
    mem_free(text);
    assert_int_equal(buf.len, 0);
    assert_int_equal(buf.cap, 100);
    buf_add_cstr(&buf, "again");
    assert_string_equal(buf_cstr(&buf), "again");
    buf_done(&buf);
    buf_done(&buf);
}

static void reads_ports(void **state)
{
    unsigned port = 7;

    (void)state;
    assert_true(sv_to_port(SV("1"), &port));
    assert_int_equal(port, 1);
    assert_true(sv_to_port(SV("65535"), &port));
    assert_int_equal(port, 65535);
    assert_false(sv_to_port(SV("0"), &port));
    assert_false(sv_to_port(SV("65536"), &port));
    assert_false(sv_to_port(SV("-1"), &port));
    assert_false(sv_to_port(SV(""), &port));
    assert_false(sv_to_port(SV("22x"), &port));
    assert_int_equal(port, 65535);
}

static void words_of_several_lines_stand_on_one(void **state)
{
    static const struct {
        const char *text, *line;
    } cases[] = {{"", ""}, {" \n\t", ""}, {"one", "one"}, {"\n a\r\n\r\n  bc\td \n", "a bc d"}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(buf_done) struct buf line = BUF_NONE;
        buf_add_words(&line, sv_of(cases[i].text));
        assert_string_equal(buf_cstr(&line), cases[i].line);
    }
}

static void words_are_quoted_for_sh(void **state)
{
    AUTO(buf_done) struct buf line = BUF_NONE;

    (void)state;
    buf_add_sh_word(&line, SV("it's $HOME"));
    assert_string_equal(buf_cstr(&line), "'it'\\''s $HOME'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_of_several_lines_stand_on_one),
        cmocka_unit_test(words_are_quoted_for_sh),
        cmocka_unit_test(compares),
        cmocka_unit_test(finds),
        cmocka_unit_test(trims),
        cmocka_unit_test(sizes_are_short),
        cmocka_unit_test(reads_ports),
        cmocka_unit_test(splits),
        cmocka_unit_test(reads_integers),
        cmocka_unit_test(hashes_as_published),
        cmocka_unit_test(copies_cut_and_terminated),
        cmocka_unit_test(buf_grows_and_stays_terminated),
        cmocka_unit_test(buf_cap_is_sticky),
        cmocka_unit_test(buf_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
