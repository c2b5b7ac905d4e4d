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
#include "core/session/ssh/remote.h"

struct get {
    struct transfer *job;
    struct buf from, goal, part; /* paths: there; here */
    struct remote_look look;
    LIBSSH2_SFTP_HANDLE *file;
    int fd;
    struct sha256_sum *sum; /* of what is in part */
    uint64_t done_bytes;
};

/* --- where from and where to ----------------------------------------------------------------- */

static void add_last_name(struct buf *out, struct sv path)
{
    size_t at = path.len;

    while (at > 0 && path.ptr[at - 1] != '/')
        at--;
    buf_add(out, (struct sv){path.ptr + at, path.len - at});
}

static enum err_code find_source(struct get *get, struct err *err)
{
    const char *path = buf_cstr(&get->from);

    if (remote_look(get->job, path, &get->look, err) != OK)
        return err->code;
    if (!get->look.is_there)
        return err_set(err, ERR_NOT_FOUND, path, "there is no such file on the node");
    if (get->look.is_folder)
        return err_set(err, ERR_UNSUPPORTED, path,
                       "is a folder, and single files are copied: make one of it on the node, with "
                       "tar -czf, and get that");
    return OK;
}

static enum err_code choose_goal(struct get *get, struct err *err)
{
    const char *local = get->job->request.local;
    struct stat about;

    buf_add_cstr(&get->goal, local);
    bool is_there = stat(local, &about) == 0;
    if (is_there && S_ISDIR(about.st_mode)) {
        if (get->goal.len > 0 && get->goal.ptr[get->goal.len - 1] != '/')
            buf_add_char(&get->goal, '/');
        add_last_name(&get->goal, buf_sv(&get->from));
        is_there = stat(buf_cstr(&get->goal), &about) == 0;
    }
    if (is_there && !S_ISREG(about.st_mode))
        return err_set(err, ERR_EXISTS, buf_cstr(&get->goal), "is there and is no regular file");
    buf_addf(&get->part, "%s" PART_SUFFIX, buf_cstr(&get->goal));
    return OK;
}

static enum err_code open_part(struct get *get, struct err *err)
{
    const char *path = buf_cstr(&get->part);

    get->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (get->fd < 0)
        return err_set_errno(err, path, "cannot be written");
    if (flock(get->fd, LOCK_EX | LOCK_NB) != 0)
        return err_set(err, ERR_EXISTS, path, "another transfer is writing to it");
    return OK;
}

/* --- going on -------------------------------------------------------------------------------- */

/* Adds all of the part to the sum, and says how much that is. */
static uint64_t read_part(struct get *get)
{
    AUTO_FREE char *bytes = mem_alloc(BLOCK_BYTES);
    uint64_t n_bytes = 0;
    ssize_t n;

    while ((n = pread(get->fd, bytes, BLOCK_BYTES, (off_t)n_bytes)) > 0) {
        sha256_sum_add(get->sum, (struct sv){bytes, (size_t)n});
        n_bytes += (uint64_t)n;
    }
    return n_bytes;
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
        get->done_bytes = read_part(get);
        sha256_sum_hex(get->sum, here);
        bool is_same = remote_sum(get->job, buf_cstr(&get->from), get->done_bytes, there, err) &&
                       strcmp(here, there) == 0;
        if (err->code != OK || is_same)
            return err->code;
    }
    sha256_sum_free(get->sum);
    get->sum = sha256_sum_new();
    get->done_bytes = 0;
    if (ftruncate(get->fd, 0) != 0)
        return err_set_errno(err, buf_cstr(&get->part), "cannot be begun anew");
    return OK;
}

/* --- copying --------------------------------------------------------------------------------- */

static enum err_code take(struct get *get, struct sv bytes, struct err *err)
{
    if (os_write_all(get->fd, bytes, buf_cstr(&get->part), err) != OK)
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

    libssh2_sftp_seek64(get->file, get->done_bytes);
    lseek(get->fd, (off_t)get->done_bytes, SEEK_SET);
    job_begin_copy(get->job, get->done_bytes, get->look.size_bytes);
    while (n > 0 && wanted(get) > 0) {
        SSH_CALL(&get->job->ssh, n, libssh2_sftp_read(get->file, bytes, wanted(get)));
        if (n < 0)
            return remote_fail(get->job, buf_cstr(&get->from), err);
        if (n > 0 && take(get, (struct sv){bytes, (size_t)n}, err) != OK)
            return err->code;
    }
    if (get->done_bytes < get->look.size_bytes)
        return err_set(err, ERR_IO, buf_cstr(&get->from),
                       "has become shorter meanwhile; get it again");
    return OK;
}

/* --- the end --------------------------------------------------------------------------------- */

static enum err_code check(struct get *get, char here[SHA256_HEX_SIZE], bool *is_compared,
                           struct err *err)
{
    char there[SHA256_HEX_SIZE];

    *err = ERR_NONE;
    job_phase(get->job, TRANSFER_CHECKING);
    sha256_sum_hex(get->sum, here);
    *is_compared = remote_sum(get->job, buf_cstr(&get->from), get->done_bytes, there, err);
    if (err->code != OK || !*is_compared || strcmp(here, there) == 0)
        return err->code;
    unlink(buf_cstr(&get->part));
    return err_set(err, ERR_IO, buf_cstr(&get->from),
                   "has another checksum on the node: it has changed meanwhile; get it again");
}

static enum err_code move_to_goal(struct get *get, struct err *err)
{
    if (fchmod(get->fd, get->look.mode) != 0 || fsync(get->fd) != 0)
        return err_set_errno(err, buf_cstr(&get->part), "cannot be finished");
    if (rename(buf_cstr(&get->part), buf_cstr(&get->goal)) != 0)
        return err_set_errno(err, buf_cstr(&get->goal), "cannot get its name");
    return OK;
}

static enum err_code run(struct get *get, struct err *err)
{
    char checksum[SHA256_HEX_SIZE];
    bool is_compared;

    remote_path(get->job->request.remote, &get->from);
    if (find_source(get, err) != OK || choose_goal(get, err) != OK)
        return err->code;
    get->file = remote_open(get->job, buf_cstr(&get->from), LIBSSH2_FXF_READ, err);
    if (get->file == NULL || open_part(get, err) != OK || resume(get, err) != OK ||
        copy(get, err) != OK || check(get, checksum, &is_compared, err) != OK ||
        move_to_goal(get, err) != OK)
        return err->code;
    job_done(get->job, checksum, is_compared, buf_cstr(&get->goal));
    return OK;
}

/* A part with nothing in it is nobody's help. */
static void drop_empty_part(struct get *get)
{
    struct stat about;

    if (fstat(get->fd, &about) == 0 && about.st_size == 0 && about.st_nlink == 1)
        unlink(buf_cstr(&get->part));
}

enum err_code job_get(struct transfer *job, struct err *err)
{
    struct get get = {.job = job, .fd = -1, .sum = sha256_sum_new()};
    enum err_code code = run(&get, err);

    remote_close(job, get.file);
    if (code != OK && get.fd >= 0)
        drop_empty_part(&get);
    if (get.fd >= 0)
        close(get.fd);
    sha256_sum_free(get.sum);
    buf_done(&get.from);
    buf_done(&get.goal);
    buf_done(&get.part);
    return code;
}
