#include "tests/unit/store/helper_dir.h"

#include <ftw.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
// clang-format off
#include <cmocka.h>
// clang-format on

#include "core/base/os.h"

void dir_make(char *dir)
{
    const char *base = getenv("TMPDIR");

    snprintf(dir, DIR_PATH_SIZE, "%s/watchdeck-test-XXXXXX", base != NULL ? base : "/tmp");
    assert_non_null(mkdtemp(dir));
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
    assert_true(snprintf(path, DIR_PATH_SIZE, "%s/%s", dir, name) < DIR_PATH_SIZE);
}

void file_write(const char *path, struct sv text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
}

void file_read(const char *path, struct buf *text)
{
    buf_clear(text);
    assert_int_equal(os_read_file(path, BUF_CAP_DEFAULT, text, NULL), OK);
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}
