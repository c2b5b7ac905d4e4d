/* forward: a port of this machine leads to one behind a node, until ctrl-c. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/session/forward/port.h"
#include "tui/terminal/signals.h"
#include "views/forwards/forward_spec.h"
#include "views/node/disturbance.h"
#include "views/node/node_program.h"
#include "views/program/complain.h"
#include "views/program/subcommand.h"

#define UI_BUDGET_US 8000

struct forward {
    struct port_status status;
    bool has_said; /* where it listens */
    struct disturbance disturbance;
};

static void say_listening(struct forward *forward)
{
    AUTO(buf_done) struct buf line = BUF_NONE;
    struct err err;

    forward->has_said = true;
    buf_addf(&line, "listening 127.0.0.1:%u\n", forward->status.local_port);
    if (forward->status.has_ipv6)
        buf_addf(&line, "listening [::1]:%u\n", forward->status.local_port);
    if (os_write_all(STDOUT_FILENO, buf_sv(&line), "standard output", &err) != OK)
        complain(&err);
}

static void say_state(struct forward *forward)
{
    AUTO(buf_done) struct buf line = BUF_NONE;

    disturbance_describe(&forward->disturbance, &forward->status.channel, "", &line);
    if (line.len > 0)
        complain_line(buf_cstr(&line));
}

static void on_status(void *arg, const struct port_status *status)
{
    struct forward *forward = arg;
    bool is_new = status->channel.state != forward->status.channel.state ||
                  status->channel.node != forward->status.channel.node ||
                  status->channel.attempt != forward->status.channel.attempt;

    forward->status = *status;
    if (is_new)
        say_state(forward);
    if (status->channel.state == CHANNEL_OPEN && !forward->has_said)
        say_listening(forward);
}

static void on_problem(void *arg, const struct err *err)
{
    (void)arg;
    complain(err);
}

static void serve(const struct forward *forward)
{
    while (forward->status.channel.state != CHANNEL_ENDED && signals_end() == 0) {
        struct pollfd fds[] = {{.fd = run_ui_fd(), .events = POLLIN},
                               {.fd = signals_fd(), .events = POLLIN}};
        poll(fds, ARRAY_LEN(fds), run_ui_timeout_ms());
        run_ui_turn(UI_BUDGET_US);
        signals_clear();
        if (signals_take(SIGTSTP))
            signals_stop_process();
    }
}

static int open_forward(const struct node_place *place, const struct options *options)
{
    struct forward forward = {0};
    const struct port_handlers handlers = {on_status, on_problem, &forward};
    struct forward_spec spec;
    int status = 0;

    forward_spec_parse(sv_of(options->args[1]), &spec, NULL);
    const struct port_request request = {.target = place->target,
                                         .node = place->id,
                                         .reason = options->reason,
                                         .host = spec.host[0] != '\0' ? spec.host : NULL,
                                         .port = spec.port,
                                         .local_port = spec.local_port};
    struct scope *scope = scope_new(NULL, "forward");
    port_open(place->client, scope, &request, &handlers);
    serve(&forward);
    if (!node_program_is_interrupted(&status) && forward.status.channel.err.code != OK)
        status = node_program_fail(place, &forward.status.channel.err);
    scope_close(scope);
    scope_unref(scope);
    return status;
}

static int run(const struct options *options)
{
    struct forward_spec spec;
    struct err err = ERR_NONE;

    if (options->n_args != 2)
        err_set(&err, ERR_USAGE, "forward",
                "takes a NODE and PORT, LOCAL:PORT, HOST:PORT or "
                "LOCAL:HOST:PORT");
    else
        forward_spec_parse(sv_of(options->args[1]), &spec, &err);
    if (err.code == OK)
        return node_program_run(options, WAY_FORWARD, open_forward);
    complain(&err);
    return err_exit_status(err.code);
}

const struct subcommand subcommand_forward = {
    .name = "forward",
    .usage = "NODE PORT|LOCAL:PORT|HOST:PORT|LOCAL:HOST:PORT [--account A] [--region R]",
    .help = "a port of this machine leads to one of a node, or of a host behind it",
    .run = run,
};
