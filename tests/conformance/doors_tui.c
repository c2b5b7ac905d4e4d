/*
 * doors_tui: the doors of tui: the cells of a canvas, and the bytes that a real terminal gets.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/text.h"
#include "tests/conformance/doors.h"
#include "tests/harness/harness.h"
#include "tests/harness/sequences.h"
#include "tui/terminal/term.h"
#include "tui/widget/pager.h"
#include "tui/widget/pane.h"

#define ROWS 10
#define COLS 40

static void drop(void *arg, struct sv bytes)
{
    (void)arg, (void)bytes;
}

/* The text as what a program on a node writes to its terminal. */
static void draw_pane(const struct canvas *canvas, struct sv text)
{
    struct vt *vt =
        vt_new(&(struct vt_options){.rows = canvas->rows, .cols = canvas->cols, .send = drop});
    struct pane pane;

    vt_feed(vt, text);
    pane_init(&pane, vt);
    pane_draw(&pane, canvas, true);
    pane_done(&pane);
    vt_free(vt);
}

/* The text wherever a screen may show it: cut in each way, as a title, wrapped, in a box, as the
 * output of a shell. */
static void draw(const struct canvas *canvas, struct sv text)
{
    struct rect rest = canvas_rect(canvas);

    canvas_clear(canvas, ROLE_TEXT);
    rect_cut_bottom(&rest, 1);
    for (enum canvas_cut cut = CUT_END; cut <= CUT_CENTER; cut++)
        canvas_text(canvas, rect_cut_top(&rest, 1).y, (int)cut, 11 + (int)cut, text, ROLE_TEXT,
                    cut);
    canvas_identity(canvas, 0, 20, -1, text, ROLE_IDENTITY, CUT_MIDDLE);
    canvas_box(canvas, (struct rect){1, 20, 4, 20}, text, ROLE_BORDER);
    struct canvas inside = canvas_sub(canvas, (struct rect){2, 21, 2, 18});
    draw_pane(&inside, text);
    struct canvas below = canvas_sub(canvas, rest);
    struct pager pager;
    pager_init(&pager);
    pager_set_wrap(&pager, true);
    pager_add(&pager, text, ROLE_TEXT);
    pager_draw(&pager, &below);
    pager_done(&pager);
}

void door_canvas(struct buf *out, struct sv text)
{
    struct canvas_grid *grid = canvas_grid_new(ROWS, COLS);
    struct canvas canvas = canvas_of(grid);

    sign_ascii_only(text_is_ascii_only());
    draw(&canvas, text);
    canvas_dump(&canvas, out);
    sign_ascii_only(false);
    canvas_grid_free(grid);
}

/* --- a real terminal -------------------------------------------------------------------------- */

/* A process that shows what it is sent on its terminal. */
struct shower {
    struct harness *harness;
    struct sequences *sequences;
    int wire; /* our end of a pair; each message is a text behind a byte (an empty one is an end) */
    int n_shown;
};

/* The shower's side: shows each message, its number last, until the other end is closed. */
static int show(void *wire)
{
    struct term *term;
    struct err err;
    static char text[65536];
    ssize_t n;

    if (term_open(&(struct term_options){.no_watchdog = true}, &term, &err) != OK)
        return 2;
    struct canvas_grid *grid = canvas_grid_new(ROWS, COLS);
    struct canvas canvas = canvas_of(grid);
    for (int number = 1; (n = recv(*(int *)wire, text, sizeof text, 0)) > 0; number++) {
        draw(&canvas, (struct sv){text + 1, (size_t)n - 1});
        canvas_printf(&canvas, ROWS - 1, 0, ROLE_TEXT, "number %d.", number);
        term_present(term, &canvas);
    }
    term_close(term);
    return 0;
}

static struct shower *start_shower(bool ascii)
{
    static const char *const modes[] = {"\033[?2004h", "\033[?1004h", "\033[?1002;1006h", NULL};
    const char *const env[] = {ascii ? "LC_ALL=C" : "LC_ALL=C.UTF-8", NULL};
    struct shower *shower = mem_new(struct shower);
    int wire[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, wire) != 0)
        return shower;
    shower->wire = wire[0];
    shower->harness = harness_spawn(&(struct harness_options){
        .run = show, .arg = &wire[1], .env = env, .rows = ROWS, .cols = COLS});
    close(wire[1]);
    shower->sequences = sequences_new("xterm-256color", modes);
    return shower;
}

void door_terminal(struct buf *out, struct sv text)
{
    static struct shower *showers[2]; /* for UTF-8, for ASCII; they end with this process */
    struct shower **shower = &showers[text_is_ascii_only()];
    char number[32];

    if (*shower == NULL)
        *shower = start_shower(text_is_ascii_only());
    struct shower *s = *shower;
    AUTO(buf_done) struct buf message = BUF_NONE;
    buf_add_char(&message, ':');
    buf_add(&message, text);
    snprintf(number, sizeof number, "number %d.", ++s->n_shown);
    bool shown = s->sequences != NULL &&
                 send(s->wire, message.ptr, message.len, MSG_NOSIGNAL) == (ssize_t)message.len &&
                 harness_wait_row(s->harness, ROWS - 1, number, 0);
    if (!shown) {
        buf_add_cstr(out, "\033"); /* a failure: nothing was shown */
        return;
    }
    sequences_strip(s->sequences, harness_bytes(s->harness), out);
    harness_forget_bytes(s->harness);
}
