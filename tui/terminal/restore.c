#include "tui/terminal/restore.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"

#define STALLED_MS     100 /* a terminal that takes no byte for so long is not waited for */
#define ALT_STACK_SIZE 16384

static struct restore_plan plan;
static volatile sig_atomic_t armed;

/* --- undoing ------------------------------------------------------------------------------ */

static bool is_writable(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
    int n;

    while ((n = poll(&poll_fd, 1, STALLED_MS)) < 0 && errno == EINTR)
        ;
    return n > 0 && (poll_fd.revents & POLLOUT) != 0;
}

static void write_bytes(const struct restore_plan *how)
{
    for (size_t at = 0; at < how->n_bytes;) {
        if (!is_writable(how->fd))
            tcflush(how->fd, TCOFLUSH); /* what stands in the way is for a screen that is gone */
        ssize_t n = write(how->fd, how->bytes + at, how->n_bytes - at);
        if (n > 0)
            at += (size_t)n;
        else if (n == 0 || errno != EINTR)
            return;
    }
}

static int watchdog_end = -1; /* of a socket pair; each message is a plan, the last one counts */

static void tell_watchdog(const struct restore_plan *how)
{
    if (watchdog_end >= 0)
        send(watchdog_end, how, sizeof *how, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void restore_now(void)
{
    int saved_errno = errno;

    if (armed) {
        armed = 0;
        write_bytes(&plan);
        tcsetattr(plan.fd, TCSANOW, &plan.before);
        tell_watchdog(&(struct restore_plan){.fd = -1}); /* what comes now is not ours */
    }
    errno = saved_errno;
}

/* --- crashes ------------------------------------------------------------------------------ */

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS, SIGABRT};
static struct sigaction before_us[ARRAY_LEN(crash_signals)];
static char alt_stack[ALT_STACK_SIZE];

/* SA_RESETHAND has put the default action back: the signal comes again and kills. */
static void on_crash(int signo)
{
    restore_now();
    raise(signo);
}

static void install_crash_handlers(void)
{
    stack_t stack = {.ss_sp = alt_stack, .ss_size = sizeof alt_stack};
    struct sigaction action = {.sa_handler = on_crash,
                               .sa_flags = SA_ONSTACK | SA_RESETHAND | SA_NODEFER};

    sigaltstack(&stack, NULL);
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < ARRAY_LEN(crash_signals); i++)
        sigaction(crash_signals[i], &action, &before_us[i]);
}

/* --- the watchdog ------------------------------------------------------------------------- */

static pid_t watchdog_pid;

/* By these we know our own modes: the line editors of shells leave IEXTEN on. */
#define TELLING_MODES (ICANON | ECHO | IEXTEN)

/* A shell may be faster than the watchdog and have set its own modes: those stay. */
static void undo_for_the_dead(const struct restore_plan *how)
{
    struct termios now;

    write_bytes(how);
    if (tcgetattr(how->fd, &now) == 0 && ((now.c_lflag ^ how->during.c_lflag) & TELLING_MODES) == 0)
        tcsetattr(how->fd, TCSANOW, &how->before);
}

/* Whatever else is open would stay open as long as the watchdog lives. */
static void close_all_but(int a, int b)
{
    unsigned low = (unsigned)(a < b ? a : b), high = (unsigned)(a < b ? b : a);

    if (low > 0)
        close_range(0, low - 1, 0);
    if (high > low + 1)
        close_range(low + 1, high - 1, 0);
    close_range(high + 1, ~0u, 0);
}

__attribute__((noreturn)) static void watch(int end, int terminal)
{
    struct restore_plan how = {.fd = -1}, next;
    ssize_t n;

    setpgid(0, 0); /* what is sent to the whole job is not for the watchdog */
    prctl(PR_SET_NAME, "watchdeck-tty");
    close_all_but(end, terminal);
    while ((n = recv(end, &next, sizeof next, 0)) != 0) {
        if (n == (ssize_t)sizeof next)
            how = next;
        else if (n < 0 && errno != EINTR)
            break;
    }
    if (how.fd >= 0)
        undo_for_the_dead(&how);
    _exit(0);
}

static void start_watchdog(int terminal)
{
    sigset_t all, before;
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return;
    /* blocked it stays in the watchdog: no hang-up ends it, and no SIGTTOU stops it */
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    watchdog_pid = fork();
    if (watchdog_pid == 0)
        watch(ends[0], terminal);
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(ends[0]);
    watchdog_end = ends[1];
}

static void end_watchdog(void)
{
    if (watchdog_end < 0)
        return;
    close(watchdog_end);
    watchdog_end = -1;
    if (watchdog_pid > 0)
        waitpid(watchdog_pid, NULL, 0);
}

/* --- for term ----------------------------------------------------------------------------- */

void restore_open(int terminal, bool with_watchdog)
{
    if (with_watchdog)
        start_watchdog(terminal);
    install_crash_handlers();
}

void restore_close(void)
{
    stack_t none = {.ss_flags = SS_DISABLE};

    restore_disarm();
    for (size_t i = 0; i < ARRAY_LEN(crash_signals); i++)
        sigaction(crash_signals[i], &before_us[i], NULL);
    sigaltstack(&none, NULL);
    end_watchdog();
}

void restore_arm(const struct restore_plan *how)
{
    armed = 0;
    plan = *how;
    armed = 1;
    tell_watchdog(how);
}

void restore_disarm(void)
{
    armed = 0;
    tell_watchdog(&(struct restore_plan){.fd = -1});
}
