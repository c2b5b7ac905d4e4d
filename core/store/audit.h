/*
 * audit: the trail. JSON lines, each with the hash of the one before and a MAC, so that an edit, a
 * cut, a reordering, an insertion or a rewrite is detected and named.
 *
 * Record: {"seq","ts",...the caller's fields...,"prev_sha256","sha256","mac"}, one line of JSON
 * without blanks. sha256 is over the line's own bytes without its last two members, mac is
 * HMAC-SHA-256 over the digits of sha256 under FILE.key (0600). FILE.head holds {seq, sha256, mac}
 * of the last record, replaced atomically after the record is on disk. Formats and threat model
 * are in README.md: another user of the machine and a careless editor, yes; root and whoever owns
 * the key, no.
 */
#ifndef CORE_STORE_AUDIT_H
#define CORE_STORE_AUDIT_H

#include "core/base/json.h"

struct audit;

/*
 * Opens or creates path, path.key and path.head (0600, symbolic links refused) and verifies the
 * chain: a torn last record (power cut) is cut off, which is recorded; anything else that does not
 * verify is ERR_INTEGRITY and nothing is appended. Several processes may hold it open: each append
 * takes a file lock and continues from what is there. On RUN_WORKER.
 */
enum err_code audit_open(const char *path, struct audit **audit, struct err *err);
void audit_close(struct audit *audit); /* NULL is allowed */

/*
 * Appends one record with the given fields (an object, borrowed; NULL: none) and returns after
 * fsync of file and head. A failure means that the record does not count: changes are refused
 * then. After a failed sync, or when the trail was altered meanwhile, every append fails until it
 * is opened again. ERR_INTEGRITY for what was altered or is missing, ERR_TIMEOUT when another
 * process keeps it locked, ERR_DISK_FULL or ERR_IO for the disk. On RUN_WORKER.
 */
enum err_code audit_append(struct audit *audit, const cJSON *fields, struct err *err);

/* Calls each with every record (borrowed), oldest first, until it returns false. Does not verify.
 * ERR_NOT_FOUND when there is no trail, ERR_IO. */
enum err_code audit_read(const char *path, bool (*each)(void *arg, const cJSON *record), void *arg,
                         struct err *err);

enum audit_fault {
    AUDIT_EDITED,
    AUDIT_REMOVED,
    AUDIT_REORDERED,
    AUDIT_DUPLICATED,
    AUDIT_INSERTED,
    AUDIT_TRUNCATED, /* records are missing at the end: the head knows a later one */
    AUDIT_REWRITTEN, /* hashes are consistent, MACs are not: recomputed without the key */
    AUDIT_TORN,      /* the last record is incomplete, the head is the one before: a power cut */
};
const char *audit_fault_name(enum audit_fault fault); /* "edited" */

/*
 * Verifies the whole chain. found (may be NULL) is called for each fault, by record: the record's
 * place in the chain (1 is the first), for a line that has no place in it (inserted, duplicated)
 * the number of the line. key_path and head_path NULL mean path.key and path.head. A missing or
 * wrong head is a fault of the last record. Returns OK when the chain is whole or merely torn
 * (which is repaired when repair is true), ERR_INTEGRITY when it is not or when there is no key to
 * tell, or what prevented reading. *records (may be NULL) gets the number of genuine records.
 */
enum err_code audit_verify(const char *path, const char *key_path, const char *head_path,
                           bool repair, void (*found)(void *arg, size_t record, enum audit_fault),
                           void *arg, size_t *records, struct err *err);

#endif
