/* dir: a folder of a test's own, and whole files in it. What fails ends the program. */
#ifndef TESTS_SUPPORT_DIR_H
#define TESTS_SUPPORT_DIR_H

#include "core/base/str.h"

#define DIR_PATH_SIZE 256

/* A fresh folder below TMPDIR, else in memory, else below /tmp; dir holds DIR_PATH_SIZE. */
void dir_make(char *dir);
void dir_remove(const char *dir); /* with all that is in it */
/* dir/name; path holds DIR_PATH_SIZE. */
void dir_path(const char *dir, const char *name, char *path);

void file_write(const char *path, struct sv text);
/* The whole file replaces what text holds. */
void file_read(const char *path, struct buf *text);
bool file_exists(const char *path);
/* A file called name with that text, in a folder that goes with the program: its path, until the
 * next call. */
const char *file_of(const char *name, struct sv text);

#endif
