/*
 * All that is in a folder of the node. Nothing is written but below the folder here: each folder is
 * entered through the one above it, without following a link, and the node's names are names or
 * are refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/session/ssh/remote.h"

#define OWN_MODE 0700

struct walk {
    struct transfer *job;
    bool is_compared; /* all files so far */
};

/* One folder: there, and here. */
struct level {
    const char *from, *shown;
    int fd, depth;
};

static enum err_code get_level(struct walk *walk, const struct level *level, struct err *err);

/* The folder name in that of fd, which is made when it is not there; -1 and errno. */
static int enter(int fd, const char *name, bool *is_made)
{
    *is_made = mkdirat(fd, name, OWN_MODE) == 0;
    if (!*is_made && errno != EEXIST)
        return -1;
    return openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* What is in it goes into the folder of to, which is closed. */
static enum err_code fill(struct walk *walk, struct level *to, bool is_made, unsigned mode,
                          struct err *err)
{
    enum err_code code = get_level(walk, to, err);

    if (is_made && mode != 0)
        fchmod(to->fd, mode);
    close(to->fd);
    return code;
}

static enum err_code get_below(struct walk *walk, const struct level *level,
                               const struct folder_entry *entry, struct level *below,
                               struct err *err)
{
    bool is_made = false;

    *err = ERR_NONE;
    below->depth = level->depth + 1;
    if (below->depth > FOLDER_DEPTH_MAX) {
        err_set(err, ERR_TOO_BIG, below->from, "is more than %d folders deep", FOLDER_DEPTH_MAX);
        return err->code;
    }
    below->fd = enter(level->fd, entry->name, &is_made);
    if (below->fd < 0)
        return err_set_errno(err, below->shown,
                             errno == ELOOP || errno == ENOTDIR
                                 ? "is there, and no folder (a link is not followed)"
                                 : "cannot be made");
    return fill(walk, below, is_made, entry->mode, err);
}

static enum err_code get_file(struct walk *walk, const struct level *level,
                              const struct folder_entry *entry, const struct level *below,
                              struct err *err)
{
    struct job_file file = {.from = below->from,
                            .goal = entry->name,
                            .dir_fd = level->fd,
                            .shown = below->shown,
                            .is_inside = true};

    if (job_get_file(walk->job, &file, err) != OK)
        return err->code;
    walk->is_compared &= file.is_compared;
    job_item(walk->job, file.was_there ? TRANSFER_KEPT : TRANSFER_COPIED, below->shown,
             file.checksum, NULL);
    return OK;
}

/* An error ends all; what was about this one alone is told as its fate. */
static enum err_code get_entry(struct walk *walk, const struct level *level,
                               const struct folder_entry *entry, struct err *err)
{
    AUTO(buf_done) struct buf from = BUF_NONE, shown = BUF_NONE;
    enum err_code code = OK;

    *err = ERR_NONE;
    folder_join(&from, level->from, sv_of(entry->name));
    folder_join(&shown, level->shown, sv_of(entry->name));
    struct level below = {.from = buf_cstr(&from), .shown = buf_cstr(&shown), .fd = -1};
    if (!entry->is_name)
        code = err_set(err, ERR_UNSUPPORTED, level->from,
                       "refused: the node gives a name that is none, and may lead elsewhere");
    else if (folder_left_out(entry->kind)[0] != '\0')
        job_item(walk->job, TRANSFER_LEFT_OUT, below.shown, NULL, folder_left_out(entry->kind));
    else if (entry->kind == FOLDER_FOLDER)
        code = get_below(walk, level, entry, &below, err);
    else
        code = get_file(walk, level, entry, &below, err);
    if (code == OK || !folder_goes_on(err))
        return code;
    job_item(walk->job, TRANSFER_FAILED, below.shown, NULL, err->message);
    return OK;
}

static enum err_code get_level(struct walk *walk, const struct level *level, struct err *err)
{
    struct folder_list list = {0};
    enum err_code code = remote_list(walk->job, level->from, &list, err);

    for (size_t i = 0; i < list.entries.len && code == OK; i++)
        code = get_entry(walk, level, &list.entries.ptr[i], err);
    folder_list_done(&list);
    return code;
}

/* --- the folder that was asked for ----------------------------------------------------------- */

/* Where it is to be: in a folder that is there, under its own name if it has one, else as a new
 * one. goal is what a person calls it. -1 and err. */
static int open_goal(const char *local, struct sv name, struct buf *goal, bool *is_made,
                     struct err *err)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    AUTO_FREE char *own = sv_dup(name);
    int fd, above = -1;

    buf_add_cstr(goal, local);
    *is_made = mkdir(local, OWN_MODE) == 0;
    if (!*is_made && errno != EEXIST) {
        err_set_errno(err, local, "cannot be made");
        return -1;
    }
    fd = open(local, flags);
    if (fd >= 0 && !*is_made && folder_is_name(name)) {
        buf_clear(goal);
        folder_join(goal, local, name);
        above = fd;
        fd = enter(above, own, is_made);
    }
    if (fd < 0)
        err_set_errno(err, buf_cstr(goal), "is no folder that could be written to");
    if (above >= 0)
        close(above);
    return fd;
}

enum err_code job_get_folder(struct transfer *job, const char *from, unsigned mode, struct err *err)
{
    AUTO(buf_done) struct buf goal = BUF_NONE;
    struct walk walk = {.job = job, .is_compared = true};
    bool is_made;

    int fd = open_goal(job->request.local, folder_last_name(from), &goal, &is_made, err);
    if (fd < 0)
        return err->code;
    struct level top = {.from = from, .shown = buf_cstr(&goal), .fd = fd};
    job_begin_folder(job);
    if (fill(&walk, &top, is_made, mode, err) != OK)
        return err->code;
    job_done(job, "", walk.is_compared, top.shown);
    return job_end_folder(job, err);
}
