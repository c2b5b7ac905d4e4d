/* ssh_proxy: standard input and output lead to a node's sshd:
 * ssh -o ProxyCommand='watchdeck ssh-proxy %h %p' NODE */
#include "core/base/mem.h"
#include "views/bridge/bridge.h"
#include "views/program/complain.h"
#include "views/program/subcommand.h"

#define DOCUMENT   "AWS-StartSSHSession"
#define USUAL_PORT "22"

static int open_stream(const struct node_place *place, const struct options *options)
{
    const struct bridge_options bridge = {
        .request = {.target = place->target,
                    .node = place->id,
                    .document = options->document != NULL ? options->document : DOCUMENT,
                    .reason = options->reason,
                    .parameters = {{"portNumber",
                                    options->n_args > 1 ? options->args[1] : USUAL_PORT}}},
        .ends_with_input = true};

    return bridge_run(place, &bridge);
}

static int run(const struct options *options)
{
    struct err err;

    if (options->n_args >= 1 && options->n_args <= 2 &&
        (options->n_args == 1 || sv_to_port(sv_of(options->args[1]), &(unsigned){0})))
        return node_program_run(options, WAY_STREAM, open_stream);
    err_set(&err, ERR_USAGE, "ssh-proxy", "takes a NODE and a port: %%h %%p");
    complain(&err);
    return err_exit_status(err.code);
}

const struct subcommand subcommand_ssh_proxy = {
    .name = "ssh-proxy",
    .usage = "NODE [PORT] [--account A] [--region R]",
    .help = "for ssh -o ProxyCommand='watchdeck ssh-proxy %h %p': a stream to a node's sshd",
    .run = run,
};
