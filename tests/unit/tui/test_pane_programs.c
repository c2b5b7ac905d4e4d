/* Programs as people run them on nodes, on a pty of this machine, drawn by a pane. */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "tests/support/dir.h"
#include "tests/unit/tui/helper_canvas.h"
#include "tui/widget/pane.h"

#define WAIT_MS 60000

/* Where vim and htop leave what they want to remember. */
static char home[DIR_PATH_SIZE];

struct program {
    pid_t pid;
    int fd;
    struct vt *vt;
    struct pane pane;
    struct canvas_grid *grid;
    struct canvas canvas;
};

static void to_program(void *arg, struct sv bytes)
{
    const struct program *program = arg;

    while (bytes.len > 0) {
        ssize_t n = write(program->fd, bytes.ptr, bytes.len);
        if (n <= 0)
            return;
        bytes = (struct sv){bytes.ptr + n, bytes.len - (size_t)n};
    }
}

static void start(struct program *program, const char *const *argv, int rows, int cols)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};

    *program = (struct program){0};
    program->pid = forkpty(&program->fd, NULL, NULL, &size);
    assert_true(program->pid >= 0);
    if (program->pid == 0) {
        setenv("TERM", "xterm-256color", 1);
        setenv("LC_ALL", "C.UTF-8", 1);
        setenv("HOME", home, 1);
        execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    program->vt = vt_new(&(struct vt_options){
        .rows = rows, .cols = cols, .history_lines = 1000, .send = to_program, .arg = program});
    pane_init(&program->pane, program->vt);
    program->grid = canvas_grid_new(rows, cols);
    program->canvas = canvas_of(program->grid);
}

/* Reads what comes within a little while; false at the end. */
static bool read_on(struct program *program)
{
    struct pollfd fd = {.fd = program->fd, .events = POLLIN};
    char bytes[65536];

    if (poll(&fd, 1, 50) == 0)
        return true;
    ssize_t n = read(program->fd, bytes, sizeof bytes);
    if (n <= 0)
        return n < 0 && errno == EINTR;
    vt_feed(program->vt, (struct sv){bytes, (size_t)n});
    pane_draw(&program->pane, &program->canvas, true);
    return true;
}

static void wait_for(struct program *program, const char *text)
{
    int64_t until_ms = clock_mono_ms() + WAIT_MS;

    while (!canvas_has(&program->canvas, text)) {
        if (!read_on(program) || clock_mono_ms() > until_ms) {
            AUTO(buf_done) struct buf screen = BUF_NONE;
            canvas_dump(&program->canvas, &screen);
            print_error("no \"%s\" on\n%s", text, buf_cstr(&screen));
            fail();
        }
    }
}

static void type(struct program *program, const char *names)
{
    struct sv rest = sv_of(names);

    while (rest.len > 0) {
        char *name = sv_dup(sv_split(&rest, ' '));
        vt_key(program->vt, key_event_of(name).key);
        mem_free(name);
    }
}

static int wait_end(struct program *program)
{
    int status = 0;

    while (read_on(program))
        ;
    waitpid(program->pid, &status, 0);
    close(program->fd);
    pane_done(&program->pane);
    vt_free(program->vt);
    canvas_grid_free(program->grid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void resize(struct program *program, int rows, int cols)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};

    ioctl(program->fd, TIOCSWINSZ, &size);
    vt_resize(program->vt, rows, cols);
    canvas_grid_resize(program->grid, rows, cols);
    program->canvas = canvas_of(program->grid);
}

static bool is_there(const char *name)
{
    char path[64];

    snprintf(path, sizeof path, "/usr/bin/%s", name);
    return access(path, X_OK) == 0;
}

static void vim_edits_a_file(void **state)
{
    struct program program;
    AUTO(buf_done) struct buf text = BUF_NONE;
    char dir[DIR_PATH_SIZE], path[DIR_PATH_SIZE];

    (void)state;
    if (!is_there("vim"))
        skip();
    dir_make(dir);
    dir_path(dir, "file.txt", path);
    const char *const argv[] = {"vim", "-u", "NONE", "-N", path, NULL};
    start(&program, argv, 24, 80);
    wait_for(&program, "[New]");
    assert_true(vt_is_alternate(program.vt));
    type(&program, "i é 日 本 x Left ! Esc");
    wait_for(&program, "é日本!x");
    resize(&program, 10, 40);
    type(&program, ": s e t Space r u l e r Enter");
    wait_for(&program, "1,");
    type(&program, ": w q Enter");
    assert_int_equal(wait_end(&program), 0);
    file_read(path, &text);
    assert_string_equal(buf_cstr(&text), "é日本!x\n");
    dir_remove(dir);
}

static void htop_is_drawn(void **state)
{
    static const char *const argv[] = {"htop", NULL};
    struct program program;

    (void)state;
    if (!is_there("htop"))
        skip();
    start(&program, argv, 40, 120);
    wait_for(&program, "Load average");
    wait_for(&program, "F10");
    assert_true(vt_wants_mouse(program.vt));
    type(&program, "F1");
    wait_for(&program, "htop 3");
    type(&program, "q");
    wait_for(&program, "Load average");
    type(&program, "F10");
    assert_int_equal(wait_end(&program), 0);
}

/* Raw keys reach the program, and its flow is not ours to stop. */
static void a_shell_hears_control_keys(void **state)
{
    static const char *const argv[] = {"sh", "-c",
                                       "stty raw -echo; echo ready; head -c 6 | od -An -tx1", NULL};
    struct program program;

    (void)state;
    start(&program, argv, 24, 80);
    wait_for(&program, "ready");
    type(&program, "ctrl-s ctrl-q ctrl-z ctrl-c ctrl-y Enter");
    wait_for(&program, "13 11 1a 03 19 0d");
    assert_int_equal(wait_end(&program), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vim_edits_a_file),
        cmocka_unit_test(htop_is_drawn),
        cmocka_unit_test(a_shell_hears_control_keys),
    };
    dir_make(home);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dir_remove(home);
    return failed;
}
