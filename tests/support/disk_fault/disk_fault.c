#include "tests/support/disk_fault/disk_fault.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/next_call.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    unsigned calls;
    size_t left; /* until it fails; 0: it is well */
    int error;
    bool for_ever, failed;
} disk;

void disk_fail(unsigned calls, size_t nth, int error, bool for_ever)
{
    pthread_mutex_lock(&lock);
    disk.calls = calls;
    disk.left = nth;
    disk.error = error;
    disk.for_ever = for_ever;
    disk.failed = false;
    pthread_mutex_unlock(&lock);
}

bool disk_heal(void)
{
    pthread_mutex_lock(&lock);
    disk.left = 0;
    bool failed = disk.failed;
    pthread_mutex_unlock(&lock);
    return failed;
}

/* Whether this call is to fail; *error is what with. */
static bool fails(enum disk_call call, int *error)
{
    bool now = false;

    pthread_mutex_lock(&lock);
    if (disk.left != 0 && (disk.calls & call) != 0) {
        now = disk.left == 1;
        if (!now || !disk.for_ever)
            disk.left--;
        disk.failed |= now;
        *error = disk.error;
    }
    pthread_mutex_unlock(&lock);
    return now;
}

#define FAIL_IF(call)            \
    int error;                   \
    if (fails((call), &error)) { \
        errno = error;           \
        return -1;               \
    }

int open(const char *path, int flags, ...)
{
    NEXT(open);
    va_list args;

    FAIL_IF(DISK_OPEN);
    va_start(args, flags);
    int fd = next(path, flags, (flags & O_CREAT) != 0 ? va_arg(args, int) : 0);
    va_end(args);
    return fd;
}

int mkostemp(char *template, int flags)
{
    NEXT(mkostemp);
    FAIL_IF(DISK_OPEN);
    return next(template, flags);
}

/* The wake-ups of the runners are writes too, and not the disk's. */
static bool is_file(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    NEXT(write);
    int error;

    if (!is_file(fd) || !fails(DISK_WRITE, &error))
        return next(fd, bytes, len);
    if (error == 0)
        return next(fd, bytes, (len + 1) / 2);
    errno = error;
    return -1;
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
    NEXT(pwrite);
    int error;

    if (!fails(DISK_WRITE, &error))
        return next(fd, bytes, len, at);
    if (error == 0)
        return next(fd, bytes, (len + 1) / 2, at);
    errno = error;
    return -1;
}

int fsync(int fd)
{
    NEXT(fsync);
    FAIL_IF(DISK_SYNC);
    return next(fd);
}

int fdatasync(int fd)
{
    NEXT(fdatasync);
    FAIL_IF(DISK_SYNC);
    return next(fd);
}

int rename(const char *from, const char *to)
{
    NEXT(rename);
    FAIL_IF(DISK_RENAME);
    return next(from, to);
}

int ftruncate(int fd, off_t size)
{
    NEXT(ftruncate);
    FAIL_IF(DISK_CUT);
    return next(fd, size);
}
