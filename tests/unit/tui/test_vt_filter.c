/* What of a node's bytes a terminal model gets to see. */
#include "tests/unit/unit.h"
#include "tui/vt/filter.h"

#define BAD "\357\277\275"

static void filter(struct sv bytes, size_t piece, struct buf *out)
{
    struct vt_filter state = {0};

    while (bytes.len > 0) {
        size_t n = bytes.len < piece ? bytes.len : piece;
        vt_filter_feed(&state, (struct sv){bytes.ptr, n}, out);
        bytes = (struct sv){bytes.ptr + n, bytes.len - n};
    }
}

static const struct {
    struct sv in;
    const char *out;
} cases[] = {
    {SV("plain \r\n\t\a"), "plain \r\n\t\a"},
    {SV("\xe4\xb8\xad \xf0\x9f\x98\x80 e\xcc\x81"), "\xe4\xb8\xad \xf0\x9f\x98\x80 e\xcc\x81"},
    {SV("\033[31mred\033[0m"), "\033[31mred\033[0m"},
    {SV("\033[?1006;1000h\033[?25l"), "\033[?1006h\033[?1000h\033[?25l"},
    {SV("\033[?69h\033[?;7h\033[?2026h"), "\033[?7h"},
    {SV("a\033]0;title\ab"), "ab"},
    {SV("a\033]52;c;aGk=\033\\b"), "ab"},
    {SV("a\033P$q\"p\033\\b\033_apc\033\\c\033^pm\033\\d\033Xsos\033\\e"), "abcde"},
    {SV("\033Pno bell \a ends it\033\\x"), "x"},
    {SV("\033]0;cut off by\033[1mx"), "\033[1mx"},
    {SV("\033]0;given up\030x\033]1\032y"), "xy"},
    {SV("\033]never ended, \xe4\xb8\xad and all that follows"), ""},
    {SV("\xc2\x9b"
        "2J\xc2\x9d"
        "0;t\x9c"),
     BAD "2J" BAD "0;t" BAD},
    {SV("\x9b"
        "31m\xff\xc0\x9b"),
     BAD "31m" BAD BAD BAD},
    {SV("a\xe2\x80\xae"
        "b\xf3\xa0\x81\x81"
        "c\xee\x80\x80"),
     "a" BAD "b" BAD "c" BAD},
    {SV("\xe4\xb8"
        "a\xe4"
        "\033[m"),
     BAD "a" BAD "\033[m"},
    {SV("\033[1;99999999999999999999H"), "\033[1;99999H"},
    {SV("\033[5bx\r\033[3b\033[b\xe4\xb8\xad\033[0b"), "x\rxxxx\xe4\xb8\xad\xe4\xb8\xad"},
    {SV("\033[2L\033[M\033[0S\033[?2T\033[1;2T"), "\033[L\033[L\033[M\033[S"},
    {SV("\033[;?69h\033[>4;2m\033[1$p\033[2 q\033[!p\033[38:2:1:2:3m\033[21t\033[1y"),
     "\033[2 q\033[!p\033[38:2:1:2:3m"},
    {SV("\033[1;2;3;4;5;6;7;8;9;1;2;3;4;5;6;7;8m\033[1;2;3;4;5;6;7;8;9;1;2;3;4;5;6m"),
     "\033[1;2;3;4;5;6;7;8;9;1;2;3;4;5;6m"},
    {SV("\033[3\n1mx"), "\n\033[31mx"},
    {SV("\033[3\033[1mx"), "\033[1mx"},
    {SV("\033[3\030x"), "x"},
    {SV("\033[3\xe4\xb8\xadx"), "\xe4\xb8\xadx"},
    {SV("\033([5b\033(]0;x\033qy"), "5b0;xy"},
    {SV("\033(0\033#8\033 G\033%@x"), "\033(0\033#8x"},
    {SV("\033M\033c\0337\0338"), "\033M\033[?1049l\033[?1000l\033c\0337\0338\033[99999l"},
};

static void the_model_sees_what_it_may_see(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        for (size_t piece = 1; piece <= cases[i].in.len; piece++) {
            AUTO(buf_done) struct buf out = BUF_NONE;
            filter(cases[i].in, piece, &out);
            assert_string_equal(buf_cstr(&out), cases[i].out);
        }
    }
}

static void long_sequences_do_nothing(void **state)
{
    AUTO(buf_done) struct buf in = BUF_NONE;
    AUTO(buf_done) struct buf out = BUF_NONE;

    (void)state;
    buf_add_cstr(&in, "a\033[");
    for (int i = 0; i < 100; i++)
        buf_add_cstr(&in, "38;");
    buf_add_cstr(&in, "mb\033]0;");
    for (int i = 0; i < 100000; i++)
        buf_add_cstr(&in, "title");
    buf_add_cstr(&in, "\ac");
    filter(buf_sv(&in), in.len, &out);
    assert_string_equal(buf_cstr(&out), "abc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_model_sees_what_it_may_see),
        cmocka_unit_test(long_sequences_do_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
