#include "tests/unit/unit.h"

#include <string.h>

#include "core/base/text.h"

#define ACUTE "\xcc\x81"         /* U+0301 */
#define SUN   "\xe6\x97\xa5"     /* U+65E5, 2 columns */
#define FFFD  "\xef\xbf\xbd"     /* U+FFFD */
#define RLO   "\xe2\x80\xae"     /* U+202E */
#define CSI8  "\xc2\x9b"         /* U+009B */
#define SMILE "\xf0\x9f\x98\x80" /* U+1F600, 2 columns */

/* Not sv_of, so that the cases can hold NULs. */
#define CASE(mode, in, safe, columns) \
    {                                 \
        mode, SV(in), safe, columns   \
    }

static const struct {
    enum text_mode mode;
    struct sv in;
    const char *safe;
    size_t columns;
} cases[] = {
    CASE(TEXT_LINE, "", "", 0),
    CASE(TEXT_LINE, "plain ~text~ 123", "plain ~text~ 123", 16),
    /* controls */
    CASE(TEXT_LINE, "\x1b[2J", "^[[2J", 5),
    CASE(TEXT_LINE, "a\0b", "a^@b", 4),
    CASE(TEXT_LINE, "\a\b\r\n\t\v\f\x7f", "^G^H^M^J^I^K^L^?", 16),
    CASE(TEXT_LINE, CSI8 "2J", "~[2J", 4),
    CASE(TEXT_LINE, "\xc2\x80\xc2\x9f", "~@~_", 4),
    CASE(TEXT_BLOCK, "a\tb\nlonger\r\n", "a    b\nlonger^M\n", 8),
    CASE(TEXT_BLOCK, "\n\n", "\n\n", 0),
    CASE(TEXT_BLOCK, "\x1b]0;x\a", "^[]0;x^G", 8),
    /* what has no form */
    CASE(TEXT_LINE, "a" RLO "b", "a<U+202E>b", 10),
    CASE(TEXT_LINE, "\xe2\x80\x8b\xef\xbb\xbf", "<U+200B><U+FEFF>", 16),
    CASE(TEXT_LINE, "\xe2\x80\xa8", "<U+2028>", 8),
    CASE(TEXT_LINE, "\xf3\xa0\x81\x81", "<U+E0041>", 9),
    CASE(TEXT_LINE, "\xe2\x80\x8d", "<U+200D>", 8),
    /* what is unassigned, private or a filler */
    CASE(TEXT_LINE, "\xcd\xb8", FFFD, 1),
    CASE(TEXT_LINE, "\xee\x80\x80\xe3\x85\xa4", FFFD FFFD, 2),
    CASE(TEXT_LINE, "\xf0\xbf\xbf\xbd", FFFD FFFD, 2),
    CASE(TEXT_LINE, "\xef\xbf\xbf", FFFD, 1),
    /* wide characters and marks */
    CASE(TEXT_LINE, SUN "x" SMILE, SUN "x" SMILE, 5),
    CASE(TEXT_LINE, "e" ACUTE "x", "e" ACUTE "x", 2),
    CASE(TEXT_LINE, SUN ACUTE, SUN ACUTE, 2),
    CASE(TEXT_LINE, "e" ACUTE ACUTE ACUTE ACUTE, "e" ACUTE ACUTE ACUTE ACUTE, 1),
    CASE(TEXT_LINE, "e" ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE "x",
         "e" ACUTE ACUTE ACUTE ACUTE FFFD "x", 3),
    CASE(TEXT_LINE, ACUTE ACUTE "x", FFFD "x", 2),
    CASE(TEXT_LINE, "\x1b" ACUTE, "^[" FFFD, 3),
    CASE(TEXT_BLOCK, "a\n" ACUTE, "a\n" FFFD, 1),
    CASE(TEXT_LINE, "\xe2\x9d\xa4\xef\xb8\x8f", "\xe2\x9d\xa4\xef\xb8\x8f", 1),
    /* malformed UTF-8: one U+FFFD for each maximal part (Unicode 15, table 3-8 among them) */
    CASE(TEXT_LINE, "a\x80z", "a" FFFD "z", 3),
    CASE(TEXT_LINE, "\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41",
         FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A", 9),
    CASE(TEXT_LINE, "\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41",
         FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A", 9),
    CASE(TEXT_LINE, "\xf4\x91\x92\x93\xff\x41\x80\xbf\x42",
         FFFD FFFD FFFD FFFD FFFD "A" FFFD FFFD "B", 9),
    CASE(TEXT_LINE, "\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", FFFD FFFD FFFD FFFD "A", 5),
    CASE(TEXT_LINE, "\xf0\x9f\x98", FFFD, 1),
    CASE(TEXT_LINE,
         "\x9b"
         "2J",
         FFFD "2J", 3),
    CASE(TEXT_LINE, "e\xcc", "e" FFFD, 2),
    CASE(TEXT_LINE, "e\xe2\x80", "e" FFFD, 2),
    CASE(TEXT_LINE, "\xc1\x9b[31m", FFFD FFFD "[31m", 6),
    /* identities */
    CASE(TEXT_IDENTITY, "i-0a1b/path\\x", "i-0a1b/path\\x", 13),
    CASE(TEXT_IDENTITY, "i-0123\xd0\xb0", "i-0123\\u{0430}", 14),
    CASE(TEXT_IDENTITY, "a" ACUTE, "a\\u{0301}", 9),
    CASE(TEXT_IDENTITY, CSI8 SMILE RLO, "\\u{009B}\\u{1F600}\\u{202E}", 25),
    CASE(TEXT_IDENTITY, "\x1b\n\t", "^[^J^I", 6),
    CASE(TEXT_IDENTITY, "\xf0\x9f\x98z\xff", "\\x{F0}\\x{9F}\\x{98}z\\x{FF}", 25),
};

static void safe_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(buf_done) struct buf out = BUF_NONE;
        char copy[256];
        text_safe(&out, cases[i].in, cases[i].mode);
        assert_string_equal(buf_cstr(&out), cases[i].safe);
        assert_int_equal(text_width(cases[i].in, cases[i].mode), cases[i].columns);
        assert_int_equal(text_safe_copy(copy, sizeof copy, cases[i].in, cases[i].mode),
                         cases[i].columns);
        assert_string_equal(copy, cases[i].safe);
    }
}

/* What has passed the door passes it again unchanged, so that wrapping an error does no harm. */
static void safe_text_stays(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(buf_done) struct buf out = BUF_NONE;
        if (cases[i].mode != TEXT_LINE)
            continue;
        text_safe(&out, sv_of(cases[i].safe), TEXT_LINE);
        assert_string_equal(buf_cstr(&out), cases[i].safe);
    }
}

/* Cut at every size, in memory of exactly that size: whole clusters, terminated, as many as fit. */
static void copies_cut_at_clusters(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        for (size_t size = 1; size <= strlen(cases[i].safe) + 1; size++) {
            AUTO_FREE char *dst = mem_alloc(size);
            text_safe_copy(dst, size, cases[i].in, cases[i].mode);
            size_t len = strlen(dst);
            assert_true(len < size);
            assert_memory_equal(dst, cases[i].safe, len);
            uint32_t codepoint = 0;
            struct sv rest = sv_of(cases[i].safe + len);
            assert_true(rest.len == 0 ||
                        (utf8_decode(rest, &codepoint) != 0 && codepoint != UINT32_MAX));
            assert_int_not_equal(codepoint, 0x301);
        }
    }
    char untouched = 'x';
    assert_int_equal(text_safe_copy(&untouched, 0, SV("abc"), TEXT_LINE), 0);
    assert_int_equal(untouched, 'x');
}

static void clusters_say_what_they_are(void **state)
{
    struct text_iter iter = {SV("a" ACUTE "\n\x1b" SUN), TEXT_BLOCK};
    struct text_cluster c;

    (void)state;
    assert_true(text_next(&iter, &c));
    assert_string_equal(c.bytes, "a" ACUTE);
    assert_int_equal(c.len, 3);
    assert_int_equal(c.width, 1);
    assert_false(c.stand_in);
    assert_true(text_next(&iter, &c));
    assert_true(c.newline);
    assert_int_equal(c.len, 0);
    assert_int_equal(c.width, 0);
    assert_true(text_next(&iter, &c));
    assert_string_equal(c.bytes, "^[");
    assert_true(c.stand_in);
    assert_false(c.newline);
    assert_true(text_next(&iter, &c));
    assert_int_equal(c.width, 2);
    assert_false(text_next(&iter, &c));
    assert_false(text_next(&iter, &c));
}

static int leave_ascii_only(void **state)
{
    (void)state;
    text_ascii_only(false);
    return 0;
}

static void ascii_only_keeps_the_columns(void **state)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    AUTO(buf_done) struct buf identity = BUF_NONE;

    (void)state;
    text_ascii_only(true);
    assert_true(text_is_ascii_only());
    text_safe(&out, SV("a" SUN "e" ACUTE "\x1b" CSI8 RLO "\xff\xf0\xbf\xbf\xbd"), TEXT_LINE);
    assert_string_equal(buf_cstr(&out), "a???^[~[<U+202E>???");
    text_safe(&identity, SV(SUN), TEXT_IDENTITY);
    assert_string_equal(buf_cstr(&identity), "\\u{65E5}");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(text_width(cases[i].in, cases[i].mode), cases[i].columns);
}

/* The worst of each kind fits into a cluster. */
static void clusters_are_large_enough(void **state)
{
    struct text_cluster c;
    struct text_iter iter = {
        SV("\xf0\x9f\x98\x80\xf0\x9d\x85\xa5\xf0\x9d\x85\xa5\xf0\x9d\x85\xa5\xf0\x9d\x85\xa5"),
        TEXT_LINE};

    (void)state;
    assert_true(text_next(&iter, &c));
    assert_true(c.len + 1 <= TEXT_CLUSTER_BYTES);
    assert_int_equal(strlen(c.bytes), c.len);
    iter = (struct text_iter){SV("\xf0\x9f\x98"), TEXT_IDENTITY};
    assert_true(text_next(&iter, &c));
    assert_int_equal(c.len, 18);
    assert_int_equal(strlen(c.bytes), 18);
}

static void utf8_goes_there_and_back(void **state)
{
    char bytes[4];

    (void)state;
    for (uint32_t codepoint = 0; codepoint < 0x110400; codepoint++) {
        uint32_t back;
        size_t n_bytes = utf8_encode(codepoint, bytes);
        bool is_scalar = codepoint < 0x110000 && (codepoint < 0xd800 || codepoint > 0xdfff);
        assert_int_equal(n_bytes != 0, is_scalar);
        if (!is_scalar)
            continue;
        assert_int_equal(utf8_decode((struct sv){bytes, n_bytes}, &back), n_bytes);
        assert_int_equal(back, codepoint);
        if (n_bytes > 1) { /* cut short it is one maximal bad part */
            assert_int_equal(utf8_decode((struct sv){bytes, n_bytes - 1}, &back), n_bytes - 1);
            assert_int_equal(back, UINT32_MAX);
        }
    }
    uint32_t untouched = 7;
    assert_int_equal(utf8_decode(SV_NONE, &untouched), 0);
    assert_int_equal(untouched, 7);
}

static void widths_beyond_unicode(void **state)
{
    (void)state;
    assert_int_equal(text_codepoint_width('a'), 1);
    assert_int_equal(text_codepoint_width(0x65e5), 2);
    assert_int_equal(text_codepoint_width(0x301), 0);
    assert_int_equal(text_codepoint_width(0x202e), -1);
    assert_int_equal(text_codepoint_width(0x10ffff), -1);
    assert_int_equal(text_codepoint_width(0x110000), -1);
    assert_int_equal(text_codepoint_width(UINT32_MAX), -1);
}

/* Every pair of bytes, in memory that ends right behind them: nothing unsafe, nothing read beyond.
 */
static void any_two_bytes(void **state)
{
    (void)state;
    for (enum text_mode mode = TEXT_LINE; mode <= TEXT_IDENTITY; mode++) {
        for (unsigned pair = 0; pair < 0x10000; pair++) {
            char *in = mem_alloc(2), out[64];
            in[0] = (char)(pair >> 8);
            in[1] = (char)pair;
            size_t columns = text_safe_copy(out, sizeof out, (struct sv){in, 2}, mode);
            assert_int_equal(columns, text_width((struct sv){in, 2}, mode));
            for (const char *c = out; *c != '\0'; c++)
                assert_true((unsigned char)*c >= 0x80 || (*c >= 0x20 && *c <= 0x7e) ||
                            (*c == '\n' && mode == TEXT_BLOCK));
            mem_free(in);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(safe_forms),
        cmocka_unit_test(safe_text_stays),
        cmocka_unit_test(copies_cut_at_clusters),
        cmocka_unit_test(clusters_say_what_they_are),
        cmocka_unit_test_teardown(ascii_only_keeps_the_columns, leave_ascii_only),
        cmocka_unit_test(clusters_are_large_enough),
        cmocka_unit_test(utf8_goes_there_and_back),
        cmocka_unit_test(widths_beyond_unicode),
        cmocka_unit_test(any_two_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
