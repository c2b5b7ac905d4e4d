#include "tests/harness/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <vterm.h>

#include "core/base/mem.h"
#include "core/base/text.h"
#include "tests/harness/environment.h"
#include "tests/harness/keys.h"

#define UTF8_BYTES_MAX 4
#define READ_BYTES     65536
#define SLICE_MS       5 /* how often an end is looked for that sends nothing by the pty */

struct harness {
    pid_t pid;
    int master; /* -1: hung up */
    bool at_eof, has_ended;
    int status;
    struct termios before;
    struct buf bytes;
    struct buf unread; /* the beginning of a sequence that the vterm has not been given yet */
    char last_char[4]; /* what was printed last, for REP */
    size_t last_char_len;
    VTerm *vterm;
    VTermScreen *screen;
    bool cursor_visible, is_alternate;
};

/* --- starting ------------------------------------------------------------------------------ */

static int on_property(VTermProp property, VTermValue *value, void *user)
{
    struct harness *harness = user;

    if (property == VTERM_PROP_CURSORVISIBLE)
        harness->cursor_visible = value->boolean;
    if (property == VTERM_PROP_ALTSCREEN)
        harness->is_alternate = value->boolean;
    return 1;
}

/* What the virtual terminal answers, as a real one would. */
static void on_output(const char *bytes, size_t len, void *user)
{
    harness_send(user, (struct sv){bytes, len});
}

static void make_vterm(struct harness *harness, int rows, int cols)
{
    static const VTermScreenCallbacks callbacks = {.settermprop = on_property};

    harness->vterm = vterm_new(rows, cols);
    vterm_set_utf8(harness->vterm, 1);
    vterm_output_set_callback(harness->vterm, on_output, harness);
    harness->screen = vterm_obtain_screen(harness->vterm);
    vterm_screen_enable_altscreen(harness->screen, 1);
    vterm_screen_set_callbacks(harness->screen, &callbacks, harness);
    harness->cursor_visible = true;
    vterm_screen_reset(harness->screen, 1);
}

__attribute__((noreturn)) static void run_child(const struct harness_options *options,
                                                const struct environment *environment)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int signo = 1; signo < NSIG; signo++)
        signal(signo, SIG_DFL);
    environ = environment->entries.ptr;
    if (options->argv == NULL) {
        setlocale(LC_ALL, "");
        _exit(options->run(options->arg));
    }
    execvp(options->argv[0], (char *const *)options->argv);
    _exit(127);
}

struct harness *harness_spawn(const struct harness_options *options)
{
    struct harness *harness = mem_new(struct harness);
    struct winsize size = {.ws_row = (unsigned short)(options->rows > 0 ? options->rows : 24),
                           .ws_col = (unsigned short)(options->cols > 0 ? options->cols : 80)};

    struct environment environment;

    environment_make(&environment, options->env);
    harness->pid = forkpty(&harness->master, NULL, NULL, &size);
    if (harness->pid == 0)
        run_child(options, &environment);
    environment_done(&environment);
    if (harness->pid < 0) { /* and kill(-1) would be everybody's end */
        fprintf(stderr, "there is no pty to run it on: %s\n", strerror(errno));
        exit(1);
    }
    /* the program may have changed them already, but no new pty has others than these */
    int master, slave;
    if (openpty(&master, &slave, NULL, NULL, NULL) == 0) {
        tcgetattr(slave, &harness->before);
        close(master);
        close(slave);
    }
    fcntl(harness->master, F_SETFD, FD_CLOEXEC);
    fcntl(harness->master, F_SETFL, O_NONBLOCK);
    make_vterm(harness, size.ws_row, size.ws_col);
    return harness;
}

void harness_free(struct harness *harness)
{
    if (harness == NULL)
        return;
    if (!harness->has_ended) {
        kill(harness->pid, SIGKILL);
        kill(harness->pid, SIGCONT);
        waitpid(harness->pid, NULL, 0);
    }
    harness_hang_up(harness);
    vterm_free(harness->vterm);
    buf_done(&harness->bytes);
    buf_done(&harness->unread);
    mem_free(harness);
}

pid_t harness_pid(const struct harness *harness)
{
    return harness->pid;
}

/* --- reading and writing -------------------------------------------------------------------- */

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void feed_vterm(struct harness *harness, struct sv bytes)
{
    vterm_input_write(harness->vterm, bytes.ptr, bytes.len);
    for (size_t at = bytes.len; at > 0;) {
        unsigned char c = (unsigned char)bytes.ptr[--at];
        if (c >= 0x80 && c < 0xc0)
            continue;
        harness->last_char_len = bytes.len - at < 4 ? bytes.len - at : 4;
        memcpy(harness->last_char, bytes.ptr + at, harness->last_char_len);
        return;
    }
}

/* Whether text begins with REP (ECMA-48 8.3.103: ESC [ n b), which libvterm 0.1 does not know:
 * 1 with its length and n, 0 no, -1 when more bytes are needed to tell. */
static int read_rep(struct sv text, size_t *len, int *n)
{
    size_t at = 2;

    *n = 0;
    if (text.len >= 2 && text.ptr[1] != '[')
        return 0;
    for (; at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9' && *n < 10000; at++)
        *n = *n * 10 + (text.ptr[at] - '0');
    if (at >= text.len)
        return -1;
    *len = at + 1;
    return text.ptr[at] == 'b';
}

/* Gives the vterm all that has come, REP spelt out. */
static void show_bytes(struct harness *harness)
{
    struct sv rest = buf_sv(&harness->unread);

    while (rest.len != 0) {
        const char *escape = memchr(rest.ptr + 1, '\033', rest.len - 1);
        size_t len = escape == NULL ? rest.len : (size_t)(escape - rest.ptr), rep_len;
        int n, is_rep = rest.ptr[0] == '\033' ? read_rep(rest, &rep_len, &n) : 0;
        if (is_rep < 0)
            break;
        if (is_rep > 0)
            len = rep_len;
        for (int i = 0; is_rep > 0 && i < n; i++)
            vterm_input_write(harness->vterm, harness->last_char, harness->last_char_len);
        if (is_rep == 0)
            feed_vterm(harness, (struct sv){rest.ptr, len});
        rest = (struct sv){rest.ptr + len, rest.len - len};
    }
    memmove(harness->unread.ptr, rest.ptr, rest.len);
    harness->unread.len = rest.len;
}

/* Reads what has come, waiting for it at most timeout_ms; false when nothing has. */
static bool pump(struct harness *harness, int timeout_ms)
{
    struct pollfd poll_fd = {.fd = harness->master, .events = POLLIN};
    static char bytes[READ_BYTES];

    if (harness->master < 0 || harness->at_eof) {
        poll(NULL, 0, timeout_ms < SLICE_MS ? timeout_ms : SLICE_MS);
        return false;
    }
    if (poll(&poll_fd, 1, timeout_ms) <= 0)
        return false;
    ssize_t n = read(harness->master, bytes, sizeof bytes);
    if (n <= 0) {
        harness->at_eof = n == 0 || (errno != EAGAIN && errno != EINTR);
        return false;
    }
    buf_add(&harness->bytes, (struct sv){bytes, (size_t)n});
    buf_add(&harness->unread, (struct sv){bytes, (size_t)n});
    show_bytes(harness);
    return true;
}

static void pump_all(struct harness *harness)
{
    while (harness->master >= 0 && !harness->at_eof && pump(harness, 0))
        ;
}

void harness_send(struct harness *harness, struct sv bytes)
{
    int64_t deadline_ms = now_ms() + HARNESS_WAIT_MS;

    while (bytes.len != 0 && harness->master >= 0 && now_ms() < deadline_ms) {
        ssize_t n = write(harness->master, bytes.ptr, bytes.len);
        if (n > 0)
            bytes = (struct sv){bytes.ptr + n, bytes.len - (size_t)n};
        else if (!pump(harness, SLICE_MS) && harness->at_eof)
            return; /* a full pty empties when the program reads and we do */
    }
}

bool harness_keys(struct harness *harness, const char *names)
{
    struct sv rest = sv_of(names);
    char bytes[KEY_BYTES_MAX];

    while (rest.len != 0) {
        struct sv name = sv_split(&rest, ' ');
        if (name.len == 0)
            continue;
        size_t len = key_bytes(name, bytes);
        if (len == 0)
            return false;
        harness_send(harness, (struct sv){bytes, len});
    }
    return true;
}

void harness_resize(struct harness *harness, int rows, int cols)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};

    pump_all(harness);
    if (rows > 0 && cols > 0)
        vterm_set_size(harness->vterm, rows, cols);
    ioctl(harness->master, TIOCSWINSZ, &size);
}

void harness_hang_up(struct harness *harness)
{
    if (harness->master >= 0)
        close(harness->master);
    harness->master = -1;
}

/* --- the screen ----------------------------------------------------------------------------- */

static bool read_cell(const struct harness *harness, int row, int col, VTermScreenCell *cell)
{
    VTermPos position = {.row = row, .col = col};
    int rows, cols;

    vterm_get_size(harness->vterm, &rows, &cols);
    return row >= 0 && row < rows && col >= 0 && col < cols &&
           vterm_screen_get_cell(harness->screen, position, cell) != 0;
}

static void add_cell(const VTermScreenCell *cell, struct buf *out)
{
    char bytes[4];

    if (cell->chars[0] == UINT32_MAX)
        return; /* the right half of a wide character */
    if (cell->chars[0] == 0)
        buf_add_char(out, ' ');
    for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell->chars[i] != 0; i++)
        buf_add(out, (struct sv){bytes, utf8_encode(cell->chars[i], bytes)});
}

void harness_row(struct harness *harness, int row, struct buf *out)
{
    int rows, cols;

    vterm_get_size(harness->vterm, &rows, &cols);
    size_t max_bytes = (size_t)cols * VTERM_MAX_CHARS_PER_CELL * UTF8_BYTES_MAX;
    if (row < 0 || row >= rows || !buf_reserve(out, max_bytes))
        return;
    VTermRect line = {.start_row = row, .end_row = row + 1, .end_col = cols};
    size_t start = out->len;
    out->len += vterm_screen_get_text(harness->screen, out->ptr + start, max_bytes, line);
    while (out->len > start && out->ptr[out->len - 1] == ' ')
        out->len--;
    out->ptr[out->len] = '\0';
}

void harness_screen(struct harness *harness, struct buf *out)
{
    int rows, cols;

    pump_all(harness);
    vterm_get_size(harness->vterm, &rows, &cols);
    for (int row = 0; row < rows; row++) {
        harness_row(harness, row, out);
        buf_add_char(out, '\n');
    }
}

bool harness_has(struct harness *harness, const char *text)
{
    AUTO(buf_done) struct buf screen = BUF_NONE;

    harness_screen(harness, &screen);
    return strstr(buf_cstr(&screen), text) != NULL;
}

static int color_index(const VTermColor *color, bool is_default)
{
    return is_default || !VTERM_COLOR_IS_INDEXED(color) ? -1 : color->indexed.idx;
}

bool harness_cell(struct harness *harness, int row, int col, struct harness_cell *cell)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    VTermScreenCell raw;

    pump_all(harness);
    if (!read_cell(harness, row, col, &raw))
        return false;
    if (raw.chars[0] != 0)
        add_cell(&raw, &text);
    *cell = (struct harness_cell){.bold = raw.attrs.bold,
                                  .underline = raw.attrs.underline != 0,
                                  .reverse = raw.attrs.reverse,
                                  .italic = raw.attrs.italic,
                                  .fg = color_index(&raw.fg, VTERM_COLOR_IS_DEFAULT_FG(&raw.fg)),
                                  .bg = color_index(&raw.bg, VTERM_COLOR_IS_DEFAULT_BG(&raw.bg))};
    str_copy(cell->text, buf_cstr(&text));
    return true;
}

void harness_cursor(struct harness *harness, int *row, int *col, bool *visible)
{
    VTermPos position;

    pump_all(harness);
    vterm_state_get_cursorpos(vterm_obtain_state(harness->vterm), &position);
    *row = position.row;
    *col = position.col;
    *visible = harness->cursor_visible;
}

bool harness_is_alternate(const struct harness *harness)
{
    return harness->is_alternate;
}

struct sv harness_bytes(struct harness *harness)
{
    pump_all(harness);
    return buf_sv(&harness->bytes);
}

void harness_forget_bytes(struct harness *harness)
{
    pump_all(harness);
    buf_clear(&harness->bytes);
}

void harness_forget_first(struct harness *harness, size_t n)
{
    struct buf *bytes = &harness->bytes;

    if (n == 0)
        return;
    memmove(bytes->ptr, bytes->ptr + n, bytes->len - n);
    bytes->len -= n;
}

void harness_modes(const struct harness *harness, struct termios *now, struct termios *before)
{
    *now = (struct termios){0};
    tcgetattr(harness->master, now);
    *before = harness->before;
}

/* --- waiting --------------------------------------------------------------------------------- */

/* What is waited for: holds(harness, condition) is asked after every read. */
struct condition {
    bool (*holds)(struct harness *harness, const struct condition *condition);
    const char *text;
    struct sv bytes;
    int row;
    bool wanted;
};

static bool wait_for(struct harness *harness, const struct condition *condition, int timeout_ms)
{
    int64_t deadline_ms = now_ms() + (timeout_ms > 0 ? timeout_ms : HARNESS_WAIT_MS);

    for (;;) {
        pump_all(harness);
        if (condition->holds(harness, condition))
            return true;
        int64_t left_ms = deadline_ms - now_ms();
        if (left_ms <= 0)
            return false;
        pump(harness, left_ms < SLICE_MS ? (int)left_ms : SLICE_MS);
    }
}

static bool text_is_there(struct harness *harness, const struct condition *condition)
{
    return harness_has(harness, condition->text) == condition->wanted;
}

bool harness_wait(struct harness *harness, const char *text, int timeout_ms)
{
    struct condition condition = {.holds = text_is_there, .text = text, .wanted = true};
    return wait_for(harness, &condition, timeout_ms);
}

bool harness_wait_gone(struct harness *harness, const char *text, int timeout_ms)
{
    struct condition condition = {.holds = text_is_there, .text = text, .wanted = false};
    return wait_for(harness, &condition, timeout_ms);
}

static bool row_has_text(struct harness *harness, const struct condition *condition)
{
    AUTO(buf_done) struct buf row = BUF_NONE;

    harness_row(harness, condition->row, &row);
    return (strstr(buf_cstr(&row), condition->text) != NULL) == condition->wanted;
}

bool harness_wait_row(struct harness *harness, int row, const char *text, int timeout_ms)
{
    struct condition condition = {.holds = row_has_text, .text = text, .row = row, .wanted = true};
    return wait_for(harness, &condition, timeout_ms);
}

bool harness_wait_row_gone(struct harness *harness, int row, const char *text, int timeout_ms)
{
    struct condition condition = {.holds = row_has_text, .text = text, .row = row};
    return wait_for(harness, &condition, timeout_ms);
}

static bool bytes_have_come(struct harness *harness, const struct condition *condition)
{
    return sv_contains(harness_bytes(harness), condition->bytes);
}

bool harness_wait_bytes(struct harness *harness, struct sv bytes, int timeout_ms)
{
    struct condition condition = {.holds = bytes_have_come, .bytes = bytes};
    return wait_for(harness, &condition, timeout_ms);
}

static bool has_ended(struct harness *harness, const struct condition *condition)
{
    (void)condition;
    if (!harness->has_ended && waitpid(harness->pid, &harness->status, WNOHANG) == harness->pid)
        harness->has_ended = true;
    return harness->has_ended;
}

bool harness_wait_end(struct harness *harness, int *status, int timeout_ms)
{
    struct condition condition = {.holds = has_ended};
    bool ended = wait_for(harness, &condition, timeout_ms);

    pump_all(harness);
    *status = harness->status;
    return ended;
}

static bool has_stopped(struct harness *harness, const struct condition *condition)
{
    siginfo_t info = {0};

    (void)condition;
    return waitid(P_PID, (id_t)harness->pid, &info, WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == harness->pid;
}

bool harness_wait_stop(struct harness *harness, int timeout_ms)
{
    struct condition condition = {.holds = has_stopped};
    bool stopped = wait_for(harness, &condition, timeout_ms);
    siginfo_t info;

    if (stopped)
        waitid(P_PID, (id_t)harness->pid, &info, WSTOPPED | WNOHANG);
    return stopped;
}

static bool modes_are_restored(struct harness *harness, const struct condition *condition)
{
    struct termios now = {0}, before;

    harness_modes(harness, &now, &before);
    return (memcmp(&now, &before, sizeof now) == 0) == condition->wanted;
}

bool harness_wait_modes(struct harness *harness, bool restored, int timeout_ms)
{
    struct condition condition = {.holds = modes_are_restored, .wanted = restored};
    return wait_for(harness, &condition, timeout_ms);
}
