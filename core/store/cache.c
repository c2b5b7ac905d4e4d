#include "core/store/cache.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/os.h"

/* "wdck": a file that says something else is somebody else's. */
#define APPLICATION_ID 0x7764636b
#define VERSION        2
#define BUSY_MS        500
#define ASIDE          ".aside"

struct cache {
    char *path;
    sqlite3 *db; /* NULL once it is given up */
};

static const char schema[] =
    "PRAGMA synchronous=OFF;" /* losing it is no loss */
    "PRAGMA secure_delete=ON;"
    "CREATE TABLE IF NOT EXISTS seen(list TEXT NOT NULL, scope TEXT NOT NULL, at_ms INTEGER NOT "
    "NULL, hash INTEGER NOT NULL, rows BLOB NOT NULL, PRIMARY KEY(list, scope)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS seen_at ON seen(at_ms);";

/* --- opening ------------------------------------------------------------------------------ */

static int run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

static int64_t read_pragma(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement;
    int64_t value = -1;

    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        return -1;
    if (sqlite3_step(statement) == SQLITE_ROW)
        value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

/* An empty file gets our marks; one with other marks is not ours. */
static bool mark(sqlite3 *db)
{
    char sql[96];
    int64_t id = read_pragma(db, "PRAGMA application_id");
    int64_t version = read_pragma(db, "PRAGMA user_version");

    if (id == APPLICATION_ID && version == VERSION)
        return true;
    if (id != 0 || version != 0 || read_pragma(db, "SELECT count(*) FROM sqlite_master") != 0)
        return false;
    snprintf(
        sql, sizeof sql,
        "PRAGMA auto_vacuum=FULL;" /* what is forgotten takes no room; in an empty file alone */
        "PRAGMA application_id=%d; PRAGMA user_version=%d",
        APPLICATION_ID, VERSION);
    return run(db, sql) == SQLITE_OK;
}

static sqlite3 *open_db(const char *path)
{
    /* make_file has refused a link in the last place; SQLITE_OPEN_NOFOLLOW would refuse them in
     * all, and many a home lies behind one. */
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    sqlite3 *db = NULL;

    if (sqlite3_open_v2(path, &db, flags, NULL) == SQLITE_OK) {
        sqlite3_busy_timeout(db, BUSY_MS);
        if (mark(db) && run(db, schema) == SQLITE_OK)
            return db;
    }
    sqlite3_close(db);
    return NULL;
}

/* SQLite would make it with 0644 less the umask. */
static enum err_code make_file(const char *path, struct err *err)
{
    int fd = os_open_private(path, O_RDWR | O_CREAT, 0600, err);

    if (fd < 0)
        return err != NULL ? err->code : ERR_IO;
    close(fd);
    return OK;
}

/* It may be somebody's: it is not deleted, only the one before it that was set aside. */
static void set_aside(const char *path)
{
    static const char *const suffixes[] = {"-journal", "-wal", "-shm"};
    char name[4096];

    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++)
        if (snprintf(name, sizeof name, "%s%s", path, suffixes[i]) < (int)sizeof name)
            unlink(name);
    if (snprintf(name, sizeof name, "%s" ASIDE, path) >= (int)sizeof name ||
        rename(path, name) != 0)
        unlink(path);
}

/* Once as it is, once anew. */
static enum err_code open_or_rebuild(struct cache *cache, struct err *err)
{
    enum err_code code = make_file(cache->path, err);

    if (code != OK)
        return code;
    cache->db = open_db(cache->path);
    if (cache->db != NULL)
        return OK;
    log_warn("cache", "%s is of no use: it is set aside and made anew", cache->path);
    set_aside(cache->path);
    code = make_file(cache->path, err);
    if (code == OK)
        cache->db = open_db(cache->path);
    if (code == OK && cache->db == NULL)
        code = err_set(err, ERR_IO, cache->path, "cannot be made into a cache");
    return code;
}

enum err_code cache_open(const char *path, struct cache **cache, struct err *err)
{
    struct cache *opened = mem_new(struct cache);

    opened->path = mem_strdup(path);
    enum err_code code = open_or_rebuild(opened, err);
    if (code != OK) {
        cache_close(opened);
        opened = NULL;
    }
    *cache = opened;
    return code;
}

void cache_close(struct cache *cache)
{
    if (cache == NULL)
        return;
    sqlite3_close(cache->db);
    mem_free(cache->path);
    mem_free(cache);
}

/* --- statements --------------------------------------------------------------------------- */

/* Damage that shows only now: the file is made anew. Anything else passes. */
static void note_result(struct cache *cache, int result)
{
    if (result != SQLITE_CORRUPT && result != SQLITE_NOTADB)
        return;
    sqlite3_close(cache->db);
    cache->db = NULL;
    log_warn("cache", "%s is damaged: it is set aside and made anew", cache->path);
    set_aside(cache->path);
    if (make_file(cache->path, NULL) == OK)
        cache->db = open_db(cache->path);
}

static sqlite3_stmt *prepare(struct cache *cache, const char *sql)
{
    sqlite3_stmt *statement = NULL;

    if (cache != NULL && cache->db != NULL)
        note_result(cache, sqlite3_prepare_v2(cache->db, sql, -1, &statement, NULL));
    return statement;
}

static void bind_key(sqlite3_stmt *statement, const char *list, const char *scope)
{
    sqlite3_bind_text(statement, 1, list, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, scope, -1, SQLITE_STATIC);
}

static void finish(struct cache *cache, sqlite3_stmt *statement)
{
    if (statement == NULL)
        return;
    sqlite3_step(statement);
    note_result(cache, sqlite3_finalize(statement));
}

/* --- rows --------------------------------------------------------------------------------- */

/* The sizes are taken first and by themselves: a window over the table would carry the rows. */
static void make_room(struct cache *cache)
{
    sqlite3_stmt *statement = prepare(
        cache, "WITH sizes AS MATERIALIZED (SELECT list, scope, at_ms, length(rows) AS size FROM "
               "seen) DELETE FROM seen WHERE (list, scope) IN (SELECT list, scope FROM (SELECT "
               "list, scope, row_number() OVER newer AS n, sum(size) OVER newer AS bytes FROM "
               "sizes WINDOW newer AS (ORDER BY at_ms DESC, list, scope)) WHERE n > ? OR bytes > "
               "?)");

    if (statement != NULL) {
        sqlite3_bind_int(statement, 1, CACHE_ENTRIES_MAX);
        sqlite3_bind_int64(statement, 2, CACHE_BYTES_MAX);
    }
    finish(cache, statement);
}

void cache_put(struct cache *cache, const char *list, const char *scope, struct sv rows,
               int64_t at_ms)
{
    if (rows.len > CACHE_ROWS_BYTES_MAX)
        return;
    sqlite3_stmt *statement = prepare(
        cache, "INSERT OR REPLACE INTO seen(list, scope, at_ms, hash, rows) VALUES(?,?,?,?,?)");
    if (statement == NULL)
        return;
    bind_key(statement, list, scope);
    sqlite3_bind_int64(statement, 3, at_ms);
    sqlite3_bind_int64(statement, 4, (int64_t)sv_hash(rows));
    sqlite3_bind_blob(statement, 5, rows.len != 0 ? rows.ptr : "", (int)rows.len, SQLITE_STATIC);
    finish(cache, statement);
    make_room(cache);
}

/* SQLite does not notice a changed byte inside a blob; the hash does. */
static bool take_rows(sqlite3_stmt *statement, struct buf *rows, int64_t *at_ms)
{
    const char *bytes = sqlite3_column_blob(statement, 2);
    struct sv found = {bytes != NULL ? bytes : "", (size_t)sqlite3_column_bytes(statement, 2)};

    if ((int64_t)sv_hash(found) != sqlite3_column_int64(statement, 1))
        return false;
    *at_ms = sqlite3_column_int64(statement, 0);
    buf_add(rows, found);
    return true;
}

bool cache_get(struct cache *cache, const char *list, const char *scope, struct buf *rows,
               int64_t *at_ms)
{
    sqlite3_stmt *statement =
        prepare(cache, "SELECT at_ms, hash, rows FROM seen WHERE list=? AND scope=?");

    if (statement == NULL)
        return false;
    bind_key(statement, list, scope);
    bool found = sqlite3_step(statement) == SQLITE_ROW && take_rows(statement, rows, at_ms);
    note_result(cache, sqlite3_finalize(statement));
    return found;
}

void cache_forget_all(struct cache *cache)
{
    finish(cache, prepare(cache, "DELETE FROM seen"));
}
