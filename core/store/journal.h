/*
 * journal: the write-ahead log of changes. An intent is on disk before anything is sent, its end
 * state after; what has no end state when the program starts is settled by reading AWS.
 */
#ifndef CORE_STORE_JOURNAL_H
#define CORE_STORE_JOURNAL_H

#include "core/base/json.h"

struct journal;

/* Opens or creates path (0600). A torn last line is cut; any other damage is ERR_INTEGRITY. Held
 * under a file lock for each append, so that several consoles share one. On RUN_WORKER. */
enum err_code journal_open(const char *path, struct journal **journal, struct err *err);
void journal_close(struct journal *journal);

/*
 * Appends {id, state, at, ...fields} and returns after fdatasync. After a failed sync the journal
 * refuses everything until it is opened again (dirty pages may be gone). ERR_EXISTS when a claim
 * is made on an id that another process holds.
 */
enum err_code journal_write(struct journal *journal, const char *id, const char *state,
                            const cJSON *fields, struct err *err);

/*
 * Takes the exclusive right to act on key until journal_release or the death of this process
 * (flock, no stale lock possible). ERR_EXISTS: somebody else is at it.
 */
enum err_code journal_claim(struct journal *journal, const char *key, struct err *err);
void journal_release(struct journal *journal, const char *key);

/* Calls each with the merged fields of every id (later lines win), oldest first; state is its last
 * state. */
enum err_code journal_each(struct journal *journal,
                           void (*each)(void *arg, const char *id, const char *state,
                                        const cJSON *fields),
                           void *arg, struct err *err);

#endif
