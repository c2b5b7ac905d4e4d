/*
 * console: the program's life with a terminal, or with a script in the place of one.
 */
#ifndef VIEWS_CONSOLE_H
#define VIEWS_CONSOLE_H

#include "views/demo.h"
#include "views/options.h"

/*
 * Opens the terminal (or a memory one for --script), paints, connects, and serves events until it
 * ends. demo: the sandbox that is starting, NULL without. Returns the exit status.
 */
int console_run(const struct options *options, struct demo *demo);

/* What gov needs of the options; endpoint NULL: as the options say. */
struct gov_options console_gov_options(const struct options *options, const struct demo *demo);

#endif
