#include "tests/unit/tui/helper_demo.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tui/terminal/term.h"

struct state {
    const struct demo *demo;
    struct term *term;
    struct canvas_grid *grid;
    int count, resizes;
    char last[64];
    int status; /* -1: goes on */
};

static void draw(struct state *state)
{
    int rows, cols;

    term_size(state->term, &rows, &cols);
    canvas_grid_resize(state->grid, rows, cols);
    struct canvas canvas = canvas_of(state->grid);
    canvas_printf(&canvas, 0, 0, ROLE_TITLE, "count %d %dx%d resizes %d", state->count, cols, rows,
                  state->resizes);
    if (state->demo->text != NULL)
        canvas_text(&canvas, 1, 0, -1, sv_of(state->demo->text), ROLE_TEXT, CUT_END);
    canvas_printf(&canvas, 2, 0, ROLE_FAIL, "last %s", state->last);
    canvas_text(&canvas, 3, 0, -1, SV("a row under the cursor"), ROLE_TEXT | ON_SELECTED, CUT_END);
    canvas_box(&canvas, (struct rect){4, 0, 3, 20}, SV("box"), ROLE_BORDER);
    canvas_cursor(&canvas, 2, 5);
    term_present(state->term, &canvas);
}

static void leave_for_a_while(struct state *state)
{
    char c;

    term_leave(state->term);
    ssize_t n = write(STDOUT_FILENO, "outside\n", 8);
    n = read(STDIN_FILENO, &c, 1); /* a line, as the modes of before have it */
    (void)n;
    term_enter(state->term);
}

static void crash(void)
{
    volatile int *nowhere = NULL;
    *nowhere = 1;
}

/* A list that moves beside something that stands. */
static void scroll(struct state *state, int up)
{
    struct canvas canvas = canvas_of(state->grid);
    struct rect part = {1, 0, canvas.rows - 2, canvas.cols - 10};

    canvas_scroll(&canvas, part, up);
    int freed = up > 0 ? part.rows : 1;
    canvas_fill(&canvas, (struct rect){freed, 0, 1, part.cols}, SIGN_NONE, ROLE_TEXT);
    canvas_printf(&canvas, freed, 0, ROLE_TEXT, "came with %d", up);
    term_present(state->term, &canvas);
}

static void on_key(struct state *state, struct key key)
{
    state->count++;
    key_to_text(key, state->last);
    if (key.mods == MOD_CTRL && key.code == 'z')
        term_suspend(state->term);
    switch (key.mods == 0 ? key.code : 0) {
    case 'q':
        state->status = 0;
        break;
    case 'c':
        crash();
        break;
    case 'a':
        abort();
    case 'y':
        term_copy(state->term, SV("copied text"), NULL);
        break;
    case 'e':
        leave_for_a_while(state);
        break;
    case 'f':
        for (int i = 0; i < 1000; i++) {
            state->count++;
            term_invalidate(state->term);
            draw(state);
        }
        break;
    case 's':
        for (int i = 0; i < 5; i++)
            scroll(state, 1);
        for (int i = 0; i < 2; i++)
            scroll(state, -1);
        break;
    case 'u':
        for (int i = 0; i < 100; i++)
            draw(state);
        break;
    default:
        break;
    }
}

static void on_event(struct state *state, const struct event *event)
{
    switch (event->type) {
    case EVENT_KEY:
        on_key(state, event->key);
        break;
    case EVENT_MOUSE:
        snprintf(state->last, sizeof state->last, "mouse %d button %d at %d,%d",
                 (int)event->mouse.action, event->mouse.button, event->mouse.y, event->mouse.x);
        break;
    case EVENT_PASTE:
        snprintf(state->last, sizeof state->last, "paste of %zu%s", event->paste.text.len,
                 event->paste.last ? " last" : "");
        break;
    case EVENT_RESIZE:
        state->resizes++;
        break;
    case EVENT_FOCUS:
        snprintf(state->last, sizeof state->last, "focus %d", event->focused);
        break;
    case EVENT_CLOSED:
        state->status = 3;
        break;
    case EVENT_NONE:
        break;
    }
}

static void loop(struct state *state)
{
    struct pollfd fds[TERM_FDS];
    struct event event;

    while (state->status < 0) {
        draw(state);
        size_t n = term_fds(state->term, fds);
        poll(fds, n, term_timeout_ms(state->term));
        while (state->status < 0 && term_next_event(state->term, &event))
            on_event(state, &event);
        if (state->status == 3 && state->demo->ignores_end) {
            for (;;)
                pause();
        }
    }
}

int demo_run(void *arg)
{
    struct state state = {.demo = arg, .status = -1};
    struct err err = ERR_NONE;
    struct term_options options = {.no_watchdog = state.demo->no_watchdog};

    if (state.demo->theme != NULL)
        options.theme = theme_find(sv_of(state.demo->theme));
    if (term_open(&options, &state.term, &err) != OK) {
        dprintf(STDOUT_FILENO, "refused: %s\n", err.message);
        return 2;
    }
    state.grid = canvas_grid_new(1, 1);
    loop(&state);
    term_close(state.term);
    canvas_grid_free(state.grid);
    if (state.status == 0)
        dprintf(STDOUT_FILENO, "bye\n");
    return state.status;
}

/* --- job control ------------------------------------------------------------------------------ */

static void give_terminal_to(pid_t group)
{
    tcsetpgrp(STDIN_FILENO, group);
}

int demo_run_as_job(void *demo)
{
    int status;
    char line[64];

    signal(SIGTTOU, SIG_IGN); /* as every shell does */
    pid_t job = fork();
    if (job == 0) {
        setpgid(0, 0);
        give_terminal_to(getpid());
        signal(SIGTTOU, SIG_DFL);
        _exit(demo_run(demo));
    }
    setpgid(job, job);
    while (waitpid(job, &status, WUNTRACED) == job && WIFSTOPPED(status)) {
        give_terminal_to(getpgrp());
        dprintf(STDOUT_FILENO, "stopped\n");
        ssize_t n = read(STDIN_FILENO, line, sizeof line);
        (void)n;
        give_terminal_to(job);
        kill(-job, SIGCONT);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
