#include "core/store/audit_files.h"

#include <sys/stat.h>

#include "core/base/mem.h"
#include "core/base/os.h"

#define COMPANION_BYTES_MAX ((size_t)1024)

static char *companion_path(const char *given, const char *path, const char *suffix)
{
    struct buf text = BUF_NONE;

    if (given != NULL)
        return mem_strdup(given);
    buf_addf(&text, "%s%s", path, suffix);
    return buf_take(&text);
}

struct audit_paths audit_paths_of(const char *path, const char *key_path, const char *head_path)
{
    return (struct audit_paths){
        .trail = mem_strdup(path),
        .key = companion_path(key_path, path, ".key"),
        .head = companion_path(head_path, path, ".head"),
    };
}

void audit_paths_done(struct audit_paths *paths)
{
    mem_free(paths->trail);
    mem_free(paths->key);
    mem_free(paths->head);
}

bool path_is_there(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

enum err_code audit_load_key(const char *path, struct secret **key, struct err *err)
{
    struct buf text = BUF_NONE;

    if (!path_is_there(path))
        return err_set(err, ERR_NOT_FOUND, path, "the key of the trail is missing");
    enum err_code code = os_read_file(path, COMPANION_BYTES_MAX, &text, err);
    if (code == OK) {
        *key = audit_key_read(buf_sv(&text));
        if (*key == NULL)
            code = err_set(err, ERR_INTEGRITY, path, "this is no key of a trail");
        secret_wipe(text.ptr, text.len);
    }
    buf_done(&text);
    return code;
}

enum err_code audit_load_head(const char *path, const struct secret *key,
                              enum audit_head_trust *trust, struct audit_link *head,
                              struct err *err)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    *trust = AUDIT_HEAD_MISSING;
    *head = audit_link_none;
    if (!path_is_there(path))
        return OK;
    enum err_code code = os_read_file(path, COMPANION_BYTES_MAX, &text, err);
    if (code != OK && code != ERR_TOO_BIG)
        return code;
    *trust = audit_head_read(buf_sv(&text), key, head) ? AUDIT_HEAD_GOOD : AUDIT_HEAD_WRONG;
    return OK;
}

enum err_code audit_store_head(const struct audit_paths *paths, const struct secret *key,
                               const struct audit_link *link, struct err *err)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    audit_head_write(&text, key, link);
    return os_write_atomically(paths->head, buf_sv(&text), 0600, err);
}
