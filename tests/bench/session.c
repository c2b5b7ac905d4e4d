#include "session.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vterm.h>

#include "core/base/clock.h"
#include "core/base/mem.h"

#define READ_BYTES 65536
#define END_MS     3000

struct session {
    pid_t pid;
    int fd, rows, cols;
    bool has_ended;
    int64_t started_at_us, first_us, last_us;
    VTerm *vterm;
    VTermScreen *screen;
    struct buf unparsed; /* parsed when there is time, not while the clock runs */
};

/* --- starting and ending ------------------------------------------------------------------- */

static void exec_program(const struct session_options *options)
{
    for (size_t i = 0; options->env != NULL && options->env[i] != NULL; i++)
        putenv(mem_strdup(options->env[i]));
    execvp(options->argv[0], (char *const *)options->argv);
    fprintf(stderr, "%s: %s\n", options->argv[0], strerror(errno));
    _exit(127);
}

struct session *session_start(const struct session_options *options)
{
    struct winsize size = {.ws_row = (unsigned short)options->rows,
                           .ws_col = (unsigned short)options->cols};
    struct session *session = mem_new(struct session);

    session->rows = options->rows;
    session->cols = options->cols;
    session->vterm = vterm_new(options->rows, options->cols);
    vterm_set_utf8(session->vterm, 1);
    session->screen = vterm_obtain_screen(session->vterm);
    vterm_screen_enable_altscreen(session->screen, 1);
    vterm_screen_reset(session->screen, 1);
    session->started_at_us = clock_mono_us();
    session->pid = forkpty(&session->fd, NULL, NULL, &size);
    if (session->pid == 0)
        exec_program(options);
    if (session->pid < 0) {
        vterm_free(session->vterm);
        mem_free(session);
        return NULL;
    }
    fcntl(session->fd, F_SETFL, O_NONBLOCK);
    fcntl(session->fd, F_SETFD, FD_CLOEXEC);
    return session;
}

static bool is_gone(struct session *session, int64_t until_us)
{
    while (clock_mono_us() < until_us) {
        if (waitpid(session->pid, NULL, WNOHANG) == session->pid)
            return true;
        session_drain(session, clock_mono_us() + 5000);
    }
    return false;
}

void session_end(struct session *session)
{
    if (session == NULL)
        return;
    kill(session->pid, SIGTERM);
    if (!is_gone(session, clock_mono_us() + INT64_C(1000) * END_MS)) {
        kill(session->pid, SIGKILL);
        waitpid(session->pid, NULL, 0);
    }
    close(session->fd);
    vterm_free(session->vterm);
    buf_done(&session->unparsed);
    mem_free(session);
}

/* --- what the kernel says about it ----------------------------------------------------------- */

/* A file of /proc/PID; text is empty when it cannot be read. */
static void read_proc(pid_t pid, const char *name, char *text, size_t size)
{
    char path[64];
    ssize_t n = -1;

    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        n = read(fd, text, size - 1);
        close(fd);
    }
    text[n > 0 ? n : 0] = '\0';
}

/* Calls fn with each thread's folder, "task/TID", until it returns false. */
static bool each_thread(pid_t pid, bool (*fn)(pid_t pid, const char *task, void *arg), void *arg)
{
    char path[64];
    struct dirent *entry;
    bool go_on = true;

    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    while (tasks != NULL && go_on && (entry = readdir(tasks)) != NULL) {
        snprintf(path, sizeof path, "task/%.20s", entry->d_name);
        go_on = entry->d_name[0] == '.' || fn(pid, path, arg);
    }
    if (tasks != NULL)
        closedir(tasks);
    return go_on;
}

/* proc(5), stat: the state is the third field, behind the name in brackets. */
static bool thread_sleeps(pid_t pid, const char *task, void *arg)
{
    char name[64], stat[512];

    (void)arg;
    snprintf(name, sizeof name, "%s/stat", task);
    read_proc(pid, name, stat, sizeof stat);
    const char *bracket = strrchr(stat, ')');
    return bracket == NULL || strchr("RD", bracket[2]) == NULL;
}

static bool is_asleep(const struct session *session, bool all_threads)
{
    char task[32];

    if (all_threads)
        return each_thread(session->pid, thread_sleeps, NULL);
    snprintf(task, sizeof task, "task/%d", (int)session->pid);
    return thread_sleeps(session->pid, task, NULL);
}

static bool add_thread_cpu(pid_t pid, const char *task, void *arg)
{
    char name[64], schedstat[128];

    snprintf(name, sizeof name, "%s/schedstat", task);
    read_proc(pid, name, schedstat, sizeof schedstat);
    *(int64_t *)arg += strtoll(schedstat, NULL, 10);
    return true;
}

int64_t session_cpu_ns(const struct session *session)
{
    int64_t cpu_ns = 0;

    each_thread(session->pid, add_thread_cpu, &cpu_ns);
    return cpu_ns;
}

long session_rss_kib(const struct session *session)
{
    char status[4096];

    read_proc(session->pid, "status", status, sizeof status);
    const char *rss = strstr(status, "VmRSS:");
    return rss != NULL ? strtol(rss + strlen("VmRSS:"), NULL, 10) : 0;
}

/* --- bytes ----------------------------------------------------------------------------------- */

/* Waits for output and takes it; 0 when none came in time. */
static size_t take_output(struct session *session, int timeout_ms)
{
    char bytes[READ_BYTES];
    struct pollfd fd = {.fd = session->fd, .events = POLLIN};

    if (session->has_ended || poll(&fd, 1, timeout_ms) <= 0)
        return 0;
    ssize_t n = read(session->fd, bytes, sizeof bytes);
    if (n <= 0) { /* EIO: the last one with the other end has closed it */
        session->has_ended = n == 0 || (errno != EAGAIN && errno != EINTR);
        return 0;
    }
    session->last_us = clock_mono_us();
    if (session->first_us == 0)
        session->first_us = session->last_us;
    buf_add(&session->unparsed, (struct sv){bytes, (size_t)n});
    return (size_t)n;
}

static void parse(struct session *session)
{
    struct sv bytes = buf_sv(&session->unparsed);

    vterm_input_write(session->vterm, bytes.ptr, bytes.len);
    buf_clear(&session->unparsed);
}

static void write_keys(struct session *session, struct sv keys)
{
    while (keys.len > 0) {
        ssize_t n = write(session->fd, keys.ptr, keys.len);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return;
        if (n > 0)
            keys = (struct sv){keys.ptr + n, keys.len - (size_t)n};
    }
}

/* --- bursts ---------------------------------------------------------------------------------- */

bool session_burst(struct session *session, struct sv keys, const struct settle *settle,
                   struct burst *burst)
{
    bool is_over = false;

    while (keys.len > 0 && take_output(session, 0) > 0) /* of before */
        continue;
    *burst = (struct burst){.began_at_us = clock_mono_us()};
    int64_t until_us = burst->began_at_us + INT64_C(1000) * settle->limit_ms;
    write_keys(session, keys);
    while (!is_over && !session->has_ended && clock_mono_us() < until_us) {
        size_t n = take_output(session, settle->quiet_ms);
        burst->n_bytes += n;
        if (n > 0 && burst->first_us == 0)
            burst->first_us = session->last_us;
        if (n > 0)
            burst->last_us = session->last_us;
        else
            is_over = burst->n_bytes > 0 && is_asleep(session, settle->all_threads);
    }
    parse(session);
    return is_over;
}

static bool shows(struct session *session, struct sv text)
{
    for (int row = 0; row < session->rows; row++) {
        AUTO(buf_done) struct buf line = BUF_NONE;
        session_line(session, row, &line);
        if (sv_contains(buf_sv(&line), text))
            return true;
    }
    return false;
}

bool session_wait(struct session *session, struct sv text, const struct settle *settle,
                  struct burst *burst)
{
    struct burst part;
    int64_t until_us = clock_mono_us() + INT64_C(1000) * settle->limit_ms;
    bool is_shown = shows(session, text);

    *burst = (struct burst){.began_at_us = session->started_at_us};
    while (!is_shown && !session->has_ended && clock_mono_us() < until_us) {
        session_burst(session, SV_NONE, settle, &part);
        burst->n_bytes += part.n_bytes;
        is_shown = part.n_bytes > 0 && shows(session, text);
    }
    burst->first_us = session->first_us;
    burst->last_us = session->last_us;
    return is_shown;
}

size_t session_drain(struct session *session, int64_t until_us)
{
    size_t n_bytes = 0;

    for (int64_t now_us; (now_us = clock_mono_us()) < until_us;) {
        int left_ms = (int)((until_us - now_us) / 1000) + 1;
        if (session->has_ended)
            poll(NULL, 0, left_ms);
        n_bytes += take_output(session, left_ms);
    }
    parse(session);
    return n_bytes;
}

/* --- the screen ------------------------------------------------------------------------------ */

void session_line(struct session *session, int row, struct buf *line)
{
    VTermRect rect = {
        .start_row = row, .end_row = row + 1, .start_col = 0, .end_col = session->cols};
    size_t size = (size_t)session->cols * VTERM_MAX_CHARS_PER_CELL * 4;
    AUTO_FREE char *text = mem_alloc(size);
    size_t len = vterm_screen_get_text(session->screen, text, size, rect);

    while (len > 0 && text[len - 1] == ' ')
        len--;
    buf_add(line, (struct sv){text, len});
}

int session_rows(const struct session *session)
{
    return session->rows;
}
