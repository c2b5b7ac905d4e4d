/*
 * save: a file that a person has asked for by name: made on the worker, with mode 0600. What is
 * there already is replaced when the person says so, and never else.
 */
#ifndef VIEWS_SAVE_H
#define VIEWS_SAVE_H

#include "views/frame/app.h"

struct save {
    /* Appends the file's content; ERR as it likes. On RUN_WORKER, once. */
    enum err_code (*make)(void *arg, struct buf *out, struct err *err);
    void (*drop)(void *arg); /* always, at last, on RUN_UI or RUN_WORKER */
    void *arg;
    const char *what; /* static: "rows", for the message; "" says the path alone */
    size_t count;     /* how many of what */
};

/*
 * Begins; the path is copied, "~/" is the home folder. The message line tells how it ended, with
 * the absolute path. Nothing is told once scope is closed, and nothing is written once it is closed
 * before the question was answered. On RUN_UI.
 */
void save_as(struct app *app, struct scope *scope, const char *path, const struct save *save);

#endif
