/*
 * console: the program's life with a terminal, or with a script in the place of one.
 */
#ifndef VIEWS_CONSOLE_H
#define VIEWS_CONSOLE_H

#include "core/gov/settings.h"
#include "views/console/demo.h"
#include "views/program/options.h"

/*
 * Opens the terminal (or a memory one for --script), paints, connects, and serves events until it
 * ends. demo: the sandbox that is starting, NULL without. Returns the exit status.
 */
int console_run(const struct options *options, const struct settings *settings, struct demo *demo);

/* What gov needs of options and settings (borrowed); the endpoint is the demo's when there is one.
 */
struct gov_options console_gov_options(const struct options *options,
                                       const struct settings *settings, const struct demo *demo);

#endif
