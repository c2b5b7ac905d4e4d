/* What of a node's output reaches the user's own terminal. */
#include "core/session/wire/vt_filter.h"
#include "tests/unit/unit.h"

static const struct {
    const char *in, *out;
} rows[] = {
    {"plain text\r\n\ttab\b", "plain text\r\n\ttab\b"},
    {"\x1b[1;31mred\x1b[0m", "\x1b[1;31mred\x1b[0m"},
    {"\x1b[2J\x1b[H\x1b[10;20H\x1b[K\x1b[3S", "\x1b[2J\x1b[H\x1b[10;20H\x1b[K\x1b[3S"},
    {"\x1b[?1049h\x1b[?25l\x1b[?2004h", "\x1b[?1049h\x1b[?25l\x1b[?2004h"},
    {"\x1b[38;2;1;2;3mx\x1b[4:3my", "\x1b[38;2;1;2;3mx\x1b[4:3my"},
    {"\x1b(0qqq\x1b(B\x1b=\x1b>\x1b"
     "7\x1b"
     "8\x1bM",
     "\x1b(0qqq\x1b(B\x1b=\x1b>\x1b"
     "7\x1b"
     "8\x1bM"},
    {"\x1b[2 q\x1b[!p", "\x1b[2 q\x1b[!p"},
    {"\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80", "\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80"},

    /* what a terminal would answer */
    {"a\x1b[cb\x1b[>c\x1b[=c", "ab"},
    {"a\x1b[5nb\x1b[6n\x1b[?6n", "ab"},
    {"a\x1b[21tb\x1b[8;99;99t", "ab"},
    {"a\x1b[?2026$pb\x1b[>qc\x1b[?u\x1b[x\x1b[1;1;1;1;1;1*y", "abc"},
    {"a\x1bZ\x05"
     "b",
     "ab"},
    {"\x1bP$qm\x1b\\a\x1bP+q544e\x1b\\", "a"},

    /* strings, ended or not */
    {"a\x1b]0;title\x07"
     "b\x1b]52;c;aGk=\x1b\\c",
     "abc"},
    {"a\x1b]0;never ends", "a"},
    {"\x1b_apc\x1b\\\x1b^pm\x1b\\\x1bXsos\x1b\\x", "x"},
    {"\x1bPdcs\x07still\x1b\\x", "x"},
    {"\x1b]0;t\x1b[31mx", "\x1b[31mx"}, /* another ESC ends it, and begins something */

    /* C1, printing, bad bytes */
    {"a\xc2\x9b"
     "31mb",
     "a\xef\xbf\xbd"
     "31mb"},
    {"a\x9b"
     "31mb",
     "a\xef\xbf\xbd"
     "31mb"},
    {"a\x1b[5ib\x1b[?5i", "ab"},
    {"\xff\xc3(", "\xef\xbf\xbd\xef\xbf\xbd("},
    {"\xed\xa0\x80", "\xef\xbf\xbd"},
    {"a\x1b[12\x18"
     "b",
     "ab"},
    {"a\x1b[1\n2mb", "a\n\x1b[12mb"},
    {"a\x1b[1?2mb\x1b[1 2mc", "abc"},
    {"a\x7f\x13\x11\x1a"
     "b",
     "ab"},
};

static void take(struct sv in, size_t piece, struct buf *out)
{
    struct vt_filter filter = {0};

    while (in.len > 0) {
        size_t n = in.len < piece ? in.len : piece;
        vt_filter_take(&filter, (struct sv){in.ptr, n}, out);
        in = (struct sv){in.ptr + n, in.len - n};
    }
}

static void passes_on_what_is_harmless(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (size_t piece = 1; piece < 20; piece += 6) {
            AUTO(buf_done) struct buf out = BUF_NONE;
            take(sv_of(rows[i].in), piece, &out);
            if (!sv_eq_cstr(buf_sv(&out), rows[i].out))
                fail_msg("row %zu: %s", i, buf_cstr(&out));
        }
    }
}

static void long_sequences_do_nothing(void **state)
{
    AUTO(buf_done) struct buf in = BUF_NONE;
    AUTO(buf_done) struct buf out = BUF_NONE;

    (void)state;
    buf_add_cstr(&in, "a\x1b[");
    for (int i = 0; i < 1000; i++)
        buf_add_cstr(&in, "1;");
    buf_add_cstr(&in, "mb");
    take(buf_sv(&in), 7, &out);
    assert_sv(buf_sv(&out), "ab");
}

static void the_terminal_is_put_back(void **state)
{
    struct vt_filter filter = {0};
    AUTO(buf_done) struct buf out = BUF_NONE;

    (void)state;
    vt_filter_take(&filter, SV("\x1b[?1049h\x1b[?25l\x1b[?1000;1006h\x1b[?2004h\x1b[?2004l"), &out);
    buf_clear(&out);
    vt_filter_reset(&filter, &out);
    assert_sv(buf_sv(&out), "\x1b[?25h\x1b[?1000l\x1b[?1006l\x1b[?1049l\x1b[0m\x1b(B\x0f\x1b>");
    buf_clear(&out);
    vt_filter_reset(&filter, &out);
    assert_sv(buf_sv(&out), "\x1b[0m\x1b(B\x0f\x1b>");
}

/* What a program that dies leaves behind besides modes. */
static void shapes_keys_and_regions_are_put_back(void **state)
{
    struct vt_filter filter = {0};
    AUTO(buf_done) struct buf out = BUF_NONE;

    (void)state;
    vt_filter_take(&filter, SV("\x1b[5 q\x1b[>4;2m\x1b[3;9r\x1b[4h\x1b[?7l\x1b[?5h"), &out);
    buf_clear(&out);
    vt_filter_reset(&filter, &out);
    assert_sv(buf_sv(&out), "\x1b[?5l\x1b[?7h\x1b\x37\x1b[r\x1b\x38\x1b[2l\x1b[4l\x1b[20l"
                            "\x1b[0 q\x1b[>4m\x1b[0m\x1b(B\x0f\x1b>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_on_what_is_harmless),
        cmocka_unit_test(long_sequences_do_nothing),
        cmocka_unit_test(shapes_keys_and_regions_are_put_back),
        cmocka_unit_test(the_terminal_is_put_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
