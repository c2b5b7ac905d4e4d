#include "core/base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/secret.h"

extern char **environ;

/* What a child writes to one of its two outputs. */
struct stream {
    int fd; /* -1 once it is closed */
    struct buf text;
    size_t n_bytes; /* all that has come */
};

struct child {
    pid_t pid; /* 0 once it has been waited for */
    int status;
    size_t output_max;
    struct stream output, errors;
};

/* --- starting -------------------------------------------------------------------------------- */

static bool open_pipe(struct stream *stream, size_t max_bytes, int *their_end)
{
    int ends[2];
    stream->fd = *their_end = -1;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    stream->fd = ends[0];
    *their_end = ends[1];
    stream->text.cap = max_bytes;
    return buf_reserve(&stream->text, max_bytes);
}

/* Signals as a fresh program has them, whatever this one has set. */
static void reset_signals(posix_spawnattr_t *attributes)
{
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(attributes, &all);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setflags(attributes,
                             POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
}

/* 0 or an errno. */
static int spawn(char *const argv[], int output_fd, int errors_fd, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output_fd, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, errors_fd, STDERR_FILENO);
    reset_signals(&attributes);
    int code = posix_spawnp(pid, argv[0], &actions, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return code;
}

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

enum err_code child_start(char *const argv[], size_t output_max, struct child **child,
                          struct err *err)
{
    struct child *made = mem_new(struct child);
    int output_fd = -1, errors_fd = -1, code = EMFILE;
    made->output_max = output_max;
    made->output.fd = made->errors.fd = -1;
    if (open_pipe(&made->output, output_max, &output_fd) &&
        open_pipe(&made->errors, CHILD_STDERR_MAX, &errors_fd))
        code = spawn(argv, output_fd, errors_fd, &made->pid);
    close_end(&output_fd);
    close_end(&errors_fd);
    *child = made;
    if (code == 0)
        return OK;
    made->pid = 0;
    child_free(made);
    *child = NULL;
    return err_set(err, code == ENOENT ? ERR_NOT_FOUND : ERR_IO, argv[0], "cannot run %s: %s",
                   argv[0], strerror(code));
}

/* --- looking --------------------------------------------------------------------------------- */

/* Reads what is there; what goes beyond the room that text has is counted and forgotten. */
static void drain(struct stream *stream)
{
    char bytes[4096];
    ssize_t len = 0;
    while (stream->fd >= 0 && (len = read(stream->fd, bytes, sizeof bytes)) != 0) {
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0)
            break;
        size_t room = stream->text.cap - stream->text.len;
        buf_add(&stream->text, (struct sv){bytes, (size_t)len < room ? (size_t)len : room});
        stream->n_bytes += (size_t)len;
        if (stream->n_bytes > stream->text.cap)
            break; /* one who floods is not to keep us here */
    }
    if (len == 0)
        close_end(&stream->fd);
    secret_wipe(bytes, sizeof bytes);
}

static void reap(struct child *child, int flags)
{
    int status = 0;
    if (child->pid == 0 || waitpid(child->pid, &status, flags) != child->pid)
        return;
    child->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    child->pid = 0;
}

static void kill_all(struct child *child)
{
    if (child->pid == 0)
        return;
    kill(-child->pid, SIGKILL);
    reap(child, 0);
}

enum child_state child_look(struct child *child)
{
    reap(child, WNOHANG); /* first: what it wrote before its end is there to be read then */
    drain(&child->output);
    drain(&child->errors);
    if (child->output.n_bytes > child->output_max) {
        kill_all(child);
        return CHILD_TOO_LOUD;
    }
    return child->pid != 0 ? CHILD_RUNS : CHILD_ENDED;
}

/* --- results --------------------------------------------------------------------------------- */

struct sv child_output(const struct child *child)
{
    return buf_sv(&child->output.text);
}

struct sv child_errors(const struct child *child)
{
    return buf_sv(&child->errors.text);
}

int child_status(const struct child *child)
{
    return child->status;
}

void child_free(struct child *child)
{
    if (child == NULL)
        return;
    kill_all(child);
    close_end(&child->output.fd);
    close_end(&child->errors.fd);
    secret_wipe(child->output.text.ptr, child->output.text.len);
    buf_done(&child->output.text);
    buf_done(&child->errors.text);
    mem_free(child);
}
