/*
 * program: what asks AWS: the console, and its headless twin.
 */
#ifndef VIEWS_PROGRAM_H
#define VIEWS_PROGRAM_H

#include "core/gov/gov.h"
#include "views/program/options.h"

/*
 * Reads the settings and the saved scope that options name, starts the demo's sandbox if that is
 * wanted, and runs --once, or else the console, to its end. What goes wrong is said on stderr.
 * Returns the exit status. On the main thread, once.
 */
int program_run(struct options *options);

/* The same for another program without screens: run(gov, options, arg) in the place of --once, on
 * RUN_UI, the runners started; its status is returned. */
int program_run_with(const struct options *options,
                     int (*run)(struct gov *gov, const struct options *options, void *arg),
                     void *arg);

#endif
