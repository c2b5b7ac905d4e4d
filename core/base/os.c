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

/* --- folders ------------------------------------------------------------------------------ */

static const struct {
    const char *kind, *variable, *below_home; /* below_home NULL: there is no default */
} xdg_dirs[] = {
    {"config", "XDG_CONFIG_HOME", ".config"},
    {"state", "XDG_STATE_HOME", ".local/state"},
    {"cache", "XDG_CACHE_HOME", ".cache"},
    {"runtime", "XDG_RUNTIME_DIR", NULL},
};

/* The specification has relative paths ignored. */
static const char *absolute_env(const char *variable)
{
    const char *value = getenv(variable);
    return value != NULL && value[0] == '/' ? value : NULL;
}

void os_xdg_dir(const char *kind, char *path, size_t size)
{
    int len = 0;

    for (size_t i = 0; i < ARRAY_LEN(xdg_dirs); i++) {
        if (strcmp(kind, xdg_dirs[i].kind) != 0)
            continue;
        const char *base = absolute_env(xdg_dirs[i].variable), *home = absolute_env("HOME");
        if (base != NULL)
            len = snprintf(path, size, "%s/watchdeck", base);
        else if (home != NULL && xdg_dirs[i].below_home != NULL)
            len = snprintf(path, size, "%s/%s/watchdeck", home, xdg_dirs[i].below_home);
    }
    /* A path that was cut would name some other folder. */
    if (size != 0 && (len <= 0 || (size_t)len >= size))
        path[0] = '\0';
}

/* Makes what is missing of the folders above path. */
static enum err_code make_parents(const char *path, struct err *err)
{
    char parent[OS_PATH_SIZE];

    for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        sv_copy((struct sv){path, (size_t)(slash - path)}, parent, sizeof parent);
        if (mkdir(parent, 0700) != 0 && errno != EEXIST)
            return err_set_errno(err, parent, "cannot make the folder");
    }
    return OK;
}

enum err_code os_private_dir(const char *path, struct err *err)
{
    struct stat st;

    if (path[0] == '\0' || strlen(path) >= OS_PATH_SIZE)
        return err_set(err, ERR_IO, path, "no usable path for a folder");
    enum err_code code = make_parents(path, err);
    if (code != OK)
        return code;
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return err_set_errno(err, path, "cannot make the folder");

    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, path, "not a folder of our own");
    if (fstat(fd, &st) != 0 || st.st_uid != geteuid())
        code = err_set(err, ERR_IO, path, "the folder belongs to somebody else");
    else if ((st.st_mode & 077) != 0 && fchmod(fd, 0700) != 0)
        code = err_set_errno(err, path, "cannot make the folder private");
    close(fd);
    return code;
}

/* --- files -------------------------------------------------------------------------------- */

/* read and write that go on after a signal, until all is done or it fails. */

static enum err_code read_chunks(int fd, size_t max_bytes, char *chunk, size_t chunk_bytes,
                                 struct buf *out, const char *path, struct err *err)
{
    size_t total = 0;

    for (;;) {
        ssize_t got = read(fd, chunk, chunk_bytes);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set_errno(err, path, "cannot read");
        if (got == 0)
            break;
        total += (size_t)got;
        if (total > max_bytes)
            return err_set(err, ERR_TOO_BIG, path, "more than %zu bytes", max_bytes);
        buf_add(out, (struct sv){chunk, (size_t)got});
    }
    return buf_err(out) == OK ? OK : err_set(err, ERR_TOO_BIG, path, "too big to be read");
}

enum err_code os_read_all(int fd, size_t max_bytes, struct buf *out, const char *where,
                          struct err *err)
{
    char chunk[16384];
    enum err_code code = read_chunks(fd, max_bytes, chunk, sizeof chunk, out, where, err);

    explicit_bzero(chunk, sizeof chunk); /* it may have been a file of keys */
    return code;
}

static bool write_all(int fd, struct sv text)
{
    while (text.len != 0) {
        ssize_t put = write(fd, text.ptr, text.len);
        if (put < 0 && errno != EINTR)
            return false;
        if (put > 0) {
            text.ptr += put;
            text.len -= (size_t)put;
        }
    }
    return true;
}

enum err_code os_read_file(const char *path, size_t max_bytes, struct buf *out, struct err *err)
{
    /* Without O_NONBLOCK the open itself would wait for a FIFO's writer. */
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat st;
    enum err_code code;

    if (fd < 0)
        return err_set_errno(err, path, "cannot open");
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        code = err_set(err, ERR_IO, path, "not a regular file");
    else
        code = os_read_all(fd, max_bytes, out, path, err);
    close(fd);
    return code;
}

/* The folder that path lies in, as a path. */
static void folder_of(const char *path, char *folder, size_t size)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        sv_copy(SV("."), folder, size);
    else
        sv_copy((struct sv){path, slash == path ? 1 : (size_t)(slash - path)}, folder, size);
}

/* A rename is only durable once the folder is (Linux fsync(2), NOTES). */
static enum err_code sync_folder(const char *folder, struct err *err)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum err_code code = OK;

    if (fd < 0)
        return err_set_errno(err, folder, "cannot open the folder");
    if (fsync(fd) != 0)
        code = err_set_errno(err, folder, "cannot sync the folder");
    close(fd);
    return code;
}

static enum err_code fill_file(int fd, struct sv text, unsigned mode, const char *path,
                               struct err *err)
{
    if (fchmod(fd, mode) != 0)
        return err_set_errno(err, path, "cannot set the mode");
    if (!write_all(fd, text))
        return err_set_errno(err, path, "cannot write");
    if (fsync(fd) != 0)
        return err_set_errno(err, path, "cannot sync");
    return OK;
}

enum err_code os_write_atomically(const char *path, struct sv text, unsigned mode, struct err *err)
{
    char folder[OS_PATH_SIZE], temp[OS_PATH_SIZE];

    folder_of(path, folder, sizeof folder);
    if (snprintf(temp, sizeof temp, "%s.XXXXXX", path) >= (int)sizeof temp)
        return err_set(err, ERR_IO, path, "the path is too long");
    int fd = mkostemp(temp, O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, path, "cannot make a temporary file");

    enum err_code code = fill_file(fd, text, mode, path, err);
    if (close(fd) != 0 && code == OK)
        code = err_set_errno(err, path, "cannot close");
    if (code == OK && rename(temp, path) != 0)
        code = err_set_errno(err, path, "cannot rename");
    if (code != OK) {
        unlink(temp);
        return code;
    }
    return sync_folder(folder, err);
}

enum err_code os_write_new(const char *path, struct sv text, unsigned mode, struct err *err)
{
    char folder[OS_PATH_SIZE];
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);

    if (fd < 0 && errno == EEXIST)
        return err_set(err, ERR_EXISTS, path, "there is something of that name");
    if (fd < 0)
        return err_set_errno(err, path, "cannot make the file");
    enum err_code code = fill_file(fd, text, mode, path, err);
    if (close(fd) != 0 && code == OK)
        code = err_set_errno(err, path, "cannot close");
    if (code != OK) {
        unlink(path);
        return code;
    }
    folder_of(path, folder, sizeof folder);
    return sync_folder(folder, err);
}

enum err_code os_replace(const char *path, struct sv text, unsigned mode, struct err *err)
{
    struct stat st;

    if (lstat(path, &st) != 0)
        return err_set_errno(err, path, "cannot look at it");
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_EXISTS, path, "no file to replace");
    return os_write_atomically(path, text, mode, err);
}

void os_real_path(const char *path, char real[OS_PATH_SIZE])
{
    char *found = realpath(path, NULL);

    sv_copy(sv_of(found != NULL ? found : path), real, OS_PATH_SIZE);
    free(found);
}

enum err_code os_write_all(int fd, struct sv text, const char *where, struct err *err)
{
    while (text.len > 0) {
        ssize_t n = write(fd, text.ptr, text.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EPIPE && fd == STDOUT_FILENO)
            return err_set(err, ERR_NO_READER, where, "whoever read it has gone");
        if (n < 0)
            return err_set_errno(err, where, "cannot write");
        text.ptr += n;
        text.len -= (size_t)n;
    }
    return OK;
}

int os_open_private(const char *path, int flags, unsigned mode, struct err *err)
{
    int fd = open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, mode);
    struct stat st;

    if (fd < 0) {
        err_set_errno(err, path, "cannot open");
        return -1;
    }
    /* a second name may have been made by whoever wants it written to */
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_nlink > 1) {
        err_set(err, ERR_IO, path, "not a regular file of our own");
        close(fd);
        return -1;
    }
    return fd;
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
