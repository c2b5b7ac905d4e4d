/* The terminal model: what it shows of a program's bytes, what it answers, what keys become. */
#include "tests/unit/tui/helper_canvas.h"
#include "tui/look.h"
#include "tui/vt/vt.h"
#include "tui/widget/pane.h"

struct world {
    struct vt *vt;
    struct pane pane;
    struct canvas_grid *grid;
    struct canvas canvas;
    struct buf sent;
};

static void keep(void *arg, struct sv bytes)
{
    buf_add(&((struct world *)arg)->sent, bytes);
}

static void begin(struct world *world, int rows, int cols, size_t history)
{
    *world = (struct world){0};
    world->vt = vt_new(&(struct vt_options){
        .rows = rows, .cols = cols, .history_lines = history, .send = keep, .arg = world});
    world->grid = canvas_grid_new(rows, cols);
    world->canvas = canvas_of(world->grid);
    pane_init(&world->pane, world->vt);
}

static void end(struct world *world)
{
    pane_done(&world->pane);
    vt_free(world->vt);
    canvas_grid_free(world->grid);
    buf_done(&world->sent);
}

static void feed(struct world *world, const char *bytes)
{
    vt_feed(world->vt, sv_of(bytes));
    pane_draw(&world->pane, &world->canvas, true);
}

#define assert_sent(world, text)                             \
    do {                                                     \
        assert_string_equal(buf_cstr(&(world)->sent), text); \
        buf_clear(&(world)->sent);                           \
    } while (0)

/* --- what is shown ---------------------------------------------------------------------------- */

static void text_stands_where_it_was_put(void **state)
{
    struct world world;
    int y, x;

    (void)state;
    begin(&world, 4, 20, 10);
    feed(&world, "one\r\n\xe4\xb8\xad\xe6\x96\x87 e\xcc\x81\033[4;3Hlast");
    assert_row(&world.canvas, 0, "one");
    assert_row(&world.canvas, 1, "\xe4\xb8\xad\xe6\x96\x87 e\xcc\x81");
    assert_row(&world.canvas, 3, "  last");
    assert_true(canvas_cursor_at(&world.canvas, &y, &x));
    assert_int_equal(y, 3);
    assert_int_equal(x, 6);
    feed(&world, "\033[3;1H\033(0lqk\033(Blqk");
    assert_row(&world.canvas, 2, "┌─┐lqk");
    feed(&world, "\033[?25l");
    assert_false(canvas_cursor_at(&world.canvas, &y, &x));
    end(&world);
}

/* A wide character that is moved over the edge of its line, or cut in two, is gone as a whole. */
static void no_half_of_a_wide_character_stays(void **state)
{
    struct world world;

    (void)state;
    begin(&world, 2, 6, 10);
    feed(&world, "abcd\xe4\xb8\xad\033[1;1H\033[4hx");
    assert_row(&world.canvas, 0, "xabcd");
    feed(&world, "\033[4l\033[2;1Hab\xe4\xb8\xad\xe6\x96\x87\033[2;1H\033[3P");
    assert_row(&world.canvas, 1, " \xe6\x96\x87");
    end(&world);
}

static struct look look_at(const struct world *world, int y, int x, int n_colors)
{
    return theme_look(theme_at(0), style_at(&world->canvas, y, x), n_colors);
}

static void colours_follow_the_terminal(void **state)
{
    struct world world;

    (void)state;
    begin(&world, 2, 40, 0);
    feed(&world, "\033[31mr\033[1;92;44mg\033[0;38;5;200mi\033[48;2;255;0;0mb\033[0;7mv\033[0mp");
    assert_int_equal(look_at(&world, 0, 0, 256).fg, 1);
    assert_int_equal(look_at(&world, 0, 1, 256).fg, 10);
    assert_int_equal(look_at(&world, 0, 1, 256).bg, 4);
    assert_int_equal(look_at(&world, 0, 1, 256).attrs, ATTR_BOLD);
    assert_int_equal(look_at(&world, 0, 1, 8).fg, 2);
    assert_int_equal(look_at(&world, 0, 2, 256).fg, 200);
    assert_int_equal(look_at(&world, 0, 3, 256).bg, 196);
    assert_int_equal(look_at(&world, 0, 3, 16).bg, 9);
    assert_int_equal(look_at(&world, 0, 3, 0).bg, COLOR_NONE);
    assert_int_equal(look_at(&world, 0, 4, 0).attrs, ATTR_REVERSE);
    assert_int_equal(style_at(&world.canvas, 0, 5), ROLE_TEXT);
    end(&world);
}

static void looks_are_bounded(void **state)
{
    (void)state;
    for (int fg = 0; fg < 256; fg++) {
        for (int bg = 0; bg < 256; bg++)
            look_style((struct look){(int16_t)fg, (int16_t)bg, ATTR_BOLD});
    }
    style_t late = look_style((struct look){3, 4, ATTR_ITALIC | ATTR_BOLD | ATTR_DIM});
    assert_int_equal(look_of_style(late).bg, COLOR_NONE);
}

static void lines_that_scroll_off_are_kept(void **state)
{
    struct world world;
    AUTO(buf_done) struct buf line = BUF_NONE;

    (void)state;
    begin(&world, 3, 10, 5);
    feed(&world, "1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8\r\n9\r\n10");
    assert_row(&world.canvas, 0, "8");
    assert_row(&world.canvas, 2, "10");
    assert_int_equal(vt_first_line(world.vt), 2);
    assert_int_equal(vt_top_line(world.vt), 7);
    buf_add(&line, line_text(vt_line(world.vt, 2)));
    assert_string_equal(buf_cstr(&line), "3");
    assert_null(vt_line(world.vt, 1));
    pane_move(&world.pane, MOVE_TOP);
    pane_draw(&world.pane, &world.canvas, true);
    assert_row(&world.canvas, 0, "3");
    feed(&world, "\r\n11"); /* what is looked at stays, as long as it is there */
    assert_row(&world.canvas, 0, "4");
    pane_browse(&world.pane, false);
    pane_draw(&world.pane, &world.canvas, true);
    assert_row(&world.canvas, 2, "11");
    end(&world);
}

static void the_alternate_screen_leaves_nothing(void **state)
{
    struct world world;

    (void)state;
    begin(&world, 3, 10, 5);
    feed(&world, "main\033[?1049h\033[H1\r\n2\r\n3\r\n4");
    assert_true(vt_is_alternate(world.vt));
    assert_row(&world.canvas, 0, "2");
    assert_int_equal(vt_top_line(world.vt), 0); /* nothing of it is kept */
    feed(&world, "\033[?1049l");
    assert_row(&world.canvas, 0, "main");
    feed(&world, "\033[?1049h\033c");
    assert_false(vt_is_alternate(world.vt));
    end(&world);
}

static void the_line_of_the_cursor_survives_a_resize(void **state)
{
    struct world world;

    (void)state;
    begin(&world, 4, 10, 5);
    feed(&world, "1\r\n2\r\n3\r\n4\xe4\xb8\xad");
    vt_resize(world.vt, 2, 4);
    feed(&world, "");
    assert_row(&world.canvas, 0, "3");
    assert_row(&world.canvas, 1, "4\xe4\xb8\xad");
    assert_int_equal(vt_top_line(world.vt), 2);
    vt_resize(world.vt, 4, 10);
    feed(&world, "x");
    assert_row(&world.canvas, 1, "4\xe4\xb8\xadx");
    vt_resize(world.vt, 0, 0);
    vt_resize(world.vt, 100000, 100000);
    end(&world);
}

/* --- what goes to the node -------------------------------------------------------------------- */

static void few_questions_are_answered(void **state)
{
    struct world world;

    (void)state;
    begin(&world, 4, 20, 0);
    feed(&world, "ab\033[6n");
    assert_sent(&world, "\033[1;3R");
    feed(&world, "\033[5n\033[c");
    assert_sent(&world, "\033[0n\033[?1;2c");
    feed(&world, "\033]10;?\a\033]11;?\033\\\033P$qm\033\\\033[21t\033[?2026$p\033]52;c;?\a");
    assert_sent(&world, "");
    feed(&world, "\033[5n\033[5n\033[5n\033[5n\033[5n\033[5n\033[5n\033[5n\033[5n\033[5n\033[5n");
    assert_int_equal(world.sent.len, VT_REPLIES_MAX * strlen("\033[0n"));
    end(&world);
}

static const struct {
    const char *key, *normal, *application;
} keys[] = {
    {"a", "a", "a"},
    {"Enter", "\r", "\r"},
    {"Tab", "\t", "\t"},
    {"shift-Tab", "\033[Z", "\033[Z"},
    {"Backspace", "\177", "\177"},
    {"Esc", "\033", "\033"},
    {"ctrl-s", "\023", "\023"},
    {"ctrl-q", "\021", "\021"},
    {"ctrl-z", "\032", "\032"},
    {"ctrl-c", "\003", "\003"},
    {"ctrl-y", "\031", "\031"},
    {"ctrl-\\", "\034", "\034"},
    {"alt-b", "\033b", "\033b"},
    {"Up", "\033[A", "\033OA"},
    {"Left", "\033[D", "\033OD"},
    {"ctrl-Right", "\033[1;5C", "\033[1;5C"},
    {"Home", "\033[H", "\033OH"},
    {"Delete", "\033[3~", "\033[3~"},
    {"PgUp", "\033[5~", "\033[5~"},
    {"F1", "\033OP", "\033OP"},
    {"F12", "\033[24~", "\033[24~"},
    {"\xc3\xa9", "\xc3\xa9", "\xc3\xa9"},
};

static void keys_are_those_of_xterm(void **state)
{
    struct world world;

    (void)state;
    begin(&world, 4, 20, 0);
    for (int application = 0; application < 2; application++) {
        feed(&world, application ? "\033[?1h" : "\033[?1l");
        for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
            vt_key(world.vt, key_event_of(keys[i].key).key);
            assert_sent(&world, application ? keys[i].application : keys[i].normal);
        }
    }
    vt_key(world.vt, (struct key){' ', MOD_CTRL});
    assert_int_equal(world.sent.len, 1);
    assert_int_equal(world.sent.ptr[0], 0);
    end(&world);
}

static void a_paste_cannot_end_itself(void **state)
{
    struct world world;

    (void)state;
    begin(&world, 4, 20, 0);
    vt_paste(world.vt, SV("a\nb"), true, true);
    assert_sent(&world, "a\rb");
    feed(&world, "\033[?2004h");
    vt_paste(world.vt, SV("x\033[201~"), true, false);
    vt_paste(world.vt, SV("rm\r"), false, true);
    assert_sent(&world, "\033[200~x [201~rm\r\033[201~");
    end(&world);
}

static struct event mouse_of(enum mouse_action action, int button, int y, int x)
{
    return (struct event){.type = EVENT_MOUSE,
                          .mouse = {.action = action, .button = (uint8_t)button, .y = y, .x = x}};
}

static enum widget_result click(struct world *world, enum mouse_action action, int button, int y,
                                int x)
{
    struct event event = mouse_of(action, button, y, x);

    return pane_handle(&world->pane, &event);
}

static void the_mouse_is_reported_when_asked_for(void **state)
{
    struct world world;

    (void)state;
    begin(&world, 4, 300, 0);
    feed(&world, "\033[?1006;1002h");
    assert_true(vt_wants_mouse(world.vt));
    click(&world, MOUSE_PRESS, 1, 2, 250);
    click(&world, MOUSE_DRAG, 1, 3, 251);
    click(&world, MOUSE_RELEASE, 1, 3, 251);
    click(&world, MOUSE_WHEEL_DOWN, 0, 0, 0);
    assert_sent(&world, "\033[<0;251;3M\033[<32;252;4M\033[<0;252;4m\033[<65;1;1M");
    feed(&world, "\033[?1006;1002l");
    assert_false(vt_wants_mouse(world.vt));
    end(&world);
}

/* --- reading, selecting ----------------------------------------------------------------------- */

static void the_mouse_selects(void **state)
{
    struct world world;
    AUTO(buf_done) struct buf text = BUF_NONE;

    (void)state;
    begin(&world, 3, 20, 10);
    feed(&world, "alpha beta\r\ngamma\r\ndelta");
    click(&world, MOUSE_PRESS, 1, 0, 6);
    click(&world, MOUSE_DRAG, 1, 1, 2);
    assert_int_equal(click(&world, MOUSE_RELEASE, 1, 1, 2), WIDGET_ACTIVATED);
    pane_copy(&world.pane, &text);
    assert_string_equal(buf_cstr(&text), "beta\ngam");
    pane_draw(&world.pane, &world.canvas, true);
    assert_true(style_at(&world.canvas, 0, 6) & ON_SELECTED);
    assert_false(style_at(&world.canvas, 0, 5) & ON_SELECTED);
    end(&world);
}

static void keys_select(void **state)
{
    struct world world;
    AUTO(buf_done) struct buf text = BUF_NONE;

    (void)state;
    begin(&world, 3, 20, 10);
    feed(&world, "\xe4\xb8\xad\xe6\x96\x87x\r\ntwo\r\nthree");
    pane_move(&world.pane, MOVE_TOP);
    world.pane.point.x = 2;
    pane_select(&world.pane);
    pane_move(&world.pane, MOVE_DOWN);
    pane_copy(&world.pane, &text);
    assert_string_equal(buf_cstr(&text), "\xe6\x96\x87x\ntwo");
    end(&world);
}

static void a_search_goes_upwards(void **state)
{
    struct world world;

    (void)state;
    begin(&world, 3, 20, 100);
    feed(&world, "Needle one\r\n2\r\n3\r\n4\r\n\xe4\xb8\xad needle two\r\n6\r\n7\r\n8");
    assert_true(pane_search(&world.pane, SV("needle")));
    assert_int_equal(world.pane.point.line, 4);
    assert_int_equal(world.pane.point.x, 3);
    assert_true(pane_search_next(&world.pane, false));
    assert_int_equal(world.pane.point.line, 0);
    assert_true(pane_search_next(&world.pane, true));
    assert_int_equal(world.pane.point.line, 4);
    assert_true(pane_search(&world.pane, SV("Needle")));
    assert_int_equal(world.pane.point.line, 0);
    assert_false(pane_search(&world.pane, SV("nowhere")));
    end(&world);
}

static void the_wheel_scrolls(void **state)
{
    struct world world;

    (void)state;
    begin(&world, 3, 20, 100);
    feed(&world, "1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8");
    click(&world, MOUSE_WHEEL_UP, 0, 0, 0);
    pane_draw(&world.pane, &world.canvas, true);
    assert_row(&world.canvas, 0, "3");
    click(&world, MOUSE_WHEEL_DOWN, 0, 0, 0);
    pane_draw(&world.pane, &world.canvas, true);
    assert_row(&world.canvas, 2, "8");
    assert_false(world.pane.browsing);
    feed(&world, "\033[?1049h");
    click(&world, MOUSE_WHEEL_UP, 0, 0, 0);
    assert_sent(&world, "\033[A\033[A\033[A");
    end(&world);
}

static void shapes_of_the_cursor_are_those_of_decscusr(void **state)
{
    static const struct {
        const char *bytes;
        enum cursor_shape shape;
    } cases[] = {{"x", CURSOR_USUAL},
                 {"\033[5 q", CURSOR_BLINKING_BAR},
                 {"\033[6 q", CURSOR_BAR},
                 {"\033[?12l\033[?25h", CURSOR_BAR}, /* cnorm asks for no shape */
                 {"\033[3 q", CURSOR_BLINKING_UNDERLINE},
                 {"\033[4 q", CURSOR_UNDERLINE},
                 {"\033[9 q", CURSOR_UNDERLINE}, /* there is none */
                 {"\033[2 q", CURSOR_BLOCK},
                 {"\033[ q", CURSOR_USUAL},
                 {"\033[2 q\033[0 q", CURSOR_USUAL},
                 {"\033[4 q\033[!p\033c", CURSOR_USUAL},
                 {"\033[?12l", CURSOR_USUAL}};
    struct world world;

    (void)state;
    begin(&world, 3, 20, 0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        feed(&world, cases[i].bytes);
        assert_int_equal(vt_cursor_shape(world.vt), cases[i].shape);
    }
    end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_stands_where_it_was_put),
        cmocka_unit_test(no_half_of_a_wide_character_stays),
        cmocka_unit_test(colours_follow_the_terminal),
        cmocka_unit_test(lines_that_scroll_off_are_kept),
        cmocka_unit_test(the_alternate_screen_leaves_nothing),
        cmocka_unit_test(the_line_of_the_cursor_survives_a_resize),
        cmocka_unit_test(few_questions_are_answered),
        cmocka_unit_test(keys_are_those_of_xterm),
        cmocka_unit_test(a_paste_cannot_end_itself),
        cmocka_unit_test(the_mouse_is_reported_when_asked_for),
        cmocka_unit_test(the_mouse_selects),
        cmocka_unit_test(keys_select),
        cmocka_unit_test(a_search_goes_upwards),
        cmocka_unit_test(the_wheel_scrolls),
        cmocka_unit_test(looks_are_bounded),
        cmocka_unit_test(shapes_of_the_cursor_are_those_of_decscusr),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
