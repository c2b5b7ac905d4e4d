#include "tests/unit/tui/helper_canvas.h"
#include "tui/terminal/decode.h"

static struct decoder *decoder;

static int make_decoder(void **state)
{
    (void)state;
    decoder = decoder_new();
    return 0;
}

static int drop_decoder(void **state)
{
    (void)state;
    decoder_free(decoder);
    return 0;
}

static void feed(const char *bytes)
{
    decoder_feed(decoder, sv_of(bytes));
}

/* The next event must be the key called name; NULL: there must be none. */
static void expect_key(bool expired, const char *name)
{
    struct event event;
    char got[KEY_NAME_SIZE] = "";

    bool any = decoder_next(decoder, expired, &event);
    if (name == NULL) {
        assert_false(any);
        return;
    }
    assert_true(any);
    assert_int_equal(event.type, EVENT_KEY);
    key_to_text(event.key, got);
    assert_string_equal(got, name);
}

static void sequences_are_keys(void **state)
{
    static const struct {
        const char *bytes, *name;
    } cases[] = {
        {"j", "j"},
        {"G", "G"},
        {" ", "Space"},
        {"\r", "Enter"},
        {"\t", "Tab"},
        {"\x7f", "Backspace"},
        {"\x04", "ctrl-d"},
        {"\x1f", "ctrl-_"},
        {"é", "é"},
        {"日", "日"},
        {"\033[A", "Up"},
        {"\033OA", "Up"},
        {"\033[1;5C", "ctrl-Right"},
        {"\033[H", "Home"},
        {"\033[1~", "Home"},
        {"\033[4~", "End"},
        {"\033OF", "End"},
        {"\033[5~", "PgUp"},
        {"\033[6;3~", "alt-PgDn"},
        {"\033[3~", "Delete"},
        {"\033OP", "F1"},
        {"\033[15~", "F5"},
        {"\033[24;2~", "shift-F12"},
        {"\033[Z", "shift-Tab"},
        {"\033x", "alt-x"},
        {"\033\x04", "ctrl-alt-d"},
        {"\033é", "alt-é"},
        {"\033OM", "Enter"},
        {"\033Oq", "1"},
        {"\033\033[A", "alt-Up"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        feed(cases[i].bytes);
        expect_key(false, cases[i].name);
        expect_key(false, NULL);
        assert_false(decoder_is_waiting(decoder));
    }
}

static void bytes_may_come_one_by_one(void **state)
{
    const char *bytes = "\033[1;5Dé\033OBx";

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        expect_key(false, NULL);
        decoder_feed(decoder, (struct sv){bytes + i, 1});
    }
    expect_key(false, "ctrl-Left");
    decoder_feed(decoder, (struct sv){bytes + 6, 1});
    expect_key(false, NULL);
    feed(bytes + 7);
    expect_key(false, "é");
    expect_key(false, "Down");
    expect_key(false, "x");
    expect_key(false, NULL);
}

static void a_lone_escape_waits_only_for_its_time(void **state)
{
    (void)state;
    feed("\033");
    expect_key(false, NULL);
    assert_true(decoder_is_waiting(decoder));
    expect_key(true, "Esc");
    assert_false(decoder_is_waiting(decoder));
    feed("\033\033");
    expect_key(true, "Esc");
    expect_key(true, "Esc");
    feed("\033[");
    expect_key(true, "alt-[");
    feed("\033O");
    expect_key(true, "alt-O");
    feed("\033\033j");
    expect_key(false, "Esc");
    expect_key(false, "alt-j");
}

static void what_is_unknown_is_swallowed_whole(void **state)
{
    static const char *const unknown[] = {
        "\033[?62;22c",       "\033]11;rgb:0000/0000/0000\033\\",
        "\033]0;title\a",     "\033P1$r0m\033\\",
        "\033_Gi=1;OK\033\\", "\033[>0;276;0c",
        "\033[999~",          "\033[?1;2$y",
        "\xff\xfe",           "\xc2\x9b",
        "\xed\xa0\x80",       "\033[99999999999999999999;3~",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
        feed(unknown[i]);
        feed("k");
        expect_key(false, "k");
        expect_key(false, NULL);
    }
    feed("\033[12\x01"); /* broken off by a control character, which counts */
    expect_key(false, "ctrl-a");
}

static void mouse_reports_are_read_in_both_forms(void **state)
{
    struct event event;

    (void)state;
    feed("\033[<0;200;50M\033[<32;201;51M\033[<0;201;51m\033[<65;3;4M\033[<20;1;1M");
    assert_true(decoder_next(decoder, false, &event));
    assert_int_equal(event.type, EVENT_MOUSE);
    assert_int_equal(event.mouse.action, MOUSE_PRESS);
    assert_int_equal(event.mouse.button, 1);
    assert_int_equal(event.mouse.x, 199);
    assert_int_equal(event.mouse.y, 49);
    assert_true(decoder_next(decoder, false, &event));
    assert_int_equal(event.mouse.action, MOUSE_DRAG);
    assert_true(decoder_next(decoder, false, &event));
    assert_int_equal(event.mouse.action, MOUSE_RELEASE);
    assert_true(decoder_next(decoder, false, &event));
    assert_int_equal(event.mouse.action, MOUSE_WHEEL_DOWN);
    assert_int_equal(event.mouse.button, 0);
    assert_true(decoder_next(decoder, false, &event));
    assert_int_equal(event.mouse.mods, MOD_SHIFT | MOD_CTRL);
    feed("\033[M !!");
    assert_true(decoder_next(decoder, false, &event));
    assert_int_equal(event.mouse.action, MOUSE_PRESS);
    assert_int_equal(event.mouse.x, 0);
    feed("\033[<0;0;0M\033[<300;1;1M\033[<0;1Mq");
    expect_key(false, "q");
}

static void focus_is_reported(void **state)
{
    struct event event;

    (void)state;
    feed("\033[I\033[O");
    assert_true(decoder_next(decoder, false, &event));
    assert_int_equal(event.type, EVENT_FOCUS);
    assert_true(event.focused);
    assert_true(decoder_next(decoder, false, &event));
    assert_false(event.focused);
}

/* Collects the chunks of one paste, fed in pieces of piece bytes. */
static void check_paste(const char *stream, size_t piece, const char *expected)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    bool last = false;

    for (size_t at = 0, len = strlen(stream); at < len; at += piece) {
        decoder_feed(decoder, (struct sv){stream + at, len - at < piece ? len - at : piece});
        struct event event;
        while (!last && decoder_next(decoder, true, &event)) {
            assert_int_equal(event.type, EVENT_PASTE);
            buf_add(&text, event.paste.text);
            last = event.paste.last;
        }
    }
    assert_true(last);
    assert_string_equal(buf_cstr(&text), expected);
    expect_key(false, "q");
    expect_key(false, NULL);
}

static void a_paste_is_text_whatever_is_in_it(void **state)
{
    const char *stream = "\033[200~yes\r\033[A\033[201\033[20\x03~\033[201~q";
    const char *expected = "yes\r\033[A\033[201\033[20\x03~";

    (void)state;
    check_paste(stream, 100, expected);
    check_paste(stream, 7, expected);
    /* one byte at a time, but never an expired escape before the mark is complete */
    for (size_t i = 0; i < 6; i++)
        decoder_feed(decoder, (struct sv){stream + i, 1});
    check_paste(stream + 6, 1, expected);
}

static void a_paste_without_an_end_does_not_keep_the_timer_running(void **state)
{
    struct event event;

    (void)state;
    feed("\033[200~abc\033[20");
    assert_true(decoder_next(decoder, false, &event));
    assert_false(event.paste.last);
    assert_false(decoder_next(decoder, true, &event));
    assert_false(decoder_is_waiting(decoder));
}

static void a_terminal_may_have_keys_of_its_own(void **state)
{
    (void)state;
    decoder_add_key(decoder, SV("\033[11^"), (struct key){KEYC_F1, MOD_CTRL});
    decoder_add_key(decoder, SV("\033[["), (struct key){KEYC_F1, 0});
    decoder_add_key(decoder, SV("\033[[A"), (struct key){KEYC_F1 + 1, 0});
    feed("\033[11^");
    expect_key(false, "ctrl-F1");
    feed("\033[[A");
    expect_key(false, "F2");
}

static void noise_never_hangs_or_overruns(void **state)
{
    uint32_t seed = 7;
    char noise[64];
    struct event event;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        static const char likely[] = "\033\033[[[O]P<;;0129~MmABZI\x07\\\x7f\xc3\xa9\xf0\x90";
        for (size_t i = 0; i < sizeof noise; i++) {
            seed = seed * 1664525u + 1013904223u;
            noise[i] = seed >> 31 ? likely[(seed >> 16) % (sizeof likely - 1)] : (char)(seed >> 16);
        }
        decoder_feed(decoder, (struct sv){noise, sizeof noise});
        while (decoder_next(decoder, false, &event))
            ;
    }
    while (decoder_next(decoder, true, &event))
        ;
    feed("\033[201~");
    while (decoder_next(decoder, true, &event))
        ;
    assert_false(decoder_is_waiting(decoder));
}

static void names_and_keys_go_both_ways(void **state)
{
    static const char *const names[] = {
        "j",   "G",    "?",          "-",         ",",          "Space",      "Enter",
        "Esc", "Tab",  "shift-Tab",  "ctrl-d",    "ctrl-alt-x", "alt-X",      "F1",
        "F12", "PgDn", "ctrl-Right", "Backspace", "é",          "ctrl-Space", "alt--",
    };
    static const char *const wrong[] = {"",     "jj",        "ctrl-", "shift-g", "ctrl-D", "F13",
                                        "\x01", "ctrl-ctrl", "\xff",  "\u0301",  "Escape"};
    struct key key;
    char name[KEY_NAME_SIZE];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_true(key_parse(sv_of(names[i]), &key));
        key_to_text(key, name);
        assert_string_equal(name, names[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_false(key_parse(sv_of(wrong[i]), &key));
    assert_true(key_parse(SV("pgdn"), &key));
    assert_int_equal(key.code, KEYC_PGDN);
    assert_true(key_parse(SV("comma"), &key));
    assert_int_equal(key.code, ',');
}

int main(void)
{
#define DECODE_TEST(test) cmocka_unit_test_setup_teardown(test, make_decoder, drop_decoder)
    const struct CMUnitTest tests[] = {
        DECODE_TEST(sequences_are_keys),
        DECODE_TEST(bytes_may_come_one_by_one),
        DECODE_TEST(a_lone_escape_waits_only_for_its_time),
        DECODE_TEST(what_is_unknown_is_swallowed_whole),
        DECODE_TEST(mouse_reports_are_read_in_both_forms),
        DECODE_TEST(focus_is_reported),
        DECODE_TEST(a_paste_is_text_whatever_is_in_it),
        DECODE_TEST(a_paste_without_an_end_does_not_keep_the_timer_running),
        DECODE_TEST(a_terminal_may_have_keys_of_its_own),
        DECODE_TEST(noise_never_hangs_or_overruns),
        cmocka_unit_test(names_and_keys_go_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
