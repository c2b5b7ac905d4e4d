#include <locale.h>
#include <stdlib.h>

#include "tests/unit/tui/helper_canvas.h"
#include "tui/prompt.h"

static struct prompt *prompt;
static struct canvas_grid *grid;
static struct canvas canvas;

static int setup(void **state)
{
    (void)state;
    grid = canvas_grid_new(5, 20);
    canvas = canvas_of(grid);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    prompt_close(prompt);
    prompt = NULL;
    canvas_grid_free(grid);
    return 0;
}

static enum prompt_result press(const char *name)
{
    struct event event = key_event_of(name);
    return prompt_handle(prompt, &event);
}

static void type(const char *text)
{
    uint32_t codepoint;
    struct sv rest = sv_of(text);

    for (size_t n; (n = utf8_decode(rest, &codepoint)) != 0;) {
        struct event event = {.type = EVENT_KEY, .key = {codepoint, 0}};
        assert_int_equal(prompt_handle(prompt, &event), PROMPT_EDITING);
        rest = (struct sv){rest.ptr + n, rest.len - n};
    }
}

static void paste(const char *text)
{
    struct event event = {.type = EVENT_PASTE, .paste = {sv_of(text), true}};
    assert_int_equal(prompt_handle(prompt, &event), PROMPT_EDITING);
}

static void assert_text(const char *expected)
{
    struct sv text = prompt_text(prompt);
    char copy[256];

    sv_copy(text, copy, sizeof copy);
    assert_string_equal(copy, expected);
}

/* Draws, and checks the last row and the cursor's column. */
static void assert_shown(const char *row, int column)
{
    int y, x;

    prompt_draw(prompt, &canvas);
    assert_row(&canvas, 4, row);
    assert_true(canvas_cursor_at(&canvas, &y, &x));
    assert_int_equal(y, 4);
    assert_int_equal(x, column);
}

static void a_line_is_edited(void **state)
{
    (void)state;
    prompt = prompt_open(&(struct prompt_options){.label = ":", .initial = "rules"});
    assert_shown(":rules", 6);
    type(" @shop");
    press("Left");
    press("Left");
    press("Backspace");
    assert_text("rules @sop");
    assert_shown(":rules @sop", 9);
    press("Home");
    press("Delete");
    press("ctrl-Right");
    press("ctrl-k");
    assert_text("ules");
    press("ctrl-y");
    assert_text("ules @sop");
    press("alt-b");
    press("ctrl-u");
    assert_text("sop");
    assert_int_equal(press("Enter"), PROMPT_ACCEPTED);
    assert_text("sop");
    assert_int_equal(press("x"), PROMPT_ACCEPTED);
}

static void wide_text_and_long_lines_keep_the_cursor_in_view(void **state)
{
    (void)state;
    prompt = prompt_open(&(struct prompt_options){.label = "/"});
    type("日本é");
    assert_shown("/日本é", 6);
    press("Left");
    press("Left");
    assert_shown("/日本é", 3);
    press("End");
    type("0123456789abcdef");
    assert_shown("/é0123456789abcdef", 18);
    press("Backspace");
    press("Home");
    assert_shown("/日本é0123456789abcd", 1);
}

static void a_prompt_may_end_in_the_middle_of_anything(void **state)
{
    static const char *const middles[] = {"ctrl-r", "ctrl-s", "alt-3",
                                          "ctrl-v", "ctrl-x", "ctrl-]"};
    struct prompt_history *history = prompt_history_new(3);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(middles); i++) {
        prompt_history_add(history, SV("entry"));
        prompt = prompt_open(&(struct prompt_options){.label = ":", .history = history});
        press(middles[i]);
        if (i % 2 == 0)
            assert_int_equal(press("Esc"), PROMPT_CANCELLED);
        prompt_close(prompt);
        prompt = prompt_open(&(struct prompt_options){.label = ":", .history = history});
        type("e");
        assert_text("e");
        prompt_close(prompt);
    }
    prompt = NULL;
    prompt_history_free(history);
}

static void escape_and_its_kin_cancel(void **state)
{
    static const char *const ways[] = {"Esc", "ctrl-c", "ctrl-g", "ctrl-d"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        prompt = prompt_open(&(struct prompt_options){.label = ":"});
        if (strcmp(ways[i], "ctrl-d") != 0)
            type("abc");
        assert_int_equal(press(ways[i]), PROMPT_CANCELLED);
        assert_text("");
        prompt_close(prompt);
    }
    prompt = NULL;
}

static void history_is_walked_and_searched(void **state)
{
    struct prompt_history *history = prompt_history_new(3);
    struct prompt_options options = {.label = ":", .history = history};
    static const char *const before[] = {"zero", "one", "two", "two"};
    static const char *const kept[] = {"one", "two", "three"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(before); i++)
        prompt_history_add(history, sv_of(before[i]));
    prompt = prompt_open(&options);
    type("thr");
    press("Up");
    assert_text("two");
    press("Up");
    assert_text("one");
    press("Down");
    press("Down");
    assert_text("thr");
    type("ee");
    press("Enter");
    prompt_close(prompt);
    prompt = prompt_open(&options);
    type(" not kept");
    press("Enter");
    prompt_close(prompt);
    assert_int_equal(prompt_history_count(history), ARRAY_LEN(kept));
    for (size_t i = 0; i < ARRAY_LEN(kept); i++)
        assert_string_equal(prompt_history_line(history, i), kept[i]);
    prompt = prompt_open(&options);
    press("ctrl-r");
    type("w");
    canvas_grid_resize(grid, 5, 40);
    canvas = canvas_of(grid);
    prompt_draw(prompt, &canvas);
    assert_true(canvas_has(&canvas, "i-search)`w"));
    press("ctrl-g"); /* ends the search alone */
    assert_text("");
    press("ctrl-r");
    type("w");
    press("Enter");
    assert_text("two");
    prompt_history_free(history);
}

static void a_paste_is_one_line_of_text(void **state)
{
    (void)state;
    prompt = prompt_open(&(struct prompt_options){.label = ":", .max_bytes = 30});
    paste("one\ntwo\033[A\ttwo");
    assert_text("one two [A two");
    paste("this would be far too long for it");
    assert_text("one two [A two");
    for (int i = 0; i < 40; i++)
        type("x");
    assert_true(prompt_text(prompt).len <= 30);
}

static void offer(void *ctx, struct sv line, size_t word_at, struct prompt_candidates *candidates)
{
    static const char *const words[] = {"accounts", "approvals", "approve", "日本", "日曜"};
    struct sv word = {line.ptr + word_at, line.len - word_at};

    *(size_t *)ctx += 1;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (sv_starts(sv_of(words[i]), word))
            prompt_candidate(candidates, sv_of(words[i]), i == 1 ? SV("the queue") : SV_NONE);
    }
}

static void tab_completes(void **state)
{
    size_t asked = 0;
    struct prompt_options options = {.label = ":", .complete = offer, .ctx = &asked};

    (void)state;
    prompt = prompt_open(&options);
    type("go ac");
    press("Tab");
    assert_text("go accounts ");
    type("ap");
    press("Tab");
    assert_text("go accounts approv");
    assert_int_equal(prompt_rows(prompt, 10), 3);
    prompt_draw(prompt, &canvas);
    assert_row(&canvas, 2, " approvals  the que…");
    assert_row(&canvas, 3, " approve");
    press("Tab");
    assert_text("go accounts approvals");
    press("Tab");
    assert_text("go accounts approve");
    press("Tab");
    assert_text("go accounts approvals");
    press("shift-Tab");
    assert_text("go accounts approve");
    assert_int_equal(asked, 2);
    type("!");
    assert_int_equal(prompt_rows(prompt, 10), 1);
    press("ctrl-u");
    type("日");
    press("Tab");
    assert_text("日");
    type("曜");
    press("Tab");
    assert_text("日曜 ");
    press("Tab");
    assert_int_equal(prompt_rows(prompt, 10), 6);
    assert_int_equal(prompt_rows(prompt, 3), 3);
    prompt_set_text(prompt, SV("nothing"));
    press("Tab");
    assert_text("nothing");
}

static void secrets_are_not_shown_or_kept(void **state)
{
    struct prompt_history *history = prompt_history_new(3);

    (void)state;
    prompt =
        prompt_open(&(struct prompt_options){.label = "MFA ", .secret = true, .history = history});
    type("12é4");
    assert_shown("MFA ****", 8);
    press("Backspace");
    paste("56\n");
    assert_shown("MFA ******", 10);
    assert_int_equal(press("Enter"), PROMPT_ACCEPTED);
    assert_text("12é56 ");
    assert_int_equal(prompt_history_count(history), 0);
    prompt_close(prompt);
    prompt = prompt_open(&(struct prompt_options){.label = ":"});
    press("ctrl-y"); /* from the kill ring */
    press("alt-y");
    press("Up");
    assert_false(sv_contains(prompt_text(prompt), SV("56")));
    prompt_history_free(history);
}

static void a_second_prompt_cancels_the_first(void **state)
{
    (void)state;
    struct prompt *first = prompt_open(&(struct prompt_options){.label = ":", .initial = "one"});
    prompt = prompt_open(&(struct prompt_options){.label = "/", .initial = "two"});
    struct event event = key_event_of("x");
    assert_int_equal(prompt_handle(first, &event), PROMPT_CANCELLED);
    assert_text("two");
    prompt_close(first);
    type("!");
    assert_text("two!");
}

static void hostile_labels_and_tiny_screens_do_no_harm(void **state)
{
    (void)state;
    prompt = prompt_open(&(struct prompt_options){.label = "a\033]0;x\a:"});
    type("b\xe2\x80\xae");
    prompt_draw(prompt, &canvas);
    assert_row(&canvas, 4, "a^[]0;x^G:b<U+202E>");
    for (int rows = 1; rows < 3; rows++) {
        for (int cols = 1; cols < 12; cols++) {
            canvas_grid_resize(grid, rows, cols);
            canvas = canvas_of(grid);
            prompt_draw(prompt, &canvas);
        }
    }
}

int main(void)
{
    setenv("INPUTRC", "/dev/null", 1);
    setenv("TERM", "xterm-256color", 1);
    setlocale(LC_ALL, "C.UTF-8");
#define PROMPT_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        PROMPT_TEST(a_line_is_edited),
        PROMPT_TEST(wide_text_and_long_lines_keep_the_cursor_in_view),
        PROMPT_TEST(a_prompt_may_end_in_the_middle_of_anything),
        PROMPT_TEST(escape_and_its_kin_cancel),
        PROMPT_TEST(history_is_walked_and_searched),
        PROMPT_TEST(a_paste_is_one_line_of_text),
        PROMPT_TEST(tab_completes),
        PROMPT_TEST(secrets_are_not_shown_or_kept),
        PROMPT_TEST(a_second_prompt_cancels_the_first),
        PROMPT_TEST(hostile_labels_and_tiny_screens_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
