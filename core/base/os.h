/*
 * os: what is not portable POSIX, and the files and process state that want care.
 */
#ifndef CORE_BASE_OS_H
#define CORE_BASE_OS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/str.h"

/* First thing in main: no core dumps, not dumpable (but under a sanitizer, whose leak check has to
 * attach), umask 077, SIGPIPE and SIGXFSZ ignored. A standard descriptor that is closed is taken,
 * so that no file or connection gets its number, and what is printed there: using it fails with
 * EBADF, as before. */
void os_harden_process(void);
/* How many descriptors there may be beside so many reserved ones; at least 1. */
int os_spare_descriptors(int reserved);

/* Starts body(arg) on a thread of its own. All signals but those of its own faults are blocked in
 * it: they are the business of the UI's thread. stack_bytes 0: as the system has it. False when
 * there is none to be had. */
bool os_thread_start(pthread_t *thread, size_t stack_bytes, void *(*body)(void *arg), void *arg);

void os_random(void *bytes, size_t len); /* from the kernel; never fails */
/* The same by way of the thread's own store, which the kernel fills now and then: for ids and masks
 * of messages, of which there are many. Keys are not made of it, and a child that was forked does
 * not use it before it has become another program. */
void os_random_many(void *bytes, size_t len);
#define OS_UUID_SIZE 37
void os_uuid4(char uuid[OS_UUID_SIZE]); /* RFC 9562 version 4, lower case */

/* Folders by the XDG base directory specification, "" when HOME is missing:
 * kind is "config", "state", "cache" or "runtime" (which is "" without XDG_RUNTIME_DIR, as there is
 * no default for it). path gets ".../watchdeck"; "" when it does not fit too. */
void os_xdg_dir(const char *kind, char *path, size_t size);
/* mkdir -p with 0700; an existing folder that is a symbolic link or not ours is refused, one that
 * is ours is made 0700. ERR_IO. */
enum err_code os_private_dir(const char *path, struct err *err);

/* Appends a whole regular file of at most max_bytes to out; FIFOs, devices and directories are
 * refused, symbolic links are followed (people link their ~/.aws/config). ERR_NOT_FOUND when there
 * is none, ERR_TOO_BIG, ERR_IO. */
enum err_code os_read_file(const char *path, size_t max_bytes, struct buf *out, struct err *err);
/* Appends what comes from fd until it ends, as os_read_file does; waits for it as fd does. where
 * goes into *err. */
enum err_code os_read_all(int fd, size_t max_bytes, struct buf *out, const char *where,
                          struct err *err);
/* Temp file in the same folder, fsync, rename, fsync of the folder; mode e.g. 0600. On failure
 * (ERR_IO, ERR_DISK_FULL) what was there is there still. */
enum err_code os_write_atomically(const char *path, struct sv text, unsigned mode, struct err *err);
#define OS_PATH_SIZE 4096
/* A new file, synced: ERR_EXISTS when anything of that name is there, be it a link to nowhere. */
enum err_code os_write_new(const char *path, struct sv text, unsigned mode, struct err *err);
/* os_write_atomically in the place of a regular file that is there; a link, a device or a folder is
 * ERR_EXISTS. */
enum err_code os_replace(const char *path, struct sv text, unsigned mode, struct err *err);
/* The absolute path of what is there, without links; path itself when that cannot be told. */
void os_real_path(const char *path, char real[OS_PATH_SIZE]);
/* Writes all of text to fd, however many writes that takes; where goes into *err. ERR_NO_READER
 * when it is standard output, a pipe, and its other end is closed. */
enum err_code os_write_all(int fd, struct sv text, const char *where, struct err *err);
/* O_NOFOLLOW|O_CLOEXEC; refuses what is not a regular file of ours. -1 and *err on failure. */
int os_open_private(const char *path, int flags, unsigned mode, struct err *err);

/* An eventfd, close-on-exec and non-blocking; -1 never: the process exits when there is none. */
int os_event_new(void);
void os_event_signal(int fd); /* async-signal-safe */
void os_event_clear(int fd);

/* Gives memory that was freed back to the system; after something large has ended. Any thread. */
void os_trim_memory(void);
/* Resident memory of this process in KiB, 0 when it cannot be read. */
long os_rss_kib(void);
/* CPU seconds of this process so far. */
double os_cpu_s(void);

#endif
