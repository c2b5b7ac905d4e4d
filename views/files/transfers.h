/*
 * transfers: the files that this console sends to nodes and fetches from them. They go on while
 * other screens are used, and end with the console; what has come over stays for the next time. UI
 * runner only.
 */
#ifndef VIEWS_FILES_TRANSFERS_H
#define VIEWS_FILES_TRANSFERS_H

#include "core/session/ssh/transfer.h"
#include "views/node/place.h"

#define TRANSFERS_MAX      32 /* that are remembered */
#define TRANSFER_PATH_SIZE 512

/* What is asked for. */
struct transfer_wish {
    struct shell_place place;
    bool is_put, is_recursive;
    unsigned port; /* of sshd; 0: the usual one */
    char remote[TRANSFER_PATH_SIZE], local[TRANSFER_PATH_SIZE];
    char user[64];
    char key[TRANSFER_PATH_SIZE];     /* as transfer_request's; "": as NULL there */
    char reason[SESSION_REASON_SIZE]; /* "": none */
    bool wants_reason;                /* StartSession is to be given one */
    struct row_ref row;               /* of the node; its table is held. May have none */
};

struct file_copy {
    unsigned number; /* not given again */
    struct transfer_wish wish;
    struct transfer_status status; /* as of transfers_look */
    int64_t since_ms;              /* that it is in that phase, by the clock of ages */
    char left_out[256];            /* of a folder: what was not copied, and why; raw */
    bool is_asking;                /* it waits for an answer to question */
    struct transfer_question question;
    /* transfers.c alone */
    struct transfers *transfers;
    struct transfer *transfer;
};

struct transfers;

/* None yet; freed with the app, which ends those that are left. */
struct transfers *transfers_new(struct app *app);
void transfers_free(struct transfers *transfers); /* NULL is allowed */

/* How many there are; how many of them are not over; how many wait for an answer. */
size_t transfers_count(const struct transfers *transfers);
size_t transfers_live(const struct transfers *transfers);
size_t transfers_asking(const struct transfers *transfers);
/* In the order of their beginning; i below transfers_count. Borrowed. */
struct file_copy *transfers_at(const struct transfers *transfers, size_t i);
/* The one of that number; NULL: it has been forgotten. */
struct file_copy *transfers_find(const struct transfers *transfers, unsigned number);
/* Has every status read afresh. */
void transfers_look(struct transfers *transfers);

/* The one place for a wish that is put together, borrowed: what it held before is let go. */
struct transfer_wish *transfers_new_wish(struct transfers *transfers);
/* What stands there. Borrowed. */
const struct transfer_wish *transfers_wish(const struct transfers *transfers);
/* Begins; the row's table is held anew. How it ends is told in the message line. ERR_TOO_BIG when
 * TRANSFERS_MAX are there and none of them is over. */
enum err_code transfers_begin(struct transfers *transfers, const struct transfer_wish *wish,
                              struct err *err);
bool file_copy_is_over(const struct file_copy *copy);
/* The same once more: one that is over goes on where it was. */
void file_copy_again(struct file_copy *copy);
/* Gives it up; one that is over is forgotten. */
void file_copy_end(struct file_copy *copy);
/* Shows its question, as a dialog or as a screen. Nothing when there is none. */
void file_copy_ask(struct file_copy *copy);
/* For the screen that asks for passphrases; take_secret NULL: none is given. */
void file_copy_answer(struct file_copy *copy, bool is_yes, struct secret *take_secret);

#endif
