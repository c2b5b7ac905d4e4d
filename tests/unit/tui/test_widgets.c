#include <stdio.h>

#include "tests/unit/tui/helper_canvas.h"
#include "tui/widget/detail.h"
#include "tui/widget/dialog.h"
#include "tui/widget/field.h"
#include "tui/widget/key_set.h"
#include "tui/widget/menu.h"
#include "tui/widget/pager.h"
#include "tui/widget/tabs.h"

static struct canvas_grid *grid;
static struct canvas canvas;

static int setup(void **state)
{
    (void)state;
    grid = canvas_grid_new(6, 30);
    canvas = canvas_of(grid);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    canvas_grid_free(grid);
    return 0;
}

static void resize(int rows, int cols)
{
    canvas_grid_resize(grid, rows, cols);
    canvas = canvas_of(grid);
}

static struct event click_at(int y, int x)
{
    return (struct event){.type = EVENT_MOUSE,
                          .mouse = {.action = MOUSE_PRESS, .button = 1, .y = y, .x = x}};
}

static struct event paste_of(const char *text)
{
    return (struct event){.type = EVENT_PASTE, .paste = {sv_of(text), true}};
}

/* --- pager --------------------------------------------------------------------------------- */

static void add_numbered(struct pager *pager, int n)
{
    for (int i = 0; i < n; i++) {
        char line[32];
        snprintf(line, sizeof line, "line %d", i);
        pager_add(pager, sv_of(line), ROLE_TEXT);
    }
}

static void a_pager_scrolls_and_searches(void **state)
{
    struct pager pager;
    struct buf position = BUF_NONE;

    (void)state;
    pager_init(&pager);
    add_numbered(&pager, 40);
    pager_draw(&pager, &canvas);
    assert_row(&canvas, 0, "line 0                       █");
    pager_move(&pager, MOVE_PAGE_DOWN);
    pager_draw(&pager, &canvas);
    assert_row(&canvas, 0, "line 5                       █");
    assert_true(pager_search(&pager, SV("LINE 3")) == false);
    assert_true(pager_search(&pager, SV("ine 3")));
    assert_int_equal(pager.found, 30);
    pager_draw(&pager, &canvas);
    assert_true(canvas_has(&canvas, "line 30"));
    assert_true(pager_search_next(&pager, false));
    assert_int_equal(pager.found, 31);
    assert_true(pager_search_next(&pager, true));
    assert_true(pager_search_next(&pager, true));
    assert_int_equal(pager.found, 3);
    assert_true(pager_search_next(&pager, true));
    assert_int_equal(pager.found, 39);
    pager_move(&pager, MOVE_BOTTOM);
    pager_position(&pager, &position);
    assert_string_equal(buf_cstr(&position), "35/40 100%");
    buf_done(&position);
    pager_done(&pager);
}

static void long_lines_wrap_or_scroll(void **state)
{
    struct pager pager;

    (void)state;
    resize(5, 10);
    pager_init(&pager);
    pager_add(&pager, SV("one two three four\tx\r\n日本語日本語\nend"), ROLE_TEXT);
    pager_draw(&pager, &canvas);
    assert_row(&canvas, 0, "one two t›");
    pager_move(&pager, MOVE_RIGHT);
    pager_draw(&pager, &canvas);
    assert_row(&canvas, 0, "‹hree fou›");
    pager_set_wrap(&pager, true);
    pager_draw(&pager, &canvas);
    assert_row(&canvas, 0, "one two  █");
    assert_row(&canvas, 1, "three    █");
    assert_row(&canvas, 2, "four    x█");
    assert_row(&canvas, 3, "日本語日 █");
    assert_row(&canvas, 4, "本語     │");
    assert_int_equal(pager_rows(&pager, 9), 6);
    pager_move(&pager, MOVE_BOTTOM);
    pager_draw(&pager, &canvas);
    pager_set_wrap(&pager, false);
    pager_draw(&pager, &canvas);
    assert_true(canvas_has(&canvas, "end"));
    pager_done(&pager);
}

static void what_stands_in_goes_on_below_itself(void **state)
{
    struct pager pager;

    (void)state;
    resize(6, 11);
    pager_init(&pager);
    pager_set_wrap(&pager, true);
    pager_add(&pager, SV("one two three\n  one two three\n      a bcd efg h"), ROLE_TEXT);
    pager_draw(&pager, &canvas);
    assert_row(&canvas, 0, "one two");
    assert_row(&canvas, 1, "three");
    assert_row(&canvas, 2, "  one two");
    assert_row(&canvas, 3, "  three");
    assert_row(&canvas, 4, "      a bcd");
    assert_row(&canvas, 5, "efg h"); /* there is no room below it */
    pager_done(&pager);
}

static void json_is_laid_out_number_for_number(void **state)
{
    static const char *const rows[] = {
        "{",
        "  \"a\": 12345678901234567890,",
        "  \"b\": [],",
        "  \"c\": {},",
        "  \"d\": [",
        "    1.50,",
        "    \"x\\\"y\",",
        "    null,",
        "    true",
        "  ]",
        "}",
    };
    struct pager pager;

    (void)state;
    resize(ARRAY_LEN(rows), 40);
    pager_init(&pager);
    pager_add_json(&pager, SV(" {\"a\":12345678901234567890,\"b\":[ ],\"c\":{},\n\"d\":[1.50,"
                              "\"x\\\"y\",null,true]}"));
    pager_draw(&pager, &canvas);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_row(&canvas, (int)i, rows[i]);
    assert_int_equal(style_at(&canvas, 1, 3), ROLE_LABEL);
    assert_int_equal(style_at(&canvas, 1, 8), ROLE_NUMBER);
    pager_clear(&pager);
    pager_add_json(&pager, SV("{\"a\":1"));
    pager_draw(&pager, &canvas);
    assert_row(&canvas, 0, "{\"a\":1");
    pager_done(&pager);
}

static void yaml_is_laid_out(void **state)
{
    static const char *const rows[] = {
        "a: 12345678901234567890", "b: []",       "\"c: d\":", "  - 1.50", "  - \"7\"",
        "  - \"\\\"x\"",           "  - e: true",
    };
    struct pager pager;

    (void)state;
    resize(ARRAY_LEN(rows), 40);
    pager_init(&pager);
    pager_add_yaml(&pager, SV("{\"a\":12345678901234567890,\"b\":[ ],\"c: d\":[1.50,\"7\","
                              "\"\\\"x\",{\"e\":true}]}"));
    pager_draw(&pager, &canvas);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_row(&canvas, (int)i, rows[i]);
    assert_int_equal(style_at(&canvas, 0, 0), ROLE_LABEL);
    assert_int_equal(style_at(&canvas, 0, 3), ROLE_NUMBER);
    assert_int_equal(style_at(&canvas, 2, 4), ROLE_LABEL);
    assert_int_equal(style_at(&canvas, 4, 5), ROLE_TEXT);
    assert_int_equal(style_at(&canvas, 6, 4), ROLE_LABEL);
    assert_int_equal(style_at(&canvas, 6, 7), ROLE_STRONG);
    pager_clear(&pager);
    pager_add_yaml(&pager, SV("{\"a\":1"));
    pager_draw(&pager, &canvas);
    assert_row(&canvas, 0, "{\"a\":1");
    pager_done(&pager);
}

/* --- detail and field ---------------------------------------------------------------------- */

static void add_sections(struct detail *detail, int n)
{
    for (int i = 0; i < n; i++) {
        char title[24];
        snprintf(title, sizeof title, "Section %d", i);
        detail_section(detail, sv_of(title));
        detail_addf(detail, "number", "%d", i);
    }
}

/* A section takes three lines, with the one before it. What is not there yet is gone to when it is;
 * whoever has moved meanwhile stays. */
static void details_go_to_a_section(void **state)
{
    struct detail detail;

    (void)state;
    resize(4, 20);
    detail_init(&detail);
    add_sections(&detail, 2);
    detail_seek(&detail, SV("Section 3"));
    detail_draw(&detail, &canvas);
    assert_int_equal(detail.top, 0);
    detail_clear(&detail);
    add_sections(&detail, 9);
    detail_draw(&detail, &canvas);
    assert_row(&canvas, 0, "Section 3          │");
    detail_move(&detail, MOVE_DOWN);
    detail_draw(&detail, &canvas);
    assert_int_equal(detail.top, 10);
    detail_seek(&detail, SV("Section 8")); /* the last: the page ends with it */
    detail_draw(&detail, &canvas);
    assert_row(&canvas, 2, "Section 8          │");
    detail_seek(&detail, SV("Section 20"));
    detail_draw(&detail, &canvas);
    assert_row(&canvas, 2, "Section 8          │");
    detail_move(&detail, MOVE_TOP);
    add_sections(&detail, 30);
    detail_draw(&detail, &canvas);
    assert_int_equal(detail.top, 0);
    detail_seek(&detail, SV_NONE);
    detail_draw(&detail, &canvas);
    assert_int_equal(detail.top, 0);
    detail_done(&detail);
}

static void details_wrap_below_themselves(void **state)
{
    struct detail detail;

    (void)state;
    resize(6, 40);
    detail_init(&detail);
    detail_section(&detail, SV("Rule"));
    detail_add(&detail, DETAIL_TEXT, SV("name"), SV("a rather long description of it"));
    detail_add(&detail, DETAIL_SEVERITY, SV("severity"), SV("HIGH"));
    detail_add(&detail, DETAIL_IDENTITY, SV("id"), SV("sg-\xc3\xa9"));
    detail_section(&detail, SV("More"));
    detail_add(&detail, DETAIL_BLOCK, SV("text"), SV("one\ntwo\nthree"));
    detail_addf(&detail, "count", "%d", 7);
    detail_draw(&detail, &canvas);
    assert_row(&canvas, 0, "Rule                                   █");
    assert_row(&canvas, 1, "name      a rather long description of █");
    assert_row(&canvas, 2, "          it                           █");
    assert_row(&canvas, 3, "severity  ▲ HIGH                       │");
    assert_row(&canvas, 4, "id        sg-\\u{00E9}                  │");
    detail_move(&detail, MOVE_BOTTOM);
    detail_draw(&detail, &canvas);
    assert_row(&canvas, 0, "                                       │");
    assert_row(&canvas, 5, "count     7                            █");
    detail_clear(&detail);
    detail_add(&detail, DETAIL_TEXT, SV("a-rule-with-quite-a-long-name"), SV("fails"));
    detail_draw(&detail, &canvas);
    AUTO(buf_done) struct buf whole = BUF_NONE;
    canvas_dump(&canvas, &whole);
    assert_true(sv_contains(buf_sv(&whole), SV("a-rule-with-quite-a-long-name\n"))); /* and below */
    assert_true(sv_contains(buf_sv(&whole), SV("  fails\n")));
    detail_clear(&detail);
    detail_draw(&detail, &canvas);
    assert_row(&canvas, 0, "");
    detail_done(&detail);
}

static enum widget_result feed(struct field *field, const char *key)
{
    struct event event = key_event_of(key);
    return field_handle(field, &event);
}

static void a_field_takes_text_at_its_end(void **state)
{
    struct field field = {0};

    (void)state;
    feed(&field, "a");
    feed(&field, "é");
    feed(&field, "日");
    assert_int_equal(feed(&field, "F1"), WIDGET_IGNORED);
    field_draw(&field, &canvas, 0, 2, 10);
    assert_row(&canvas, 0, "  aé日");
    assert_int_equal(feed(&field, "Backspace"), WIDGET_HANDLED);
    assert_string_equal(field.text, "aé");
    struct event paste = paste_of(" two\nthree");
    field_handle(&field, &paste);
    assert_string_equal(field.text, "aé two three");
    feed(&field, "ctrl-w");
    assert_string_equal(field.text, "aé two ");
    field_draw(&field, &canvas, 1, 0, 5);
    assert_row(&canvas, 1, "two");
    feed(&field, "ctrl-u");
    feed(&field, "Backspace");
    assert_int_equal(field.len, 0);
    for (int i = 0; i < 1000; i++)
        feed(&field, "日");
    assert_true(field.len < FIELD_SIZE);
    field.refuses_paste = true;
    feed(&field, "ctrl-u");
    assert_int_equal(field_handle(&field, &paste), WIDGET_HANDLED);
    assert_int_equal(field.len, 0);
}

/* --- dialogs ------------------------------------------------------------------------------- */

static enum widget_result press(struct dialog *dialog, const char *key)
{
    struct event event = key_event_of(key);
    return dialog_handle(dialog, &event);
}

static void make_choice(struct dialog *dialog)
{
    static const struct dialog_choice choices[] = {{"Approve", 'y', ROLE_DANGER},
                                                   {"Later", 'l', ROLE_TEXT}};
    dialog_init_choice(dialog, SV("Revoke a rule"), SV("22 open to the world"), choices, 2);
}

static void cancel_is_what_enter_does_at_first(void **state)
{
    struct dialog dialog;

    (void)state;
    resize(12, 60);
    make_choice(&dialog);
    dialog_draw(&dialog, &canvas);
    assert_true(canvas_has(&canvas, "┌─ Revoke a rule ─"));
    assert_true(canvas_has(&canvas, "22 open to the world"));
    assert_true(canvas_has(&canvas, "[ Approve ] y   [ Later ] l   [ Cancel ] n"));
    assert_int_equal(press(&dialog, "Enter"), WIDGET_CLOSED);
    assert_int_equal(dialog.answer, DIALOG_CANCELLED);
    dialog_done(&dialog);
}

static void choices_are_taken_by_key_or_focus(void **state)
{
    static const struct {
        const char *keys[4];
        int answer;
    } cases[] = {
        {{"y"}, 0},
        {{"l"}, 1},
        {{"n"}, DIALOG_CANCELLED},
        {{"Esc"}, DIALOG_CANCELLED},
        {{"ctrl-c"}, DIALOG_CANCELLED},
        {{"Tab", "Enter"}, 0},
        {{"Left", "Enter"}, 1},
        {{"shift-Tab", "Left", "Enter"}, 0},
        {{"Tab", "Tab", "Tab", "Enter"}, DIALOG_CANCELLED},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct dialog dialog;
        enum widget_result result = WIDGET_HANDLED;
        make_choice(&dialog);
        dialog_draw(&dialog, &canvas);
        for (size_t k = 0; k < 4 && cases[i].keys[k] != NULL; k++) {
            assert_int_equal(result, WIDGET_HANDLED);
            result = press(&dialog, cases[i].keys[k]);
        }
        assert_int_equal(result, WIDGET_CLOSED);
        assert_int_equal(dialog.answer, cases[i].answer);
        dialog_done(&dialog);
    }
}

static void neither_paste_nor_click_nor_other_keys_consent(void **state)
{
    static const char *const other[] = {"A", "Y", "Space", "F1", "ctrl-y", "alt-y", "Down"};
    struct dialog dialog;

    (void)state;
    resize(12, 60);
    make_choice(&dialog);
    dialog_draw(&dialog, &canvas);
    struct event paste = paste_of("y\r");
    assert_int_equal(dialog_handle(&dialog, &paste), WIDGET_HANDLED);
    for (size_t i = 0; i < ARRAY_LEN(other); i++)
        assert_int_equal(press(&dialog, other[i]), WIDGET_HANDLED);
    struct rect button = dialog.buttons[0];
    struct event click = click_at(dialog.area.y + button.y, dialog.area.x + button.x + 2);
    assert_int_equal(dialog_handle(&dialog, &click), WIDGET_HANDLED);
    assert_int_equal(dialog.focus, 0);
    dialog_done(&dialog);
}

static void type_into(struct dialog *dialog, const char *text)
{
    for (; *text != '\0'; text++) {
        struct event event = {.type = EVENT_KEY, .key = {(unsigned char)*text, 0}};
        assert_int_equal(dialog_handle(dialog, &event), WIDGET_HANDLED);
    }
}

static void only_the_exact_name_typed_confirms(void **state)
{
    struct dialog dialog;

    (void)state;
    resize(14, 60);
    dialog_init_typed(&dialog, SV("Consent"), SV("This revokes 22/tcp."), SV("payments-prod"),
                      "approve");
    dialog_draw(&dialog, &canvas);
    assert_true(canvas_has(&canvas, "Type payments-prod to approve, Esc to cancel"));
    struct event paste = paste_of("payments-prod");
    dialog_handle(&dialog, &paste);
    assert_int_equal(press(&dialog, "Enter"), WIDGET_HANDLED);
    dialog_handle(&dialog, &paste);
    dialog_draw(&dialog, &canvas);
    assert_true(canvas_has(&canvas, "pasted text never confirms"));
    static const char *const wrong[] = {"payments-pro", "Payments-prod", "payments-prod ", "y"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        type_into(&dialog, wrong[i]);
        assert_int_equal(press(&dialog, "Enter"), WIDGET_HANDLED);
        dialog_draw(&dialog, &canvas);
        assert_true(canvas_has(&canvas, "this is not the name above"));
        press(&dialog, "ctrl-u");
    }
    type_into(&dialog, "payments-prod");
    assert_int_equal(press(&dialog, "Enter"), WIDGET_CLOSED);
    assert_int_equal(dialog.answer, 0);
    dialog_done(&dialog);
}

static void a_dialog_fits_any_screen(void **state)
{
    struct dialog dialog;

    (void)state;
    dialog_init_choice(&dialog, SV("Read-only"), SV("lift it with :elevate"), NULL, 0);
    for (int rows = 1; rows < 8; rows++) {
        for (int cols = 1; cols < 40; cols += 3) {
            resize(rows, cols);
            dialog_draw(&dialog, &canvas);
        }
    }
    dialog_done(&dialog);
}

/* --- menus, tabs --------------------------------------------------------------------------- */

static enum widget_result press_menu(struct menu *menu, const char *key)
{
    struct event event = key_event_of(key);
    return menu_handle(menu, &event);
}

static void a_menu_narrows_to_the_best(void **state)
{
    struct menu menu;

    (void)state;
    resize(12, 60);
    menu_init(&menu, SV("Palette"));
    menu_add(&menu, SV("open accounts"), SV("A"), SV("the tree of accounts"), 10, ROLE_TEXT);
    menu_add(&menu, SV("mark all"), SV("*"), SV("mark every row"), 20, ROLE_TEXT);
    menu_add(&menu, SV("export"), SV_NONE, SV("write to a file"), 30, ROLE_TEXT);
    menu_draw(&menu, &canvas);
    assert_true(canvas_has(&canvas, "open accounts"));
    assert_true(canvas_has(&canvas, "the tree of accounts"));
    press_menu(&menu, "Down");
    assert_int_equal(menu_chosen(&menu), 20);
    press_menu(&menu, "a");
    assert_int_equal(menu_chosen(&menu), 10);
    press_menu(&menu, "l");
    assert_int_equal(menu_chosen(&menu), 20);
    press_menu(&menu, "z");
    assert_int_equal(menu_chosen(&menu), -1);
    assert_int_equal(press_menu(&menu, "Enter"), WIDGET_HANDLED);
    menu_draw(&menu, &canvas);
    assert_true(canvas_has(&canvas, "nothing matches"));
    press_menu(&menu, "ctrl-u");
    assert_int_equal(menu_chosen(&menu), 10);
    assert_int_equal(press_menu(&menu, "Enter"), WIDGET_ACTIVATED);
    menu_draw(&menu, &canvas);
    struct event click = click_at(menu.area.y + 5, menu.area.x + 4);
    assert_int_equal(menu_handle(&menu, &click), WIDGET_ACTIVATED);
    assert_int_equal(menu_chosen(&menu), 30);
    press_menu(&menu, "x"); /* what is typed goes with the menu */
    assert_int_equal(press_menu(&menu, "Esc"), WIDGET_CLOSED);
    menu_done(&menu);
}

static void fuzzy_matching_prefers_starts_and_runs(void **state)
{
    (void)state;
    assert_int_equal(fuzzy_score(SV("accounts"), SV("xa")), 0);
    assert_true(fuzzy_score(SV("accounts"), SV_NONE) > 0);
    assert_true(fuzzy_score(SV("open accounts"), SV("oa")) > fuzzy_score(SV("foobar"), SV("oa")));
    assert_true(fuzzy_score(SV("rules"), SV("rul")) > fuzzy_score(SV("regular"), SV("rul")));
    assert_true(fuzzy_score(SV("ACC"), SV("acc")) > 0);
}

static void tabs_keep_the_current_one_in_view(void **state)
{
    struct tabs tabs = {0};

    (void)state;
    resize(1, 20);
    tabs_add(&tabs, SV("first"));
    tabs_add(&tabs, SV("se\033cond"));
    tabs_add(&tabs, SV("third one"));
    tabs_draw(&tabs, &canvas);
    assert_row(&canvas, 0, " first │ se^[cond │…");
    assert_true(style_at(&canvas, 0, 1) & ON_SELECTED);
    tabs.current = 2;
    tabs_draw(&tabs, &canvas);
    assert_true(canvas_has(&canvas, "third one"));
    struct event click = click_at(0, 3);
    assert_int_equal(tabs_handle(&tabs, &click), WIDGET_HANDLED);
    assert_int_equal(tabs.current, 1);
}

/* --- the rest ------------------------------------------------------------------------------ */

static void a_key_set_remembers_the_order(void **state)
{
    struct key_set *set = key_set_new();
    size_t at = 0, n = 0;

    (void)state;
    for (uint64_t i = 0; i < 5000; i++)
        key_set_add(set, i * 0x100000001);
    for (uint64_t i = 0; i < 5000; i += 2)
        key_set_remove(set, i * 0x100000001);
    key_set_add(set, 0);
    assert_int_equal(key_set_count(set), 2501);
    assert_true(key_set_has(set, 0x100000001));
    assert_false(key_set_has(set, 2 * 0x100000001));
    uint64_t last = 0;
    for (uint64_t key; key_set_next(set, &at, &key); n++)
        last = key;
    assert_int_equal(n, 2501);
    assert_int_equal(last, 0);
    key_set_clear(set);
    assert_false(key_set_has(set, 0));
    key_set_free(set);
}

static void moves_have_names(void **state)
{
    enum move move;

    (void)state;
    assert_true(move_parse(SV("half-page-down"), &move));
    assert_int_equal(move, MOVE_HALF_DOWN);
    assert_string_equal(move_name(MOVE_TOP), "top");
    assert_false(move_parse(SV("sideways"), &move));
    struct event event = click_at(5, 7), inner;
    assert_true(event_within(&event, (struct rect){4, 6, 3, 3}, &inner));
    assert_int_equal(inner.mouse.y, 1);
    assert_int_equal(inner.mouse.x, 1);
    assert_false(event_within(&event, (struct rect){6, 6, 3, 3}, &inner));
}

int main(void)
{
#define WIDGET_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WIDGET_TEST(a_pager_scrolls_and_searches),
        WIDGET_TEST(long_lines_wrap_or_scroll),
        WIDGET_TEST(what_stands_in_goes_on_below_itself),
        WIDGET_TEST(json_is_laid_out_number_for_number),
        WIDGET_TEST(details_wrap_below_themselves),
        WIDGET_TEST(details_go_to_a_section),
        WIDGET_TEST(yaml_is_laid_out),
        WIDGET_TEST(a_field_takes_text_at_its_end),
        WIDGET_TEST(cancel_is_what_enter_does_at_first),
        WIDGET_TEST(choices_are_taken_by_key_or_focus),
        WIDGET_TEST(neither_paste_nor_click_nor_other_keys_consent),
        WIDGET_TEST(only_the_exact_name_typed_confirms),
        WIDGET_TEST(a_dialog_fits_any_screen),
        WIDGET_TEST(a_menu_narrows_to_the_best),
        WIDGET_TEST(fuzzy_matching_prefers_starts_and_runs),
        WIDGET_TEST(tabs_keep_the_current_one_in_view),
        cmocka_unit_test(a_key_set_remembers_the_order),
        cmocka_unit_test(moves_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
