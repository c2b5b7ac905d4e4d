#include "tests/sandbox/session/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"

#define NOBODY 65534

/* --- in the child: after fork, before exec ---------------------------------------------------- */

static void set_limits(void)
{
    static const struct {
        int what;
        rlim_t most;
    } limits[] = {
        {RLIMIT_CORE, 0},
        {RLIMIT_NOFILE, 256},
        {RLIMIT_NPROC, 4096}, /* of the user, not of the node */
        {RLIMIT_FSIZE, (rlim_t)1 << 30},
        {RLIMIT_CPU, 3600},
    };
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        struct rlimit limit;
        if (getrlimit(limits[i].what, &limit) == 0 && limit.rlim_max > limits[i].most) {
            limit = (struct rlimit){limits[i].most, limits[i].most};
            setrlimit(limits[i].what, &limit);
        }
    }
}

static void reset_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int i = 1; i < NSIG; i++)
        signal(i, SIG_DFL);
}

static bool become_nobody(void)
{
    if (geteuid() != 0)
        return true;
    return setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0;
}

/* slave: of the terminal, or -1 with three ends of pipes. */
struct child_ends {
    int slave, in, out, err;
};

static bool take_ends(const struct child_ends *ends)
{
    bool has_terminal = ends->slave >= 0;
    if (setsid() < 0 || (has_terminal && ioctl(ends->slave, TIOCSCTTY, 0) != 0))
        return false;
    if (dup2(has_terminal ? ends->slave : ends->in, 0) < 0 ||
        dup2(has_terminal ? ends->slave : ends->out, 1) < 0 ||
        dup2(has_terminal ? ends->slave : ends->err, 2) < 0)
        return false;
    return close_range(3, ~0u, 0) == 0;
}

_Noreturn static void run_child(const struct process_options *options,
                                const struct child_ends *ends)
{
    char home[4200];
    char *argv[] = {"sh", options->command ? "-c" : NULL, (char *)options->command, NULL};
    snprintf(home, sizeof home, "HOME=%s", options->home);
    char *environment[] = {home,
                           "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                           "USER=ssm-user",
                           "LOGNAME=ssm-user",
                           "SHELL=/bin/sh",
                           "TERM=xterm-256color",
                           "LANG=C.UTF-8",
                           NULL};
    reset_signals();
    umask(022);
    set_limits();
    if (!take_ends(ends) || !become_nobody() || chdir(options->home) != 0)
        _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execve("/bin/sh", argv, environment);
    _exit(127);
}

/* --- in the sandbox --------------------------------------------------------------------------- */

static void close_at(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void ends_done(struct child_ends *ends)
{
    close_at(&ends->slave);
    close_at(&ends->in);
    close_at(&ends->out);
    close_at(&ends->err);
}

static bool open_terminal(const struct process_options *options, struct process *process,
                          struct child_ends *ends)
{
    struct winsize size = {.ws_col = (unsigned short)options->cols,
                           .ws_row = (unsigned short)options->rows};
    if (openpty(&process->out, &ends->slave, NULL, NULL, &size) != 0)
        return false;
    fcntl(ends->slave, F_SETFD, FD_CLOEXEC);
    fcntl(process->out, F_SETFD, FD_CLOEXEC);
    fcntl(process->out, F_SETFL, O_NONBLOCK);
    process->in = process->out;
    return true;
}

/* One pipe; ours is the end that does not block. */
static bool open_pipe(int *ours, int *theirs, bool we_read)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0)
        return false;
    *ours = fds[we_read ? 0 : 1];
    *theirs = fds[we_read ? 1 : 0];
    fcntl(*ours, F_SETFL, O_NONBLOCK);
    return true;
}

static bool open_pipes(struct process *process, struct child_ends *ends)
{
    ends->in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return ends->in >= 0 && open_pipe(&process->out, &ends->out, true) &&
           open_pipe(&process->err, &ends->err, true);
}

enum err_code process_start(const struct process_options *options, struct process *process,
                            struct err *err)
{
    AUTO(ends_done) struct child_ends ends = {-1, -1, -1, -1};
    *process = PROCESS_NONE;
    if (options->has_terminal ? !open_terminal(options, process, &ends)
                              : !open_pipes(process, &ends))
        return err_set_errno(err, "session", "no terminal can be had");
    pid_t pid = fork();
    if (pid == 0)
        run_child(options, &ends);
    if (pid < 0)
        return err_set_errno(err, "session", "no process can be started");
    process->pid = pid;
    return OK;
}

bool process_has_ended(struct process *process, int *status)
{
    int how;
    if (process->pid == 0 || waitpid(process->pid, &how, WNOHANG) != process->pid)
        return false;
    process->pid = 0;
    *status = WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
    return true;
}

void process_resize(const struct process *process, unsigned cols, unsigned rows)
{
    struct winsize size = {.ws_col = (unsigned short)cols, .ws_row = (unsigned short)rows};
    ioctl(process->out, TIOCSWINSZ, &size);
}

void process_signal(const struct process *process, int signal)
{
    if (process->pid > 0)
        kill(-process->pid, signal);
}

void process_done(struct process *process)
{
    int status;
    if (process->in == process->out)
        process->in = -1;
    close_at(&process->in);
    close_at(&process->out);
    close_at(&process->err);
    if (process->pid > 0) {
        kill(process->pid, SIGKILL); /* it may not lead its group yet */
        process_signal(process, SIGKILL);
        waitpid(process->pid, &status, 0);
    }
    *process = PROCESS_NONE;
}

enum err_code process_make_home(const char *path, struct err *err)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return err_set_errno(err, path, "cannot make the folder");
    if (geteuid() == 0 && chown(path, NOBODY, NOBODY) != 0)
        return err_set_errno(err, path, "cannot give the folder away");
    return OK;
}
