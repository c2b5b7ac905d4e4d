/*
 * preload: a libc that fails when it is told to, for LD_PRELOAD before the console.
 *
 *   FAULTS_DISK=CALL:NTH:ERRNO[:ever]   the NTH call of the kind (open, write, sync, rename,
 *                                       truncate or all) on what lies below FAULTS_BELOW fails with
 *                                       ERRNO (0: a write writes half), and with `ever` all later
 *                                       ones too
 *   FAULTS_BELOW=DIR                    the disk that fails
 *   FAULTS_FROM=FILE                    nothing fails before FILE exists
 *   FAULTS_CLOCK=FILE                   the wall clock is off by as many milliseconds as FILE says
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/next_call.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    char call[16];
    long left; /* until it fails; 0: it is well */
    int error;
    bool ever;
    const char *below, *from, *clock_file;
} how;

__attribute__((constructor)) static void read_environment(void)
{
    const char *disk = getenv("FAULTS_DISK");
    char ever[8] = "";

    how.below = getenv("FAULTS_BELOW");
    how.from = getenv("FAULTS_FROM");
    how.clock_file = getenv("FAULTS_CLOCK");
    if (disk != NULL &&
        sscanf(disk, "%15[a-z]:%ld:%d:%7s", how.call, &how.left, &how.error, ever) < 3)
        abort(); /* a fault that is not made would prove nothing */
    how.ever = strcmp(ever, "ever") == 0;
}

/* --- the disk ------------------------------------------------------------------------------- */

static bool is_below(const char *path)
{
    char whole[PATH_MAX];

    if (how.below == NULL)
        return true;
    if (path[0] != '/') {
        if (getcwd(whole, sizeof whole) == NULL)
            return false;
        path = whole;
    }
    return strncmp(path, how.below, strlen(how.below)) == 0;
}

static bool fd_is_below(int fd)
{
    char link[64], path[PATH_MAX];

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof path - 1);
    if (len <= 0)
        return false;
    path[len] = '\0';
    return path[0] == '/' && is_below(path);
}

static bool counts(const char *call)
{
    return how.left != 0 && (strcmp(how.call, "all") == 0 || strcmp(how.call, call) == 0) &&
           (how.from == NULL || syscall(SYS_access, how.from, F_OK) == 0);
}

/* Whether this call, which is one of the disk's, is to fail. */
static bool fails_now(void)
{
    pthread_mutex_lock(&lock);
    bool now = how.left == 1;
    if (how.left > 0 && !(now && how.ever))
        how.left--;
    pthread_mutex_unlock(&lock);
    return now;
}

static bool fd_fails(const char *call, int fd)
{
    int saved_errno = errno;
    bool now = counts(call) && fd_is_below(fd) && fails_now();

    errno = saved_errno;
    return now;
}

static bool path_fails(const char *call, const char *path)
{
    int saved_errno = errno;
    bool now = counts(call) && is_below(path) && fails_now();

    errno = saved_errno;
    return now;
}

static int fail(void)
{
    errno = how.error;
    return -1;
}

static int open_with(int (*next)(const char *, int, ...), const char *path, int flags, int mode)
{
    return path_fails("open", path) ? fail() : next(path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    NEXT(open);
    va_list args;

    va_start(args, flags);
    int mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(args, int) : 0;
    va_end(args);
    return open_with(next, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    NEXT(open64);
    va_list args;

    va_start(args, flags);
    int mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(args, int) : 0;
    va_end(args);
    return open_with(next, path, flags, mode);
}

int mkostemp(char *template, int flags)
{
    NEXT(mkostemp);
    return path_fails("open", template) ? fail() : next(template, flags);
}

static size_t half(size_t len)
{
    return (len + 1) / 2;
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    NEXT(write);
    if (!fd_fails("write", fd))
        return next(fd, bytes, len);
    return how.error == 0 ? next(fd, bytes, half(len)) : fail();
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
    NEXT(pwrite);
    if (!fd_fails("write", fd))
        return next(fd, bytes, len, at);
    return how.error == 0 ? next(fd, bytes, half(len), at) : fail();
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
    NEXT(pwrite64);
    if (!fd_fails("write", fd))
        return next(fd, bytes, len, at);
    return how.error == 0 ? next(fd, bytes, half(len), at) : fail();
}

int fsync(int fd)
{
    NEXT(fsync);
    return fd_fails("sync", fd) ? fail() : next(fd);
}

int fdatasync(int fd)
{
    NEXT(fdatasync);
    return fd_fails("sync", fd) ? fail() : next(fd);
}

int rename(const char *from, const char *to)
{
    NEXT(rename);
    return path_fails("rename", to) ? fail() : next(from, to);
}

int ftruncate(int fd, off_t size)
{
    NEXT(ftruncate);
    return fd_fails("truncate", fd) ? fail() : next(fd, size);
}

int ftruncate64(int fd, off64_t size)
{
    NEXT(ftruncate64);
    return fd_fails("truncate", fd) ? fail() : next(fd, size);
}

/* --- the clock ------------------------------------------------------------------------------ */

static long long offset_ms(void)
{
    static int fd = -1;
    char text[32];

    if (fd < 0)
        fd = (int)syscall(SYS_openat, AT_FDCWD, how.clock_file, O_RDONLY | O_CLOEXEC, 0);
    ssize_t len = syscall(SYS_pread64, fd, text, sizeof text - 1, 0);
    text[len > 0 ? len : 0] = '\0';
    return strtoll(text, NULL, 10);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    NEXT(clock_gettime);
    int result = next(clock, now);

    if (result != 0 || how.clock_file == NULL || clock != CLOCK_REALTIME)
        return result;
    int saved_errno = errno;
    long long ns = now->tv_nsec + offset_ms() % 1000 * 1000000;
    now->tv_sec += offset_ms() / 1000 + (ns < 0 ? -1 : ns / 1000000000);
    now->tv_nsec = (ns + 1000000000) % 1000000000;
    errno = saved_errno;
    return 0;
}

time_t time(time_t *at)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (at != NULL)
        *at = now.tv_sec;
    return now.tv_sec;
}
