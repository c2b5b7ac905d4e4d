/*
 * progress: how far a transfer is, in words.
 */
#ifndef VIEWS_FILES_PROGRESS_H
#define VIEWS_FILES_PROGRESS_H

#include "core/session/ssh/transfer.h"

/* "12.3 MB": decimal, one digit behind the point from a kB on. */
void progress_bytes(uint64_t bytes, struct buf *out);
/* "12.3 MB of 20.0 MB  61%  0.9 MB/s  8s left" ("17 files  12.3 MB ..." of a folder), or the phase
 * with what the channel waits for. */
void progress_line(const struct transfer_status *status, int64_t now_ms, struct buf *out);
/* Bytes a second of the copying up to then, by the monotonic clock; 0: not known yet. */
uint64_t progress_rate(const struct transfer_status *status, int64_t now_ms);
/* Of one that is over and has not failed: "20.0 MB in 22s (0.9 MB/s), the node has the same
 * SHA-256"; of a folder also how many files, and how many of its things were left out. */
void progress_result(const struct transfer_status *status, struct buf *out);

#endif
