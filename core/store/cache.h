/*
 * cache: the last seen rows of a list, so that it can be painted at once, with its age.
 *
 * A convenience, never a source: what cannot be read is forgotten, a damaged file is set aside and
 * made anew, and no caller has to care. Rows are opaque text; who puts them in leaves secrets out.
 * One SQLite file (0600); several processes may have it open. All of it on RUN_WORKER.
 */
#ifndef CORE_STORE_CACHE_H
#define CORE_STORE_CACHE_H

#include "core/base/str.h"

struct cache;

#define CACHE_ROWS_BYTES_MAX ((size_t)8 << 20)
#define CACHE_ENTRIES_MAX    200                 /* the oldest ones make room */
#define CACHE_BYTES_MAX      ((int64_t)64 << 20) /* of rows, of all entries */

/*
 * Opens or creates path; symbolic links are refused. A file that is damaged, of another version or
 * no database at all is renamed to PATH.aside and replaced. ERR_IO when there can be none: go on
 * without (NULL is a cache that is always empty).
 */
enum err_code cache_open(const char *path, struct cache **cache, struct err *err);
void cache_close(struct cache *cache); /* NULL is allowed */

/*
 * Keeps rows for list and scope, replacing what was there. scope says everything that the rows
 * depend on: whose credentials, which accounts and regions, which arguments. Rows larger than
 * CACHE_ROWS_BYTES_MAX are not kept. at_ms is the wall clock of the reading.
 */
void cache_put(struct cache *cache, const char *list, const char *scope, struct sv rows,
               int64_t at_ms);
/* Appends the rows and says how old they are; false when there are none. */
bool cache_get(struct cache *cache, const char *list, const char *scope, struct buf *rows,
               int64_t *at_ms);
void cache_forget_all(struct cache *cache); /* :cache clear */

#endif
