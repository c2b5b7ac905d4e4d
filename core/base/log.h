/*
 * log: what happened, for :debug and for a bug report. One ring in memory, one file when asked for.
 *
 * Lines are structured by hand: never a header, a body or a parameter value. Every line passes the
 * text door. Callable from any runner; a call costs a mutex and a copy, never a write to disk: the
 * file is written by the worker runner (log_flush).
 */
#ifndef CORE_BASE_LOG_H
#define CORE_BASE_LOG_H

#include "core/base/err.h"
#include "core/base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

#define LOG_LINES_MAX 2000

/* One line, which gets the time and the component before it. Cut at 1023 bytes. */
void log_line(enum log_level level, const char *component, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
#define log_debug(component, ...) log_line(LOG_DEBUG, component, __VA_ARGS__)
#define log_info(component, ...)  log_line(LOG_INFO, component, __VA_ARGS__)
#define log_warn(component, ...)  log_line(LOG_WARN, component, __VA_ARGS__)
#define log_error(component, ...) log_line(LOG_ERROR, component, __VA_ARGS__)

/* Lines are appended to path from now on (0600, created, symbolic links refused: ERR_IO). Call
 * once, before threads. */
enum err_code log_open_file(const char *path, struct err *err);
bool log_has_file(void);
/* Writes what has come since the last flush. On the worker runner, and at exit. */
void log_flush(void);
/* The newest lines, oldest first, up to max; each ends in LF. */
void log_recent(struct buf *out, size_t max_lines);

#endif
