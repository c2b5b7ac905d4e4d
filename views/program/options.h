/*
 * options: the command line. --help, the man page and the completions are made from the same table.
 */
#ifndef VIEWS_OPTIONS_H
#define VIEWS_OPTIONS_H

#include "core/gov/gov.h"
#include "core/gov/security_group/sg_policy.h"

struct subcommand;

struct options {
    /* what to do */
    bool demo, help, version, dump_screen, read_only;
    const char *once;         /* SCREEN */
    const char *script;       /* FILE */
    const char *pictures_dir; /* of the script's snaps */
    const char *generate;     /* man, bash, zsh, fish, keys: what is made from the tables */
    const struct subcommand *subcommand; /* its words are args; NULL: none */
    char screen[512];                    /* the console's first, as behind `:`; "": the usual one */

    /* to whom */
    const char *endpoint_url, *profile, *region_home, *state_dir, *config_file, *log_file;
    const char *world; /* of the demo */
    bool fips, dual_stack;
    int budget_percent; /* --budget; 0: as the settings have it */
    struct selection selection;
    const char *scope; /* a saved one; --account and --region go before what it says */

    /* on a node */
    const char *command, *document, *reason; /* of a session */
    const char *user, *identity;             /* of get and put */
    unsigned port;                           /* likewise: of its sshd; 0: not named */
    bool recursive;                          /* likewise: folders, too */
    bool accept_new;                         /* likewise: of a host that nothing is known of */

    /* how */
    const char *filter;
    const char *app;       /* of the subcommand drift: the parameters of this application alone */
    bool handover;         /* in the place of rows; no option sets it */
    int64_t since_ms;      /* --since, how far back; 0: not given */
    bool apply;            /* of the subcommand drift: what policy allows is changed */
    enum severity fail_on; /* of the subcommand drift; SEVERITY_NONE: not given */
    const char *counts;    /* a filter in the place of the screen's own; no option sets it */
    const char *key_file, *head_file; /* of trail verify */
    enum export_format format;
    int rows, columns; /* --size; 0: the terminal's */
    int64_t now_ms;    /* --now; 0: the real time */

    const char *const *args; /* what is no option; borrowed from argv */
    size_t n_args;
};

/*
 * Reads argv into *options. ERR_USAGE names the word that is wrong and the nearest right one. The
 * strings are borrowed from argv.
 */
enum err_code options_parse(int argc, char **argv, struct options *options, struct err *err);

/* --help, whole. */
void options_help(struct buf *out);

/* For the generated man page and completions: each option in turn, false at the end. */
struct option_row {
    const char *name; /* "--endpoint-url" */
    const char *arg;  /* "URL", "" for none */
    const char *help; /* one line */
};
bool options_row(size_t i, struct option_row *row);

#endif
