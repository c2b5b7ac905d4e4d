/*
 * The whole program on a terminal: whatever ends it, at whatever moment, the terminal is as it was
 * before, the exit status says why, and nothing that it started outlives it.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/unit/screens/helper_console.h"
#include "tests/unit/unit.h"

#define END_MS       1000 /* what an end may take */
#define PATIENCE_MS  10000
#define CHILDREN_MAX 8

static struct room room;
static struct sandbox sandbox;

static int open_room(void **state)
{
    (void)state;
    room_open(&room);
    room_sanitize(&room, "detect_leaks=0:handle_segv=0:handle_abort=0");
    sandbox_start(&sandbox, &room, NULL);
    return 0;
}

static int close_room(void **state)
{
    (void)state;
    sandbox_stop(&sandbox);
    room_close(&room);
    return 0;
}

static struct harness *open_console(int rows, int cols)
{
    static const char *const argv[] = {WATCHDECK, NULL};
    return console_spawn(&room, argv, rows, cols);
}

static struct harness *open_ready(int rows, int cols)
{
    struct harness *harness = open_console(rows, cols);
    assert_true(harness_wait(harness, "accounts, ", PATIENCE_MS));
    return harness;
}

static void press(struct harness *harness, const char *keys)
{
    assert_true(harness_keys(harness, keys));
}

/* --- moments -------------------------------------------------------------------------------- */

static struct harness *while_loading(void)
{
    struct harness *harness = open_console(40, 120);
    assert_true(harness_wait_bytes(harness, SV("\033[?1049h"), PATIENCE_MS));
    return harness;
}

static struct harness *in_a_prompt(void)
{
    struct harness *harness = open_ready(40, 120);
    press(harness, ": a c c o");
    assert_true(harness_wait_row(harness, 39, ":acco", PATIENCE_MS));
    return harness;
}

static struct harness *in_a_dialog(void)
{
    struct harness *harness = open_ready(40, 120);
    press(harness, "q");
    assert_true(harness_wait(harness, "Leave watchdeck?", PATIENCE_MS));
    return harness;
}

static struct harness *in_the_sheet(void)
{
    struct harness *harness = open_ready(40, 120);
    harness_send(harness, SV(":findings\r"));
    assert_true(harness_wait(harness, "unrestricted_dangerous_port", PATIENCE_MS));
    press(harness, "g A");
    assert_true(harness_wait(harness, "Blast radius", PATIENCE_MS));
    return harness;
}

/* The program there has another screen, another cursor, the mouse, and pastes in brackets. */
static struct harness *in_a_shell(void)
{
    struct harness *harness = open_ready(40, 120);
    harness_send(harness, SV(":nodes\r"));
    assert_true(harness_wait(harness, "Online", PATIENCE_MS));
    assert_true(harness_wait_gone(harness, "loading", PATIENCE_MS));
    harness_send(harness, SV(":elevate 15m\r")); /* its account is production */
    assert_true(harness_wait(harness, "ELEVATED", PATIENCE_MS));
    press(harness, "s");
    assert_true(harness_wait(harness, "reason for a shell", PATIENCE_MS));
    harness_send(harness, SV("to end it\r"));
    assert_true(harness_wait_row(harness, 3, "$", PATIENCE_MS));
    harness_send(harness, SV("printf '\\033[?1049h\\033[?1003h\\033[?1006h\\033[?2004h"
                             "\\033[5 q\\033[7minside-%d' $((40+2)); cat\r"));
    assert_true(harness_wait(harness, "inside-42", PATIENCE_MS));
    assert_true(harness_wait_bytes(harness, SV("\033[5 q"), PATIENCE_MS));
    harness_send(harness, SV("\033[200~pasted\033[201~"));
    assert_true(harness_wait(harness, "^[[200~pasted^[[201~", PATIENCE_MS));
    return harness;
}

static const struct {
    const char *name;
    struct harness *(*reach)(void);
} moments[] = {{"while loading", while_loading},
               {"in a prompt", in_a_prompt},
               {"in a dialog", in_a_dialog},
               {"in a shell", in_a_shell},
               {"in the sheet", in_the_sheet}};

/* --- endings -------------------------------------------------------------------------------- */

static void check_restored(struct harness *harness)
{
    struct termios now, before;
    int row, col;
    bool cursor;

    harness_modes(harness, &now, &before);
    assert_memory_equal(&now, &before, sizeof now);
    assert_false(harness_is_alternate(harness));
    harness_cursor(harness, &row, &col, &cursor);
    assert_true(cursor);
    static const char *const off[] = {"\033[?1006;1002l", "\033[?2004l", "\033[?1004l"};
    for (size_t i = 0; i < ARRAY_LEN(off); i++)
        assert_true(sv_contains(harness_bytes(harness), sv_of(off[i])));
    bool has_shaped = sv_contains(harness_bytes(harness), SV("\033[5 q"));
    assert_int_equal(sv_contains(harness_bytes(harness), SV("\033[0 q")), has_shaped);
}

static void a_signal_ends_it(int signo, size_t moment)
{
    struct harness *harness = moments[moment].reach();
    int64_t at_ms = test_now_ms();

    print_message("# %s %s\n", strsignal(signo), moments[moment].name);
    kill(harness_pid(harness), signo);
    assert_int_equal(console_end(harness, PATIENCE_MS), 128 + signo);
    int64_t took_ms = test_now_ms() - at_ms;
    if (took_ms > END_MS + 500) /* on a machine that is busy otherwise */
        fail_msg("the end took %lld ms", (long long)took_ms);
    check_restored(harness);
    harness_free(harness);
}

static void signals_end_it_at_any_moment(void **state)
{
    static const int signals[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGSEGV, SIGABRT};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
        a_signal_ends_it(signals[i], i % ARRAY_LEN(moments));
        a_signal_ends_it(signals[i], (i + 2 + i / ARRAY_LEN(moments)) % ARRAY_LEN(moments));
    }
}

static void kill_9_is_undone_by_the_watchdog(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(moments); i += 3) { /* in a shell too */
        struct harness *harness = moments[i].reach();

        kill(harness_pid(harness), SIGKILL);
        assert_int_equal(console_end(harness, PATIENCE_MS), 128 + SIGKILL);
        assert_true(harness_wait_bytes(harness, SV("\033[?2004l"), END_MS));
        assert_true(harness_wait_modes(harness, true, END_MS));
        check_restored(harness);
        harness_free(harness);
    }
}

static void a_closed_terminal_ends_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(moments); i++) {
        struct harness *harness = moments[i].reach();

        harness_hang_up(harness);
        assert_int_equal(console_end(harness, END_MS + 500), 128 + SIGHUP);
        harness_free(harness);
    }
}

/* The keyboard ends while the screen is there. */
static int run_without_input(void *arg)
{
    int *ends = arg;

    dup2(ends[0], STDIN_FILENO);
    execl(WATCHDECK, WATCHDECK, NULL);
    return 127;
}

static void input_that_is_no_terminal_is_refused(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    struct harness *harness = harness_spawn(&(struct harness_options){
        .run = run_without_input, .arg = ends, .env = (const char *const *)room.env.entries});
    assert_int_equal(console_end(harness, PATIENCE_MS), 2);
    assert_true(harness_has(harness, "--once"));
    assert_false(harness_is_alternate(harness));
    close(ends[0]);
    close(ends[1]);
    harness_free(harness);
}

static void ctrl_c_twice_and_q_end_it_well(void **state)
{
    (void)state;
    struct harness *harness = open_ready(24, 80);
    press(harness, "ctrl-c ctrl-c");
    assert_int_equal(console_end(harness, PATIENCE_MS), 0);
    check_restored(harness);
    harness_free(harness);
    harness = open_ready(24, 80);
    harness_send(harness, SV(":quit\r"));
    assert_int_equal(console_end(harness, PATIENCE_MS), 0);
    check_restored(harness);
    harness_free(harness);
}

/* --- the demo and its sandbox --------------------------------------------------------------- */

static void the_demo_leaves_nothing_running(void **state)
{
    static const int signals[] = {SIGTERM, SIGKILL, SIGSEGV};
    static const char *const argv[] = {WATCHDECK, "--demo", "--world", SMALL_WORLD, NULL};
    pid_t children[CHILDREN_MAX];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
        struct harness *harness = console_spawn(&room, argv, 24, 80);

        assert_true(harness_wait(harness, "accounts, ", PATIENCE_MS));
        size_t n = children_of(harness_pid(harness), children, CHILDREN_MAX);
        assert_int_equal(n, 2); /* the sandbox and the watchdog */
        kill(harness_pid(harness), signals[i]);
        assert_int_equal(console_end(harness, PATIENCE_MS), 128 + signals[i]);
        for (size_t k = 0; k < n; k++)
            assert_true(process_wait_gone(children[k], 2 * END_MS));
        assert_true(harness_wait_modes(harness, true, END_MS));
        harness_free(harness);
    }
}

/* --- suspending ------------------------------------------------------------------------------ */

/* As a job of a shell, as people do it. */
static void it_is_suspended_and_resumed(void **state)
{
    static const char *const argv[] = {"bash", "--norc", "--noprofile", "-i", NULL};
    struct harness *harness = console_spawn(&room, argv, 24, 80);

    (void)state;
    harness_send(harness, SV("PS1='ready> '\r" WATCHDECK "\r"));
    assert_true(harness_wait(harness, "accounts, ", PATIENCE_MS));
    for (int round = 1; round <= 3; round++) {
        press(harness, "ctrl-z");
        assert_true(harness_wait(harness, "ready>", PATIENCE_MS));
        assert_false(harness_is_alternate(harness));
        harness_resize(harness, 24 + round, 80 + 10 * round);
        harness_send(harness, SV("fg\r"));
        assert_true(harness_wait_row(harness, 0, "watchdeck", PATIENCE_MS));
        assert_true(harness_is_alternate(harness));
        press(harness, "?");
        assert_true(harness_wait_row(harness, 1, "Help", PATIENCE_MS));
        press(harness, "q");
        assert_true(harness_wait_row(harness, 1, "Triage", PATIENCE_MS));
    }
    harness_send(harness, SV(":quit\r"));
    assert_true(harness_wait(harness, "ready>", PATIENCE_MS));
    harness_send(harness, SV("exit\r"));
    assert_int_equal(console_end(harness, PATIENCE_MS), 0);
    harness_free(harness);
}

/* --- sizes ----------------------------------------------------------------------------------- */

static void any_size_is_borne(void **state)
{
    static const int sizes[][2] = {{1, 1},   {15, 60},    {60, 200},   {14, 60}, {15, 59},
                                   {2, 500}, {300, 2},    {1000, 500}, {24, 80}, {1, 200},
                                   {60, 1},  {4000, 100}, {40, 120}};
    struct harness *harness = open_ready(40, 120);

    (void)state;
    for (int round = 0; round < 10; round++) {
        for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
            harness_resize(harness, sizes[i][0], sizes[i][1]);
    }
    assert_true(harness_wait(harness, "accounts, ", PATIENCE_MS));
    assert_true(harness_wait_row(harness, 39, "command", PATIENCE_MS));
    harness_resize(harness, 15, 60);
    assert_true(harness_wait_row(harness, 1, "Triage", PATIENCE_MS));
    assert_true(harness_wait_gone(harness, "wants 60x15", PATIENCE_MS));
    harness_resize(harness, 14, 60);
    assert_true(harness_wait(harness, "watchdeck wants 60x15, this is 60x14", PATIENCE_MS));
    harness_resize(harness, 60, 200);
    assert_true(harness_wait_row(harness, 59, "command", PATIENCE_MS));
    harness_free(harness);
}

/* Below 60x15 there is that line and nothing else. */
static void a_small_terminal_gets_one_polite_line(void **state)
{
    AUTO(buf_done) struct buf screen = BUF_NONE;
    struct harness *harness = open_console(10, 50);
    size_t n_lines = 0;

    (void)state;
    assert_true(harness_wait(harness, "watchdeck wants 60x15, this is 50x10", PATIENCE_MS));
    harness_screen(harness, &screen);
    for (struct sv rest = buf_sv(&screen); rest.len > 0;)
        n_lines += sv_trim(sv_split(&rest, '\n')).len > 0;
    assert_int_equal(n_lines, 1);
    press(harness, "ctrl-c ctrl-c");
    assert_int_equal(console_end(harness, PATIENCE_MS), 0);
    harness_free(harness);
}

/* --- what the terminal can do ------------------------------------------------------------------
 */

static void no_color_means_none(void **state)
{
    struct harness_cell cell;
    struct room mono = room;

    (void)state;
    mono.env.entries[mono.env.n] = "NO_COLOR=1";
    struct harness *harness = open_ready(24, 80),
                   *plain = console_spawn(&mono, (const char *const[]){WATCHDECK, NULL}, 24, 80);
    assert_true(harness_wait(plain, "accounts, ", PATIENCE_MS));
    bool colored = false;
    for (int row = 0; row < 24; row++) {
        for (int col = 0; col < 80; col++) {
            assert_true(harness_cell(plain, row, col, &cell));
            assert_int_equal(cell.fg, -1);
            assert_int_equal(cell.bg, -1);
            assert_true(harness_cell(harness, row, col, &cell));
            colored = colored || cell.fg != -1 || cell.bg != -1;
        }
    }
    assert_true(colored);
    harness_free(harness);
    harness_free(plain);
    room.env.entries[room.env.n] = NULL;
}

static void a_terminal_that_cannot_is_told_so(void **state)
{
    static const char *const terms[] = {"TERM=dumb", "TERM", "TERM=no-such-terminal", "TERM=../x",
                                        "TERM="};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(terms); i++) {
        struct room other = room;
        other.env.entries[other.env.n] = (char *)terms[i];
        struct harness *harness =
            console_spawn(&other, (const char *const[]){WATCHDECK, NULL}, 24, 80);
        assert_int_equal(console_end(harness, PATIENCE_MS), 2);
        assert_true(harness_has(harness, "TERM"));
        assert_true(harness_has(harness, "xterm-256color"));
        assert_false(sv_contains(harness_bytes(harness), SV("\033")));
        harness_free(harness);
    }
}

/* --- mouse, stillness ---------------------------------------------------------------------------
 */

static bool is_reverse(struct harness *harness, int row)
{
    struct harness_cell cell;
    return harness_cell(harness, row, 3, &cell) && cell.reverse;
}

static int row_with(struct harness *harness, const char *text)
{
    for (int row = 0; row < 40; row++) {
        AUTO(buf_done) struct buf line = BUF_NONE;
        harness_row(harness, row, &line);
        if (strstr(buf_cstr(&line), text) != NULL)
            return row;
    }
    return -1;
}

static void a_click_selects_the_row(void **state)
{
    static const char *const argv[] = {WATCHDECK, ":accounts", NULL};
    struct room mono = room;
    char press_bytes[64];

    (void)state;
    mono.env.entries[mono.env.n] = "NO_COLOR=1";
    struct harness *harness = console_spawn(&mono, argv, 40, 120);
    assert_true(harness_wait_row(harness, 1, "Accounts", PATIENCE_MS));
    assert_true(harness_wait(harness, "shop", PATIENCE_MS));
    assert_true(harness_wait_gone(harness, "loading", PATIENCE_MS)); /* no row moves any more */
    int row = row_with(harness, "shop");
    assert_true(row > 0);
    assert_false(is_reverse(harness, row));
    snprintf(press_bytes, sizeof press_bytes, "\033[<0;10;%dM\033[<0;10;%dm", row + 1, row + 1);
    harness_send(harness, sv_of(press_bytes));
    int64_t until_ms = test_now_ms() + PATIENCE_MS;
    while (!is_reverse(harness, row) && test_now_ms() < until_ms)
        usleep(1000);
    assert_true(is_reverse(harness, row));
    harness_free(harness);
    room.env.entries[room.env.n] = NULL;
}

/* A number of the first screen opens the rows behind it. */
static void a_click_opens_a_number(void **state)
{
    static const char *const argv[] = {WATCHDECK, NULL};
    struct harness *harness = console_spawn(&room, argv, 40, 120);
    AUTO(buf_done) struct buf line = BUF_NONE;
    char press_bytes[64];

    (void)state;
    assert_true(harness_wait(harness, "accounts, ", PATIENCE_MS));
    assert_true(harness_wait(harness, "in 24h", PATIENCE_MS));
    assert_true(harness_wait_gone(harness, "loading", PATIENCE_MS));
    int row = row_with(harness, "in 24h");
    harness_row(harness, row, &line);
    int column = (int)(strstr(buf_cstr(&line), "in 24h") - buf_cstr(&line)) + 1; /* ASCII so far */
    snprintf(press_bytes, sizeof press_bytes, "\033[<0;%d;%dM\033[<0;%d;%dm", column, row + 1,
             column, row + 1);
    harness_send(harness, sv_of(press_bytes));
    assert_true(harness_wait_row(harness, 1, "Changes", PATIENCE_MS));
    harness_free(harness);
}

/* A refresh that brings nothing new, frozen in time, writes nothing. */
static void an_unchanged_frame_writes_nothing(void **state)
{
    static const char *const argv[] = {WATCHDECK, "--now", "2026-03-01T03:00:00Z", NULL};
    struct harness *harness = console_spawn(&room, argv, 40, 120);

    (void)state;
    assert_true(harness_wait(harness, "accounts, ", PATIENCE_MS));
    harness_send(harness, SV(":identity\r"));
    assert_true(harness_wait_row(harness, 1, "Identity", PATIENCE_MS));
    assert_true(harness_wait_gone(harness, "loading", PATIENCE_MS));
    press(harness, "k ?");
    assert_true(harness_wait_row(harness, 1, "Help", PATIENCE_MS));
    press(harness, "q");
    assert_true(harness_wait_row(harness, 1, "Identity", PATIENCE_MS));
    assert_true(harness_wait_row(harness, 39, "command", PATIENCE_MS));
    /* what is still on its way may come; then a second and more, over a tick of the clock */
    size_t n_bytes = 1;
    for (int round = 0; round < 5 && n_bytes > 0; round++) {
        int64_t until_ms = test_now_ms() + 1300;
        harness_forget_bytes(harness);
        while (test_now_ms() < until_ms) {
            press(harness, "k"); /* the first row stays the first row */
            usleep(20000);
        }
        n_bytes = harness_bytes(harness).len;
    }
    assert_int_equal(n_bytes, 0);
    press(harness, ":");
    assert_true(harness_wait_row(harness, 39, ":", PATIENCE_MS));
    harness_free(harness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_end_it_at_any_moment),
        cmocka_unit_test(kill_9_is_undone_by_the_watchdog),
        cmocka_unit_test(a_closed_terminal_ends_it),
        cmocka_unit_test(input_that_is_no_terminal_is_refused),
        cmocka_unit_test(ctrl_c_twice_and_q_end_it_well),
        cmocka_unit_test(the_demo_leaves_nothing_running),
        cmocka_unit_test(it_is_suspended_and_resumed),
        cmocka_unit_test(any_size_is_borne),
        cmocka_unit_test(a_small_terminal_gets_one_polite_line),
        cmocka_unit_test(no_color_means_none),
        cmocka_unit_test(a_terminal_that_cannot_is_told_so),
        cmocka_unit_test(a_click_selects_the_row),
        cmocka_unit_test(a_click_opens_a_number),
        cmocka_unit_test(an_unchanged_frame_writes_nothing),
    };
    return cmocka_run_group_tests(tests, open_room, close_room);
}
