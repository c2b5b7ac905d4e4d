/* All that is in a folder here. Links are not followed, neither here nor on the node. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/session/ssh/remote.h"

struct walk {
    struct transfer *job;
    bool is_compared; /* all files so far */
};

/* One folder: here, and there. */
struct level {
    const char *shown, *goal;
    int fd, depth;
    unsigned mode;
};

static enum err_code put_level(struct walk *walk, const struct level *level, struct err *err);

/* --- what is in it --------------------------------------------------------------------------- */

static enum folder_kind kind_of(mode_t mode)
{
    if (S_ISLNK(mode))
        return FOLDER_LINK;
    if (S_ISDIR(mode))
        return FOLDER_FOLDER;
    return S_ISREG(mode) ? FOLDER_FILE : FOLDER_OTHER;
}

static void add_entry(int fd, const char *name, struct folder_list *list)
{
    struct stat about;

    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return;
    if (fstatat(fd, name, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return; /* it is gone meanwhile */
    folder_list_add(list, sv_of(name), kind_of(about.st_mode), about.st_mode & 0777);
}

static enum err_code list_here(const struct level *level, struct folder_list *list, struct err *err)
{
    int fd = openat(level->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;

    *err = ERR_NONE;
    if (folder == NULL) {
        err_set_errno(err, level->shown, "cannot be read");
        if (fd >= 0)
            close(fd);
        return err->code;
    }
    while ((entry = readdir(folder)) != NULL)
        add_entry(level->fd, entry->d_name, list);
    closedir(folder);
    folder_list_sort(list);
    return OK;
}

/* --- going down ------------------------------------------------------------------------------ */

/* The folder is made there, and filled with what is in this one. */
static enum err_code fill(struct walk *walk, const struct level *level, struct err *err)
{
    bool is_made = false;

    if (level->depth > FOLDER_DEPTH_MAX)
        return err_set(err, ERR_TOO_BIG, level->shown, "is more than %d folders deep",
                       FOLDER_DEPTH_MAX);
    if (remote_make_folder(walk->job, level->goal, &is_made, err) != OK ||
        put_level(walk, level, err) != OK)
        return err->code;
    return is_made ? remote_set_mode(walk->job, level->goal, level->mode, err) : OK;
}

static enum err_code put_below(struct walk *walk, const struct level *level, const char *name,
                               struct level *below, struct err *err)
{
    below->depth = level->depth + 1;
    below->fd = openat(level->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (below->fd < 0)
        return err_set_errno(err, below->shown, "cannot be read");
    enum err_code code = fill(walk, below, err);
    close(below->fd);
    return code;
}

static enum err_code put_file(struct walk *walk, const struct level *level, const char *name,
                              const struct level *below, struct err *err)
{
    struct job_file file = {.from = name,
                            .goal = below->goal,
                            .dir_fd = level->fd,
                            .shown = below->shown,
                            .is_inside = true};

    if (job_put_file(walk->job, &file, err) != OK)
        return err->code;
    walk->is_compared &= file.is_compared;
    job_item(walk->job, file.was_there ? TRANSFER_KEPT : TRANSFER_COPIED, below->goal,
             file.checksum, NULL);
    return OK;
}

/* An error ends all; what was about this one alone is told as its fate. */
static enum err_code put_entry(struct walk *walk, const struct level *level,
                               const struct folder_entry *entry, struct err *err)
{
    AUTO(buf_done) struct buf shown = BUF_NONE, goal = BUF_NONE;
    enum err_code code = OK;

    *err = ERR_NONE;
    folder_join(&shown, level->shown, sv_of(entry->name));
    folder_join(&goal, level->goal, sv_of(entry->name));
    struct level below = {
        .shown = buf_cstr(&shown), .goal = buf_cstr(&goal), .fd = -1, .mode = entry->mode};
    if (folder_left_out(entry->kind)[0] != '\0')
        job_item(walk->job, TRANSFER_LEFT_OUT, below.shown, NULL, folder_left_out(entry->kind));
    else if (entry->kind == FOLDER_FOLDER)
        code = put_below(walk, level, entry->name, &below, err);
    else
        code = put_file(walk, level, entry->name, &below, err);
    if (code == OK || !folder_goes_on(err))
        return code;
    job_item(walk->job, TRANSFER_FAILED, below.shown, NULL, err->message);
    return OK;
}

static enum err_code put_level(struct walk *walk, const struct level *level, struct err *err)
{
    struct folder_list list = {0};
    enum err_code code = list_here(level, &list, err);

    for (size_t i = 0; i < list.entries.len && code == OK; i++)
        code = put_entry(walk, level, &list.entries.ptr[i], err);
    folder_list_done(&list);
    return code;
}

/* --- the folder that was asked for ----------------------------------------------------------- */

enum err_code job_put_folder(struct transfer *job, struct err *err)
{
    AUTO(buf_done) struct buf goal = BUF_NONE;
    const char *from = job->request.local;
    struct walk walk = {.job = job, .is_compared = true};
    struct stat about;
    enum err_code code;

    if (job_put_goal(job, &goal, err) != OK)
        return err->code;
    int fd = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about) != 0) {
        err_set_errno(err, from, "cannot be read");
        if (fd >= 0)
            close(fd);
        return err->code;
    }
    const struct level top = {
        .shown = from, .goal = buf_cstr(&goal), .fd = fd, .mode = about.st_mode & 0777};
    job_begin_folder(job);
    code = fill(&walk, &top, err);
    close(fd);
    if (code != OK)
        return code;
    job_done(job, "", walk.is_compared, top.goal);
    return job_end_folder(job, err);
}
