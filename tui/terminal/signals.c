#include "tui/terminal/signals.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/os.h"
#include "tui/terminal/restore.h"

static const int handled[] = {SIGTERM,  SIGHUP,  SIGINT,  SIGQUIT,
                              SIGWINCH, SIGTSTP, SIGCONT, SIGALRM};
static struct sigaction before_us[ARRAY_LEN(handled)];
static volatile sig_atomic_t come[NSIG];
static volatile sig_atomic_t any_come; /* since signals_clear */
static volatile sig_atomic_t end_signal;
static int wake_fd = -1;

static bool asks_for_an_end(int signo)
{
    return signo == SIGTERM || signo == SIGHUP || signo == SIGINT || signo == SIGQUIT;
}

static void on_signal(int signo)
{
    int saved_errno = errno;

    if (signo == SIGALRM) {
        restore_now();
        _exit(128 + end_signal);
    }
    come[signo] = any_come = 1;
    if (asks_for_an_end(signo)) {
        end_signal = signo;
        alarm(SIGNALS_GRACE_S);
    }
    os_event_signal(wake_fd);
    errno = saved_errno;
}

static void install(int signo, struct sigaction *before)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    sigfillset(&action.sa_mask);
    sigaction(signo, &action, before);
}

void signals_open(void)
{
    wake_fd = os_event_new();
    end_signal = 0;
    for (size_t i = 0; i < ARRAY_LEN(handled); i++) {
        come[handled[i]] = 0;
        install(handled[i], &before_us[i]);
    }
}

void signals_close(void)
{
    alarm(0);
    for (size_t i = 0; i < ARRAY_LEN(handled); i++)
        sigaction(handled[i], &before_us[i], NULL);
    close(wake_fd);
    wake_fd = -1;
}

int signals_fd(void)
{
    return wake_fd;
}

bool signals_clear(void)
{
    bool any = any_come != 0;

    if (any) {
        any_come = 0;
        os_event_clear(wake_fd);
    }
    return any;
}

bool signals_take(int signo)
{
    bool has_come = come[signo] != 0;

    come[signo] = 0;
    return has_come;
}

int signals_end(void)
{
    return end_signal;
}

void signals_begin_end(void)
{
    alarm(SIGNALS_GRACE_S);
}

void signals_stop_process(void)
{
    struct sigaction ours, by_default = {.sa_handler = SIG_DFL};

    sigemptyset(&by_default.sa_mask);
    sigaction(SIGTSTP, &by_default, &ours);
    raise(SIGTSTP);
    sigaction(SIGTSTP, &ours, NULL);
    come[SIGTSTP] = 0;
}
