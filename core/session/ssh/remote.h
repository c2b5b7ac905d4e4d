/*
 * remote: files of the node by SFTP (version 3, draft-ietf-secsh-filexfer-02), each call waiting
 * for its answer, and their checksums by its own sha256sum. For the thread of a transfer.
 */
#ifndef CORE_SESSION_SSH_REMOTE_H
#define CORE_SESSION_SSH_REMOTE_H

#include "core/session/ssh/folder.h"
#include "core/session/ssh/job.h"

struct remote_look {
    bool is_there, is_folder, is_regular, is_link;
    uint64_t size_bytes;
    unsigned mode; /* of permissions, 0777 */
};

/* Begins SFTP on a connection whose user is in. ERR_UNSUPPORTED where sshd has none. */
enum err_code remote_start(struct transfer *job, struct err *err);
/* Hangs up, and frees what SFTP has: requests without an answer, too. Nothing when it has none. */
void remote_stop(struct transfer *job);
/* What SFTP said of its last failure, in words about path: ERR_NOT_FOUND, ERR_IO, ERR_DISK_FULL. */
enum err_code remote_fail(struct transfer *job, const char *path, struct err *err);

/* A path that is not there is no error. */
enum err_code remote_look(struct transfer *job, const char *path, struct remote_look *look,
                          struct err *err);
/* The same of a link itself. */
enum err_code remote_look_itself(struct transfer *job, const char *path, struct remote_look *look,
                                 struct err *err);
/* flags as LIBSSH2_FXF_...; new files are their user's alone. NULL and err. */
LIBSSH2_SFTP_HANDLE *remote_open(struct transfer *job, const char *path, unsigned long flags,
                                 struct err *err);
void remote_close(struct transfer *job, LIBSSH2_SFTP_HANDLE *file); /* NULL is allowed */
enum err_code remote_set_mode(struct transfer *job, const char *path, unsigned mode,
                              struct err *err);
/* What is in a folder, by name, "." and ".." left out: names are raw, and any server's. ERR_TOO_BIG
 * beyond FOLDER_NAMES_MAX. */
enum err_code remote_list(struct transfer *job, const char *path, struct folder_list *list,
                          struct err *err);
/* A folder is there, or is made; *is_made: for its user alone, to begin with. ERR_EXISTS when
 * something else is there: a link to a folder, too. */
enum err_code remote_make_folder(struct transfer *job, const char *path, bool *is_made,
                                 struct err *err);
/* In one step where the node lets us (mv, or nobody has that name), else in three: the file that is
 * there is kept as NAME.old meanwhile, and when it breaks err names what is left. */
enum err_code remote_rename(struct transfer *job, const char *from, const char *to,
                            struct err *err);

/* The checksum of the first n_bytes. False, and hex "": the node has computed none; err when the
 * connection has failed. */
bool remote_sum(struct transfer *job, const char *path, uint64_t n_bytes, char hex[SHA256_HEX_SIZE],
                struct err *err);

/* "~/x" and "~" as SFTP understands them; appended to out. */
void remote_path(const char *path, struct buf *out);

#endif
