/*
 * bridge: standard input and output at the ends of a session, until one of them ends.
 */
#ifndef VIEWS_BRIDGE_H
#define VIEWS_BRIDGE_H

#include "views/bridge/raw_terminal.h"
#include "views/node/node_program.h"

struct bridge_options {
    struct channel_request request; /* its terminal size is taken from the terminal */
    struct raw_terminal *terminal;  /* raw and filtered, Enter ~ . leaves; NULL: byte for byte, but
                                     * filtered where it comes to a terminal */
    bool ends_with_input;           /* a byte stream: it is over when standard input is */
    bool gives_exit_code;           /* the document does: an end without one is a failure */
};

/*
 * Opens the session and carries bytes both ways. Nothing but the session's bytes goes to standard
 * output; what there is to say goes to stderr. The end of standard input is told to a shell as
 * ctrl-d, to a port not at all: the session ends once the port has been silent for three seconds;
 * of a command's, which no agent hands over, nothing is read. Returns the exit status: of
 * the node's command where the document gives one, else 0; NODE_STATUS_ERROR for a failure, which
 * was said; 128 and a signal. On RUN_UI.
 */
int bridge_run(const struct node_place *place, const struct bridge_options *options);

#endif
