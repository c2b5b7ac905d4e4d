/* Opening, appending, reading. */
#include "core/store/audit.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/store/audit_files.h"
#include "core/store/audit_scan.h"
#include "core/store/line_file.h"

struct audit {
    struct audit_paths paths;
    struct line_file file;
    struct secret *key;
    struct audit_link last;
    int64_t size_bytes; /* up to and with the last record */
    struct err broken;  /* why nothing is appended any more; OK while all is well */
};

/* --- opening ------------------------------------------------------------------------------ */

/*
 * A trail begins: head, then key. The key is last, so that without it nothing has been recorded
 * yet, and with it a missing head or file is damage.
 */
static enum err_code begin_trail(struct audit *audit, struct err *err)
{
    struct buf text = BUF_NONE;

    audit->key = audit_key_make(&text);
    enum err_code code = audit_store_head(&audit->paths, audit->key, &audit_link_none, err);
    if (code == OK)
        code = os_write_atomically(audit->paths.key, buf_sv(&text), 0600, err);
    secret_wipe(text.ptr, text.len);
    buf_done(&text);
    return code;
}

static bool is_fresh(const struct audit *audit)
{
    enum audit_head_trust trust;
    struct audit_link head;

    return line_file_size(&audit->file) == 0 && !path_is_there(audit->paths.key) &&
           audit_load_head(audit->paths.head, NULL, &trust, &head, NULL) == OK && head.seq == 0;
}

static enum err_code append_locked(struct audit *audit, const cJSON *fields, struct err *err);

static enum err_code record_the_cut(struct audit *audit, struct err *err)
{
    AUTO(json_free_at) cJSON *fields = cJSON_CreateObject();

    cJSON_AddStringToObject(fields, "action", "torn-record-cut");
    return append_locked(audit, fields, err);
}

/* Takes over what a scan without faults, or with a torn last line, has found. */
static enum err_code adopt(struct audit *audit, const struct audit_scan *scan, struct err *err)
{
    audit->last = scan->last;
    audit->size_bytes = scan->whole_bytes;
    if (scan->torn) {
        enum err_code code = line_file_cut(&audit->file, scan->whole_bytes, err);
        return code == OK ? record_the_cut(audit, err) : code;
    }
    /* A crash between a record and its head: the record is genuine, so it counts. */
    return scan->head.seq == scan->last.seq
               ? OK
               : audit_store_head(&audit->paths, audit->key, &scan->last, err);
}

static enum err_code scan_and_adopt(struct audit *audit, struct err *err)
{
    struct audit_scan scan = {.key = audit->key};
    enum err_code code =
        audit_load_head(audit->paths.head, audit->key, &scan.head_trust, &scan.head, err);

    if (code == OK)
        code = audit_scan_file(&scan, audit->file.fd, err);
    if (code == OK && scan.findings.len != 0 && !scan.torn)
        code = audit_integrity_error(&scan, audit->paths.trail, err);
    if (code == OK)
        code = adopt(audit, &scan, err);
    vec_free(&scan.findings);
    return code;
}

static enum err_code open_locked(struct audit *audit, struct err *err)
{
    if (is_fresh(audit)) {
        enum err_code code = begin_trail(audit, err);
        if (code != OK)
            return code;
    } else {
        enum err_code code = audit_load_key(audit->paths.key, &audit->key, err);
        if (code == ERR_NOT_FOUND)
            return err_set(err, ERR_INTEGRITY, audit->paths.key, "the key of the trail is missing");
        if (code != OK)
            return code;
    }
    return scan_and_adopt(audit, err);
}

enum err_code audit_open_at(struct audit_paths take_paths, struct audit **audit, struct err *err)
{
    struct audit *opened = mem_new(struct audit);
    struct err why = ERR_NONE;

    opened->paths = take_paths;
    enum err_code code = line_file_open(&opened->file, opened->paths.trail, &why);
    if (code == OK)
        code = line_file_lock(&opened->file, true, &why);
    if (code == OK) {
        code = open_locked(opened, &why);
        line_file_unlock(&opened->file);
    }
    if (code != OK) {
        audit_close(opened);
        opened = NULL;
        if (err != NULL)
            *err = why;
    }
    *audit = opened;
    return code;
}

enum err_code audit_open(const char *path, struct audit **audit, struct err *err)
{
    return audit_open_at(audit_paths_of(path, NULL, NULL), audit, err);
}

void audit_close(struct audit *audit)
{
    if (audit == NULL)
        return;
    line_file_close(&audit->file);
    secret_unref(audit->key);
    audit_paths_done(&audit->paths);
    mem_free(audit);
}

/* --- appending ---------------------------------------------------------------------------- */

/* Whether the head on the disk is link for certain: a write may fail after its rename. */
static bool head_is(const struct audit *audit, const struct audit_link *link)
{
    enum audit_head_trust trust;
    struct audit_link head;

    return audit_load_head(audit->paths.head, audit->key, &trust, &head, NULL) == OK &&
           trust == AUDIT_HEAD_GOOD && head.seq == link->seq;
}

/* The head could not be written: takes the record back, unless the new head may be there. */
static bool take_back(const struct audit *audit, struct line_file *file)
{
    return head_is(audit, &audit->last) && line_file_cut(file, audit->size_bytes, NULL) == OK;
}

/* Writes record, then head. */
static enum err_code append_locked(struct audit *audit, const cJSON *fields, struct err *err)
{
    AUTO(buf_done) struct buf line = BUF_NONE;
    struct audit_link link = audit->last;
    bool doubtful;
    enum err_code code = audit_record_write(&line, audit->key, clock_wall_ms(), fields, &link, err);

    if (code != OK)
        return code;
    code = line_file_append(&audit->file, buf_sv(&line), &doubtful, err);
    if (code == OK) {
        code = audit_store_head(&audit->paths, audit->key, &link, err);
        doubtful = code != OK && !take_back(audit, &audit->file);
    }
    if (code == OK) {
        audit->last = link;
        audit->size_bytes += (int64_t)line.len;
    } else if (doubtful) {
        audit->broken = *err;
    }
    return code;
}

/* One record that another process has appended since: it has to continue ours. */
static bool follow(struct audit *audit, struct sv text)
{
    struct audit_record record;

    audit_record_read(text, audit->key, &record);
    if (record.trust != AUDIT_GENUINE || record.seq != audit->last.seq + 1 ||
        strcmp(record.prev_sha256, audit->last.sha256) != 0)
        return false;
    audit->last.seq = record.seq;
    str_copy(audit->last.sha256, record.sha256);
    return true;
}

/* Reads what others have appended. A torn end is that of one that died while it wrote. */
static enum err_code catch_up(struct audit *audit, struct err *err)
{
    AUTO(buf_done) struct buf beginning = BUF_NONE;
    struct line_reader reader;
    struct sv text;
    bool whole = true, torn = false, good = true;

    line_reader_init(&reader, audit->file.fd, audit->size_bytes);
    while (good && line_reader_next(&reader, &text, &whole)) {
        good = whole && follow(audit, text);
        if (good) {
            audit->size_bytes = reader.offset;
            continue;
        }
        audit_record_beginning(&beginning, audit->last.seq + 1);
        torn = line_is_torn(text, whole, buf_sv(&beginning)) &&
               reader.offset == line_file_size(&audit->file);
    }
    line_reader_done(&reader);
    if (good && !reader.failed)
        return OK;
    if (!torn)
        return err_set(err, ERR_INTEGRITY, audit->paths.trail,
                       "what follows record %llu was not appended by watchdeck",
                       (unsigned long long)audit->last.seq);
    enum err_code code = line_file_cut(&audit->file, audit->size_bytes, err);
    return code == OK ? record_the_cut(audit, err) : code;
}

static enum err_code check_head(struct audit *audit, struct err *err)
{
    enum audit_head_trust trust;
    struct audit_link head;
    enum err_code code = audit_load_head(audit->paths.head, audit->key, &trust, &head, err);

    if (code != OK)
        return code;
    if (trust != AUDIT_HEAD_GOOD ||
        (head.seq != audit->last.seq && head.seq + 1 != audit->last.seq))
        return err_set(err, ERR_INTEGRITY, audit->paths.head, "the head is not the trail's");
    return OK;
}

static enum err_code continue_locked(struct audit *audit, const cJSON *fields, struct err *err)
{
    enum err_code code;

    if (line_file_size(&audit->file) < audit->size_bytes)
        code = err_set(err, ERR_INTEGRITY, audit->paths.trail, "record %llu: truncated",
                       (unsigned long long)audit->last.seq);
    else
        code = catch_up(audit, err);
    if (code == OK)
        code = check_head(audit, err);
    return code == OK ? append_locked(audit, fields, err) : code;
}

enum err_code audit_append(struct audit *audit, const cJSON *fields, struct err *err)
{
    struct err why = ERR_NONE;

    if (audit->broken.code == OK) {
        enum err_code code = line_file_lock(&audit->file, true, &why);
        if (code == OK) {
            code = continue_locked(audit, fields, &why);
            line_file_unlock(&audit->file);
        }
        if (code == ERR_INTEGRITY)
            audit->broken = why;
    } else {
        why = audit->broken;
    }
    if (err != NULL)
        *err = why;
    return why.code;
}

/* --- reading ------------------------------------------------------------------------------ */

enum err_code audit_read(const char *path, bool (*each)(void *arg, const cJSON *record), void *arg,
                         struct err *err)
{
    struct line_file file;
    struct line_reader reader;
    struct sv text;
    bool whole, more = true;
    enum err_code code = line_file_open_to_read(&file, path, err);

    if (code != OK)
        return code;
    line_reader_init(&reader, file.fd, 0);
    while (more && line_reader_next(&reader, &text, &whole)) {
        cJSON *record;
        if (json_parse(text, path, &record, NULL) != OK)
            continue;
        more = each(arg, record);
        json_free(record);
    }
    if (reader.failed)
        code = err_set(err, ERR_IO, path, "cannot read");
    line_reader_done(&reader);
    line_file_close(&file);
    return code;
}
