#include "core/session/ssh/remote.h"

#include <string.h>

#include "core/base/mem.h"

#define OWN_MODE 0600

enum err_code remote_start(struct transfer *job, struct err *err)
{
    SSH_MAKE(&job->ssh, job->sftp, libssh2_sftp_init(job->ssh.session));
    if (job->sftp != NULL)
        return OK;
    ssh_fail(&job->ssh, "no files can be copied, as sshd offers no sftp", err);
    if (err->code == ERR_NET)
        err->code = ERR_UNSUPPORTED;
    return err->code;
}

void remote_stop(struct transfer *job)
{
    ssh_hang_up(&job->ssh);
    if (job->sftp != NULL && libssh2_sftp_shutdown(job->sftp) == LIBSSH2_ERROR_EAGAIN)
        libssh2_sftp_shutdown(job->sftp);
    job->sftp = NULL;
}

/* --- failures -------------------------------------------------------------------------------- */

static const struct {
    unsigned long status;
    enum err_code code;
    const char *text;
} failures[] = {
    {LIBSSH2_FX_NO_SUCH_FILE, ERR_NOT_FOUND, "there is no such file or folder on the node"},
    {LIBSSH2_FX_NO_SUCH_PATH, ERR_NOT_FOUND, "there is no such folder on the node"},
    {LIBSSH2_FX_PERMISSION_DENIED, ERR_IO, "on the node: permission denied"},
    {LIBSSH2_FX_WRITE_PROTECT, ERR_IO, "on the node: read-only file system"},
    {LIBSSH2_FX_NO_SPACE_ON_FILESYSTEM, ERR_DISK_FULL, "on the node"},
    {LIBSSH2_FX_QUOTA_EXCEEDED, ERR_DISK_FULL, "on the node: over the quota"},
    {LIBSSH2_FX_FAILURE, ERR_IO, "the node could not do it; is its disk full, or a limit reached?"},
};

enum err_code remote_fail(struct transfer *job, const char *path, struct err *err)
{
    if (libssh2_session_last_errno(job->ssh.session) != LIBSSH2_ERROR_SFTP_PROTOCOL)
        return ssh_fail(&job->ssh, path, err);
    unsigned long status = libssh2_sftp_last_error(job->sftp);
    for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
        if (failures[i].status != status)
            continue;
        bool is_access = status == LIBSSH2_FX_PERMISSION_DENIED;
        return err_set(err, failures[i].code, path, "%s%s%s", failures[i].text,
                       is_access ? " to the user " : "", is_access ? job_user(job) : "");
    }
    return err_set(err, ERR_IO, path, "on the node: SFTP status %lu", status);
}

/* --- files ----------------------------------------------------------------------------------- */

enum err_code remote_look(struct transfer *job, const char *path, struct remote_look *look,
                          struct err *err)
{
    LIBSSH2_SFTP_ATTRIBUTES about;
    int rc;

    *look = (struct remote_look){0};
    SSH_CALL(
        &job->ssh, rc,
        libssh2_sftp_stat_ex(job->sftp, path, (unsigned)strlen(path), LIBSSH2_SFTP_STAT, &about));
    if (rc == LIBSSH2_ERROR_SFTP_PROTOCOL &&
        libssh2_sftp_last_error(job->sftp) == LIBSSH2_FX_NO_SUCH_FILE)
        return OK;
    if (rc != 0)
        return remote_fail(job, path, err);
    look->is_there = true;
    look->size_bytes = about.flags & LIBSSH2_SFTP_ATTR_SIZE ? about.filesize : 0;
    if (about.flags & LIBSSH2_SFTP_ATTR_PERMISSIONS) {
        look->is_folder = LIBSSH2_SFTP_S_ISDIR(about.permissions);
        look->is_regular = LIBSSH2_SFTP_S_ISREG(about.permissions);
        look->mode = about.permissions & 0777;
    }
    return OK;
}

LIBSSH2_SFTP_HANDLE *remote_open(struct transfer *job, const char *path, unsigned long flags,
                                 struct err *err)
{
    LIBSSH2_SFTP_HANDLE *file;

    SSH_MAKE(&job->ssh, file,
             libssh2_sftp_open_ex(job->sftp, path, (unsigned)strlen(path), flags, OWN_MODE,
                                  LIBSSH2_SFTP_OPENFILE));
    if (file == NULL)
        remote_fail(job, path, err);
    return file;
}

void remote_close(struct transfer *job, LIBSSH2_SFTP_HANDLE *file)
{
    int rc;

    if (file == NULL)
        return;
    do
        SSH_CALL(&job->ssh, rc, libssh2_sftp_close_handle(file));
    while (rc == LIBSSH2_ERROR_EAGAIN); /* it is over: all is answered at once now */
}

enum err_code remote_set_mode(struct transfer *job, const char *path, unsigned mode,
                              struct err *err)
{
    LIBSSH2_SFTP_ATTRIBUTES about = {.flags = LIBSSH2_SFTP_ATTR_PERMISSIONS, .permissions = mode};
    int rc;

    SSH_CALL(&job->ssh, rc,
             libssh2_sftp_stat_ex(job->sftp, path, (unsigned)strlen(path), LIBSSH2_SFTP_SETSTAT,
                                  &about));
    return rc == 0 ? OK : remote_fail(job, path, err);
}

/* OpenSSH's SFTP renames onto nothing that is there; its posix-rename is not in libssh2 1.10. */
static bool rename_by_program(struct transfer *job, const char *from, const char *to)
{
    AUTO(buf_done) struct buf command = BUF_NONE, out = BUF_NONE;
    struct err err;
    int status;

    buf_add_cstr(&command, "mv -f -- ");
    ssh_quote(&command, sv_of(from));
    buf_add_char(&command, ' ');
    ssh_quote(&command, sv_of(to));
    return ssh_run(&job->ssh, buf_cstr(&command), &out, &status, &err) == OK && status == 0;
}

static int rename_by_sftp(struct transfer *job, const char *from, const char *to)
{
    int rc;

    SSH_CALL(&job->ssh, rc,
             libssh2_sftp_rename_ex(job->sftp, from, (unsigned)strlen(from), to,
                                    (unsigned)strlen(to), 0));
    return rc;
}

enum err_code remote_rename(struct transfer *job, const char *from, const char *to, struct err *err)
{
    struct remote_look look;
    int rc;

    if (remote_look(job, to, &look, err) != OK)
        return err->code;
    if (look.is_there && !job->has_no_sums && rename_by_program(job, from, to))
        return OK;
    if (look.is_there)
        SSH_CALL(&job->ssh, rc, libssh2_sftp_unlink_ex(job->sftp, to, (unsigned)strlen(to)));
    return rename_by_sftp(job, from, to) == 0 ? OK : remote_fail(job, to, err);
}

/* --- checksums ------------------------------------------------------------------------------- */

static bool is_hex(struct sv text)
{
    uint8_t digest[SHA256_BYTES];

    return hex_decode(text, digest, sizeof digest);
}

bool remote_sum(struct transfer *job, const char *path, uint64_t n_bytes, char hex[SHA256_HEX_SIZE],
                struct err *err)
{
    AUTO(buf_done) struct buf command = BUF_NONE, out = BUF_NONE;
    int status;

    hex[0] = '\0';
    if (job->has_no_sums)
        return false;
    buf_addf(&command, "head -c %llu < ", (unsigned long long)n_bytes);
    ssh_quote(&command, sv_of(path));
    buf_add_cstr(&command, " | sha256sum");
    if (ssh_run(&job->ssh, buf_cstr(&command), &out, &status, err) != OK)
        return false;
    struct sv rest = buf_sv(&out), sum = sv_trim(sv_split(&rest, ' '));
    job->has_no_sums = status != 0 || !is_hex(sum);
    if (!job->has_no_sums)
        sv_copy(sum, hex, SHA256_HEX_SIZE);
    return !job->has_no_sums;
}

void remote_path(const char *path, struct buf *out)
{
    if (strcmp(path, "~") == 0 || strcmp(path, "~/") == 0 || path[0] == '\0')
        buf_add_char(out, '.');
    else
        buf_add_cstr(out, strncmp(path, "~/", 2) == 0 ? path + 2 : path);
}
