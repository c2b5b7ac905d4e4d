#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "tests/harness/harness.h"
#include "tests/unit/tui/helper_canvas.h"
#include "tests/unit/tui/helper_demo.h"
#include "tui/terminal/term.h"

static struct demo demo;
static struct harness *harness;

/* Starts the demo program; env as harness_options has it. */
static void start_with(const char *const *env, int rows, int cols)
{
    struct harness_options options = {
        .run = demo_run, .arg = &demo, .env = env, .rows = rows, .cols = cols};
    harness = harness_spawn(&options);
}

static void start(void)
{
    start_with(NULL, 24, 80);
    assert_true(harness_wait(harness, "count 0 80x24", 0));
    assert_true(harness_wait_row(harness, 6, "──", 0)); /* the end of the frame */
}

static int setup(void **state)
{
    (void)state;
    demo = (struct demo){0};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    harness_free(harness);
    harness = NULL;
    return 0;
}

static void assert_restored(void)
{
    assert_true(harness_wait_modes(harness, true, 1000));
    struct sv bytes = harness_bytes(harness);
    static const char *const undone[] = {"\033[?2004l", "\033[?1004l", "\033[?1006;1002l",
                                         "\033[?1049l"};
    for (size_t i = 0; i < ARRAY_LEN(undone); i++)
        assert_true(sv_contains(bytes, sv_of(undone[i])));
    int row, col;
    bool visible;
    harness_cursor(harness, &row, &col, &visible);
    assert_true(visible);
    assert_false(harness_is_alternate(harness));
}

static int end_status(void)
{
    int status;

    assert_true(harness_wait_end(harness, &status, 2000));
    return status;
}

static void a_screen_is_shown_and_given_back(void **state)
{
    struct harness_cell cell;

    (void)state;
    start();
    assert_true(harness_is_alternate(harness));
    assert_true(harness_wait_modes(harness, false, 0));
    assert_true(harness_wait(harness, "┌─ box ──", 0));
    assert_true(harness_cell(harness, 2, 0, &cell));
    assert_int_equal(cell.fg, 203);
    assert_true(cell.bold);
    assert_true(harness_cell(harness, 3, 0, &cell));
    assert_true(cell.reverse);
    int row, col;
    bool visible;
    harness_cursor(harness, &row, &col, &visible);
    assert_true(visible);
    assert_int_equal(row, 2);
    assert_int_equal(col, 5);
    harness_keys(harness, "j Down PgUp ctrl-d alt-x F5 shift-Tab é");
    assert_true(harness_wait(harness, "last é", 0));
    assert_true(harness_has(harness, "count 8"));
    harness_keys(harness, "q");
    assert_int_equal(end_status(), 0);
    assert_restored();
    assert_true(harness_has(harness, "bye"));
}

/* vt100 has no second screen: the picture stays, but for the line that the next words stand on. */
static void what_is_said_next_has_a_line_of_its_own(void **state)
{
    const char *const env[] = {"TERM=vt100", NULL};
    AUTO(buf_done) struct buf row = BUF_NONE;

    (void)state;
    start_with(env, 7, 80);
    assert_true(harness_wait_row(harness, 6, "──", 0)); /* the last one is full */
    harness_keys(harness, "q");
    assert_int_equal(end_status(), 0);
    assert_true(harness_wait_row(harness, 5, "bye", 0));
    harness_row(harness, 5, &row);
    assert_string_equal(buf_cstr(&row), "bye");
}

static void a_lone_escape_is_a_key(void **state)
{
    const char *const env[] = {"ESCDELAY=25", NULL};

    (void)state;
    start_with(env, 24, 80);
    assert_true(harness_wait(harness, "count 0", 0));
    harness_keys(harness, "Esc");
    assert_true(harness_wait(harness, "last Esc", 1000));
    harness_keys(harness, "alt-j");
    assert_true(harness_wait(harness, "last alt-j", 1000));
    harness_send(harness, SV("\033[9;9;9y\033]0;x\033\\k"));
    assert_true(harness_wait(harness, "last k", 1000));
    assert_true(harness_has(harness, "count 3"));
}

static void an_unchanged_screen_costs_no_byte(void **state)
{
    (void)state;
    start();
    harness_keys(harness, "j");
    assert_true(harness_wait(harness, "last j", 0));
    harness_keys(harness, "u");
    assert_true(harness_wait(harness, "last u", 0));
    harness_forget_bytes(harness);
    harness_keys(harness, "u u u"); /* three hundred times the same, and three counts */
    assert_true(harness_wait(harness, "count 5", 0));
    assert_in_range(harness_bytes(harness).len, 1, 150);
}

static void mouse_paste_and_focus_arrive(void **state)
{
    static const char *const terms[] = {"TERM=xterm-256color", "TERM=tmux-256color",
                                        "TERM=screen-256color"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(terms); i++) {
        const char *const env[] = {terms[i], NULL};
        start_with(env, 24, 300);
        assert_true(harness_wait(harness, "count 0", 0));
        assert_true(sv_contains(harness_bytes(harness), SV("\033[?1002;1006h")));
        harness_send(harness, SV("\033[<0;290;20M"));
        assert_true(harness_wait(harness, "mouse 0 button 1 at 19,289", 0));
        harness_send(harness, SV("\033[<65;1;1M"));
        assert_true(harness_wait(harness, "mouse 4 button 0 at 0,0", 0));
        harness_send(harness, SV("\033[200~rm -rf /\rq\033[201~"));
        assert_true(harness_wait(harness, "paste of 10 last", 0));
        harness_send(harness, SV("\033[O"));
        assert_true(harness_wait(harness, "focus 0", 0));
        assert_true(harness_has(harness, "count 0"));
        harness_keys(harness, "q");
        assert_int_equal(end_status(), 0);
        harness_free(harness);
        harness = NULL;
    }
}

static void signals_end_it_in_order(void **state)
{
    static const int signals[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
        start();
        kill(harness_pid(harness), signals[i]);
        int status = end_status();
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 3);
        assert_restored();
        harness_free(harness);
        harness = NULL;
    }
}

static void a_stuck_program_is_ended_with_the_terminal_restored(void **state)
{
    (void)state;
    demo.ignores_end = true;
    start();
    kill(harness_pid(harness), SIGTERM);
    int status = end_status();
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 128 + SIGTERM);
    assert_restored();
}

static void crashes_restore_the_terminal(void **state)
{
    static const struct {
        const char *keys;
        int sent, dies_of;
    } crashes[] = {
        {"a", 0, SIGABRT},      {NULL, SIGSEGV, SIGSEGV}, {NULL, SIGBUS, SIGBUS},
        {NULL, SIGFPE, SIGFPE}, {NULL, SIGABRT, SIGABRT}, {NULL, SIGILL, SIGILL},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(crashes); i++) {
        start();
        if (crashes[i].keys != NULL)
            harness_keys(harness, crashes[i].keys);
        else
            kill(harness_pid(harness), crashes[i].sent);
        int status = end_status();
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), crashes[i].dies_of);
        assert_restored();
        harness_free(harness);
        harness = NULL;
    }
}

static void a_kill_is_answered_by_the_watchdog(void **state)
{
    (void)state;
    start();
    kill(harness_pid(harness), SIGKILL);
    assert_true(harness_wait_modes(harness, true, 1000)); /* five times what is promised */
    assert_true(harness_wait_bytes(harness, SV("\033[?1049l"), 1000));
    end_status();
    assert_restored();
}

static void whenever_it_ends_the_terminal_is_restored(void **state)
{
    static const int signals[] = {SIGKILL, SIGTERM, SIGKILL, SIGHUP, SIGKILL, SIGINT};

    (void)state;
    for (int moment_ms = 0; moment_ms < 30; moment_ms++) {
        harness = harness_spawn(&(struct harness_options){.run = demo_run, .arg = &demo});
        poll(NULL, 0, moment_ms); /* the moments are the point here, not a wait for anything */
        kill(harness_pid(harness), signals[(size_t)moment_ms % ARRAY_LEN(signals)]);
        end_status();
        assert_true(harness_wait_modes(harness, true, 1000));
        harness_free(harness);
        harness = NULL;
    }
}

static void without_a_watchdog_a_kill_leaves_it_as_it_is(void **state)
{
    (void)state;
    demo.no_watchdog = true;
    start();
    kill(harness_pid(harness), SIGKILL);
    end_status();
    assert_false(harness_wait_modes(harness, true, 300));
}

static void a_terminal_that_goes_away_ends_it(void **state)
{
    struct rusage before, after;
    int status;

    (void)state;
    start();
    getrusage(RUSAGE_CHILDREN, &before);
    int64_t closed_ms = clock_mono_ms();
    harness_hang_up(harness);
    assert_true(harness_wait_end(harness, &status, 2000));
    assert_in_range(clock_mono_ms() - closed_ms, 0, 1000);
    assert_true(WIFEXITED(status));
    getrusage(RUSAGE_CHILDREN, &after);
    double cpu_s = (double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec) +
                   (double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec) / 1e6;
    assert_true(cpu_s < 0.5);
}

static void sizes_follow_each_other(void **state)
{
    static const struct {
        int rows, cols;
    } sizes[] = {{1, 1},   {0, 0},    {5, 200}, {200, 5},   {0, 0},
                 {1, 300}, {60, 200}, {2, 2},   {1000, 500}};

    (void)state;
    start();
    for (int round = 0; round < 20; round++) {
        for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
            harness_resize(harness, sizes[i].rows, sizes[i].cols);
    }
    harness_resize(harness, 30, 100);
    assert_true(harness_wait(harness, "count 0 100x30", 0));
    harness_keys(harness, "j");
    assert_true(harness_wait(harness, "count 1 100x30", 0));
    harness_resize(harness, 1, 1);
    harness_keys(harness, "j");
    harness_resize(harness, 24, 80);
    assert_true(harness_wait(harness, "count 2 80x24", 0));
    assert_true(harness_wait(harness, "a row under the cursor", 0)); /* frames come in pieces */
}

static void it_starts_at_any_size(void **state)
{
    (void)state;
    start_with(NULL, 1, 1);
    harness_resize(harness, 24, 80);
    assert_true(harness_wait(harness, "80x24", 0));
    harness_free(harness);
    start();
}

static void suspending_gives_the_terminal_back(void **state)
{
    (void)state;
    harness = harness_spawn(&(struct harness_options){.run = demo_run_as_job, .arg = &demo});
    assert_true(harness_wait(harness, "count 0", 0));
    for (int round = 0; round < 5; round++) {
        harness_keys(harness, "ctrl-z");
        assert_true(harness_wait(harness, "stopped", 0));
        assert_true(harness_wait_modes(harness, true, 0));
        assert_false(harness_is_alternate(harness));
        int row, col;
        bool visible;
        harness_cursor(harness, &row, &col, &visible);
        assert_true(visible);
        harness_resize(harness, 20 + round, 70);
        harness_keys(harness, "Enter");
        assert_true(harness_wait(harness, "a row under the cursor", 0));
        assert_true(harness_wait_modes(harness, false, 0));
        assert_true(harness_is_alternate(harness));
    }
    assert_true(harness_wait(harness, "70x24", 0));
    harness_keys(harness, "j q");
    assert_int_equal(WEXITSTATUS(end_status()), 0);
    assert_restored();
}

static void where_nobody_could_continue_it_it_does_not_stop(void **state)
{
    (void)state;
    start();
    for (int way = 0; way < 2; way++) {
        harness_forget_bytes(harness);
        if (way == 0)
            harness_keys(harness, "ctrl-z");
        else
            kill(harness_pid(harness), SIGTSTP);
        assert_true(harness_wait_bytes(harness, SV("\033[?1049l"), 0));
        assert_true(harness_wait_bytes(harness, SV("\033[?1049h"), 0));
        assert_true(harness_wait_modes(harness, false, 0));
        assert_true(harness_wait(harness, "a row under the cursor", 0));
    }
    harness_keys(harness, "j");
    assert_true(harness_wait(harness, "last j", 0));
}

/* Waits for the end without reading what is written meanwhile. */
static bool ends_unread(int timeout_ms)
{
    int64_t deadline_ms = clock_mono_ms() + timeout_ms;
    siginfo_t info = {0};

    while (clock_mono_ms() < deadline_ms) {
        waitid(P_PID, (id_t)harness_pid(harness), &info, WEXITED | WNOHANG | WNOWAIT);
        if (info.si_pid != 0)
            return true;
        poll(NULL, 0, 5);
    }
    return false;
}

static void a_terminal_that_reads_nothing_does_not_keep_it(void **state)
{
    (void)state;
    start();
    harness_keys(harness, "f");
    assert_false(ends_unread(50)); /* by now it is stuck in a write */
    kill(harness_pid(harness), SIGTERM);
    assert_true(ends_unread(2000));
    assert_int_equal(WEXITSTATUS(end_status()), 128 + SIGTERM);
    assert_true(harness_wait_modes(harness, true, 0));
}

static void a_width_that_libc_does_not_know_moves_nothing(void **state)
{
    struct harness_cell cell;

    (void)state;
    demo.text = "a\xf0\x9f\xab\xa8z"; /* U+1FAE8: new in Unicode 15, two columns */
    start();
    assert_true(harness_wait_row(harness, 1, "z", 0));
    assert_true(harness_cell(harness, 1, 3, &cell));
    assert_string_equal(cell.text, "z");
}

static void another_program_may_have_the_terminal(void **state)
{
    (void)state;
    start();
    harness_keys(harness, "e");
    assert_true(harness_wait(harness, "outside", 0));
    assert_true(harness_wait_modes(harness, true, 0));
    assert_false(harness_is_alternate(harness));
    harness_resize(harness, 20, 70);
    harness_keys(harness, "Enter");
    assert_true(harness_wait(harness, "70x20", 0));
    assert_true(harness_is_alternate(harness));
    harness_keys(harness, "j q");
    assert_int_equal(end_status(), 0);
    assert_restored();
}

static void unusable_terminals_are_refused_with_a_word(void **state)
{
    static const struct {
        const char *env, *message;
    } cases[] = {
        {"TERM=dumb", "TERM=dumb cannot place the cursor; set TERM to"},
        {"TERM", "TERM is not set; set TERM to"},
        {"TERM=", "TERM is not set"},
        {"TERM=no-such-terminal", "TERM=no-such-terminal is not known on this machine"},
        {"TERM=../../etc/passwd", "TERM=../../etc/passwd is no name"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *const env[] = {cases[i].env, NULL};
        start_with(env, 24, 200);
        assert_true(harness_wait(harness, cases[i].message, 0));
        assert_int_equal(WEXITSTATUS(end_status()), 2);
        assert_true(harness_wait_modes(harness, true, 0));
        harness_free(harness);
        harness = NULL;
    }
}

static void colours_are_what_there_is(void **state)
{
    static const struct {
        const char *term, *no_color;
        int fg;
        bool bold;
    } cases[] = {
        {"TERM=xterm-256color", "NO_COLOR", 203, true},
        {"TERM=xterm-16color", "NO_COLOR", 9, true},
        {"TERM=xterm", "NO_COLOR", 1, true},
        {"TERM=vt100", "NO_COLOR", -1, true},
        {"TERM=xterm-256color", "NO_COLOR=1", -1, true},
        {"TERM=xterm-256color", "NO_COLOR=", 203, true},
    };
    struct harness_cell cell;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *const env[] = {cases[i].term, cases[i].no_color, NULL};
        start_with(env, 24, 80);
        assert_true(harness_wait(harness, "box", 0));
        assert_true(harness_cell(harness, 2, 0, &cell));
        assert_int_equal(cell.fg, cases[i].fg);
        assert_int_equal(cell.bold, cases[i].bold);
        assert_true(harness_cell(harness, 3, 0, &cell));
        assert_true(cell.reverse);
        harness_free(harness);
        harness = NULL;
    }
}

static void without_utf8_everything_is_ascii(void **state)
{
    const char *const env[] = {"LC_ALL=C", NULL};

    (void)state;
    demo.text = "caf\xc3\xa9 \xe6\x97\xa5 \033[2J \x9b"
                "2J";
    start_with(env, 24, 80);
    assert_true(harness_wait(harness, "caf? ?? ^[[2J ?2J", 0));
    assert_true(harness_wait(harness, "+- box --", 0));
    struct sv bytes = harness_bytes(harness);
    for (size_t i = 0; i < bytes.len; i++)
        assert_in_range(bytes.ptr[i], 0x07, 0x7e);
}

static void wide_and_combining_text_stands_where_it_should(void **state)
{
    struct harness_cell cell;

    (void)state;
    demo.text = "a日本e\xcc\x81x\xe2\x80\xae";
    start();
    assert_true(harness_wait(harness, "a日本e\xcc\x81x<U+202E>", 0));
    assert_true(harness_cell(harness, 1, 5, &cell));
    assert_string_equal(cell.text, "e\xcc\x81");
    assert_true(harness_cell(harness, 1, 6, &cell));
    assert_string_equal(cell.text, "x");
}

static void copying_goes_through_tmux_too(void **state)
{
    const char *const env[] = {"TMUX=/tmp/tmux-0/default,1,0", NULL};

    (void)state;
    start();
    harness_keys(harness, "y");
    assert_true(harness_wait_bytes(harness, SV("\033]52;c;Y29waWVkIHRleHQ=\a"), 0));
    assert_false(sv_contains(harness_bytes(harness), SV("Ptmux")));
    harness_free(harness);
    start_with(env, 24, 80);
    assert_true(harness_wait(harness, "count 0", 0));
    harness_keys(harness, "y");
    assert_true(
        harness_wait_bytes(harness, SV("\033Ptmux;\033\033]52;c;Y29waWVkIHRleHQ=\a\033\\"), 0));
}

static void assert_rows_below(const char *const *rows, int first)
{
    for (int i = 0; rows[i] != NULL; i++) {
        AUTO(buf_done) struct buf row = BUF_NONE;
        harness_row(harness, first + i, &row);
        assert_string_equal(buf_cstr(&row), rows[i]);
    }
}

/* What stays of the moves after the next frame is what the terminal did otherwise than believed. */
static void what_moves_is_moved_and_leaves_nothing_behind(void **state)
{
    static const char *const terms[] = {"TERM=xterm-256color", "TERM=tmux-256color", "TERM=linux",
                                        "TERM=vt100"};
    static const char *const rows[] = {
        "a row under the cursor",
        "\u250c\u2500 box "
        "\u2500\u2500\u2500\u2500\u2500\u2500\u2500\u2500\u2500\u2500\u2500\u2500\u2510",
        NULL};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(terms); i++) {
        const char *const env[] = {terms[i], "LC_ALL=C.UTF-8", NULL};
        harness_free(harness);
        start_with(env, 10, 60);
        assert_true(harness_wait(harness, "count 0", 0));
        harness_forget_bytes(harness);
        harness_keys(harness, "s");
        assert_true(harness_wait_bytes(harness, SV("came with 1"), 0));
        assert_true(harness_wait(harness, "last s", 0));
        harness_keys(harness, "x");
        assert_true(harness_wait(harness, "last x", 0));
        assert_rows_below(rows, 3);
        assert_false(harness_has(harness, "came with"));
    }
}

static void stdin_that_is_no_terminal_is_refused(void **state)
{
    struct err err = ERR_NONE;
    struct term *term;
    int ends[2], saved = dup(STDIN_FILENO);

    (void)state;
    assert_int_equal(pipe(ends), 0);
    dup2(ends[0], STDIN_FILENO);
    assert_int_equal(term_open(&(struct term_options){0}, &term, &err), ERR_UNSUPPORTED);
    assert_non_null(strstr(err.message, "--once"));
    dup2(saved, STDIN_FILENO);
    close(saved);
    close(ends[0]);
    close(ends[1]);
}

static void a_terminal_in_memory_is_driven_by_its_caller(void **state)
{
    struct term *term = term_open_memory(3, 20);
    struct canvas_grid *grid = canvas_grid_new(3, 20);
    struct canvas canvas = canvas_of(grid);
    struct event event = key_event_of("ctrl-d"), got;
    char text[] = "pasted";

    (void)state;
    assert_int_equal(term_fds(term, NULL), 0);
    assert_int_equal(term_timeout_ms(term), -1);
    assert_false(term_next_event(term, &got));
    term_push(term, &event);
    event = (struct event){.type = EVENT_PASTE, .paste = {sv_of(text), true}};
    term_push(term, &event);
    memset(text, 'x', 6);
    event = (struct event){.type = EVENT_RESIZE, .size = {4, 30}};
    term_push(term, &event);
    assert_true(term_next_event(term, &got));
    assert_true(event_is_ctrl(&got, 'd'));
    assert_true(term_next_event(term, &got));
    assert_true(sv_eq(got.paste.text, SV("pasted")));
    assert_true(term_next_event(term, &got));
    assert_int_equal(got.type, EVENT_RESIZE);
    int rows, cols;
    term_size(term, &rows, &cols);
    assert_int_equal(cols, 30);
    canvas_text(&canvas, 1, 2, -1, SV("of the old size"), ROLE_TEXT, CUT_END);
    term_present(term, &canvas);
    canvas_grid_resize(grid, 4, 30);
    canvas = canvas_of(grid);
    canvas_text(&canvas, 1, 2, -1, SV("shown"), ROLE_TEXT, CUT_END);
    term_present(term, &canvas);
    struct canvas shown = term_shown(term);
    assert_row(&shown, 1, "  shown");
    term_close(term);
    canvas_grid_free(grid);
}

int main(void)
{
#define TERM_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        TERM_TEST(a_screen_is_shown_and_given_back),
        TERM_TEST(what_is_said_next_has_a_line_of_its_own),
        TERM_TEST(a_lone_escape_is_a_key),
        TERM_TEST(an_unchanged_screen_costs_no_byte),
        TERM_TEST(mouse_paste_and_focus_arrive),
        TERM_TEST(signals_end_it_in_order),
        TERM_TEST(a_stuck_program_is_ended_with_the_terminal_restored),
        TERM_TEST(crashes_restore_the_terminal),
        TERM_TEST(a_kill_is_answered_by_the_watchdog),
        TERM_TEST(whenever_it_ends_the_terminal_is_restored),
        TERM_TEST(without_a_watchdog_a_kill_leaves_it_as_it_is),
        TERM_TEST(a_terminal_that_goes_away_ends_it),
        TERM_TEST(sizes_follow_each_other),
        TERM_TEST(it_starts_at_any_size),
        TERM_TEST(suspending_gives_the_terminal_back),
        TERM_TEST(where_nobody_could_continue_it_it_does_not_stop),
        TERM_TEST(a_terminal_that_reads_nothing_does_not_keep_it),
        TERM_TEST(a_width_that_libc_does_not_know_moves_nothing),
        TERM_TEST(another_program_may_have_the_terminal),
        TERM_TEST(unusable_terminals_are_refused_with_a_word),
        TERM_TEST(colours_are_what_there_is),
        TERM_TEST(without_utf8_everything_is_ascii),
        TERM_TEST(wide_and_combining_text_stands_where_it_should),
        TERM_TEST(copying_goes_through_tmux_too),
        TERM_TEST(what_moves_is_moved_and_leaves_nothing_behind),
        TERM_TEST(stdin_that_is_no_terminal_is_refused),
        TERM_TEST(a_terminal_in_memory_is_driven_by_its_caller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
