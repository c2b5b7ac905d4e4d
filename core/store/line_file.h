/*
 * line_file: an append-only file of lines that several processes share: what the trail and the
 * journal have in common. A line counts once it is whole, LF included, and synced.
 */
#ifndef CORE_STORE_LINE_FILE_H
#define CORE_STORE_LINE_FILE_H

#include <stdint.h>

#include "core/base/str.h"

/* Longer lines are handed out empty: nothing that we write is that long. */
#define LINE_BYTES_MAX ((size_t)1 << 20)

struct line_file {
    char *path;
    int fd;
};

/*
 * Opens path for appending, creating it with 0600; symbolic links and what is not a regular file of
 * ours are refused. The folder is synced, so that the file's name is as durable as its lines.
 */
enum err_code line_file_open(struct line_file *file, const char *path, struct err *err);
/* The same for reading only, of anybody's file; ERR_NOT_FOUND when it is not there. */
enum err_code line_file_open_to_read(struct line_file *file, const char *path, struct err *err);
void line_file_close(struct line_file *file);

/*
 * Waits for the lock of all processes (flock), at most LOCK_WAIT_MS: ERR_TIMEOUT then.
 * ERR_INTEGRITY when path no longer leads to the file that is open: it was replaced or deleted.
 */
#define LOCK_WAIT_MS 5000
enum err_code line_file_lock(struct line_file *file, bool exclusive, struct err *err);
void line_file_unlock(struct line_file *file);

int64_t line_file_size(const struct line_file *file); /* -1 when it cannot be told */

/*
 * Under the exclusive lock: writes line (which ends in LF) at the end and syncs it. When that fails
 * the file is cut back to what it was; *doubtful says that this failed too, or that a sync did:
 * then nobody knows what is on the disk, and the file has to be opened again. ERR_DISK_FULL,
 * ERR_IO.
 */
enum err_code line_file_append(struct line_file *file, struct sv line, bool *doubtful,
                               struct err *err);
/* Cuts the file to size_bytes and syncs it; ERR_IO. */
enum err_code line_file_cut(struct line_file *file, int64_t size_bytes, struct err *err);

/* Reads the lines of an open file from an offset on; another's appending meanwhile is harmless. */
struct line_reader {
    int fd;
    int64_t offset;  /* where the next line begins */
    bool failed;     /* a read failed: what was handed out is not all that there is */
    int64_t read_at; /* the rest is its own business: where the next chunk begins */
    struct buf line;
    size_t chunk_len, chunk_at;
    char chunk[8192];
};

/* Begins at a line's first byte; fd is borrowed. End with line_reader_done. */
void line_reader_init(struct line_reader *reader, int fd, int64_t offset);
void line_reader_done(struct line_reader *reader);
/*
 * The next line without its LF, borrowed until the next call; *whole is false when the file ended
 * before the LF came. False at the end.
 */
bool line_reader_next(struct line_reader *reader, struct sv *line, bool *whole);

/*
 * Whether a last line that does not verify is what a power cut leaves of a line that was to begin
 * with beginning: it lacks its LF or has a hole of NULs, and what there is of the beginning is
 * right.
 */
bool line_is_torn(struct sv line, bool whole, struct sv beginning);

#endif
