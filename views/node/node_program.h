/*
 * node_program: subcommands that do something with one node: find it, then open a session.
 *
 * Their exit statuses are not those of the screens: what the node says, else 0; 2 for wrong usage;
 * 255 for whatever went wrong on this side.
 */
#ifndef VIEWS_NODE_PROGRAM_H
#define VIEWS_NODE_PROGRAM_H

#include "core/session/channel.h"
#include "views/node/ways.h"
#include "views/program/options.h"

#define NODE_ID_SIZE      64
#define NODE_STATUS_ERROR 255

/* A node that was found, and what to reach it with. */
struct node_place {
    struct aws_client *client;
    struct aws_target target;
    char id[NODE_ID_SIZE];
    char ping[32]; /* of Systems Manager: "Online"; "" when it was not looked up */
};

/*
 * Finds the node that options->args[0] names, by id or name, among the accounts and regions that
 * are selected, and calls run with it, on RUN_UI with the runners started. Afterwards every session
 * is left. Of an id in one account and region that are named exactly nobody is asked first, unless
 * the settings name accounts that are read-only. Says on stderr what goes wrong: ERR_USAGE for a
 * name that several nodes have, and what way_check says at a command line's door. Returns run's
 * status, or what stands above. On the main thread, once.
 */
int node_program_run(const struct options *options, enum way way,
                     int (*run)(const struct node_place *place, const struct options *options));

/* What a failure is on these command lines: says it, with what is known of the node when it is not
 * connected, and returns the exit status. place may be NULL. */
int node_program_fail(const struct node_place *place, const struct err *err);

/* Whether a signal has asked for an end (tui/terminal/signals.h); it is 128 and that signal then.
 */
bool node_program_is_interrupted(int *status);

#endif
