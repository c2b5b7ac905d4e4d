/* What a demo that was killed has left is removed by the next one; what lives is left alone. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/dir.h"
#include "tests/unit/unit.h"
#include "views/console/demo.h"

static char tmp[DIR_PATH_SIZE];

static const char *in_tmp(const char *name)
{
    static char paths[4][2 * DIR_PATH_SIZE];
    static size_t at;
    char *path = paths[at++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s", tmp, name);
    return path;
}

/* A folder like that of a demo; the descriptor of its lock, held. */
static int make_folder(const char *name)
{
    char alive[4 * DIR_PATH_SIZE];
    int fd;

    assert_int_equal(mkdir(in_tmp(name), 0700), 0);
    snprintf(alive, sizeof alive, "%s/alive", in_tmp(name));
    fd = open(alive, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    return fd;
}

static bool exists(const char *name)
{
    struct stat st;

    return lstat(in_tmp(name), &st) == 0;
}

static void test_left_folders(void **state)
{
    struct demo demo;
    struct err err = ERR_NONE;
    int living;

    (void)state;
    dir_make(tmp);
    setenv("TMPDIR", tmp, 1);
    close(make_folder("watchdeck-demo-killed")); /* its lock is gone */
    living = make_folder("watchdeck-demo-living");
    assert_int_equal(mkdir(in_tmp("watchdeck-demo-begins"), 0700), 0); /* has no lock yet */
    assert_int_equal(mkdir(in_tmp("another"), 0700), 0);
    assert_int_equal(symlink(in_tmp("another"), in_tmp("watchdeck-demo-link")), 0);

    assert_int_equal(demo_start(&demo, "accounts=2,regions=1,resources=10,seed=1", 0, &err), OK);
    assert_false(exists("watchdeck-demo-killed"));
    assert_true(exists("watchdeck-demo-living"));
    assert_true(exists("watchdeck-demo-begins"));
    assert_true(exists("watchdeck-demo-link"));
    assert_true(exists("another"));
    assert_int_equal(access(demo.state_dir, F_OK), 0);
    char own[sizeof demo.state_dir];
    str_copy(own, demo.state_dir);
    demo_stop(&demo);
    assert_int_not_equal(access(own, F_OK), 0);
    close(living);
    dir_remove(tmp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_left_folders)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
