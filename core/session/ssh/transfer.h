/*
 * transfer: a file, or a folder with what is in it, that goes to a node or comes from it, by SFTP
 * over AWS-StartSSHSession, as the screens see it: begun, watched, asked back, given up.
 *
 * Everything here belongs to RUN_UI, and so do the handlers. SSH is spoken by a thread of the
 * transfer's own (job.h). What has come over stays in NAME.part beside its goal until it is whole
 * and compared; a transfer of the same file goes on there, when its beginning is still the same.
 */
#ifndef CORE_SESSION_SSH_TRANSFER_H
#define CORE_SESSION_SSH_TRANSFER_H

#include "core/base/digest.h"
#include "core/base/secret.h"
#include "core/session/channel.h"

#define TRANSFER_USER "ec2-user" /* when nobody is named: the user of Amazon Linux */
#define TRANSFER_PORT 22

/* What stands for a key in the place of a file's name. */
#define TRANSFER_KEY_AGENT   "agent"
#define TRANSFER_KEY_CONNECT "instance-connect"

struct transfer_request {
    struct aws_target target;
    const char *node;
    const char *document; /* NULL: AWS-StartSSHSession */
    const char *reason;   /* NULL: none */
    unsigned port;        /* of sshd there; 0: TRANSFER_PORT */
    bool is_put;
    bool is_recursive;          /* a folder is copied with what is in it */
    const char *remote, *local; /* paths; remote ones are relative to the user's home */
    const char *user;           /* NULL: TRANSFER_USER */
    const char *key;            /* a file, or one of the words above; NULL: what the agent has,
                                   then a key for once by EC2 Instance Connect */
    const char *known_hosts;    /* NULL: ~/.ssh/known_hosts */
    bool accepts_new;           /* a host that nothing is known of is taken without asking */
    int messages_per_s;         /* as in channel_request */
};

enum transfer_phase {
    TRANSFER_CONNECTING, /* the session; how it stands is in channel */
    TRANSFER_ENTERING,   /* the host's key, then the person's */
    TRANSFER_RESUMING,   /* the beginnings are compared */
    TRANSFER_COPYING,
    TRANSFER_CHECKING, /* both ends are compared */
    TRANSFER_OVER      /* err OK: done */
};
/* "connecting", "entering", "comparing the beginning", "copying", "checking", "over". */
const char *transfer_phase_name(enum transfer_phase phase);

/* What has become of one thing in a folder. */
enum transfer_fate {
    TRANSFER_COPIED,
    TRANSFER_KEPT,     /* it was there, and is the same */
    TRANSFER_LEFT_OUT, /* a link, a device and the like */
    TRANSFER_FAILED    /* the others go on */
};

struct transfer_item {
    enum transfer_fate fate;
    char path[1024];                /* where it is, or would be; raw, its end is what counts */
    char checksum[SHA256_HEX_SIZE]; /* TRANSFER_COPIED, TRANSFER_KEPT */
    char why[320];                  /* the others: one safe line */
};

struct transfer_status {
    enum transfer_phase phase;
    struct channel_status channel;
    uint64_t done_bytes, total_bytes; /* of the file, or all files; total 0: not known */
    bool is_folder;                   /* then these count what is in it */
    unsigned n_files, n_kept, n_left_out, n_failed; /* n_kept of n_files */
    uint64_t resumed_bytes;                         /* of done, those that were there before */
    int64_t began_ms, ended_ms;                     /* monotonic: of the copying; 0: not yet */
    char checksum[SHA256_HEX_SIZE]; /* of the file here; "" before the end, and of a folder */
    bool is_compared;               /* the node has the same, of all files */
    char goal[512];                 /* where it went, in the end; raw */
    struct err err;
};

enum transfer_question_kind {
    TRANSFER_ASKS_HOST,      /* is that the node? */
    TRANSFER_ASKS_PASSPHRASE /* of the key in file */
};

struct transfer_question {
    enum transfer_question_kind kind;
    char node[64];
    char key_kind[24], fingerprint[64]; /* TRANSFER_ASKS_HOST: "ED25519", "SHA256:..." */
    char file[512];                     /* TRANSFER_ASKS_PASSPHRASE */
    bool is_again;                      /* the former passphrase was wrong */
};

struct transfer_handlers {
    /* The phase or the channel has changed; the last call has TRANSFER_OVER. Bytes alone call it
     * not: transfer_read_status. */
    void (*on_status)(void *arg);
    /* To be answered by transfer_answer, now or later. NULL: nobody can be asked, which is no. */
    void (*on_question)(void *arg, const struct transfer_question *question);
    void *arg;
};

struct transfer;

/*
 * Looks at this machine's side of it, is_put, is_recursive and local: whether what is put can be
 * read, and what comes can be written. ERR_NOT_FOUND, ERR_IO, ERR_EXISTS or ERR_UNSUPPORTED, as
 * they would end it. A transfer does so first; who has not begun one yet can ask nobody else in
 * vain. Reads the disk: not on RUN_UI of a console.
 */
enum err_code transfer_check_here(const struct transfer_request *request, struct err *err);

/*
 * Begins; request is copied. Nothing is called back before this returns, and nothing any more once
 * scope is closed or transfer_close was called. It ends with the errors of channel_open and with
 *   ERR_HOST_KEY     the host is not the one that is known, or nobody has said that it may be new
 *   ERR_LOGIN        no key was let in; the message says what was tried
 *   ERR_UNSUPPORTED  nothing in common with the host, an RSA key, a folder that was not expected
 *   ERR_NOT_FOUND, ERR_IO, ERR_DISK_FULL   of the files, here or there; ERR_IO of a folder, too,
 *                    of which some could not be copied and the rest was
 *   ERR_CANCELLED    given up; what was copied stays for the next time
 */
struct transfer *transfer_open(struct aws_client *client, struct scope *scope,
                               const struct transfer_request *request,
                               const struct transfer_handlers *handlers);
void transfer_read_status(struct transfer *transfer, struct transfer_status *status);
/* The next thing of a folder that something has become of, in order; false: there is none yet. Who
 * never asks has the oldest of the last thousands at the end. */
bool transfer_take_item(struct transfer *transfer, struct transfer_item *item);
/* The answer to the question that is open; take_passphrase for TRANSFER_ASKS_PASSPHRASE, else NULL.
 */
void transfer_answer(struct transfer *transfer, bool is_yes, struct secret *take_passphrase);
/* Gives it up; TRANSFER_OVER comes soon. */
void transfer_cancel(struct transfer *transfer);
/* It is not used any more, and given up when it was not over. NULL is allowed. */
void transfer_close(struct transfer *transfer);

#endif
