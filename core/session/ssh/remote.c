#include "core/session/ssh/remote.h"

#include <string.h>

#include "core/base/mem.h"

#define OWN_MODE        0600
#define OWN_FOLDER_MODE 0700
#define NAME_BYTES      4096
#define SFTP_MS         20000 /* sshd's program for files has so long for its greeting */
#define OLD_SUFFIX      ".old"
#define OLD_NAMES       9

/* libssh2 1.10 waits for a program that has ended as for one that is slow: sshd says that it has
 * begun one whether or not there is such a file. */
enum err_code remote_start(struct transfer *job, struct err *err)
{
    ssh_patience(&job->ssh, SFTP_MS);
    SSH_MAKE(&job->ssh, job->sftp, libssh2_sftp_init(job->ssh.session));
    ssh_patience(&job->ssh, 0);
    if (job->sftp != NULL) {
        job->ssh.needed = libssh2_sftp_get_channel(job->sftp);
        return OK;
    }
    if (job->ssh.over.code == ERR_TIMEOUT)
        return err_advise(err,
                          err_set(err, ERR_UNSUPPORTED, "ssh",
                                  "no files can be copied, as sshd's sftp does not answer"),
                          "see whether what sshd_config names as Subsystem sftp is on the node");
    ssh_fail(&job->ssh, "no files can be copied, as sshd offers no sftp", err);
    if (err->code == ERR_NET)
        err->code = ERR_UNSUPPORTED;
    return err->code;
}

void remote_stop(struct transfer *job)
{
    ssh_hang_up(&job->ssh);
    job->ssh.needed = NULL;
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

static void read_attributes(const LIBSSH2_SFTP_ATTRIBUTES *about, struct remote_look *look)
{
    look->is_there = true;
    look->size_bytes = about->flags & LIBSSH2_SFTP_ATTR_SIZE ? about->filesize : 0;
    if (about->flags & LIBSSH2_SFTP_ATTR_PERMISSIONS) {
        look->is_folder = LIBSSH2_SFTP_S_ISDIR(about->permissions);
        look->is_regular = LIBSSH2_SFTP_S_ISREG(about->permissions);
        look->is_link = LIBSSH2_SFTP_S_ISLNK(about->permissions);
        look->mode = about->permissions & 0777;
    }
}

static enum err_code look_by(struct transfer *job, int how, const char *path,
                             struct remote_look *look, struct err *err)
{
    LIBSSH2_SFTP_ATTRIBUTES about;
    int rc;

    *look = (struct remote_look){0};
    SSH_CALL(&job->ssh, rc,
             libssh2_sftp_stat_ex(job->sftp, path, (unsigned)strlen(path), how, &about));
    if (rc == LIBSSH2_ERROR_SFTP_PROTOCOL &&
        libssh2_sftp_last_error(job->sftp) == LIBSSH2_FX_NO_SUCH_FILE)
        return OK;
    if (rc != 0)
        return remote_fail(job, path, err);
    read_attributes(&about, look);
    return OK;
}

enum err_code remote_look(struct transfer *job, const char *path, struct remote_look *look,
                          struct err *err)
{
    return look_by(job, LIBSSH2_SFTP_STAT, path, look, err);
}

enum err_code remote_look_itself(struct transfer *job, const char *path, struct remote_look *look,
                                 struct err *err)
{
    return look_by(job, LIBSSH2_SFTP_LSTAT, path, look, err);
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

/* --- folders --------------------------------------------------------------------------------- */

static enum folder_kind kind_of(const struct remote_look *look)
{
    if (look->is_link)
        return FOLDER_LINK;
    if (look->is_folder)
        return FOLDER_FOLDER;
    return look->is_regular ? FOLDER_FILE : FOLDER_OTHER;
}

/* The next name; 0 at the end, below that a failure. Who says nothing of it is asked for more. */
static int read_name(struct transfer *job, LIBSSH2_SFTP_HANDLE *folder, const char *path,
                     struct folder_list *list, struct err *err)
{
    char name[NAME_BYTES];
    LIBSSH2_SFTP_ATTRIBUTES about = {0};
    struct remote_look look = {0};
    int n;

    SSH_CALL(&job->ssh, n, libssh2_sftp_readdir_ex(folder, name, sizeof name, NULL, 0, &about));
    if (n <= 0)
        return n;
    struct sv text = {name, (size_t)n};
    if (sv_eq_cstr(text, ".") || sv_eq_cstr(text, ".."))
        return n;
    read_attributes(&about, &look);
    if (!(about.flags & LIBSSH2_SFTP_ATTR_PERMISSIONS) && folder_is_name(text)) {
        AUTO(buf_done) struct buf full = BUF_NONE;
        buf_addf(&full, "%s/" SV_FMT, path, SV_ARG(text));
        if (remote_look_itself(job, buf_cstr(&full), &look, err) != OK)
            return -1;
    }
    folder_list_add(list, text, kind_of(&look), look.mode);
    return n;
}

enum err_code remote_list(struct transfer *job, const char *path, struct folder_list *list,
                          struct err *err)
{
    LIBSSH2_SFTP_HANDLE *folder;
    int n;

    *err = ERR_NONE;
    SSH_MAKE(
        &job->ssh, folder,
        libssh2_sftp_open_ex(job->sftp, path, (unsigned)strlen(path), 0, 0, LIBSSH2_SFTP_OPENDIR));
    if (folder == NULL)
        return remote_fail(job, path, err);
    do
        n = read_name(job, folder, path, list, err);
    while (n > 0 && list->entries.len <= FOLDER_NAMES_MAX);
    if (n == LIBSSH2_ERROR_BUFFER_TOO_SMALL)
        err_set(err, ERR_TOO_BIG, path, "has a name longer than %d bytes", NAME_BYTES);
    else if (n < 0 && err->code == OK)
        remote_fail(job, path, err);
    else if (n > 0)
        err_set(err, ERR_TOO_BIG, path, "has more than %d names", FOLDER_NAMES_MAX);
    remote_close(job, folder);
    folder_list_sort(list);
    return err->code;
}

enum err_code remote_make_folder(struct transfer *job, const char *path, bool *is_made,
                                 struct err *err)
{
    struct remote_look look;
    int rc;

    *is_made = false;
    if (remote_look_itself(job, path, &look, err) != OK)
        return err->code;
    if (look.is_there && look.is_folder)
        return OK;
    if (look.is_there)
        return err_set(err, ERR_EXISTS, path, "is there on the node and is no folder%s",
                       look.is_link ? ", but a link" : "");
    SSH_CALL(&job->ssh, rc,
             libssh2_sftp_mkdir_ex(job->sftp, path, (unsigned)strlen(path), OWN_FOLDER_MODE));
    *is_made = rc == 0;
    return rc == 0 ? OK : remote_fail(job, path, err);
}

/* --- names ----------------------------------------------------------------------------------- */

/* OpenSSH's SFTP renames onto nothing that is there; its posix-rename is not in libssh2 1.10. */
static bool rename_by_program(struct transfer *job, const char *from, const char *to)
{
    AUTO(buf_done) struct buf command = BUF_NONE, out = BUF_NONE;
    struct err err;
    int status;

    buf_add_cstr(&command, "mv -f -- ");
    buf_add_sh_word(&command, sv_of(from));
    buf_add_char(&command, ' ');
    buf_add_sh_word(&command, sv_of(to));
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

/* A name for the file that is in the way, beside it, that nobody has. */
static enum err_code choose_old_name(struct transfer *job, const char *path, struct buf *old,
                                     struct err *err)
{
    struct remote_look look;

    for (int n = 1; n <= OLD_NAMES; n++) {
        buf_clear(old);
        buf_addf(old, n == 1 ? "%s" OLD_SUFFIX : "%s" OLD_SUFFIX "-%d", path, n);
        if (remote_look_itself(job, buf_cstr(old), &look, err) != OK || !look.is_there)
            return err->code;
    }
    return err_set(err, ERR_EXISTS, path,
                   "has %d older ones beside it (" OLD_SUFFIX "): remove them on the node",
                   OLD_NAMES);
}

/* The last of three steps could not be done: what is where is told, so that nobody has to look. */
static enum err_code say_what_is_left(const struct err *why, const char *to, const char *old,
                                      const char *new, struct err *err)
{
    struct sv old_name = folder_last_name(old), new_name = folder_last_name(new);
    struct err cause = *why;

    return err_set(err, cause.code, to,
                   "%s. On the node, the file before is kept as " SV_FMT ", the new one is " SV_FMT,
                   cause.message, SV_ARG(old_name), SV_ARG(new_name));
}

/*
 * Where nothing is renamed onto what is there: the old one makes room, the new one gets its name,
 * the old one goes. At no time is there neither, and when the second step fails the first is taken
 * back.
 */
static enum err_code replace_in_steps(struct transfer *job, const char *from, const char *to,
                                      struct err *err)
{
    AUTO(buf_done) struct buf old = BUF_NONE;
    struct err why;
    int rc;

    if (choose_old_name(job, to, &old, err) != OK)
        return err->code;
    if (rename_by_sftp(job, to, buf_cstr(&old)) != 0)
        return remote_fail(job, to, err);
    if (rename_by_sftp(job, from, to) != 0) {
        remote_fail(job, to, &why);
        if (rename_by_sftp(job, buf_cstr(&old), to) != 0)
            return say_what_is_left(&why, to, buf_cstr(&old), from, err);
        *err = why;
        return err->code;
    }
    SSH_CALL(&job->ssh, rc, libssh2_sftp_unlink_ex(job->sftp, buf_cstr(&old), (unsigned)old.len));
    if (rc == 0)
        return OK;
    remote_fail(job, buf_cstr(&old), &why);
    return say_what_is_left(&why, to, buf_cstr(&old), to, err);
}

enum err_code remote_rename(struct transfer *job, const char *from, const char *to, struct err *err)
{
    struct remote_look look;

    *err = ERR_NONE;
    if (remote_look_itself(job, to, &look, err) != OK)
        return err->code;
    if (!look.is_there)
        return rename_by_sftp(job, from, to) == 0 ? OK : remote_fail(job, to, err);
    if (!job->has_no_sums && rename_by_program(job, from, to))
        return OK;
    return replace_in_steps(job, from, to, err);
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
    buf_add_sh_word(&command, sv_of(path));
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
