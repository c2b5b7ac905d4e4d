/* What can be told of a transfer by looking at this machine alone. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/session/ssh/transfer.h"

static enum err_code check_access(const char *path, int mode, const char *what, struct err *err)
{
    return faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0 ? OK : err_set_errno(err, path, what);
}

static enum err_code check_source(const char *path, bool is_recursive, struct err *err)
{
    struct stat about;

    if (stat(path, &about) != 0)
        return err_set_errno(err, path, "cannot be read");
    if (S_ISDIR(about.st_mode) && !is_recursive)
        return err_set(err, ERR_UNSUPPORTED, path, "is a folder: -r copies it with what is in it");
    if (!S_ISDIR(about.st_mode) && !S_ISREG(about.st_mode))
        return err_set(err, ERR_UNSUPPORTED, path, "is no regular file");
    return check_access(path, S_ISDIR(about.st_mode) ? R_OK | X_OK : R_OK, "cannot be read", err);
}

/* The folder that path stands in. */
static void add_parent(const char *path, struct buf *out)
{
    size_t len = strlen(path);

    while (len > 1 && path[len - 1] == '/')
        len--;
    while (len > 0 && path[len - 1] != '/')
        len--;
    buf_add(out, (struct sv){path, len});
    if (len == 0)
        buf_add_char(out, '.');
}

/* What comes is written beside it first, so that its folder has to take new files. */
static enum err_code check_goal(const char *path, struct err *err)
{
    AUTO(buf_done) struct buf folder = BUF_NONE;
    struct stat about = {0};
    bool is_there = stat(path, &about) == 0;

    if (is_there && !S_ISDIR(about.st_mode) && !S_ISREG(about.st_mode))
        return err_set(err, ERR_EXISTS, path, "is there and is no regular file");
    if (is_there && S_ISDIR(about.st_mode))
        buf_add_cstr(&folder, path);
    else
        add_parent(path, &folder);
    return check_access(buf_cstr(&folder), W_OK | X_OK, "nothing can be written there", err);
}

enum err_code transfer_check_here(const struct transfer_request *request, struct err *err)
{
    return request->is_put ? check_source(request->local, request->is_recursive, err)
                           : check_goal(request->local, err);
}
