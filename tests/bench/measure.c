/*
 * measure FD PROGRAM [ARG...]: runs a program, ends with its status, and writes to FD, when that is
 * not -1, what it has used: {"status","cpu_s","rss_mb"}.
 *
 * The kernel counts the memory of whoever starts a program as that program's own (exec keeps
 * ru_maxrss); so nothing that has become large itself can ask it. This here is small.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_STARTED 127

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void tell(int fd, int status, const struct rusage *used)
{
    dprintf(fd, "{\"status\":%d,\"cpu_s\":%.3f,\"rss_mb\":%.1f}\n", status,
            seconds(used->ru_utime) + seconds(used->ru_stime),
            (double)used->ru_maxrss * 1024 / 1e6);
}

int main(int argc, char **argv)
{
    struct rusage used;
    int how;

    if (argc < 3) {
        fprintf(stderr, "usage: measure FD PROGRAM [ARG...]\n");
        return NOT_STARTED;
    }
    int fd = (int)strtol(argv[1], NULL, 10);
    pid_t pid = fork();
    if (pid == 0) {
        if (fd >= 0)
            close(fd);
        execvp(argv[2], argv + 2);
        _exit(NOT_STARTED);
    }
    close(STDOUT_FILENO); /* it is the program's */
    if (pid < 0 || wait4(pid, &how, 0, &used) != pid)
        return NOT_STARTED;
    int status = WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
    if (fd >= 0)
        tell(fd, status, &used);
    return status;
}
