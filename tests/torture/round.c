#include "tests/torture/round.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/unit/change/helper_stop.h"

#define ROUND_MS_MAX 120000

size_t course_done(const struct aws *aws, const struct store *store, enum aws_deed deed)
{
    return aws->tally[deed].done - store->before[deed].done;
}

void round_new_store(struct aws *aws, struct store *store)
{
    mkdir(store->dir, 0700);
    aws_count(aws);
    memcpy(store->before, aws->tally, sizeof store->before);
}

/* --- a process ---------------------------------------------------------------------------- */

/* Kills the child when its time is over; its wait status, and whether it has had all the time there
 * is. */
static int await_death(pid_t child, int64_t after_us, bool *overdue)
{
    int fd = (int)syscall(SYS_pidfd_open, child, 0), status;
    int64_t for_us = after_us != 0 ? after_us : (int64_t)ROUND_MS_MAX * 1000;
    struct timespec time = {.tv_sec = for_us / 1000000, .tv_nsec = for_us % 1000000 * 1000};
    struct pollfd end = {.fd = fd, .events = POLLIN};
    bool is_late = ppoll(&end, 1, &time, NULL) == 0;

    if (is_late)
        kill(child, SIGKILL);
    *overdue = is_late && after_us == 0;
    waitpid(child, &status, 0);
    close(fd);
    return status;
}

/* --- the round ---------------------------------------------------------------------------- */

enum round_end round_kill(const struct course *course, const struct aws *aws,
                          const struct store *store, const struct death *death)
{
    static const enum round_end ends[] = {[CONSOLE_ENDED_WELL] = ROUND_SURVIVED,
                                          [CONSOLE_LEFT_OPEN] = ROUND_BROKEN,
                                          [CONSOLE_NOT_STARTED] = ROUND_BROKEN,
                                          [CONSOLE_IDLE] = ROUND_IDLE};
    bool overdue;
    pid_t child = fork();

    if (child == 0) {
        stop_at(death->at_stop);
        _exit((int)course->live(aws, store->dir, death->dice));
    }
    int status = await_death(child, death->after_us, &overdue);
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGKILL && !overdue ? ROUND_KILLED : ROUND_BROKEN;
    size_t end = (size_t)WEXITSTATUS(status);
    return end < ARRAY_LEN(ends) ? ends[end] : ROUND_BROKEN;
}

void round_judge(const struct course *course, struct aws *aws, const struct store *store,
                 char *complaint, size_t size)
{
    bool overdue;

    complaint[0] = '\0';
    if (!aws_wait_until_idle(aws)) {
        COMPLAIN("the sandbox does not come to rest");
        return;
    }
    aws_count(aws);
    size_t received = aws_received(aws);
    pid_t child = fork();
    if (child == 0)
        _exit((int)course->settle(aws, store->dir));
    int status = await_death(child, 0, &overdue);
    aws_count(aws);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != CONSOLE_ENDED_WELL)
        COMPLAIN("settling ended with status %x", (unsigned)status);
    else if (aws_received(aws) != received)
        COMPLAIN("settling has sent a change");
    else if (aws->twice[0] != '\0')
        COMPLAIN("sent twice: %s", aws->twice);
    else
        course->judge(aws, store, complaint, size);
}
