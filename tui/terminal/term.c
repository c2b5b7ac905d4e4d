#include "tui/terminal/term.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/mem.h"
#include "tui/grid.h"
#include "tui/terminal/decode.h"
#include "tui/terminal/frame.h"
#include "tui/terminal/paint.h"
#include "tui/terminal/queue.h"
#include "tui/terminal/restore.h"
#include "tui/terminal/signals.h"
#include "tui/terminal/terminfo.h"

#define READ_BYTES   65536
#define DEFAULT_ROWS 24
#define DEFAULT_COLS 80

/*
 * Private modes (xterm, "XTerm Control Sequences"): paste 2004, focus 1004, mouse 1002 in the SGR
 * form 1006. Mouse reports are decoded by us, not by curses: the terminfo entries of tmux and
 * screen still describe the old form, which ends at column 223.
 */
#define MODES_ON  "\033[?2004h\033[?1004h"
#define MODES_OFF "\033[?1004l\033[?2004l"
#define MOUSE_ON  "\033[?1002;1006h"
#define MOUSE_OFF "\033[?1006;1002l"

#define HINT_TERM "; set TERM to what your terminal is, such as xterm-256color"
#define HINT_ONCE "; without a terminal use --once SCREEN"

struct term {
    bool is_memory;
    int rows, cols, n_colors;
    const struct theme *theme;
    struct canvas_grid *shown;
    struct event_queue *queue;

    /* what follows is for a real terminal alone */
    bool has_mouse, has_shaped, is_left, is_closed;
    bool is_readable; /* poll has said so, and nothing was read since */
    bool is_drained;  /* the last read has left nothing: the next poll knows of more */
    bool is_new;      /* curses has not entered its screen yet, or not again */
    bool shown_is_stale;
    SCREEN *screen;
    struct frame frame; /* what curses writes: at the start and the end */
    struct painter *painter;
    struct buf painted;            /* what it writes: the frames */
    struct termios before, during; /* the terminal's modes without us, and with us */
    struct decoder *decoder;
    int64_t fed_at_ms;
    int esc_ms;
};

/* Keeps what was there when the terminal does not know its size (0x0). */
static void read_size(int *rows, int *cols)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0)
        return;
    *rows = size.ws_row > CANVAS_MAX ? CANVAS_MAX : size.ws_row;
    *cols = size.ws_col > CANVAS_MAX ? CANVAS_MAX : size.ws_col;
}

/* Keys that this terminal may send in a way of its own. */
static void teach_keys(struct decoder *decoder)
{
    static const struct {
        const char *capability;
        struct key key;
    } keys[] = {
        {"kcuu1", {KEYC_UP, 0}},     {"kcud1", {KEYC_DOWN, 0}},   {"kcub1", {KEYC_LEFT, 0}},
        {"kcuf1", {KEYC_RIGHT, 0}},  {"khome", {KEYC_HOME, 0}},   {"kend", {KEYC_END, 0}},
        {"kpp", {KEYC_PGUP, 0}},     {"knp", {KEYC_PGDN, 0}},     {"kich1", {KEYC_INSERT, 0}},
        {"kdch1", {KEYC_DELETE, 0}}, {"kent", {KEYC_ENTER, 0}},   {"kcbt", {KEYC_TAB, MOD_SHIFT}},
        {"kf1", {KEYC_F1, 0}},       {"kf2", {KEYC_F1 + 1, 0}},   {"kf3", {KEYC_F1 + 2, 0}},
        {"kf4", {KEYC_F1 + 3, 0}},   {"kf5", {KEYC_F1 + 4, 0}},   {"kf6", {KEYC_F1 + 5, 0}},
        {"kf7", {KEYC_F1 + 6, 0}},   {"kf8", {KEYC_F1 + 7, 0}},   {"kf9", {KEYC_F1 + 8, 0}},
        {"kf10", {KEYC_F1 + 9, 0}},  {"kf11", {KEYC_F1 + 10, 0}}, {"kf12", {KEYC_F12, 0}},
    };

    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        decoder_add_key(decoder, sv_of(terminfo_string(keys[i].capability)), keys[i].key);
    /* rxvt's, which terminfo has under extended names alone */
    decoder_add_key(decoder, SV("\033Od"), (struct key){KEYC_LEFT, MOD_CTRL});
    decoder_add_key(decoder, SV("\033Oc"), (struct key){KEYC_RIGHT, MOD_CTRL});
}

/* --- modes --------------------------------------------------------------------------------- */

static void set_modes(const struct term *term)
{
    AUTO(buf_done) struct buf out = BUF_NONE;

    terminfo_add(&out, "smkx");
    buf_add_cstr(&out, MODES_ON);
    if (term->has_mouse)
        buf_add_cstr(&out, MOUSE_ON);
    frame_write(STDOUT_FILENO, buf_sv(&out));
}

static void add_modes_off(const struct term *term, struct buf *out)
{
    if (term->has_mouse)
        buf_add_cstr(out, MOUSE_OFF);
    buf_add_cstr(out, MODES_OFF);
    if (term->has_shaped)
        terminfo_add_usual_shape(out);
    terminfo_add(out, "rmkx");
}

/* A terminal without a second screen keeps the picture: what is said next has its last line. */
static void add_last_line(const struct term *term, struct buf *out)
{
    if (terminfo_string("rmcup") != NULL)
        return;
    terminfo_add_move(out, term->rows - 1, 0);
    terminfo_add(out, "el");
}

/* Everything that would have to be undone, in bytes, while there is time to ask terminfo. Some
 * terminals save the cursor's visibility with its place, so that rmcup hides it: it is shown after
 * that too. */
static void arm_restore(const struct term *term)
{
    static const char *const capabilities[] = {"op", "cnorm", "rmcup", "cnorm"};
    struct restore_plan plan = {
        .fd = STDOUT_FILENO, .before = term->before, .during = term->during};
    AUTO(buf_done) struct buf bytes = BUF_CAPPED(RESTORE_BYTES_MAX);

    add_modes_off(term, &bytes);
    terminfo_add(&bytes, "sgr0");
    terminfo_add_region(&bytes, 0, term->rows); /* a frame may have been cut off */
    for (size_t i = 0; i < ARRAY_LEN(capabilities); i++)
        terminfo_add(&bytes, capabilities[i]);
    add_last_line(term, &bytes);
    plan.n_bytes = bytes.len;
    memcpy(plan.bytes, buf_cstr(&bytes), bytes.len);
    restore_arm(&plan);
}

/* Each byte as it is typed, unread by the driver: control characters and line ends are ours. */
static void make_raw(struct termios *modes)
{
    modes->c_iflag &= ~(tcflag_t)(IXON | BRKINT | PARMRK | ICRNL | INLCR | IGNCR);
    modes->c_oflag &= ~(tcflag_t)OPOST;
    modes->c_lflag &= ~(tcflag_t)(ICANON | ISIG | IEXTEN | ECHO | ECHONL);
    modes->c_cc[VMIN] = 1;
    modes->c_cc[VTIME] = 0;
}

/* Curses does not know the terminal and cannot set its modes. They are armed before they are set:
 * there is no moment at which a kill would leave some behind that nobody undoes. */
static void set_raw(struct term *term)
{
    tcgetattr(STDOUT_FILENO, &term->before);
    term->during = term->before;
    make_raw(&term->during);
    struct restore_plan plan = {
        .fd = STDOUT_FILENO, .before = term->before, .during = term->during};
    restore_arm(&plan);
    tcsetattr(STDOUT_FILENO, TCSADRAIN, &term->during);
    tcgetattr(STDOUT_FILENO, &term->during); /* what the driver has made of it */
}

void term_restore_now(void)
{
    restore_now();
}

/* --- opening and closing ------------------------------------------------------------------- */

static struct term *term_new(int rows, int cols, const struct theme *theme)
{
    struct term *term = mem_new(struct term);

    term->shown = canvas_grid_new(rows, cols);
    term->rows = canvas_of(term->shown).rows;
    term->cols = canvas_of(term->shown).cols;
    term->theme = theme != NULL ? theme : theme_at(0);
    term->queue = event_queue_new();
    return term;
}

struct term *term_open_memory(int rows, int cols)
{
    struct term *term = term_new(rows, cols, NULL);

    term->is_memory = true;
    return term;
}

static int escape_delay_ms(void)
{
    int64_t delay_ms;

    if (!sv_to_i64(sv_of(getenv("ESCDELAY")), &delay_ms) || delay_ms < 0 || delay_ms > 1000)
        return DECODE_ESC_MS;
    return (int)delay_ms;
}

static void set_size(struct term *term, int rows, int cols)
{
    term->rows = rows;
    term->cols = cols;
    canvas_grid_resize(term->shown, rows, cols);
    term->shown_is_stale = true;
    if (term->is_memory)
        return;
    resize_term(rows, cols);
    if (!term->is_left)
        arm_restore(term);
}

static void start_curses(struct term *term)
{
    nonl();        /* the modes are set: how curses moves the cursor depends on what it believes */
    typeahead(-1); /* or doupdate puts a frame off while keys wait */
    term->is_new = true;
}

static bool is_plain_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789._+-";
    return strspn(name, letters) == strlen(name);
}

/* Whether there is a terminal at all, before anything is touched. */
static enum err_code check_terminal(const char *name, struct err *err)
{
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return err_set(err, ERR_UNSUPPORTED, "terminal",
                       "stdin and stdout must be a terminal" HINT_ONCE);
    if (name == NULL || *name == '\0')
        return err_set(err, ERR_UNSUPPORTED, "terminal", "TERM is not set" HINT_TERM);
    if (!is_plain_name(name))
        return err_set(err, ERR_UNSUPPORTED, "terminal", "TERM=%s is no name" HINT_TERM, name);
    return OK;
}

static enum err_code open_screen(struct term *term, const char *name, struct err *err)
{
    if (!frame_open(&term->frame))
        return err_set_errno(err, "terminal", "no memory for a frame");
    use_extended_names(FALSE); /* a damaged extended part of an entry is libtinfo's death */
    term->screen = newterm(name, term->frame.stream, stdin);
    if (term->screen == NULL)
        return err_set(err, ERR_UNSUPPORTED, "terminal",
                       "TERM=%s is not known on this machine" HINT_TERM, name);
    if (terminfo_string("cup") == NULL || terminfo_string("clear") == NULL) {
        delscreen(term->screen);
        term->screen = NULL;
        return err_set(err, ERR_UNSUPPORTED, "terminal",
                       "TERM=%s cannot place the cursor" HINT_TERM HINT_ONCE, name);
    }
    return OK;
}

static void follow_locale(void)
{
    bool is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;

    text_ascii_only(!is_utf8);
    sign_ascii_only(!is_utf8);
}

enum err_code term_open(const struct term_options *options, struct term **opened, struct err *err)
{
    const char *name = getenv("TERM");
    int rows = DEFAULT_ROWS, cols = DEFAULT_COLS;

    enum err_code code = check_terminal(name, err);
    if (code != OK)
        return code;
    struct term *term = term_new(rows, cols, options->theme);
    restore_open(STDOUT_FILENO, !options->no_watchdog);
    signals_open(); /* before curses, which leaves handlers alone that are there */
    set_raw(term);
    read_size(&rows, &cols);
    code = open_screen(term, name, err);
    if (code != OK) {
        term_close(term);
        return code;
    }
    follow_locale();
    term->has_mouse = !options->no_mouse;
    term->esc_ms = escape_delay_ms();
    term->n_colors = terminfo_colors();
    struct paint_terminal terminal = terminfo_terminal(term->n_colors);
    term->painter = painter_new(&terminal, term->theme);
    term->decoder = decoder_new();
    teach_keys(term->decoder);
    start_curses(term);
    set_size(term, rows, cols); /* arms what undoes the modes */
    set_modes(term);
    *opened = term;
    return OK;
}

void term_close(struct term *term)
{
    if (term == NULL)
        return;
    if (term->screen != NULL) {
        term_leave(term);
        delscreen(term->screen);
    }
    if (term->frame.stream != NULL)
        frame_close(&term->frame);
    if (!term->is_memory) {
        tcsetattr(STDOUT_FILENO, TCSADRAIN, &term->before);
        restore_close();
        signals_close();
    }
    decoder_free(term->decoder);
    event_queue_free(term->queue);
    canvas_grid_free(term->shown);
    painter_free(term->painter);
    buf_done(&term->painted);
    mem_free(term);
}

void term_leave(struct term *term)
{
    if (term->is_memory || term->is_left)
        return;
    term->is_left = true;
    AUTO(buf_done) struct buf modes_off = BUF_NONE, cursor_on = BUF_NONE;
    add_modes_off(term, &modes_off);
    terminfo_add(&modes_off, "sgr0");
    terminfo_add_move(&modes_off, 0,
                      0); /* where curses believes to be: it has not seen the frames */
    add_last_line(term, &cursor_on);
    terminfo_add(&cursor_on, "cnorm");
    frame_write(STDOUT_FILENO, buf_sv(&modes_off));
    endwin();
    frame_send(&term->frame, STDOUT_FILENO);
    frame_write(STDOUT_FILENO, buf_sv(&cursor_on)); /* as in arm_restore */
    tcsetattr(STDOUT_FILENO, TCSADRAIN, &term->before);
    restore_disarm();
}

void term_enter(struct term *term)
{
    if (term->is_memory || !term->is_left)
        return;
    term->is_left = false;
    term->is_readable = false; /* another may have read it */
    term->is_new = true;
    arm_restore(term);
    tcsetattr(STDOUT_FILENO, TCSADRAIN, &term->during);
    set_modes(term);
    int rows = term->rows, cols = term->cols;
    read_size(&rows, &cols);
    set_size(term, rows, cols);
    struct event resized = {.type = EVENT_RESIZE, .size = {rows, cols}};
    event_queue_push(term->queue, &resized);
}

void term_suspend(struct term *term)
{
    if (term->is_memory)
        return;
    bool was_left = term->is_left;
    term_leave(term);
    signals_stop_process();
    signals_take(SIGCONT);
    if (!was_left)
        term_enter(term);
}

/* --- events -------------------------------------------------------------------------------- */

size_t term_fds(const struct term *term, struct pollfd fds[TERM_FDS])
{
    if (term->is_memory || term->is_closed)
        return 0;
    fds[0] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = signals_fd(), .events = POLLIN};
    return 2;
}

void term_polled(struct term *term, const struct pollfd fds[TERM_FDS])
{
    if (!term->is_memory && !term->is_closed)
        term->is_readable = (fds[0].revents & (POLLIN | POLLHUP)) != 0;
}

static bool has_input(struct term *term)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    bool is_known = term->is_readable;

    term->is_readable = false;
    return is_known || poll(&input, 1, 0) > 0;
}

int term_timeout_ms(const struct term *term)
{
    if (term->is_memory || !decoder_is_waiting(term->decoder))
        return -1;
    int64_t left_ms = term->fed_at_ms + term->esc_ms - clock_mono_ms();
    return left_ms < 0 ? 0 : (int)left_ms;
}

void term_push(struct term *term, const struct event *event)
{
    if (event->type == EVENT_RESIZE && term->is_memory)
        set_size(term, event->size.rows, event->size.cols);
    event_queue_push(term->queue, event);
}

/* Somebody else may have changed the modes while the process was stopped. */
static void after_continue(struct term *term)
{
    if (term->is_left)
        return;
    term->is_left = true;
    term_enter(term);
}

static void answer_signals(struct term *term)
{
    if (!signals_clear())
        return;
    if (signals_take(SIGTSTP))
        term_suspend(term);
    if (signals_take(SIGCONT))
        after_continue(term);
    if (!signals_take(SIGWINCH) || term->is_left)
        return;
    int rows = term->rows, cols = term->cols;
    read_size(&rows, &cols);
    if (rows == term->rows && cols == term->cols)
        return;
    set_size(term, rows, cols);
    struct event resized = {.type = EVENT_RESIZE, .size = {rows, cols}};
    event_queue_push(term->queue, &resized);
}

/* Reads what has arrived; false when nothing has. */
static bool read_input(struct term *term)
{
    char bytes[READ_BYTES];

    bool was_drained = term->is_drained;
    term->is_drained = false;
    if (term->is_left || was_drained || !has_input(term))
        return false;
    ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
    term->is_drained = n > 0 && n < (ssize_t)sizeof bytes;
    if (n > 0) {
        decoder_feed(term->decoder, (struct sv){bytes, (size_t)n});
        term->fed_at_ms = clock_mono_ms();
        return true;
    }
    if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
        term->is_closed = true;
        signals_begin_end();
    }
    return false;
}

bool term_next_event(struct term *term, struct event *event)
{
    if (term->is_memory)
        return event_queue_pop(term->queue, event);
    answer_signals(term);
    if (term->is_closed || signals_end() != 0) {
        *event = (struct event){.type = EVENT_CLOSED, .signal = signals_end()};
        return true;
    }
    if (event_queue_pop(term->queue, event) || decoder_next(term->decoder, false, event))
        return true;
    if (read_input(term))
        return decoder_next(term->decoder, false, event);
    if (term->is_closed)
        return term_next_event(term, event);
    return term_timeout_ms(term) == 0 && decoder_next(term->decoder, true, event);
}

/* --- the screen ---------------------------------------------------------------------------- */

void term_size(const struct term *term, int *rows, int *cols)
{
    *rows = term->rows;
    *cols = term->cols;
}

struct canvas term_shown(const struct term *term)
{
    return canvas_of(term->shown);
}

void term_invalidate(struct term *term)
{
    term->shown_is_stale = true;
}

void term_set_theme(struct term *term, const struct theme *theme)
{
    term->theme = theme;
    term->shown_is_stale = true;
    if (term->painter != NULL)
        painter_set_theme(term->painter, theme);
}

void term_present(struct term *term, const struct canvas *canvas)
{
    if (canvas->rows != term->rows || canvas->cols != term->cols || term->is_left)
        return;
    if (term->is_memory) {
        grid_copy(term->shown, canvas->grid);
        return;
    }
    if (term->is_new) {
        refresh(); /* curses enters its screen */
        frame_send(&term->frame, STDOUT_FILENO);
    }
    if (grid_cursor_shape(canvas->grid) != CURSOR_USUAL && !term->has_shaped) {
        term->has_shaped = true;
        arm_restore(term); /* from now on that is to be undone too */
    }
    if (painter_paint(term->painter, term->shown, canvas->grid, term->shown_is_stale,
                      &term->painted))
        frame_write(STDOUT_FILENO, buf_sv(&term->painted));
    buf_clear(&term->painted);
    term->is_new = term->shown_is_stale = false;
}

/* --- the clipboard ------------------------------------------------------------------------- */

/* OSC 52 ; c ; base64 ST. tmux hears it when its set-clipboard is on; to the terminal outside it
 * goes wrapped into a DCS, with each ESC doubled, where allow-passthrough is on. */
enum err_code term_copy(struct term *term, struct sv text, struct err *err)
{
    AUTO(buf_done) struct buf base64 = BUF_NONE;
    AUTO(buf_done) struct buf out = BUF_NONE;

    if (text.len > TERM_COPY_MAX)
        return err_set(err, ERR_TOO_BIG, "clipboard", "more than %d bytes", TERM_COPY_MAX);
    if (term->is_memory || term->is_left)
        return OK;
    base64_encode(&base64, text);
    buf_addf(&out, "\033]52;c;%s\a", buf_cstr(&base64));
    if (getenv("TMUX") != NULL)
        buf_addf(&out, "\033Ptmux;\033\033]52;c;%s\a\033\\", buf_cstr(&base64));
    frame_write(STDOUT_FILENO, buf_sv(&out));
    return OK;
}
