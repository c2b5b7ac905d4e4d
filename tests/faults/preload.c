/*
 * preload: a libc that fails when it is told to, for LD_PRELOAD before the console.
 *
 *   FAULTS_DISK=CALL:NTH:ERRNO[:ever]   the NTH call of the kind (open, write, sync, rename,
 *                                       truncate or all) on what lies below FAULTS_BELOW fails with
 *                                       ERRNO (0: a write writes half), and with `ever` all later
 *                                       ones too
 *   FAULTS_BELOW=DIR                    the disk that fails
 *   FAULTS_FROM=FILE                    nothing fails before FILE exists
 *   FAULTS_MEMORY=NTH[:ever]            the NTH allocation fails, and with `ever` all later ones
 * too FAULTS_MEMORY_COUNT=FILE            how many there were is written there at the end
 *   FAULTS_WRITES=FILE                  what becomes of the disk below FAULTS_BELOW is written
 * there, in its order: note() says how FAULTS_CLOCK=FILE                   the wall clock is off by
 * as many milliseconds as FILE says
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
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

static struct {
    atomic_long n, nth; /* nth 0: all is well */
    bool ever, is_on;   /* is_on: from the program's own first allocation on */
    const char *count_file;
} memory;

static int writes_fd = -1;

static void read_memory(const char *text)
{
    char ever[8] = "";
    long nth = 0;

    memory.count_file = getenv("FAULTS_MEMORY_COUNT");
    if (text != NULL && sscanf(text, "%ld:%7s", &nth, ever) < 1)
        abort();
    memory.ever = strcmp(ever, "ever") == 0;
    atomic_store(&memory.nth, nth);
    memory.is_on = text != NULL || memory.count_file != NULL;
}

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
    const char *writes = getenv("FAULTS_WRITES");
    if (writes != NULL &&
        (writes_fd = (int)syscall(SYS_openat, AT_FDCWD, writes,
                                  O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) < 0)
        abort();
    read_memory(getenv("FAULTS_MEMORY"));
}

__attribute__((destructor)) static void write_count(void)
{
    FILE *file = memory.count_file != NULL ? fopen(memory.count_file, "w") : NULL;

    if (file == NULL)
        return;
    fprintf(file, "%ld\n", atomic_load(&memory.n));
    fclose(file);
}

/* --- memory --------------------------------------------------------------------------------- */

/* glibc's own, which need no looking up: that would allocate. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *ptr, size_t size);

static bool has_begun(void)
{
    static atomic_bool begun;

    if (atomic_load(&begun))
        return true;
    if (how.from != NULL && syscall(SYS_access, how.from, F_OK) != 0)
        return false;
    atomic_store(&begun, true);
    return true;
}

static bool allocation_fails(void)
{
    if (!memory.is_on || !has_begun())
        return false;
    long nth = atomic_load(&memory.nth), n = atomic_fetch_add(&memory.n, 1) + 1;
    if (nth == 0 || n < nth || (n > nth && !memory.ever))
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return allocation_fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return allocation_fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *ptr, size_t size)
{
    return size != 0 && allocation_fails() ? NULL : __libc_realloc(ptr, size);
}

/* --- what becomes of the disk ----------------------------------------------------------------- */

static bool is_below(const char *path);

/* "KIND OFFSET LENGTH TIME_US PATH\n" and LENGTH bytes: written, made (a file), cut (to OFFSET),
 * synced, renamed (the bytes are the new name). One write, so that threads do not mix. */
static void note(const char *kind, const char *path, off_t at, const void *bytes, size_t len)
{
    static char record[1 << 20];
    struct timespec now;

    if (writes_fd < 0 || path[0] != '/' || !is_below(path))
        return;
    int saved_errno = errno;
    pthread_mutex_lock(&lock);
    clock_gettime(CLOCK_REALTIME, &now);
    int head = snprintf(record, sizeof record, "%s %lld %zu %lld %s\n", kind, (long long)at, len,
                        (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000, path);
    if ((size_t)head + len > sizeof record)
        abort();
    if (len > 0)
        memcpy(record + head, bytes, len);
    if (syscall(SYS_write, writes_fd, record, (size_t)head + len) != (long)((size_t)head + len))
        abort();
    pthread_mutex_unlock(&lock);
    errno = saved_errno;
}

/* The file behind fd; "" when it is none. */
static const char *path_of(int fd, char path[PATH_MAX])
{
    char link[64];

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = writes_fd < 0 ? 0 : readlink(link, path, PATH_MAX - 1);
    path[len > 0 ? len : 0] = '\0';
    return path;
}

static void note_fd(const char *kind, int fd, off_t at, const void *bytes, ssize_t len)
{
    char path[PATH_MAX];

    if (writes_fd >= 0 && len >= 0)
        note(kind, path_of(fd, path), at, bytes, (size_t)len);
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
    int fd = path_fails("open", path) ? fail() : next(path, flags, mode);

    if (fd >= 0 && (flags & O_CREAT) != 0)
        note_fd("made", fd, 0, NULL, 0);
    if (fd >= 0 && (flags & O_TRUNC) != 0)
        note_fd("cut", fd, 0, NULL, 0);
    return fd;
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
    int fd = path_fails("open", template) ? fail() : next(template, flags);

    if (fd >= 0)
        note_fd("made", fd, 0, NULL, 0);
    return fd;
}

static size_t half(size_t len)
{
    return (len + 1) / 2;
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    NEXT(write);
    bool is_well = !fd_fails("write", fd);
    ssize_t n = !is_well && how.error != 0 ? fail() : next(fd, bytes, is_well ? len : half(len));
    if (n > 0 && writes_fd >= 0)
        note_fd("written", fd, lseek(fd, 0, SEEK_CUR) - n, bytes, n);
    return n;
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
    NEXT(pwrite);
    bool is_well = !fd_fails("write", fd);
    ssize_t n =
        !is_well && how.error != 0 ? fail() : next(fd, bytes, is_well ? len : half(len), at);
    note_fd("written", fd, at, bytes, n);
    return n;
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
    NEXT(pwrite64);
    bool is_well = !fd_fails("write", fd);
    ssize_t n =
        !is_well && how.error != 0 ? fail() : next(fd, bytes, is_well ? len : half(len), at);
    note_fd("written", fd, at, bytes, n);
    return n;
}

int fsync(int fd)
{
    NEXT(fsync);
    int result = fd_fails("sync", fd) ? fail() : next(fd);
    if (result == 0)
        note_fd("synced", fd, 0, NULL, 0);
    return result;
}

int fdatasync(int fd)
{
    NEXT(fdatasync);
    int result = fd_fails("sync", fd) ? fail() : next(fd);
    if (result == 0)
        note_fd("synced", fd, 0, NULL, 0);
    return result;
}

int rename(const char *from, const char *to)
{
    NEXT(rename);
    int result = path_fails("rename", to) ? fail() : next(from, to);
    if (result == 0)
        note("renamed", from, 0, to, strlen(to));
    return result;
}

int ftruncate(int fd, off_t size)
{
    NEXT(ftruncate);
    int result = fd_fails("truncate", fd) ? fail() : next(fd, size);
    if (result == 0)
        note_fd("cut", fd, size, NULL, 0);
    return result;
}

int ftruncate64(int fd, off64_t size)
{
    NEXT(ftruncate64);
    int result = fd_fails("truncate", fd) ? fail() : next(fd, size);
    if (result == 0)
        note_fd("cut", fd, size, NULL, 0);
    return result;
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
