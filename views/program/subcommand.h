/*
 * subcommand: the first word of the command line, when it is one: `watchdeck endpoint ssm
 * eu-west-1`. They need no terminal, print to standard output and end.
 */
#ifndef VIEWS_SUBCOMMAND_H
#define VIEWS_SUBCOMMAND_H

#include "views/program/options.h"

/* A const struct and one line in views/program/subcommands.def. */
struct subcommand {
    const char *name;  /* "endpoint" */
    const char *usage; /* "SERVICE REGION [--fips] [--dual-stack]" */
    const char *help;  /* one line for help, man page and completions */
    /* Returns the exit status; what goes wrong is said on stderr. options->args are the words
     * behind the name. */
    int (*run)(const struct options *options);
};

extern const struct subcommand *const subcommands[];
extern const size_t n_subcommands;
/* NULL when there is none of that name. */
const struct subcommand *subcommand_find(const char *name);

/* For run: writes what was made to standard output unless code says that it failed, says what went
 * wrong, and gives the exit status. */
int subcommand_end(enum err_code code, const struct buf *out, const struct err *err);

#endif
