#include "core/store/audit.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/store/audit_record.h"
#include "core/store/audit_scan.h"
#include "core/store/line_file.h"

#define COMPANION_BYTES_MAX ((size_t)1024)

struct audit_paths {
    char *trail, *key, *head;
};

struct audit {
    struct audit_paths paths;
    struct line_file file;
    struct secret *key;
    struct audit_link last;
    int64_t size_bytes; /* up to and with the last record */
    struct err broken;  /* why nothing is appended any more; OK while all is well */
};

/* --- companions --------------------------------------------------------------------------- */

static char *companion_path(const char *given, const char *path, const char *suffix)
{
    struct buf text = BUF_NONE;

    if (given != NULL)
        return mem_strdup(given);
    buf_addf(&text, "%s%s", path, suffix);
    return buf_take(&text);
}

static struct audit_paths paths_of(const char *path, const char *key_path, const char *head_path)
{
    return (struct audit_paths){
        .trail = mem_strdup(path),
        .key = companion_path(key_path, path, ".key"),
        .head = companion_path(head_path, path, ".head"),
    };
}

static void paths_done(struct audit_paths *paths)
{
    mem_free(paths->trail);
    mem_free(paths->key);
    mem_free(paths->head);
}

static bool is_there(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

/* ERR_NOT_FOUND when there is none, ERR_INTEGRITY when it is no key. */
static enum err_code load_key(const char *path, struct secret **key, struct err *err)
{
    struct buf text = BUF_NONE;

    if (!is_there(path))
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

static enum err_code load_head(const char *path, const struct secret *key,
                               enum audit_head_trust *trust, struct audit_link *head,
                               struct err *err)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    *trust = AUDIT_HEAD_MISSING;
    *head = audit_link_none;
    if (!is_there(path))
        return OK;
    enum err_code code = os_read_file(path, COMPANION_BYTES_MAX, &text, err);
    if (code != OK && code != ERR_TOO_BIG)
        return code;
    *trust = audit_head_read(buf_sv(&text), key, head) ? AUDIT_HEAD_GOOD : AUDIT_HEAD_WRONG;
    return OK;
}

static enum err_code store_head(const struct audit *audit, const struct audit_link *link,
                                struct err *err)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    audit_head_write(&text, audit->key, link);
    return os_write_atomically(audit->paths.head, buf_sv(&text), 0600, err);
}

/* --- opening ------------------------------------------------------------------------------ */

/*
 * A trail begins: head, then key. The key is last, so that without it nothing has been recorded
 * yet, and with it a missing head or file is damage.
 */
static enum err_code begin_trail(struct audit *audit, struct err *err)
{
    struct buf text = BUF_NONE;

    audit->key = audit_key_make(&text);
    enum err_code code = store_head(audit, &audit_link_none, err);
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

    return line_file_size(&audit->file) == 0 && !is_there(audit->paths.key) &&
           load_head(audit->paths.head, NULL, &trust, &head, NULL) == OK && head.seq == 0;
}

static enum err_code integrity_error(const struct audit_scan *scan, const char *path,
                                     struct err *err)
{
    const struct audit_finding *first = scan->findings.ptr;

    if (scan->findings.len == 1)
        return err_set(err, ERR_INTEGRITY, path, "record %zu: %s", first->record,
                       audit_fault_name(first->fault));
    return err_set(err, ERR_INTEGRITY, path, "record %zu: %s, and %zu more faults", first->record,
                   audit_fault_name(first->fault), scan->findings.len - 1);
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
    return scan->head.seq == scan->last.seq ? OK : store_head(audit, &scan->last, err);
}

static enum err_code scan_and_adopt(struct audit *audit, struct err *err)
{
    struct audit_scan scan = {.key = audit->key};
    enum err_code code =
        load_head(audit->paths.head, audit->key, &scan.head_trust, &scan.head, err);

    if (code == OK)
        code = audit_scan_file(&scan, audit->file.fd, err);
    if (code == OK && scan.findings.len != 0 && !scan.torn)
        code = integrity_error(&scan, audit->paths.trail, err);
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
        enum err_code code = load_key(audit->paths.key, &audit->key, err);
        if (code == ERR_NOT_FOUND)
            return err_set(err, ERR_INTEGRITY, audit->paths.key, "the key of the trail is missing");
        if (code != OK)
            return code;
    }
    return scan_and_adopt(audit, err);
}

/* Takes the paths. */
static enum err_code open_at(struct audit_paths take_paths, struct audit **audit, struct err *err)
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
    return open_at(paths_of(path, NULL, NULL), audit, err);
}

void audit_close(struct audit *audit)
{
    if (audit == NULL)
        return;
    line_file_close(&audit->file);
    secret_unref(audit->key);
    paths_done(&audit->paths);
    mem_free(audit);
}

/* --- appending ---------------------------------------------------------------------------- */

/* Whether the head on the disk is link for certain: a write may fail after its rename. */
static bool head_is(const struct audit *audit, const struct audit_link *link)
{
    enum audit_head_trust trust;
    struct audit_link head;

    return load_head(audit->paths.head, audit->key, &trust, &head, NULL) == OK &&
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
        code = store_head(audit, &link, err);
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
    enum err_code code = load_head(audit->paths.head, audit->key, &trust, &head, err);

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

/* --- verifying ---------------------------------------------------------------------------- */

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

static enum err_code scan_at(const struct audit_paths *paths, struct audit_scan *scan,
                             struct err *err)
{
    struct line_file file;
    enum err_code code = line_file_open_to_read(&file, paths->trail, err);

    if (code == ERR_NOT_FOUND && is_there(paths->head)) {
        vec_push(&scan->findings, ((struct audit_finding){1, AUDIT_TRUNCATED}));
        return OK;
    }
    if (code != OK)
        return code;
    code = line_file_lock(&file, false, err);
    if (code == OK) {
        code = load_head(paths->head, scan->key, &scan->head_trust, &scan->head, err);
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
    enum err_code code = open_at(paths_of(paths->trail, paths->key, paths->head), &audit, err);

    audit_close(audit);
    return code;
}

enum err_code audit_verify(const char *path, const char *key_path, const char *head_path,
                           bool repair, void (*found)(void *arg, size_t record, enum audit_fault),
                           void *arg, size_t *records, struct err *err)
{
    struct audit_paths paths = paths_of(path, key_path, head_path);
    struct audit_scan scan = {0};
    struct secret *key = NULL;
    struct err key_err = ERR_NONE;
    enum err_code key_code = load_key(paths.key, &key, &key_err);

    scan.key = key;
    enum err_code code = scan_at(&paths, &scan, err);
    for (size_t i = 0; code == OK && found != NULL && i < scan.findings.len; i++)
        found(arg, scan.findings.ptr[i].record, scan.findings.ptr[i].fault);
    if (code == OK && records != NULL)
        *records = scan.records;
    if (code == OK && scan.findings.len != 0 && !scan.torn)
        code = integrity_error(&scan, path, err);
    if (code == OK && key_code != OK)
        code = err_set(err, ERR_INTEGRITY, paths.key,
                       "%s: without it a rewritten trail looks like a whole one", key_err.message);
    if (code == OK && scan.torn && repair)
        code = repair_at(&paths, err);
    vec_free(&scan.findings);
    secret_unref(key);
    paths_done(&paths);
    return code;
}
