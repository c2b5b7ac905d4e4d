/* To the node: what has gone is kept there in NAME.part until it is whole. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/session/ssh/remote.h"

#define WINDOW_BYTES (2 * BLOCK_BYTES) /* read here; at most BLOCK_BYTES of it are under way */

struct put {
    struct transfer *job;
    const char *from;      /* here */
    struct buf goal, part; /* there */
    int fd;
    struct stat about;
    LIBSSH2_SFTP_HANDLE *file;
    struct sha256_sum *sum; /* of what was read here */
    uint64_t done_bytes;    /* that the node has */
    char *window;
    size_t begin, end; /* of what is in window and not acknowledged */
    bool is_read;      /* to its end */
};

/* --- where from and where to ----------------------------------------------------------------- */

static enum err_code open_source(struct put *put, struct err *err)
{
    put->fd = open(put->from, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (put->fd < 0 || fstat(put->fd, &put->about) != 0)
        return err_set_errno(err, put->from, "cannot be read");
    if (S_ISDIR(put->about.st_mode))
        return err_set(err, ERR_UNSUPPORTED, put->from,
                       "is a folder, and single files are copied: put an archive of it, made with "
                       "tar -czf");
    if (!S_ISREG(put->about.st_mode))
        return err_set(err, ERR_UNSUPPORTED, put->from, "is no regular file");
    return OK;
}

static enum err_code choose_goal(struct put *put, struct err *err)
{
    struct remote_look look;
    const char *name = strrchr(put->from, '/');

    remote_path(put->job->request.remote, &put->goal);
    if (remote_look(put->job, buf_cstr(&put->goal), &look, err) != OK)
        return err->code;
    if (look.is_there && look.is_folder)
        buf_addf(&put->goal, "%s%s", put->goal.ptr[put->goal.len - 1] == '/' ? "" : "/",
                 name != NULL ? name + 1 : put->from);
    if (look.is_there && look.is_folder &&
        remote_look(put->job, buf_cstr(&put->goal), &look, err) != OK)
        return err->code;
    if (look.is_there && !look.is_regular)
        return err_set(err, ERR_EXISTS, buf_cstr(&put->goal),
                       "is there on the node and is no regular file");
    buf_addf(&put->part, "%s" PART_SUFFIX, buf_cstr(&put->goal));
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
    put->file = remote_open(put->job, buf_cstr(&put->part), flags, err);
    if (put->file == NULL)
        return err->code;
    libssh2_sftp_seek64(put->file, put->done_bytes);
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
            return err_set_errno(err, put->from, "cannot be read");
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
    SSH_CALL(&put->job->ssh, rc, libssh2_sftp_fstatvfs(put->file, &about));
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
                 libssh2_sftp_write(put->file, put->window + put->begin, put->end - put->begin));
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

    SSH_CALL(&put->job->ssh, rc, libssh2_sftp_fsync(put->file));
    remote_close(put->job, put->file);
    put->file = NULL;
}

static enum err_code check(struct put *put, char here[SHA256_HEX_SIZE], bool *is_compared,
                           struct err *err)
{
    char there[SHA256_HEX_SIZE];

    *err = ERR_NONE;
    job_phase(put->job, TRANSFER_CHECKING);
    sha256_sum_hex(put->sum, here);
    *is_compared = remote_sum(put->job, buf_cstr(&put->part), put->done_bytes, there, err);
    if (err->code != OK || !*is_compared || strcmp(here, there) == 0)
        return err->code;
    return err_set(err, ERR_IO, buf_cstr(&put->part),
                   "has another checksum on the node; put it again");
}

static enum err_code run(struct put *put, struct err *err)
{
    char checksum[SHA256_HEX_SIZE];
    bool is_compared;

    if (open_source(put, err) != OK || choose_goal(put, err) != OK || resume(put, err) != OK ||
        open_part(put, err) != OK || copy(put, err) != OK)
        return err->code;
    sync_part(put);
    if (check(put, checksum, &is_compared, err) != OK ||
        remote_set_mode(put->job, buf_cstr(&put->part), put->about.st_mode & 0777, err) != OK ||
        remote_rename(put->job, buf_cstr(&put->part), buf_cstr(&put->goal), err) != OK)
        return err->code;
    job_done(put->job, checksum, is_compared, buf_cstr(&put->goal));
    return OK;
}

enum err_code job_put(struct transfer *job, struct err *err)
{
    struct put put = {.job = job,
                      .from = job->request.local,
                      .fd = -1,
                      .sum = sha256_sum_new(),
                      .window = mem_alloc(WINDOW_BYTES)};
    enum err_code code = run(&put, err);

    remote_close(job, put.file);
    if (put.fd >= 0)
        close(put.fd);
    sha256_sum_free(put.sum);
    mem_free(put.window);
    buf_done(&put.goal);
    buf_done(&put.part);
    return code;
}
