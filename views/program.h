/*
 * program: what asks AWS: the console, and its headless twin.
 */
#ifndef VIEWS_PROGRAM_H
#define VIEWS_PROGRAM_H

#include "views/options.h"

/*
 * Reads the settings and the saved scope that options name, starts the demo's sandbox if that is
 * wanted, and runs --once, or else the console, to its end. What goes wrong is said on stderr.
 * Returns the exit status. On the main thread, once.
 */
int program_run(struct options *options);

#endif
