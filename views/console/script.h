/*
 * script: plays commands from a file against the screens, for tests and pictures.
 *
 * One command a line: `keys j Enter ctrl-c`, `type TEXT`, `wait TEXT` (fails with 1 after 10 s and
 * snaps what is there instead),
 * `gone TEXT` (waits until it is not there any more), `patience SECONDS` (waits take so long from
 * now on), `snap NAME`, `resize WxH`; # begins a comment. A snap prints `== NAME COLSxROWS` and
 * then that many lines. Once the console has ended, keys go nowhere, and what is to be seen then is
 * not there.
 */
#ifndef VIEWS_SCRIPT_H
#define VIEWS_SCRIPT_H

#include "views/frame/app.h"

/*
 * Plays the file at path and returns the exit status: 0, 1 when a wait was in vain or the console
 * had ended before it, 2 when a line cannot be understood. Snaps go to stdout when dump_screen, and
 * to pictures_dir when it is not NULL.
 */
int script_run(struct app *app, const char *path, bool dump_screen, const char *pictures_dir);

#endif
