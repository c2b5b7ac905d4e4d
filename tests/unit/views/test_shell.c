/* Shells as a person has them, over a line of the test's own in place of a node. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"
#include "tests/unit/views/helper_app.h"
#include "tui/vt/vt.h"
#include "views/shell/shells.h"

#define LINES_MAX 4

/* A node's end of a shell: what it was sent, and how to answer. */
static struct far_end {
    struct channel_handlers handlers;
    struct buf got;
    char node[64], reason[64];
    unsigned rows, columns;
    size_t takes; /* bytes that a write takes at most */
    bool is_closed;
} far[LINES_MAX];
static size_t n_far;

static void *open_line(struct app *of, struct scope *scope, const struct channel_request *request,
                       const struct channel_handlers *handlers)
{
    struct far_end *end = &far[n_far++];

    (void)of, (void)scope;
    *end = (struct far_end){.handlers = *handlers,
                            .rows = request->rows,
                            .columns = request->columns,
                            .takes = SIZE_MAX};
    str_copy(end->node, request->node);
    str_copy(end->reason, request->reason);
    return end;
}

static size_t write_line(void *line, struct sv bytes)
{
    struct far_end *end = line;

    if (bytes.len > end->takes)
        bytes.len = end->takes;
    buf_add(&end->got, bytes);
    end->takes -= end->takes == SIZE_MAX ? 0 : bytes.len;
    return bytes.len;
}

static void resize_line(void *line, unsigned columns, unsigned rows)
{
    struct far_end *end = line;

    end->columns = columns;
    end->rows = rows;
}

static void close_line(void *line)
{
    ((struct far_end *)line)->is_closed = true;
}

static const struct shell_line fake_line = {
    .open = open_line, .write = write_line, .resize = resize_line, .close = close_line};

/* --- what the tests do ------------------------------------------------------------------------ */

static void open_shell(const char *node)
{
    struct err err = ERR_NONE;
    struct shell_wish *wish = shells_new_wish(app_shells(app));

    if (n_far == 0)
        shells_set_line(app_shells(app), &fake_line);
    str_copy(wish->place.node, node);
    str_copy(wish->place.account, "shop-dev");
    str_copy(wish->place.target.region, "eu-west-1");
    assert_int_equal(shells_open(app_shells(app), wish, "ticket 7", 20, 80, &err), OK);
    if (app_view(app)->kind != &view_shells)
        assert_int_equal(app_open(app, &view_shells, NULL, 0, &err), OK);
    app_draw(app);
}

static void say(size_t i, const char *text)
{
    far[i].handlers.on_output(far[i].handlers.arg, sv_of(text));
    app_redraw(app);
    app_draw(app);
}

static void tell(size_t i, const struct channel_status *status)
{
    far[i].handlers.on_status(far[i].handlers.arg, status);
    app_draw(app);
}

#define assert_got(i, text)                               \
    do {                                                  \
        assert_string_equal(buf_cstr(&far[i].got), text); \
        buf_clear(&far[i].got);                           \
    } while (0)

static int start(void **state)
{
    n_far = 0;
    return start_app(state);
}

static int stop(void **state)
{
    int status = stop_app(state);

    for (size_t i = 0; i < n_far; i++) {
        assert_true(far[i].is_closed); /* none outlives the console */
        buf_done(&far[i].got);
    }
    return status;
}

/* --- the tests ---------------------------------------------------------------------------------
 */

static void keys_are_the_nodes(void **state)
{
    (void)state;
    open_shell("i-1");
    assert_string_equal(far[0].node, "i-1");
    assert_string_equal(far[0].reason, "ticket 7");
    tell(0, &(struct channel_status){.state = CHANNEL_OPEN});
    press("l s Enter q ctrl-c ctrl-z Esc : / ~");
    assert_got(0, "ls\rq\003\032\033:/~");
    press("ctrl-s ctrl-q ctrl-y ctrl-d ctrl-l ctrl-\\ ctrl-j F1 ? Up ctrl-Right");
    assert_got(0, "\023\021\031\004\014\034\012\033OP?\033[A\033[1;5C");
    say(0, "file one\r\n$ ");
    assert_true(shows("file one"));
    assert_true(shows("Enter ~ ? keys")); /* the last of the hints, on 80 columns */
    assert_true(shows("shop-dev  eu-west-1  i-1  open"));
}

static void a_tilde_after_enter_is_ours(void **state)
{
    (void)state;
    open_shell("i-1");
    press("~ ~ x Enter");
    assert_got(0, "~x\r");
    press("~ x");
    assert_got(0, "~x");
    press("Enter ~");
    assert_true(shows(".  leave"));
    press("?");
    wait_for("end this shell and go back");
    press("q");
    assert_got(0, "\r");
    assert_false(far[0].is_closed);
    press("Enter ~ .");
    assert_true(far[0].is_closed);
    assert_true(app_view(app)->kind == &view_words);
    assert_int_equal(shells_count(app_shells(app)), 0);
}

static void shells_go_on_beside_other_screens(void **state)
{
    (void)state;
    open_shell("i-1");
    open_shell("i-2");
    assert_true(shows("1 ◌ i-1"));
    assert_true(shows("2 ◌ i-2"));
    press("~ q");
    assert_true(app_view(app)->kind == &view_words);
    assert_true(shows("2 shells"));
    say(0, "finished");
    assert_true(shows("2 shells*"));
    command_line("shells");
    press("~ 1");
    assert_true(shows("finished"));
    press("~ n a");
    assert_got(1, "a");
    press("Enter ~ p b");
    assert_got(0, "b");
}

static void states_are_told(void **state)
{
    struct channel_status status = {.state = CHANNEL_STARTING};

    (void)state;
    open_shell("i-1");
    tell(0, &status);
    assert_true(shows("asking for a session"));
    status.state = CHANNEL_WAITING;
    tell(0, &status);
    assert_true(shows("waiting for the node"));
    status = (struct channel_status){.state = CHANNEL_RESUMING, .attempt = 2, .attempts_max = 5};
    tell(0, &status);
    assert_true(shows("resuming 2/5"));
    status = (struct channel_status){.state = CHANNEL_ENDED, .has_exit_code = true, .exit_code = 3};
    tell(0, &status);
    assert_true(shows("ended, exit 3"));
    press("x");
    assert_got(0, "");
    press("r");
    assert_true(far[0].is_closed);
    assert_int_equal(n_far, 2);
    status = (struct channel_status){.state = CHANNEL_ENDED};
    err_set(&status.err, ERR_AWS, "ssm", "i-1 is not connected.");
    str_copy(status.err.aws_code, "TargetNotConnected");
    tell(1, &status);
    assert_true(shows("i-1 is not connected in eu-west-1 of shop-dev"));
    press("Enter");
    assert_int_equal(shells_count(app_shells(app)), 0);
    assert_true(app_view(app)->kind == &view_words);
}

static void a_paste_waits_for_room(void **state)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct event paste = {.type = EVENT_PASTE};

    (void)state;
    open_shell("i-1");
    for (int i = 0; text.len < (1 << 20); i++)
        buf_addf(&text, "line %d\r", i);
    far[0].takes = 1000;
    paste.paste.text = buf_sv(&text);
    paste.paste.last = true;
    app_event(app, &paste);
    press("z");
    assert_int_equal(far[0].got.len, 1000);
    while (far[0].got.len < text.len + 1) {
        far[0].takes = 70000;
        far[0].handlers.on_room(far[0].handlers.arg);
    }
    assert_memory_equal(far[0].got.ptr, text.ptr, text.len);
    assert_int_equal(far[0].got.ptr[text.len], 'z');
    assert_int_equal(far[0].got.len, text.len + 1);
}

static void the_node_knows_the_size(void **state)
{
    struct event size = {.type = EVENT_RESIZE, .size = {30, 100}};

    (void)state;
    open_shell("i-1");
    term_push(app_term(app), &size);
    app_event(app, &size);
    app_draw(app);
    assert_int_equal(far[0].rows, 26);
    assert_int_equal(far[0].columns, 100);
    press("~ f");
    assert_int_equal(far[0].rows, 30);
    press("Enter ~ f");
    assert_int_equal(far[0].rows, 26);
}

/* On as many lines as it takes, up to what can be done then. */
static void why_it_has_ended_is_not_cut(void **state)
{
    struct channel_status status = {.state = CHANNEL_ENDED};

    (void)state;
    open_shell("i-1");
    err_set(&status.err, ERR_AWS, "kms:GenerateDataKey",
            "AWS refused the request: Alias arn:aws:kms:eu-west-1:111122223333:alias/sessions is "
            "not found, whoever looks for it in whatever account and region there may be");
    tell(0, &status);
    assert_true(shows("ended: kms:GenerateDataKey"));
    assert_true(shows("region there may be"));
    assert_true(shows("anew)"));
}

static void what_scrolled_off_is_read(void **state)
{
    (void)state;
    open_shell("i-1");
    for (int i = 0; i < 100; i++) {
        char line[32];
        snprintf(line, sizeof line, "number %d.\r\n", i);
        say(0, line);
    }
    press("~ [");
    assert_true(shows("v select"));
    press("/ n u m b e r Space 7 . Enter");
    assert_true(shows("number 7."));
    press("q");
    assert_false(shows("number 7."));
    assert_got(0, "");
}

static void mouse(enum mouse_action action, int y, int x)
{
    struct event event = {.type = EVENT_MOUSE,
                          .mouse = {.action = action, .button = 1, .y = y, .x = x}};

    app_event(app, &event);
    app_draw(app);
}

/* The pane begins at row 3: what a program asks to be told is in its own coordinates. */
static void the_mouse_is_the_programs_or_selects(void **state)
{
    (void)state;
    open_shell("i-1");
    say(0, "first word\r\n\033[?1000h\033[?1006h");
    mouse(MOUSE_PRESS, 5, 9);
    mouse(MOUSE_RELEASE, 5, 9);
    assert_got(0, "\033[<0;10;3M\033[<0;10;3m");
    say(0, "\033[?1000l");
    mouse(MOUSE_PRESS, 3, 0);
    mouse(MOUSE_DRAG, 3, 4);
    mouse(MOUSE_RELEASE, 3, 4);
    assert_true(shows("copied text: first"));
    assert_got(0, "");
}

static void a_paste_stands_in_brackets_when_asked_for(void **state)
{
    struct event paste = {.type = EVENT_PASTE, .paste = {.text = SV("two\nlines"), .last = true}};

    (void)state;
    open_shell("i-1");
    app_event(app, &paste);
    assert_got(0, "two\rlines");
    say(0, "\033[?2004h");
    app_event(app, &paste);
    assert_got(0, "\033[200~two\rlines\033[201~");
    press("~"); /* behind a paste no line begins */
    assert_got(0, "~");
}

/* As from a list, whose row is held. */
static void open_on_row(void)
{
    struct err err = ERR_NONE;
    struct shell_wish *wish = shells_new_wish(app_shells(app));

    shells_set_line(app_shells(app), &fake_line);
    str_copy(wish->place.node, "i-1");
    wish->row = app_view(app)->kind->row(app_view(app));
    table_ref(wish->row.table);
    wish->screen = &screen_settings;
    assert_int_equal(shells_open(app_shells(app), wish, "", 20, 80, &err), OK);
    assert_int_equal(app_open(app, &view_shells, NULL, 0, &err), OK);
}

static void what_was_read_is_copied(void **state)
{
    (void)state;
    open_on_row();
    say(0, "alpha\r\nbeta\r\n\033[31mgamma\033[0m");
    press("~ [ k v k y");
    assert_true(shows("copied 2 lines"));
    assert_false(shows("v select")); /* the shell again */
    say(0, "\033[?1049h\033[2J\033[Hin an editor");
    assert_true(shows("in an editor"));
    assert_false(shows("gamma"));
    say(0, "\033[?1049l");
    assert_true(shows("gamma"));
}

/* What is known of the node beside its terminal, which gets the room that is left. */
static void it_stands_beside_what_is_known_of_its_node(void **state)
{
    struct event size = {.type = EVENT_RESIZE, .size = {30, 120}};

    (void)state;
    term_push(app_term(app), &size);
    app_event(app, &size);
    open_on_row();
    say(0, "at work");
    assert_int_equal(far[0].columns, 120);
    press("~ s");
    assert_true(shows("at work"));
    assert_true(shows("WORD"));
    assert_int_equal(far[0].columns, 120 - 48 - 1);
    press("Enter ~ f"); /* alone */
    assert_false(shows("WORD"));
    assert_int_equal(far[0].columns, 120);
    press("Enter ~ s"); /* and no longer */
    assert_true(shows("WORD"));
    assert_int_equal(far[0].columns, 120 - 48 - 1);
    assert_got(0, "\r\r");
    press("a Enter ~ s");
    assert_false(shows("WORD"));
    assert_int_equal(far[0].columns, 120);
    assert_got(0, "a\r");
    size.size.cols = 90;
    term_push(app_term(app), &size);
    app_event(app, &size);
    int all_rows = far[0].rows;
    press("~ s"); /* above it */
    assert_true(shows("at work"));
    assert_true(shows("WORD"));
    assert_int_equal(far[0].columns, 90);
    assert_int_equal(far[0].rows, all_rows - all_rows * 2 / 5 - 1);
    press("Enter ~ s");
    assert_false(shows("WORD"));
    assert_int_equal(far[0].rows, all_rows);
    size.size.rows = 16;
    term_push(app_term(app), &size);
    app_event(app, &size);
    press("Enter ~ s");
    assert_true(shows("needs 100 columns, or "));
}

/* Leaving the console names what would end with it. */
static void leaving_asks_while_shells_go_on(void **state)
{
    (void)state;
    open_shell("i-1");
    open_shell("i-2");
    tell(0, &(struct channel_status){.state = CHANNEL_OPEN});
    tell(1, &(struct channel_status){.state = CHANNEL_ENDED});
    press("q");
    command_line("quit");
    assert_true(shows("1 shell would end. Leave watchdeck?"));
    press("n");
    assert_false(app_has_ended(app));
    tell(0, &(struct channel_status){.state = CHANNEL_ENDED});
    command_line("quit");
    assert_true(app_has_ended(app));
}

static void a_row_that_is_no_node_says_so(void **state)
{
    (void)state;
    press("s");
    assert_true(shows("no node and no instance"));
    command_line("shells");
    assert_true(shows("none is open"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keys_are_the_nodes, start, stop),
        cmocka_unit_test_setup_teardown(a_tilde_after_enter_is_ours, start, stop),
        cmocka_unit_test_setup_teardown(shells_go_on_beside_other_screens, start, stop),
        cmocka_unit_test_setup_teardown(states_are_told, start, stop),
        cmocka_unit_test_setup_teardown(a_paste_waits_for_room, start, stop),
        cmocka_unit_test_setup_teardown(the_node_knows_the_size, start, stop),
        cmocka_unit_test_setup_teardown(why_it_has_ended_is_not_cut, start, stop),
        cmocka_unit_test_setup_teardown(what_scrolled_off_is_read, start, stop),
        cmocka_unit_test_setup_teardown(the_mouse_is_the_programs_or_selects, start, stop),
        cmocka_unit_test_setup_teardown(a_paste_stands_in_brackets_when_asked_for, start, stop),
        cmocka_unit_test_setup_teardown(what_was_read_is_copied, start, stop),
        cmocka_unit_test_setup_teardown(it_stands_beside_what_is_known_of_its_node, start, stop),
        cmocka_unit_test_setup_teardown(leaving_asks_while_shells_go_on, start, stop),
        cmocka_unit_test_setup_teardown(a_row_that_is_no_node_says_so, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
