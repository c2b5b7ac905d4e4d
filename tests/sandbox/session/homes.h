/*
 * homes: the folders that nodes have on this machine, in one of this run, which goes with it. What
 * a run that was killed has left goes with the next one.
 */
#ifndef SANDBOX_SESSION_HOMES_H
#define SANDBOX_SESSION_HOMES_H

#include <stddef.h>

#include "core/base/err.h"

/* Zero-initialised is ready. */
struct homes {
    char path[128]; /* "": there is none yet */
    int lock_fd;    /* as long as it is open and locked, the folder is in use */
};

/* The folder of that node, made when it is first asked for, by those whom processes run as; path
 * holds size. ERR_IO. */
enum err_code homes_of_node(struct homes *homes, const char *node_id, char *path, size_t size,
                            struct err *err);
/* Removes them all. */
void homes_done(struct homes *homes);

#endif
