/* Verifying a trail, in use or not, and repairing a torn end. */
#include "core/base/mem.h"
#include "core/store/audit_files.h"
#include "core/store/line_file.h"

const char *audit_fault_name(enum audit_fault fault)
{
    static const char *const names[] = {
        [AUDIT_EDITED] = "edited",       [AUDIT_REMOVED] = "removed",
        [AUDIT_REORDERED] = "reordered", [AUDIT_DUPLICATED] = "duplicated",
        [AUDIT_INSERTED] = "inserted",   [AUDIT_TRUNCATED] = "truncated",
        [AUDIT_REWRITTEN] = "rewritten", [AUDIT_TORN] = "torn",
    };
    return names[fault];
}

enum err_code audit_integrity_error(const struct audit_scan *scan, const char *path,
                                    struct err *err)
{
    const struct audit_finding *first = scan->findings.ptr;

    if (scan->findings.len == 1)
        return err_set(err, ERR_INTEGRITY, path, "record %zu: %s", first->record,
                       audit_fault_name(first->fault));
    return err_set(err, ERR_INTEGRITY, path, "record %zu: %s, and %zu more faults", first->record,
                   audit_fault_name(first->fault), scan->findings.len - 1);
}

static enum err_code scan_at(const struct audit_paths *paths, struct audit_scan *scan,
                             struct err *err)
{
    struct line_file file;
    enum err_code code = line_file_open_to_read(&file, paths->trail, err);

    if (code == ERR_NOT_FOUND && path_is_there(paths->head)) {
        vec_push(&scan->findings, ((struct audit_finding){1, AUDIT_TRUNCATED}));
        return OK;
    }
    if (code != OK)
        return code;
    code = line_file_lock(&file, false, err);
    if (code == OK) {
        code = audit_load_head(paths->head, scan->key, &scan->head_trust, &scan->head, err);
        if (code == OK)
            code = audit_scan_file(scan, file.fd, err);
        line_file_unlock(&file);
    }
    line_file_close(&file);
    return code;
}

static enum err_code repair_at(const struct audit_paths *paths, struct err *err)
{
    struct audit *audit;
    enum err_code code =
        audit_open_at(audit_paths_of(paths->trail, paths->key, paths->head), &audit, err);

    audit_close(audit);
    return code;
}

enum err_code audit_verify(const char *path, const char *key_path, const char *head_path,
                           bool repair, void (*found)(void *arg, size_t record, enum audit_fault),
                           void *arg, size_t *records, struct err *err)
{
    struct audit_paths paths = audit_paths_of(path, key_path, head_path);
    struct audit_scan scan = {0};
    struct secret *key = NULL;
    struct err key_err = ERR_NONE;
    enum err_code key_code = audit_load_key(paths.key, &key, &key_err);

    scan.key = key;
    enum err_code code = scan_at(&paths, &scan, err);
    for (size_t i = 0; code == OK && found != NULL && i < scan.findings.len; i++)
        found(arg, scan.findings.ptr[i].record, scan.findings.ptr[i].fault);
    if (code == OK && records != NULL)
        *records = scan.records;
    if (code == OK && scan.findings.len != 0 && !scan.torn)
        code = audit_integrity_error(&scan, path, err);
    if (code == OK && key_code != OK)
        code = err_set(err, ERR_INTEGRITY, paths.key,
                       "%s: without it a rewritten trail looks like a whole one", key_err.message);
    if (code == OK && scan.torn && repair)
        code = repair_at(&paths, err);
    vec_free(&scan.findings);
    secret_unref(key);
    audit_paths_done(&paths);
    return code;
}
