#include "tests/sandbox/session/homes.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/sandbox/session/process.h"

#define PREFIX  "watchdeck-nodes-"
#define YOUNG_S 60 /* that young a folder may be about to be locked */

static const char *base(void)
{
    const char *dir = getenv("TMPDIR");
    return dir && *dir && strlen(dir) < 90 ? dir : "/tmp";
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *at)
{
    (void)about, (void)kind, (void)at;
    remove(path); /* what cannot be removed keeps its folder, no more */
    return 0;
}

static void remove_tree(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Opens a folder that is ours, and no link; -1 when it is not. */
static int open_own(const char *path, struct stat *about)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && (fstat(fd, about) != 0 || about->st_uid != geteuid())) {
        close(fd);
        return -1;
    }
    return fd;
}

/* --- what killed runs have left -----------------------------------------------------------------
 */

static void sweep_one(const char *path)
{
    struct stat about;
    int fd = open_own(path, &about);
    if (fd < 0)
        return;
    if (time(NULL) - about.st_mtime > YOUNG_S && flock(fd, LOCK_EX | LOCK_NB) == 0)
        remove_tree(path);
    close(fd);
}

static void sweep(void)
{
    DIR *dir = opendir(base());
    const struct dirent *entry;
    char path[400];
    while (dir && (entry = readdir(dir)) != NULL) {
        if (!sv_starts(sv_of(entry->d_name), SV(PREFIX)))
            continue;
        snprintf(path, sizeof path, "%s/%s", base(), entry->d_name);
        sweep_one(path);
    }
    if (dir)
        closedir(dir);
}

/* --- our own ---------------------------------------------------------------------------------- */

static enum err_code begin(struct homes *homes, struct err *err)
{
    struct stat about;
    sweep();
    snprintf(homes->path, sizeof homes->path, "%s/" PREFIX "XXXXXX", base());
    if (!mkdtemp(homes->path)) {
        *homes->path = '\0';
        return err_set_errno(err, base(), "cannot make a folder");
    }
    homes->lock_fd = open_own(homes->path, &about);
    if (homes->lock_fd < 0 || flock(homes->lock_fd, LOCK_EX | LOCK_NB) != 0 ||
        fchmod(homes->lock_fd, 0711) != 0)
        return err_set_errno(err, homes->path, "cannot lock the folder");
    return OK;
}

enum err_code homes_of_node(struct homes *homes, const char *node_id, char *path, size_t size,
                            struct err *err)
{
    enum err_code code = *homes->path ? OK : begin(homes, err);
    if (code != OK)
        return code;
    snprintf(path, size, "%s/%s", homes->path, node_id);
    return process_make_home(path, err);
}

void homes_done(struct homes *homes)
{
    if (!*homes->path)
        return;
    remove_tree(homes->path);
    if (homes->lock_fd >= 0)
        close(homes->lock_fd);
    *homes = (struct homes){0};
}
