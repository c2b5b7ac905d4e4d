/* session: a shell or a command on a node, on this terminal or in a pipeline. */
#include <string.h>

#include "core/base/mem.h"
#include "views/bridge/bridge.h"
#include "views/program/complain.h"
#include "views/program/subcommand.h"

#define COMMAND_DOCUMENT "AWS-StartNonInteractiveCommand"

static struct raw_terminal *terminal; /* opened before the runners start */

/* Whether agents tell how the command has ended: by AWS's own document they do when they are asked
 * to, whoever has named it; what others ask for stands in them. */
static bool can_give_exit_code(const struct options *options)
{
    return options->command != NULL &&
           (options->document == NULL || strcmp(options->document, COMMAND_DOCUMENT) == 0);
}

/* What runs on the node: the document that is named, a command with its exit code, or a shell. */
static void choose(const struct options *options, struct bridge_options *bridge)
{
    struct channel_request *request = &bridge->request;
    size_t n = 0;

    request->document = options->document;
    request->reason = options->reason;
    if (options->command == NULL)
        return;
    request->parameters[n++] = (struct channel_parameter){"command", options->command};
    if (!can_give_exit_code(options))
        return;
    request->document = COMMAND_DOCUMENT;
    request->parameters[n++] = (struct channel_parameter){"separateOutputStream", "true"};
    bridge->gives_exit_code = true;
}

static int open_session(const struct node_place *place, const struct options *options)
{
    struct bridge_options bridge = {.request = {.target = place->target, .node = place->id},
                                    .terminal = terminal};

    choose(options, &bridge);
    if (terminal != NULL)
        raw_terminal_size(&bridge.request.columns, &bridge.request.rows);
    return bridge_run(place, &bridge);
}

static int run(const struct options *options)
{
    struct err err;

    if (options->n_args != 1) {
        err_set(&err, ERR_USAGE, "session", "takes one NODE, by its id or its name");
        complain(&err);
        return err_exit_status(err.code);
    }
    /* A command's output is nobody's screen. */
    if (!can_give_exit_code(options))
        terminal = raw_terminal_open();
    int status = node_program_run(options, WAY_SHELL, open_session);
    return status;
}

const struct subcommand subcommand_session = {
    .name = "session",
    .usage = "NODE [--command CMD] [--document NAME] [--reason TEXT] [--account A] [--region R]",
    .help = "a shell on a node, or a command with its exit status; Enter ~ . leaves",
    .run = run,
};
