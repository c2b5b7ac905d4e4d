/*
 * journal: the write-ahead log of changes. An intent is on disk before anything is sent, its end
 * state after; what has no end state when the program starts is settled by reading AWS.
 *
 * Lines {"id","state","at","fields":{...},"sum"}, appended only; sum is over the bytes before it,
 * so that a torn last line (power cut) and a damaged one are told apart. All of it on RUN_WORKER.
 */
#ifndef CORE_STORE_JOURNAL_H
#define CORE_STORE_JOURNAL_H

#include "core/base/json.h"

struct journal;

/*
 * Opens or creates path (0600) and the folder path.claims (0700); symbolic links are refused. A
 * torn last line is cut; any other damage is ERR_INTEGRITY. Several processes may hold it open:
 * each append is made under a file lock.
 */
enum err_code journal_open(const char *path, struct journal **journal, struct err *err);
void journal_close(struct journal *journal); /* releases every claim; NULL is allowed */

/*
 * Appends a line and returns after fdatasync. fields (an object, borrowed) may be NULL. On failure
 * nothing was appended, but for a failed sync: then nobody knows, and the journal refuses
 * everything until it is opened again. ERR_TOO_BIG for one entry, ERR_INTEGRITY, ERR_TIMEOUT when
 * another process keeps it locked, ERR_DISK_FULL, ERR_IO.
 */
enum err_code journal_write(struct journal *journal, const char *id, const char *state,
                            const cJSON *fields, struct err *err);

/*
 * Takes the exclusive right to act on key until journal_release or the death of this process
 * (flock: no stale lock is possible). ERR_EXISTS: somebody else is at it, the message says who, by
 * the `who` of his claim.
 */
enum err_code journal_claim(struct journal *journal, const char *key, const char *who,
                            struct err *err);
void journal_release(struct journal *journal, const char *key);

/*
 * Calls each with the merged fields of every id (members of later lines win; borrowed), in the
 * order of their first lines; state and at_ms are those of its last line. What other processes have
 * written is included. ERR_INTEGRITY for what is damaged, ERR_IO.
 */
enum err_code journal_each(struct journal *journal,
                           void (*each)(void *arg, const char *id, const char *state, int64_t at_ms,
                                        const cJSON *fields),
                           void *arg, struct err *err);

#endif
