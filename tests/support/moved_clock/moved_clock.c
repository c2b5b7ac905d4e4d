/*
 * A monotonic clock that a test moves: linked into the test itself, or for LD_PRELOAD before the
 * program under test.
 *
 *   MOVED_CLOCK=FILE   8 bytes, an int64_t: by how many milliseconds it is ahead. The test writes
 *                      it anew whenever it likes; it may only grow.
 *
 * Whoever waits for a moment looks again soon, so that a moved clock is noticed. The wall clock is
 * left alone: requests are signed by it.
 */
#include "tests/support/moved_clock/moved_clock.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/next_call.h"

#define LOOK_MS 50

static const _Atomic int64_t *ahead_ms;

void moved_clock_follow(const _Atomic int64_t *ahead)
{
    ahead_ms = ahead;
}

__attribute__((constructor)) static void open_file(void)
{
    const char *path = getenv("MOVED_CLOCK");
    int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    void *shared = mmap(NULL, sizeof *ahead_ms, PROT_READ, MAP_SHARED, fd, 0);
    if (shared == MAP_FAILED)
        abort(); /* a clock that stands would prove nothing */
    ahead_ms = shared;
    close(fd);
}

static void add_ms(struct timespec *time, int64_t ms)
{
    time->tv_sec += ms / 1000;
    time->tv_nsec += ms % 1000 * 1000000;
    if (time->tv_nsec >= 1000000000) {
        time->tv_sec++;
        time->tv_nsec -= 1000000000;
    }
}

/* The kernel itself is asked: a sanitizer calls this before there is anything else. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = (int)syscall(SYS_clock_gettime, clock, now);

    if (result == 0 && clock == CLOCK_MONOTONIC && ahead_ms != NULL)
        add_ms(now, atomic_load(ahead_ms));
    return result;
}

int poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
    NEXT(poll);
    if (ahead_ms != NULL && (timeout_ms < 0 || timeout_ms > LOOK_MS))
        timeout_ms = LOOK_MS;
    return next(fds, n, timeout_ms);
}

/* The moment is one of the moved clock; the caller looks again when it is woken too early. */
int pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex, clockid_t clock,
                           const struct timespec *until)
{
    NEXT(pthread_cond_clockwait);
    struct timespec soon;

    if (ahead_ms == NULL || clock != CLOCK_MONOTONIC)
        return next(cond, mutex, clock, until);
    syscall(SYS_clock_gettime, clock, &soon);
    add_ms(&soon, LOOK_MS);
    return next(cond, mutex, clock, &soon);
}
