/* To the node: what has gone is kept there in NAME.part until it is whole. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/session/ssh/folder.h"
#include "core/session/ssh/remote.h"

#define WINDOW_BYTES (2 * BLOCK_BYTES) /* read here; at most BLOCK_BYTES of it are under way */

struct put {
    struct transfer *job;
    struct job_file *file;
    struct buf part; /* there */
    int fd;
    struct stat about;
    LIBSSH2_SFTP_HANDLE *handle;
    struct sha256_sum *sum; /* of what was read here */
    uint64_t done_bytes;    /* that the node has */
    char *window;
    size_t begin, end; /* of what is in window and not acknowledged */
    bool is_read;      /* to its end */
};

/* --- where from and where to ----------------------------------------------------------------- */

static enum err_code open_source(struct put *put, struct err *err)
{
    const struct job_file *file = put->file;
    int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (file->is_inside ? O_NOFOLLOW : 0);

    put->fd = openat(file->dir_fd, file->from, flags);
    if (put->fd < 0 || fstat(put->fd, &put->about) != 0)
        return err_set_errno(err, file->shown, "cannot be read");
    if (!S_ISREG(put->about.st_mode))
        return err_set(err, ERR_UNSUPPORTED, file->shown, "is no regular file");
    return OK;
}

static enum err_code look_at_goal(struct put *put, struct remote_look *look, struct err *err)
{
    const struct job_file *file = put->file;
    enum err_code code = file->is_inside ? remote_look_itself(put->job, file->goal, look, err)
                                         : remote_look(put->job, file->goal, look, err);

    if (code != OK)
        return code;
    if (look->is_there && !look->is_regular)
        return err_set(err, ERR_EXISTS, file->goal, "is there on the node and is no regular file");
    buf_addf(&put->part, "%s" PART_SUFFIX, file->goal);
    return OK;
}

/* --- going on -------------------------------------------------------------------------------- */

/* Adds the first n_bytes of the source to the sum. */
static bool read_beginning(struct put *put, uint64_t n_bytes)
{
    while (n_bytes > 0) {
        size_t n_wanted = n_bytes < WINDOW_BYTES ? (size_t)n_bytes : WINDOW_BYTES;
        ssize_t n = read(put->fd, put->window, n_wanted);
        if (n <= 0)
            return false;
        sha256_sum_add(put->sum, (struct sv){put->window, (size_t)n});
        n_bytes -= (uint64_t)n;
    }
    return true;
}

static void begin_anew(struct put *put)
{
    sha256_sum_free(put->sum);
    put->sum = sha256_sum_new();
    put->done_bytes = 0;
    lseek(put->fd, 0, SEEK_SET);
}

/* Of a folder's: the file is there as a whole, as it was when all this was done before. */
static enum err_code find_whole(struct put *put, const struct remote_look *look, struct err *err)
{
    struct job_file *file = put->file;
    char there[SHA256_HEX_SIZE];

    *err = ERR_NONE;
    if (!file->is_inside || !look->is_there || look->size_bytes == 0 ||
        look->size_bytes != (uint64_t)put->about.st_size)
        return OK;
    job_phase(put->job, TRANSFER_CHECKING);
    bool is_read = read_beginning(put, look->size_bytes);
    sha256_sum_hex(put->sum, file->checksum);
    file->was_there = is_read && remote_sum(put->job, file->goal, look->size_bytes, there, err) &&
                      strcmp(file->checksum, there) == 0;
    file->is_compared = file->was_there;
    begin_anew(put);
    return err->code;
}

/* As get.c has it, with the part on the node. */
static enum err_code resume(struct put *put, struct err *err)
{
    char here[SHA256_HEX_SIZE], there[SHA256_HEX_SIZE];
    struct remote_look look;

    *err = ERR_NONE;
    if (remote_look(put->job, buf_cstr(&put->part), &look, err) != OK)
        return err->code;
    if (!look.is_there || look.size_bytes == 0 || look.size_bytes > (uint64_t)put->about.st_size)
        return OK;
    job_phase(put->job, TRANSFER_RESUMING);
    bool is_same = read_beginning(put, look.size_bytes);
    sha256_sum_hex(put->sum, here);
    is_same = is_same && remote_sum(put->job, buf_cstr(&put->part), look.size_bytes, there, err) &&
              strcmp(here, there) == 0;
    if (is_same)
        put->done_bytes = look.size_bytes;
    else
        begin_anew(put);
    return err->code;
}

static enum err_code open_part(struct put *put, struct err *err)
{
    unsigned long flags = LIBSSH2_FXF_WRITE | LIBSSH2_FXF_CREAT;

    if (put->done_bytes == 0)
        flags |= LIBSSH2_FXF_TRUNC;
    put->handle = remote_open(put->job, buf_cstr(&put->part), flags, err);
    if (put->handle == NULL)
        return err->code;
    libssh2_sftp_seek64(put->handle, put->done_bytes);
    return OK;
}

/* --- copying --------------------------------------------------------------------------------- */

/* Reads on until BLOCK_BYTES are there to be sent, or all. */
static enum err_code fill(struct put *put, struct err *err)
{
    if (put->begin >= BLOCK_BYTES) {
        memmove(put->window, put->window + put->begin, put->end - put->begin);
        put->end -= put->begin;
        put->begin = 0;
    }
    while (!put->is_read && put->end - put->begin < BLOCK_BYTES) {
        ssize_t n = read(put->fd, put->window + put->end, WINDOW_BYTES - put->end);
        if (n < 0)
            return err_set_errno(err, put->file->shown, "cannot be read");
        put->is_read = n == 0;
        sha256_sum_add(put->sum, (struct sv){put->window + put->end, (size_t)n});
        put->end += (size_t)n;
    }
    return OK;
}

/* Who writes too much is told nothing but "failure" by SFTP: the disk says whether it is full. */
static enum err_code write_failed(struct put *put, struct err *err)
{
    LIBSSH2_SFTP_STATVFS about;
    int rc;

    if (remote_fail(put->job, buf_cstr(&put->part), err) != ERR_IO)
        return err->code;
    SSH_CALL(&put->job->ssh, rc, libssh2_sftp_fstatvfs(put->handle, &about));
    if (rc == 0 && about.f_bavail * about.f_frsize < BLOCK_BYTES)
        return err_set(err, ERR_DISK_FULL, buf_cstr(&put->part), "the node has %llu bytes left",
                       (unsigned long long)(about.f_bavail * about.f_frsize));
    return err->code;
}

/* libssh2 sends all that it is given, and returns what was acknowledged; the rest it is given
 * again, with more behind it. */
static enum err_code copy(struct put *put, struct err *err)
{
    ssize_t n;

    job_begin_copy(put->job, put->done_bytes, (uint64_t)put->about.st_size);
    for (;;) {
        if (fill(put, err) != OK)
            return err->code;
        if (put->begin == put->end)
            return OK;
        SSH_CALL(&put->job->ssh, n,
                 libssh2_sftp_write(put->handle, put->window + put->begin, put->end - put->begin));
        if (n < 0)
            return write_failed(put, err);
        put->begin += (size_t)n;
        put->done_bytes += (uint64_t)n;
        job_progress(put->job, put->done_bytes);
    }
}

/* --- the end --------------------------------------------------------------------------------- */

/* Some servers keep what they write to themselves for a while; those that do not know of it are
 * not asked for more. */
static void sync_part(struct put *put)
{
    int rc;

    SSH_CALL(&put->job->ssh, rc, libssh2_sftp_fsync(put->handle));
    remote_close(put->job, put->handle);
    put->handle = NULL;
}

static enum err_code check(struct put *put, struct err *err)
{
    struct job_file *file = put->file;
    char there[SHA256_HEX_SIZE];

    *err = ERR_NONE;
    job_phase(put->job, TRANSFER_CHECKING);
    sha256_sum_hex(put->sum, file->checksum);
    file->is_compared = remote_sum(put->job, buf_cstr(&put->part), put->done_bytes, there, err);
    if (err->code != OK || !file->is_compared || strcmp(file->checksum, there) == 0)
        return err->code;
    return err_set(err, ERR_IO, buf_cstr(&put->part),
                   "has another checksum on the node; put it again");
}

static enum err_code run(struct put *put, struct err *err)
{
    struct remote_look look;

    if (open_source(put, err) != OK || look_at_goal(put, &look, err) != OK ||
        find_whole(put, &look, err) != OK || put->file->was_there)
        return err->code;
    if (resume(put, err) != OK || open_part(put, err) != OK || copy(put, err) != OK)
        return err->code;
    sync_part(put);
    if (check(put, err) != OK ||
        remote_set_mode(put->job, buf_cstr(&put->part), put->about.st_mode & 0777, err) != OK)
        return err->code;
    return remote_rename(put->job, buf_cstr(&put->part), put->file->goal, err);
}

enum err_code job_put_file(struct transfer *job, struct job_file *file, struct err *err)
{
    struct put put = {.job = job,
                      .file = file,
                      .fd = -1,
                      .sum = sha256_sum_new(),
                      .window = mem_alloc(WINDOW_BYTES)};
    enum err_code code = run(&put, err);

    remote_close(job, put.handle);
    if (put.fd >= 0)
        close(put.fd);
    sha256_sum_free(put.sum);
    mem_free(put.window);
    buf_done(&put.part);
    return code;
}

/* --- what was asked for ---------------------------------------------------------------------- */

enum err_code job_put_goal(struct transfer *job, struct buf *goal, struct err *err)
{
    struct sv name = folder_last_name(job->request.local);
    struct remote_look look;

    remote_path(job->request.remote, goal);
    if (remote_look(job, buf_cstr(goal), &look, err) != OK)
        return err->code;
    if (!look.is_there || !look.is_folder)
        return OK;
    if (goal->ptr[goal->len - 1] != '/')
        buf_add_char(goal, '/'); /* who names a link to a folder means the folder */
    if (folder_is_name(name))
        buf_add(goal, name);
    return OK;
}

static enum err_code put_one(struct transfer *job, struct err *err)
{
    AUTO(buf_done) struct buf goal = BUF_NONE;
    const char *from = job->request.local;

    if (job_put_goal(job, &goal, err) != OK)
        return err->code;
    struct job_file file = {
        .from = from, .goal = buf_cstr(&goal), .dir_fd = AT_FDCWD, .shown = from};
    if (job_put_file(job, &file, err) == OK)
        job_done(job, file.checksum, file.is_compared, file.goal);
    return err->code;
}

enum err_code job_put(struct transfer *job, struct err *err)
{
    const char *from = job->request.local;
    struct stat about;

    if (stat(from, &about) != 0)
        return err_set_errno(err, from, "cannot be read");
    return S_ISDIR(about.st_mode) ? job_put_folder(job, err) : put_one(job, err);
}
