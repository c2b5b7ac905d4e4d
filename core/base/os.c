#include "core/base/os.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "core/base/digest.h"
#include "core/base/mem.h"

#define LARGE_BYTES         ((int)1 << 20)
#define ADDRESS_SPACE_AMPLE ((rlim_t)4 << 30)

/* The sanitizers' leak check attaches to the process, which one that is not dumpable forbids. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define UNDER_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define UNDER_SANITIZER 1
#endif
#endif
#ifndef UNDER_SANITIZER
#define UNDER_SANITIZER 0
#endif

/* glibc reserves 128 MiB of addresses for the memory of each thread. Where that many are not to be
 * had every allocation becomes a mapping, and the program crawls: there all threads share one. */
static void fit_address_space(void)
{
#ifdef __GLIBC__
    struct rlimit space;

    if (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur < ADDRESS_SPACE_AMPLE)
        mallopt(M_ARENA_MAX, 1);
#endif
}

/* Large arrays get mappings of their own and go back when they are freed. Left alone, glibc raises
 * the threshold to the largest that was ever freed, and from then on they stay as holes in the
 * heap. */
static void give_back_large_arrays(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
#endif
}

/* Each the other way round: reading what is for writing fails, and so does writing. */
static void hold_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
            return;
    }
}

void os_harden_process(void)
{
    const struct rlimit no_core = {0, 0};

    hold_standard_descriptors();
    setrlimit(RLIMIT_CORE, &no_core);
    if (!UNDER_SANITIZER)
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    fit_address_space();
    give_back_large_arrays();
    umask(077);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a limit of file sizes is a write that fails, with a word */
}

int os_spare_descriptors(int reserved)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur > INT_MAX)
        return INT_MAX;
    int spare = (int)files.rlim_cur - reserved;
    return spare > 0 ? spare : 1;
}

/* --- random ------------------------------------------------------------------------------- */

void os_random(void *bytes, size_t len)
{
    unsigned char *to = bytes;

    while (len != 0) {
        ssize_t got = getrandom(to, len, 0);
        if (got < 0 && errno != EINTR)
            abort(); /* no kernel that we run on lacks it; guessable bytes are worse than an end */
        if (got > 0) {
            to += got;
            len -= (size_t)got;
        }
    }
}

void os_random_many(void *bytes, size_t len)
{
    static _Thread_local struct {
        unsigned char bytes[4096];
        size_t n_left; /* at its front */
    } store;

    if (len > sizeof store.bytes) {
        os_random(bytes, len);
        return;
    }
    if (store.n_left < len) {
        os_random(store.bytes, sizeof store.bytes);
        store.n_left = sizeof store.bytes;
    }
    store.n_left -= len;
    memcpy(bytes, store.bytes + store.n_left, len);
    explicit_bzero(store.bytes + store.n_left, len);
}

void os_uuid4(char uuid[OS_UUID_SIZE])
{
    uint8_t bytes[16];
    char hex[2 * sizeof bytes + 1];

    os_random(bytes, sizeof bytes);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    hex_encode(bytes, sizeof bytes, hex);
    snprintf(uuid, OS_UUID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
             hex + 20);
}

/* --- events and figures ------------------------------------------------------------------- */

int os_event_new(void)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (fd < 0)
        mem_exhausted("file descriptors");
    return fd;
}

void os_event_signal(int fd)
{
    int saved_errno = errno;
    const uint64_t one = 1;
    ssize_t put;

    /* EAGAIN is a full counter, which is as readable as any other. */
    do
        put = write(fd, &one, sizeof one);
    while (put < 0 && errno == EINTR);
    errno = saved_errno;
}

void os_event_clear(int fd)
{
    uint64_t count;
    ssize_t got;

    do
        got = read(fd, &count, sizeof count);
    while (got < 0 && errno == EINTR);
}

void os_trim_memory(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

long os_rss_kib(void)
{
    long total_pages, resident_pages = 0;
    FILE *statm = fopen("/proc/self/statm", "re");

    if (statm == NULL)
        return 0;
    if (fscanf(statm, "%ld %ld", &total_pages, &resident_pages) != 2)
        resident_pages = 0;
    fclose(statm);
    return resident_pages * (sysconf(_SC_PAGESIZE) / 1024);
}

double os_cpu_s(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

/* A fault while its signal is blocked kills without a word: no terminal is restored, and no
 * sanitizer says where it was. */
static void block_all_but_faults(sigset_t *before)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS, SIGTRAP, SIGABRT};
    sigset_t set;

    sigfillset(&set);
    for (size_t i = 0; i < ARRAY_LEN(faults); i++)
        sigdelset(&set, faults[i]);
    pthread_sigmask(SIG_SETMASK, &set, before);
}

bool os_thread_start(pthread_t *thread, size_t stack_bytes, void *(*body)(void *arg), void *arg)
{
    pthread_attr_t attr;
    sigset_t before;

    pthread_attr_init(&attr);
    if (stack_bytes != 0)
        pthread_attr_setstacksize(&attr, stack_bytes);
    block_all_but_faults(&before);
    bool is_started = pthread_create(thread, &attr, body, arg) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return is_started;
}
