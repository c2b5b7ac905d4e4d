#include "core/store/journal.h"

#include <errno.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/map.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/base/vec.h"
#include "core/store/line_file.h"

#define SUM     ",\"sum\":\""
#define SUM_LEN ((size_t)16)
/* Of a line: what follows the summed bytes. */
#define SEAL_LEN (sizeof SUM - 1 + SUM_LEN + 2)

struct claim {
    char *key, *path;
    int fd;
};

struct journal {
    struct line_file file;
    char *claims_dir;
    int64_t checked_bytes; /* up to here every line is whole and right */
    struct err broken;     /* why it refuses everything; OK while all is well */
    VEC(struct claim) claims;
};

/* --- lines -------------------------------------------------------------------------------- */

static void sum_of(struct sv text, char sum[SHA256_HEX_SIZE])
{
    sha256_hex(text, sum);
    sum[SUM_LEN] = '\0';
}

static void write_line(struct buf *line, const char *id, const char *state, const cJSON *fields)
{
    struct json_writer w = {.out = line};
    char iso[CLOCK_ISO_SIZE], sum[SHA256_HEX_SIZE];

    clock_iso8601(clock_wall_ms(), true, iso);
    jw_object(&w);
    jw_string_at(&w, "id", sv_of(id));
    jw_string_at(&w, "state", sv_of(state));
    jw_string_at(&w, "at", sv_of(iso));
    if (fields != NULL) {
        jw_key(&w, "fields");
        jw_tree(&w, fields);
    }
    sum_of(buf_sv(line), sum);
    buf_addf(line, SUM "%s\"}\n", sum);
}

static bool line_is_right(struct sv line)
{
    AUTO(buf_done) struct buf seal = BUF_NONE;
    char sum[SHA256_HEX_SIZE];

    if (line.len < SEAL_LEN)
        return false;
    sum_of((struct sv){line.ptr, line.len - SEAL_LEN}, sum);
    buf_addf(&seal, SUM "%s\"}", sum);
    return sv_ends(line, buf_sv(&seal));
}

/* Checks what was appended since the last time; cuts what a writer that died has left half. */
static enum err_code check_tail(struct journal *journal, struct err *err)
{
    struct line_reader reader;
    struct sv line;
    bool whole, right = true, torn = false;

    if (line_file_size(&journal->file) < journal->checked_bytes)
        return err_set(err, ERR_INTEGRITY, journal->file.path, "lines are missing at its end");
    line_reader_init(&reader, journal->file.fd, journal->checked_bytes);
    while (right && line_reader_next(&reader, &line, &whole)) {
        right = whole && line_is_right(line);
        if (right)
            journal->checked_bytes = reader.offset;
        else
            torn = line_is_torn(line, whole, SV("{\"id\":\"")) &&
                   reader.offset == line_file_size(&journal->file);
    }
    line_reader_done(&reader);
    if (reader.failed)
        return err_set(err, ERR_IO, journal->file.path, "cannot read");
    if (torn)
        return line_file_cut(&journal->file, journal->checked_bytes, err);
    return right ? OK
                 : err_set(err, ERR_INTEGRITY, journal->file.path, "damaged at byte %lld",
                           (long long)journal->checked_bytes);
}

/* --- opening ------------------------------------------------------------------------------ */

enum err_code journal_open(const char *path, struct journal **journal, struct err *err)
{
    struct journal *opened = mem_new(struct journal);
    struct buf claims = BUF_NONE;
    enum err_code code = line_file_open(&opened->file, path, err);

    buf_addf(&claims, "%s.claims", path);
    opened->claims_dir = buf_take(&claims);
    if (code == OK)
        code = os_private_dir(opened->claims_dir, err);
    if (code == OK)
        code = line_file_lock(&opened->file, true, err);
    if (code == OK) {
        code = check_tail(opened, err);
        line_file_unlock(&opened->file);
    }
    if (code != OK) {
        journal_close(opened);
        opened = NULL;
    }
    *journal = opened;
    return code;
}

void journal_close(struct journal *journal)
{
    if (journal == NULL)
        return;
    while (journal->claims.len != 0)
        journal_release(journal, vec_last(&journal->claims).key);
    vec_free(&journal->claims);
    line_file_close(&journal->file);
    mem_free(journal->claims_dir);
    mem_free(journal);
}

/* --- writing ------------------------------------------------------------------------------ */

static enum err_code append_locked(struct journal *journal, struct sv line, struct err *err)
{
    bool doubtful;
    enum err_code code = check_tail(journal, err);

    if (code == ERR_INTEGRITY)
        journal->broken = *err;
    if (code != OK)
        return code;
    code = line_file_append(&journal->file, line, &doubtful, err);
    if (code == OK)
        journal->checked_bytes += (int64_t)line.len;
    else if (doubtful)
        journal->broken = *err;
    return code;
}

enum err_code journal_write(struct journal *journal, const char *id, const char *state,
                            const cJSON *fields, struct err *err)
{
    AUTO(buf_done) struct buf line = BUF_CAPPED(LINE_BYTES_MAX);
    struct err why = journal->broken;

    write_line(&line, id, state, fields);
    if (why.code == OK && buf_err(&line) != OK)
        err_set(&why, ERR_TOO_BIG, journal->file.path, "the entry is longer than %zu bytes",
                LINE_BYTES_MAX);
    if (why.code == OK && line_file_lock(&journal->file, true, &why) == OK) {
        append_locked(journal, buf_sv(&line), &why);
        line_file_unlock(&journal->file);
    }
    if (err != NULL)
        *err = why;
    return why.code;
}

/* --- claims ------------------------------------------------------------------------------- */

/* A key becomes a file name by its hash: it may hold anything. */
static char *claim_path(const struct journal *journal, const char *key)
{
    struct buf path = BUF_NONE;
    char hash[SHA256_HEX_SIZE];

    sha256_hex(sv_of(key), hash);
    buf_addf(&path, "%s/%s", journal->claims_dir, hash);
    return buf_take(&path);
}

/* The file may have been unlinked by its last holder between our open and our lock. */
static bool is_at(int fd, const char *path)
{
    struct stat open_st, path_st;

    return fstat(fd, &open_st) == 0 && stat(path, &path_st) == 0 &&
           open_st.st_ino == path_st.st_ino && open_st.st_dev == path_st.st_dev;
}

static enum err_code held_by_another(int fd, struct err *err)
{
    char holder[256];
    ssize_t len = pread(fd, holder, sizeof holder - 1, 0);

    holder[len > 0 ? len : 0] = '\0';
    return err_set(err, ERR_EXISTS, "claim", "%s is at it", len > 0 ? holder : "another watchdeck");
}

static void note_holder(int fd, const char *who)
{
    AUTO(buf_done) struct buf note = BUF_NONE;
    char iso[CLOCK_ISO_SIZE];

    clock_iso8601(clock_wall_ms(), false, iso);
    buf_addf(&note, "%s (process %ld, since %s)", who, (long)getpid(), iso);
    /* What cannot be written is missing from the other's message, no more. */
    if (ftruncate(fd, 0) != 0 || pwrite(fd, note.ptr, note.len, 0) < 0)
        return;
}

enum err_code journal_claim(struct journal *journal, const char *key, const char *who,
                            struct err *err)
{
    struct claim claim = {.path = claim_path(journal, key)};

    for (;;) {
        claim.fd = os_open_private(claim.path, O_RDWR | O_CREAT, 0600, err);
        if (claim.fd < 0) {
            mem_free(claim.path);
            return err != NULL ? err->code : ERR_IO;
        }
        if (flock(claim.fd, LOCK_EX | LOCK_NB) != 0) {
            enum err_code code = held_by_another(claim.fd, err);
            close(claim.fd);
            mem_free(claim.path);
            return code;
        }
        if (is_at(claim.fd, claim.path))
            break;
        close(claim.fd);
    }
    note_holder(claim.fd, who);
    claim.key = mem_strdup(key);
    vec_push(&journal->claims, claim);
    return OK;
}

void journal_release(struct journal *journal, const char *key)
{
    for (size_t i = 0; i < journal->claims.len; i++) {
        struct claim claim = journal->claims.ptr[i];
        if (strcmp(claim.key, key) != 0)
            continue;
        journal->claims.ptr[i] = vec_last(&journal->claims);
        journal->claims.len--;
        unlink(claim.path);
        close(claim.fd);
        mem_free(claim.path);
        mem_free(claim.key);
        return;
    }
}

/* --- reading ------------------------------------------------------------------------------ */

struct entry {
    char *id, *state;
    int64_t at_ms;
    cJSON *fields;
};

struct entries {
    VEC(struct entry) list;
    struct map by_id;
};

static void entries_done(struct entries *entries)
{
    for (size_t i = 0; i < entries->list.len; i++) {
        mem_free(entries->list.ptr[i].id);
        mem_free(entries->list.ptr[i].state);
        json_free(entries->list.ptr[i].fields);
    }
    vec_free(&entries->list);
    map_done(&entries->by_id);
}

static struct entry *entry_of(struct entries *entries, struct sv id)
{
    bool fresh;
    union map_value *at = map_put(&entries->by_id, id, &fresh);

    if (fresh) {
        struct entry entry = {.id = sv_dup(id), .fields = cJSON_CreateObject()};
        at->u64 = entries->list.len;
        vec_push(&entries->list, entry);
    }
    return &entries->list.ptr[at->u64];
}

/* Moves the members of from into the fields; a member of the same name is replaced. */
static void merge(cJSON *fields, cJSON *from)
{
    while (from != NULL && from->child != NULL) {
        cJSON *member = cJSON_DetachItemViaPointer(from, from->child);
        cJSON_DeleteItemFromObjectCaseSensitive(fields, member->string);
        cJSON_AddItemToObject(fields, member->string, member);
    }
}

static void add_line(struct entries *entries, cJSON *line)
{
    struct entry *entry = entry_of(entries, json_sv(line, "id"));

    mem_free(entry->state);
    entry->state = sv_dup(json_sv(line, "state"));
    clock_parse_iso8601(json_sv(line, "at"), &entry->at_ms);
    merge(entry->fields, cJSON_GetObjectItemCaseSensitive(line, "fields"));
}

static enum err_code read_locked(struct journal *journal, struct entries *entries, struct err *err)
{
    struct line_reader reader;
    struct sv text;
    bool whole;
    cJSON *line = NULL;
    enum err_code code = check_tail(journal, err);

    line_reader_init(&reader, journal->file.fd, 0);
    while (code == OK && line_reader_next(&reader, &text, &whole)) {
        if (!line_is_right(text))
            code = err_set(err, ERR_INTEGRITY, journal->file.path, "damaged before byte %lld",
                           (long long)reader.offset);
        else
            code = json_parse(text, journal->file.path, &line, err);
        if (code == OK) {
            add_line(entries, line);
            json_free(line);
        }
    }
    if (code == OK && reader.failed)
        code = err_set(err, ERR_IO, journal->file.path, "cannot read");
    line_reader_done(&reader);
    return code;
}

enum err_code journal_each(struct journal *journal,
                           void (*each)(void *arg, const char *id, const char *state, int64_t at_ms,
                                        const cJSON *fields),
                           void *arg, struct err *err)
{
    AUTO(entries_done) struct entries entries = {0};
    enum err_code code = line_file_lock(&journal->file, true, err);

    if (code != OK)
        return code;
    code = read_locked(journal, &entries, err);
    line_file_unlock(&journal->file);
    for (size_t i = 0; code == OK && i < entries.list.len; i++) {
        const struct entry *entry = &entries.list.ptr[i];
        each(arg, entry->id, entry->state, entry->at_ms, entry->fields);
    }
    return code;
}
