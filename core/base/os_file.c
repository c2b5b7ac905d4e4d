/* os_file: folders of our own, and files read whole and written so that they are there or not. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/os.h"

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
