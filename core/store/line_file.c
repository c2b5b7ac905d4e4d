#include "core/store/line_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/os.h"

#define LOCK_RETRY_MS 5

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

/* --- opening and locking ------------------------------------------------------------------ */

static enum err_code sync_folder_of(const char *path, struct err *err)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
    AUTO_FREE char *folder = len == 0 ? mem_strdup(".") : sv_dup((struct sv){path, len});
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum err_code code = OK;

    if (fd < 0 || fsync(fd) != 0)
        code = err_set_errno(err, folder, "cannot sync the folder");
    if (fd >= 0)
        close(fd);
    return code;
}

enum err_code line_file_open(struct line_file *file, const char *path, struct err *err)
{
    bool fresh = access(path, F_OK) != 0;

    *file = (struct line_file){.fd = os_open_private(path, O_RDWR | O_CREAT, 0600, err)};
    if (file->fd < 0)
        return err != NULL ? err->code : ERR_IO;
    file->path = mem_strdup(path);
    enum err_code code = fresh ? sync_folder_of(path, err) : OK;
    if (code != OK)
        line_file_close(file);
    return code;
}

enum err_code line_file_open_to_read(struct line_file *file, const char *path, struct err *err)
{
    struct stat st;

    *file = (struct line_file){.fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
    if (file->fd < 0 && errno == ENOENT)
        return err_set(err, ERR_NOT_FOUND, path, "there is no such file");
    if (file->fd < 0)
        return err_set_errno(err, path, "cannot open");
    file->path = mem_strdup(path);
    if (fstat(file->fd, &st) == 0 && S_ISREG(st.st_mode))
        return OK;
    line_file_close(file);
    return err_set(err, ERR_IO, path, "not a regular file");
}

void line_file_close(struct line_file *file)
{
    if (file->path == NULL)
        return;
    close(file->fd);
    mem_free(file->path);
    *file = (struct line_file){.fd = -1};
}

static bool is_still_at_its_path(const struct line_file *file)
{
    struct stat open_st, path_st;

    return fstat(file->fd, &open_st) == 0 && stat(file->path, &path_st) == 0 &&
           open_st.st_dev == path_st.st_dev && open_st.st_ino == path_st.st_ino;
}

enum err_code line_file_lock(struct line_file *file, bool exclusive, struct err *err)
{
    int64_t give_up_at_ms = clock_mono_ms() + LOCK_WAIT_MS;

    /* Never a blocking flock: another console may be stopped while it holds the lock. */
    while (flock(file->fd, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return err_set_errno(err, file->path, "cannot lock");
        if (clock_mono_ms() >= give_up_at_ms)
            return err_set(err, ERR_TIMEOUT, file->path, "another watchdeck holds it locked");
        pause_ms(LOCK_RETRY_MS);
    }
    if (is_still_at_its_path(file))
        return OK;
    line_file_unlock(file);
    return err_set(err, ERR_INTEGRITY, file->path, "it was replaced while it was in use");
}

void line_file_unlock(struct line_file *file)
{
    flock(file->fd, LOCK_UN);
}

int64_t line_file_size(const struct line_file *file)
{
    struct stat st;
    return fstat(file->fd, &st) == 0 ? st.st_size : -1;
}

/* --- writing ------------------------------------------------------------------------------ */

static bool write_all_at(int fd, struct sv text, int64_t at)
{
    while (text.len != 0) {
        ssize_t put = pwrite(fd, text.ptr, text.len, at);
        if (put < 0 && errno != EINTR)
            return false;
        if (put > 0) {
            text.ptr += put;
            text.len -= (size_t)put;
            at += put;
        }
    }
    return true;
}

enum err_code line_file_append(struct line_file *file, struct sv line, bool *doubtful,
                               struct err *err)
{
    int64_t size = line_file_size(file);

    *doubtful = false;
    if (size < 0)
        return err_set_errno(err, file->path, "cannot tell the size");
    if (!write_all_at(file->fd, line, size)) {
        enum err_code code = err_set_errno(err, file->path, "cannot write");
        *doubtful = ftruncate(file->fd, size) != 0;
        return code;
    }
    if (fdatasync(file->fd) != 0) {
        enum err_code code = err_set_errno(err, file->path, "cannot sync");
        *doubtful = true; /* dirty pages may be gone, and with them older lines */
        return code;
    }
    return OK;
}

enum err_code line_file_cut(struct line_file *file, int64_t size_bytes, struct err *err)
{
    if (ftruncate(file->fd, size_bytes) != 0)
        return err_set_errno(err, file->path, "cannot cut the torn end off");
    if (fdatasync(file->fd) != 0)
        return err_set_errno(err, file->path, "cannot sync");
    return OK;
}

/* --- reading ------------------------------------------------------------------------------ */

void line_reader_init(struct line_reader *reader, int fd, int64_t offset)
{
    *reader = (struct line_reader){.fd = fd, .offset = offset, .read_at = offset};
    reader->line.cap = LINE_BYTES_MAX;
}

void line_reader_done(struct line_reader *reader)
{
    buf_done(&reader->line);
}

static bool fill_chunk(struct line_reader *reader)
{
    ssize_t got;

    do
        got = pread(reader->fd, reader->chunk, sizeof reader->chunk, reader->read_at);
    while (got < 0 && errno == EINTR);
    reader->failed = got < 0;
    reader->chunk_at = 0;
    reader->chunk_len = got > 0 ? (size_t)got : 0;
    reader->read_at += (int64_t)reader->chunk_len;
    return got > 0;
}

bool line_reader_next(struct line_reader *reader, struct sv *line, bool *whole)
{
    int64_t begin = reader->offset;

    buf_clear(&reader->line);
    *whole = false;
    while (!*whole && (reader->chunk_at < reader->chunk_len || fill_chunk(reader))) {
        const char *rest = reader->chunk + reader->chunk_at;
        size_t left = reader->chunk_len - reader->chunk_at;
        const char *lf = memchr(rest, '\n', left);
        size_t len = lf != NULL ? (size_t)(lf - rest) : left;
        buf_add(&reader->line, (struct sv){rest, len});
        *whole = lf != NULL;
        reader->chunk_at += len + *whole;
        reader->offset += (int64_t)(len + *whole);
    }
    *line = buf_err(&reader->line) == OK ? buf_sv(&reader->line) : SV("");
    return reader->offset != begin && !reader->failed;
}

bool line_is_torn(struct sv line, bool whole, struct sv beginning)
{
    const char *hole = line.len != 0 ? memchr(line.ptr, '\0', line.len) : NULL;
    struct sv written = {line.ptr, hole != NULL ? (size_t)(hole - line.ptr) : line.len};

    if (whole && hole == NULL)
        return false;
    return written.len < beginning.len ? sv_starts(beginning, written)
                                       : sv_starts(written, beginning);
}
