#include "tests/support/dir.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/os.h"

static void need(bool done, const char *path)
{
    if (done)
        return;
    perror(path);
    abort();
}

/* In memory where there is such a place: what a test learns is the same, the waiting is not. */
static const char *base_dir(void)
{
    const char *base = getenv("TMPDIR");

    if (base != NULL)
        return base;
    return access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";
}

void dir_make(char *dir)
{
    snprintf(dir, DIR_PATH_SIZE, "%s/watchdeck-test-XXXXXX", base_dir());
    need(mkdtemp(dir) != NULL, dir);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    (void)st, (void)type, (void)walk;
    return remove(path);
}

void dir_remove(const char *dir)
{
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void dir_path(const char *dir, const char *name, char *path)
{
    need(snprintf(path, DIR_PATH_SIZE, "%s/%s", dir, name) < DIR_PATH_SIZE, dir);
}

void file_write(const char *path, struct sv text)
{
    FILE *file = fopen(path, "w");

    need(file != NULL, path);
    need(fwrite(text.ptr, 1, text.len, file) == text.len, path);
    need(fclose(file) == 0, path);
}

void file_read(const char *path, struct buf *text)
{
    buf_clear(text);
    need(os_read_file(path, BUF_CAP_DEFAULT, text, NULL) == OK, path);
}

static char own_dir[DIR_PATH_SIZE];

static void remove_own(void)
{
    dir_remove(own_dir);
}

const char *file_of(const char *name, struct sv text)
{
    static char path[DIR_PATH_SIZE];

    if (own_dir[0] == '\0') {
        dir_make(own_dir);
        atexit(remove_own);
    }
    dir_path(own_dir, name, path);
    file_write(path, text);
    return path;
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}
