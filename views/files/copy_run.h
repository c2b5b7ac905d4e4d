/*
 * copy_run: a transfer on the command line: what it asks, how far it is, how it ended.
 */
#ifndef VIEWS_FILES_COPY_RUN_H
#define VIEWS_FILES_COPY_RUN_H

#include "views/node/node_program.h"

/*
 * Copies a file as the subcommand get or put says: args are the node, from where, to where. On a
 * terminal it asks there and shows how far it is on stderr. At the end "CHECKSUM  GOAL" goes to
 * standard output, as sha256sum has it. Returns the exit status: 0, NODE_STATUS_ERROR for a
 * failure, which was said, 128 and a signal: what was copied stays then. On RUN_UI.
 */
int copy_run(const struct node_place *place, const struct options *options);

#endif
