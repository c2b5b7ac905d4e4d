/*
 * once: the headless twin of every screen: the same loader, rows and order, printed.
 */
#ifndef VIEWS_ONCE_H
#define VIEWS_ONCE_H

#include "views/program/options.h"

/* All well, but something of severity HIGH or worse was found: of --once and of subcommands. */
#define EXIT_FINDINGS 3
#define EXIT_PARTIAL  4 /* as coverage_exit_status says */

/*
 * Loads options->once, writes it to stdout and returns the exit status: the first that applies of
 * 2 usage, 1 internal or nobody answered, 5 credentials, 7 integrity, 6 refused, 4 partial
 * coverage, 3 findings of HIGH or worse (struct screen may say which rows count, and that they go
 * before 4), 0. On RUN_UI, after run_start.
 */
int once_run(struct gov *gov, const struct options *options);

#endif
