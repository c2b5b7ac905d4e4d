#include "tests/unit/screens/helper_echo.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static void give_back(int fd)
{
    char bytes[16384];

    for (ssize_t n; (n = recv(fd, bytes, sizeof bytes, 0)) > 0;) {
        for (ssize_t at = 0, sent; at < n; at += sent) {
            sent = send(fd, bytes + at, (size_t)(n - at), MSG_NOSIGNAL);
            if (sent <= 0)
                _exit(0);
        }
    }
    _exit(0);
}

/* Each connection has a process: in which order several arrive is nobody's promise. */
static void serve(int fd)
{
    signal(SIGCHLD, SIG_IGN);
    for (int connection; (connection = accept(fd, NULL, NULL)) >= 0; close(connection)) {
        if (fork() == 0)
            give_back(connection);
    }
    _exit(0);
}

/* A process, not a thread: a test that forks while another thread allocates may hang. */
void echo_start(struct echo *echo)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(fd, 16), 0);
    getsockname(fd, (struct sockaddr *)&address, &len);
    echo->port = ntohs(address.sin_port);
    echo->pid = fork();
    if (echo->pid == 0) {
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(fd);
    }
    assert_true(echo->pid > 0);
    setpgid(echo->pid, echo->pid);
    close(fd);
}

void echo_stop(struct echo *echo)
{
    kill(-echo->pid, SIGKILL);
    waitpid(echo->pid, NULL, 0);
}
