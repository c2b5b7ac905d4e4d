/*
 * audit_files: the three files of a trail, and what its parts share about them.
 */
#ifndef CORE_STORE_AUDIT_FILES_H
#define CORE_STORE_AUDIT_FILES_H

#include "core/store/audit.h"
#include "core/store/audit_record.h"
#include "core/store/audit_scan.h"

struct audit_paths {
    char *trail, *key, *head;
};

/* key_path and head_path NULL: beside the trail. End with audit_paths_done. */
struct audit_paths audit_paths_of(const char *path, const char *key_path, const char *head_path);
/* Frees the three. */
void audit_paths_done(struct audit_paths *paths);
/* Whether anything lies at path, a link that leads nowhere included. */
bool path_is_there(const char *path);

/* *key is the caller's. ERR_NOT_FOUND when there is none, ERR_INTEGRITY when it is no key. */
enum err_code audit_load_key(const char *path, struct secret **key, struct err *err);
/* What the head says, and whether it can be trusted; a missing or wrong one is no error. key NULL:
 * its MAC is not looked at. */
enum err_code audit_load_head(const char *path, const struct secret *key,
                              enum audit_head_trust *trust, struct audit_link *head,
                              struct err *err);
/* Replaces the head, atomically and durably. ERR_IO as os_write_atomically has it. */
enum err_code audit_store_head(const struct audit_paths *paths, const struct secret *key,
                               const struct audit_link *link, struct err *err);

/* audit_open with all three paths, which it takes. */
enum err_code audit_open_at(struct audit_paths take_paths, struct audit **audit, struct err *err);
/* ERR_INTEGRITY with the first finding of a scan, and how many there are. */
enum err_code audit_integrity_error(const struct audit_scan *scan, const char *path,
                                    struct err *err);

#endif
