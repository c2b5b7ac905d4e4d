#include "tests/unit/tui/helper_canvas.h"
#include "tui/theme.h"

static void every_theme_paints_every_role_at_every_depth(void **state)
{
    static const int depths[] = {256, 88, 16, 8, 0};

    (void)state;
    for (size_t i = 0; theme_at(i) != NULL; i++) {
        assert_ptr_equal(theme_find(sv_of(theme_name(theme_at(i)))), theme_at(i));
        for (style_t style = 0; style < ROLE_COUNT; style++) {
            for (size_t d = 0; d < ARRAY_LEN(depths); d++) {
                struct look look = theme_look(theme_at(i), style, depths[d]);
                int max = depths[d] == 88 ? 16 : depths[d];
                assert_in_range(look.fg + 1, 0, max);
                assert_in_range(look.bg + 1, 0, max);
            }
        }
    }
    assert_null(theme_find(SV("no such theme")));
}

static void the_cursor_is_reverse_video_everywhere(void **state)
{
    (void)state;
    for (size_t i = 0; theme_at(i) != NULL; i++) {
        for (style_t style = 0; style < ROLE_COUNT; style++) {
            struct look on = theme_look(theme_at(i), style | ON_SELECTED, 256);
            assert_true(on.attrs & ATTR_REVERSE);
            assert_int_equal(on.fg, COLOR_NONE);
            assert_int_equal(on.bg, COLOR_NONE);
        }
    }
}

static void without_colours_differences_stay(void **state)
{
    const struct theme *theme = theme_find(SV("default"));

    (void)state;
    struct look plain = theme_look(theme, ROLE_TEXT, 0);
    static const style_t distinct[] = {ROLE_TITLE,
                                       ROLE_HEADER,
                                       ROLE_COLUMN,
                                       ROLE_CRITICAL,
                                       ROLE_FAIL,
                                       ROLE_LINK,
                                       ROLE_TEXT | ON_MATCH,
                                       ROLE_TEXT | ON_SELECTED,
                                       ROLE_TEXT | ON_MARKED};
    for (size_t i = 0; i < ARRAY_LEN(distinct); i++) {
        struct look look = theme_look(theme, distinct[i], 0);
        assert_int_equal(look.fg, COLOR_NONE);
        assert_int_not_equal(look.attrs, plain.attrs);
    }
    struct look coloured = theme_look(theme_find(SV("mono")), ROLE_FAIL, 256);
    assert_int_equal(coloured.fg, COLOR_NONE);
}

static void a_bright_colour_is_bold_where_there_are_eight(void **state)
{
    const struct theme *theme = theme_find(SV("default"));

    (void)state;
    struct look eight = theme_look(theme, ROLE_OK, 8), sixteen = theme_look(theme, ROLE_OK, 16);
    assert_int_equal(sixteen.fg, 10);
    assert_int_equal(eight.fg, 2);
    assert_true(eight.attrs & ATTR_BOLD);
}

static void severities_and_states_have_signs_of_one_column(void **state)
{
    static const char *const words[] = {"CRITICAL", "HIGH", "MEDIUM", "LOW", "INFO"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        assert_int_not_equal(theme_severity(sv_of(words[i]))->sign, SIGN_NONE);
    assert_int_equal(theme_severity(SV("odd"))->sign, SIGN_NONE);
    for (int ascii = 0; ascii < 2; ascii++) {
        sign_ascii_only(ascii != 0);
        for (enum sign sign = 0; sign < SIGN_COUNT; sign++)
            assert_int_equal(text_width(sign_text(sign), TEXT_LINE), 1);
    }
    sign_ascii_only(false);
}

static void a_domain_adds_its_words(void **state)
{
    static const struct word_sign words[] = {{"QUARANTINED", SIGN_FAIL, ROLE_FAIL},
                                             {"ok", SIGN_WARN, ROLE_WARN}};

    (void)state;
    assert_int_equal(theme_status(SV("ok"))->role, ROLE_OK);
    theme_add_words(words, ARRAY_LEN(words));
    assert_int_equal(theme_status(SV("quarantined"))->role, ROLE_FAIL);
    assert_int_equal(theme_status(SV("OK"))->role, ROLE_WARN);
    assert_int_equal(theme_status(SV("FAILED"))->role, ROLE_FAIL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_theme_paints_every_role_at_every_depth),
        cmocka_unit_test(the_cursor_is_reverse_video_everywhere),
        cmocka_unit_test(without_colours_differences_stay),
        cmocka_unit_test(a_bright_colour_is_bold_where_there_are_eight),
        cmocka_unit_test(severities_and_states_have_signs_of_one_column),
        cmocka_unit_test(a_domain_adds_its_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
