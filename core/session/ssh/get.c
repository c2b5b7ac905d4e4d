/* From the node: what comes is kept in NAME.part until it is whole. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/session/ssh/folder.h"
#include "core/session/ssh/remote.h"

struct get {
    struct transfer *job;
    struct job_file *file;
    struct buf part, shown; /* here: relative to the file's folder, for a person */
    struct remote_look look;
    LIBSSH2_SFTP_HANDLE *handle;
    int fd;
    struct sha256_sum *sum; /* of what is in part */
    uint64_t done_bytes;
};

/* --- where from and where to ----------------------------------------------------------------- */

static enum err_code find_source(struct get *get, struct err *err)
{
    const char *path = get->file->from;

    if (remote_look(get->job, path, &get->look, err) != OK)
        return err->code;
    if (!get->look.is_there)
        return err_set(err, ERR_NOT_FOUND, path, "there is no such file on the node");
    if (get->look.is_folder)
        return err_set(err, ERR_UNSUPPORTED, path, "is a folder on the node");
    return OK;
}

static enum err_code look_at_goal(struct get *get, struct stat *about, struct err *err)
{
    const struct job_file *file = get->file;
    int flags = file->is_inside ? AT_SYMLINK_NOFOLLOW : 0;

    *about = (struct stat){0};
    bool is_there = fstatat(file->dir_fd, file->goal, about, flags) == 0;
    if (is_there && !S_ISREG(about->st_mode))
        return err_set(err, ERR_EXISTS, file->shown, "is there and is no regular file");
    buf_addf(&get->part, "%s" PART_SUFFIX, file->goal);
    buf_addf(&get->shown, "%s" PART_SUFFIX, file->shown);
    return OK;
}

static enum err_code open_part(struct get *get, struct err *err)
{
    const char *path = buf_cstr(&get->shown);
    int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW;

    get->fd = openat(get->file->dir_fd, buf_cstr(&get->part), flags, 0600);
    if (get->fd < 0)
        return err_set_errno(err, path, "cannot be written");
    if (flock(get->fd, LOCK_EX | LOCK_NB) != 0)
        return err_set(err, ERR_EXISTS, path, "another transfer is writing to it");
    return OK;
}

/* --- going on -------------------------------------------------------------------------------- */

/* Adds all of a file to the sum, and says how much that is. */
static uint64_t read_all(struct get *get, int fd)
{
    AUTO_FREE char *bytes = mem_alloc(BLOCK_BYTES);
    uint64_t n_bytes = 0;
    ssize_t n;

    while ((n = pread(fd, bytes, BLOCK_BYTES, (off_t)n_bytes)) > 0) {
        sha256_sum_add(get->sum, (struct sv){bytes, (size_t)n});
        n_bytes += (uint64_t)n;
    }
    return n_bytes;
}

static void begin_anew(struct get *get)
{
    sha256_sum_free(get->sum);
    get->sum = sha256_sum_new();
    get->done_bytes = 0;
}

/* Of a folder's: the file is there as a whole, as it was when all this was done before. */
static enum err_code find_whole(struct get *get, const struct stat *about, struct err *err)
{
    struct job_file *file = get->file;
    char there[SHA256_HEX_SIZE];

    *err = ERR_NONE;
    if (!file->is_inside || about->st_mode == 0 || about->st_size == 0 ||
        (uint64_t)about->st_size != get->look.size_bytes)
        return OK;
    int fd = openat(file->dir_fd, file->goal, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return OK; /* it is written anew */
    job_phase(get->job, TRANSFER_CHECKING);
    read_all(get, fd);
    close(fd);
    sha256_sum_hex(get->sum, file->checksum);
    file->was_there = remote_sum(get->job, file->from, get->look.size_bytes, there, err) &&
                      strcmp(file->checksum, there) == 0;
    file->is_compared = file->was_there;
    begin_anew(get);
    return err->code;
}

/* What is there already counts when the file begins with it; else it is begun anew. */
static enum err_code resume(struct get *get, struct err *err)
{
    char here[SHA256_HEX_SIZE], there[SHA256_HEX_SIZE];
    struct stat about;

    *err = ERR_NONE;
    bool has_some = fstat(get->fd, &about) == 0 && about.st_size > 0 &&
                    (uint64_t)about.st_size <= get->look.size_bytes;
    if (has_some) {
        job_phase(get->job, TRANSFER_RESUMING);
        get->done_bytes = read_all(get, get->fd);
        sha256_sum_hex(get->sum, here);
        bool is_same = remote_sum(get->job, get->file->from, get->done_bytes, there, err) &&
                       strcmp(here, there) == 0;
        if (err->code != OK || is_same)
            return err->code;
    }
    begin_anew(get);
    if (ftruncate(get->fd, 0) != 0)
        return err_set_errno(err, buf_cstr(&get->part), "cannot be begun anew");
    return OK;
}

/* --- copying --------------------------------------------------------------------------------- */

static enum err_code take(struct get *get, struct sv bytes, struct err *err)
{
    if (os_write_all(get->fd, bytes, buf_cstr(&get->shown), err) != OK)
        return err->code;
    sha256_sum_add(get->sum, bytes);
    get->done_bytes += bytes.len;
    job_progress(get->job, get->done_bytes);
    return OK;
}

/* How much is to be asked for now. A file whose size is said to be 0 (/proc) is read to its end;
 * one that grows meanwhile, to where its end was. */
static size_t wanted(const struct get *get)
{
    uint64_t left = get->look.size_bytes - get->done_bytes;

    return get->look.size_bytes == 0 || left > BLOCK_BYTES ? BLOCK_BYTES : (size_t)left;
}

static enum err_code copy(struct get *get, struct err *err)
{
    AUTO_FREE char *bytes = mem_alloc(BLOCK_BYTES);
    ssize_t n = 1;

    libssh2_sftp_seek64(get->handle, get->done_bytes);
    lseek(get->fd, (off_t)get->done_bytes, SEEK_SET);
    job_begin_copy(get->job, get->done_bytes, get->look.size_bytes);
    while (n > 0 && wanted(get) > 0) {
        SSH_CALL(&get->job->ssh, n, libssh2_sftp_read(get->handle, bytes, wanted(get)));
        if (n < 0)
            return remote_fail(get->job, get->file->from, err);
        if (n > 0 && take(get, (struct sv){bytes, (size_t)n}, err) != OK)
            return err->code;
    }
    if (get->done_bytes < get->look.size_bytes)
        return err_set(err, ERR_IO, get->file->from, "has become shorter meanwhile; get it again");
    return OK;
}

/* --- the end --------------------------------------------------------------------------------- */

static enum err_code check(struct get *get, struct err *err)
{
    struct job_file *file = get->file;
    char there[SHA256_HEX_SIZE];

    *err = ERR_NONE;
    job_phase(get->job, TRANSFER_CHECKING);
    sha256_sum_hex(get->sum, file->checksum);
    file->is_compared = remote_sum(get->job, file->from, get->done_bytes, there, err);
    if (err->code != OK || !file->is_compared || strcmp(file->checksum, there) == 0)
        return err->code;
    unlinkat(file->dir_fd, buf_cstr(&get->part), 0);
    return err_set(err, ERR_IO, file->from,
                   "has another checksum on the node: it has changed meanwhile; get it again");
}

static enum err_code move_to_goal(struct get *get, struct err *err)
{
    const struct job_file *file = get->file;

    if (fchmod(get->fd, get->look.mode) != 0 || fsync(get->fd) != 0)
        return err_set_errno(err, buf_cstr(&get->shown), "cannot be finished");
    if (renameat(file->dir_fd, buf_cstr(&get->part), file->dir_fd, file->goal) != 0)
        return err_set_errno(err, file->shown, "cannot get its name");
    return OK;
}

static enum err_code run(struct get *get, struct err *err)
{
    struct stat about;

    if (find_source(get, err) != OK || look_at_goal(get, &about, err) != OK ||
        find_whole(get, &about, err) != OK || get->file->was_there)
        return err->code;
    get->handle = remote_open(get->job, get->file->from, LIBSSH2_FXF_READ, err);
    if (get->handle == NULL || open_part(get, err) != OK || resume(get, err) != OK ||
        copy(get, err) != OK || check(get, err) != OK)
        return err->code;
    return move_to_goal(get, err);
}

/* A part with nothing in it is nobody's help. */
static void drop_empty_part(struct get *get)
{
    struct stat about;

    if (fstat(get->fd, &about) == 0 && about.st_size == 0 && about.st_nlink == 1)
        unlinkat(get->file->dir_fd, buf_cstr(&get->part), 0);
}

enum err_code job_get_file(struct transfer *job, struct job_file *file, struct err *err)
{
    struct get get = {.job = job, .file = file, .fd = -1, .sum = sha256_sum_new()};
    enum err_code code = run(&get, err);

    remote_close(job, get.handle);
    if (code != OK && get.fd >= 0)
        drop_empty_part(&get);
    if (get.fd >= 0)
        close(get.fd);
    sha256_sum_free(get.sum);
    buf_done(&get.part);
    buf_done(&get.shown);
    return code;
}

/* --- what was asked for ---------------------------------------------------------------------- */

/* Into a folder when one is there. */
static void choose_goal(const char *local, const char *from, struct buf *goal)
{
    struct stat about;

    if (stat(local, &about) == 0 && S_ISDIR(about.st_mode))
        folder_join(goal, local, folder_last_name(from));
    else
        buf_add_cstr(goal, local);
}

static enum err_code get_one(struct transfer *job, const char *from, struct err *err)
{
    AUTO(buf_done) struct buf goal = BUF_NONE;

    choose_goal(job->request.local, from, &goal);
    struct job_file file = {
        .from = from, .goal = buf_cstr(&goal), .dir_fd = AT_FDCWD, .shown = buf_cstr(&goal)};
    if (job_get_file(job, &file, err) == OK)
        job_done(job, file.checksum, file.is_compared, file.goal);
    return err->code;
}

enum err_code job_get(struct transfer *job, struct err *err)
{
    AUTO(buf_done) struct buf from = BUF_NONE;
    struct remote_look look;

    remote_path(job->request.remote, &from);
    if (remote_look(job, buf_cstr(&from), &look, err) != OK)
        return err->code;
    if (!look.is_there || !look.is_folder)
        return get_one(job, buf_cstr(&from), err);
    if (!job->request.is_recursive)
        return err_set(err, ERR_UNSUPPORTED, buf_cstr(&from),
                       "is a folder on the node: -r copies it with what is in it");
    return job_get_folder(job, buf_cstr(&from), look.mode, err);
}
