/*
 * job: a transfer on its thread, and what the files that carry it out share. Not for anybody else.
 *
 *   transfer.c  its face on RUN_UI, and its thread from start to end
 *   here.c      this machine's side of it, before anything else
 *   enter.c     the host's key and the person's
 *   remote.c    files of the node, and checksums of them
 *   get.c       a file from the node
 *   put.c       a file to the node
 *   get_folder.c, put_folder.c   all that is in a folder
 */
#ifndef CORE_SESSION_SSH_JOB_H
#define CORE_SESSION_SSH_JOB_H

#include <libssh2_sftp.h>
#include <pthread.h>

#include "core/base/vec.h"
#include "core/session/ssh/ssh.h"
#include "core/session/ssh/transfer.h"

#define PART_SUFFIX ".part"
/* What is asked for, or offered, at once: with less, a slow line is not kept full. */
#define BLOCK_BYTES ((size_t)1 << 20)

enum asking { ASKING_NOTHING, ASKING, ASKING_ANSWERED };

struct transfer {
    struct aws_client *client;
    struct scope *scope; /* the thread holds it; its end frees the transfer */
    struct transfer_request request;
    struct stream *stream;

    /* RUN_UI */
    struct transfer_handlers handlers;
    pthread_t thread;
    bool has_thread, is_closed;

    /* all */
    atomic_bool is_cancelled;
    atomic_bool is_told; /* a call of on_status is under way */
    atomic_uint_fast64_t done_bytes;
    pthread_mutex_t lock; /* of what follows */
    struct transfer_status status;
    struct transfer_question question;
    enum asking asking, admitting; /* a person; EC2 Instance Connect */
    bool is_yes;
    struct secret *passphrase;
    struct err admit_err;
    VEC(struct transfer_item) items; /* from n_items_taken on */
    size_t n_items_taken;

    /* the thread */
    struct ssh ssh;
    LIBSSH2_SFTP *sftp;
    char *public_key;    /* that is to be admitted */
    bool has_no_sums;    /* the node computes none for us */
    uint64_t base_bytes; /* of a folder's files before this one */
};

/* --- transfer.c: for the thread --------------------------------------------------------------- */

/* The transfer is there now, which is told. */
void job_phase(struct transfer *job, enum transfer_phase phase);
/* From now on it is a folder: what is said of bytes is added up. */
void job_begin_folder(struct transfer *job);
/* Something has become of a thing in it; checksum and why may be NULL. */
void job_item(struct transfer *job, enum transfer_fate fate, const char *path, const char *checksum,
              const char *why);
/* At its end: ERR_IO when some of it could not be copied. */
enum err_code job_end_folder(struct transfer *job, struct err *err);
/* So many bytes of the file are there, of so many: from here on they count. */
void job_begin_copy(struct transfer *job, uint64_t resumed_bytes, uint64_t total_bytes);
void job_progress(struct transfer *job, uint64_t done_bytes);
/* The file is whole: its checksum, whether the node has the same, where it is. */
void job_done(struct transfer *job, const char *checksum, bool is_compared, const char *goal);
/* Asks a person and waits. False: no, or nobody is there; with *passphrase the caller's. */
bool job_ask(struct transfer *job, const struct transfer_question *question,
             struct secret **passphrase);
/* Has EC2 Instance Connect take public_key for the user, and waits. */
enum err_code job_admit(struct transfer *job, const char *public_key, struct err *err);
const char *job_user(const struct transfer *job);

/* --- enter.c ---------------------------------------------------------------------------------- */

/* From the greeting to a user who is let in. */
enum err_code job_enter(struct transfer *job, struct err *err);

/* --- get.c, put.c, get_folder.c, put_folder.c --------------------------------------------------
 */

/* One file, and what has become of it. */
struct job_file {
    const char *from;  /* get: there; put: relative to dir_fd */
    const char *goal;  /* get: relative to dir_fd; put: there */
    int dir_fd;        /* here; AT_FDCWD */
    const char *shown; /* the path here, for a person */
    bool is_inside;    /* of a folder: no link is followed, and what is there already is compared */
    unsigned mode;     /* get: the permissions that it gets */
    char checksum[SHA256_HEX_SIZE];
    bool is_compared; /* the node has the same */
    bool was_there;   /* and had to be copied no more */
};

/* From the first look at both files to a goal that is whole and has its name. What went wrong is
 * ERR_NOT_FOUND, ERR_IO, ERR_DISK_FULL, ERR_EXISTS or ERR_UNSUPPORTED of a file, or the
 * connection's. */
enum err_code job_get_file(struct transfer *job, struct job_file *file, struct err *err);
/* The same to the node. */
enum err_code job_put_file(struct transfer *job, struct job_file *file, struct err *err);
/* What the request says: a file, or a folder with what is in it. */
enum err_code job_get(struct transfer *job, struct err *err);
enum err_code job_put(struct transfer *job, struct err *err);
/* Appends where what is put goes there: into a folder that is there, under its own name if it has
 * one, else under the name that the request gives. The connection's errors. */
enum err_code job_put_goal(struct transfer *job, struct buf *goal, struct err *err);
/* A folder that is there is copied into one, which is named (goal, a path as request's) or stands
 * in it. mode is of the folder there. ERR_IO when some of it could not be copied and the rest was.
 */
enum err_code job_get_folder(struct transfer *job, const char *from, unsigned mode,
                             struct err *err);
enum err_code job_put_folder(struct transfer *job, struct err *err);

#endif
