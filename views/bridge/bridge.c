#include "views/bridge/bridge.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/base/text.h"
#include "tui/terminal/signals.h"
#include "views/bridge/sink.h"
#include "views/bridge/tilde.h"
#include "views/node/disturbance.h"
#include "views/program/complain.h"

#define READ_BYTES   16384
#define HELD_BYTES   ((size_t)128 << 10)
#define UI_BUDGET_US 8000
#define ANSWER_MS    3000 /* a port that has been silent for so long has no more to say */
#define CTRL_C       "\x03"
#define CTRL_D       "\x04"

struct bridge {
    const struct node_place *place;
    struct scope *scope;
    const struct bridge_options *options;
    struct channel *channel;
    struct channel_status status;
    struct sink out, err;
    bool is_column_0; /* what was shown last has ended its line */
    struct buf in;    /* not taken by the channel yet */
    size_t n_in_taken;
    bool has_opened; /* what kind of session it is, is known */
    bool is_held, is_input_over, is_end_told, is_output_broken, is_interrupted, is_refused;
    int64_t heard_ms; /* when the node has said something last */
    struct disturbance disturbance;
    char last_in; /* the last byte of the input */
    struct tilde tilde;
};

/* --- saying ----------------------------------------------------------------------------------- */

/* On a raw terminal a line begins and ends by itself. */
static void say(struct bridge *bridge, const char *line)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    if (bridge->options->terminal == NULL) {
        complain_line(line);
        return;
    }
    buf_add_cstr(&text, "\r\nwatchdeck: ");
    text_safe(&text, sv_of(line), TEXT_LINE);
    buf_add_cstr(&text, "\r\n");
    bridge->is_column_0 = true;
    os_write_all(STDERR_FILENO, buf_sv(&text), "stderr", NULL);
}

static void say_state(struct bridge *bridge, const struct channel_status *status)
{
    AUTO(buf_done) struct buf line = BUF_NONE;

    disturbance_describe(&bridge->disturbance, status,
                         bridge->options->terminal != NULL ? ", Enter ~ . leaves" : "", &line);
    if (line.len > 0)
        say(bridge, buf_cstr(&line));
}

/* --- from the node ---------------------------------------------------------------------------- */

/* Of which one stream cannot be made: its connections are told apart by frames. */
static void refuse_forward(struct bridge *bridge)
{
    if (bridge->is_refused)
        return;
    bridge->is_refused = true;
    say(bridge,
        "this document leads to a port, connection by connection: watchdeck forward does that");
    channel_end(bridge->channel);
}

static void on_status(void *arg, const struct channel_status *status)
{
    struct bridge *bridge = arg;

    say_state(bridge, status);
    bridge->status = *status;
    if (status->state == CHANNEL_OPEN && status->is_forward) {
        refuse_forward(bridge);
        return;
    }
    bridge->has_opened |= status->state == CHANNEL_OPEN;
    if (status->state == CHANNEL_OPEN && bridge->options->terminal != NULL)
        raw_terminal_enter(bridge->options->terminal);
}

static size_t n_unwritten(const struct bridge *bridge)
{
    return sink_waiting(&bridge->out) + sink_waiting(&bridge->err);
}

/* At once: what else has come waits at the node, and not here. */
static void hold_or_release(struct bridge *bridge)
{
    bool is_held =
        bridge->is_held ? n_unwritten(bridge) > HELD_BYTES / 4 : n_unwritten(bridge) > HELD_BYTES;

    if (is_held != bridge->is_held)
        channel_hold(bridge->channel, is_held);
    bridge->is_held = is_held;
}

static void show(struct bridge *bridge, struct sv bytes)
{
    struct buf *out = &bridge->out.bytes;

    raw_terminal_filter(bridge->options->terminal, bytes, out);
    if (out->len > 0)
        bridge->is_column_0 = strchr("\r\n", out->ptr[out->len - 1]) != NULL;
}

static void on_output(void *arg, struct sv bytes)
{
    struct bridge *bridge = arg;

    bridge->heard_ms = clock_mono_ms();
    if (bridge->is_output_broken)
        return;
    if (bridge->options->terminal != NULL)
        show(bridge, bytes);
    else
        sink_take(&bridge->out, bytes);
    hold_or_release(bridge);
}

static void on_stderr(void *arg, struct sv bytes)
{
    struct bridge *bridge = arg;

    if (bridge->options->terminal != NULL)
        on_output(arg, bytes); /* one screen for both */
    else
        sink_take(&bridge->err, bytes);
    hold_or_release(bridge);
}

static void on_notice(void *arg, struct sv text)
{
    while (text.ptr != NULL) {
        AUTO_FREE char *line = sv_dup(sv_trim(sv_split(&text, '\n')));
        if (line[0] != '\0')
            say(arg, line);
    }
}

/* Who reads no more has read enough; a disk that is full is said. */
static void write_output(struct bridge *bridge)
{
    struct err err;

    if (sink_write(&bridge->out))
        return;
    if (errno != EPIPE && bridge->options->terminal == NULL) {
        err_set_errno(&err, "standard output", "cannot write");
        complain(&err);
    }
    bridge->is_output_broken = true;
    sink_drop(&bridge->out);
    channel_end(bridge->channel);
}

/* --- to the node ------------------------------------------------------------------------------ */

static void push_input(struct bridge *bridge)
{
    struct sv rest = {bridge->in.ptr + bridge->n_in_taken, bridge->in.len - bridge->n_in_taken};

    if (rest.len == 0)
        return;
    bridge->n_in_taken += channel_write(bridge->channel, rest);
    if (bridge->n_in_taken == bridge->in.len) {
        buf_clear(&bridge->in);
        bridge->n_in_taken = 0;
    }
}

static void on_room(void *arg)
{
    push_input(arg);
}

static void take_typed(struct bridge *bridge, struct sv bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        enum tilde_wish wish = tilde_take(&bridge->tilde, bytes.ptr[i], &bridge->in);
        if (wish == TILDE_LEAVE)
            channel_end(bridge->channel);
        else if (wish == TILDE_HELP)
            say(bridge, "Enter ~ . leaves, Enter ~ ~ types one tilde, Enter ~ ? says this");
    }
}

static void read_input(struct bridge *bridge)
{
    char bytes[READ_BYTES];
    ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        bridge->is_input_over = true;
        return;
    }
    bridge->last_in = bytes[n - 1];
    if (bridge->options->terminal != NULL)
        take_typed(bridge, (struct sv){bytes, (size_t)n});
    else
        buf_add(&bridge->in, (struct sv){bytes, (size_t)n});
    push_input(bridge);
}

/* Agents have commands read nothing. So it stays where it is: a loop that reads its own lines goes
 * on with the next one; who meant it for the command is told. */
static void leave_input(struct bridge *bridge)
{
    int n_waiting = 0;

    bridge->is_input_over = true;
    if (isatty(STDIN_FILENO) || ioctl(STDIN_FILENO, FIONREAD, &n_waiting) != 0 || n_waiting == 0)
        return;
    say(bridge, "standard input is left alone: a command on a node reads none, a shell does "
                "(watchdeck session NODE < FILE)");
}

/* Off a terminal it can wait until it is known whose it is. */
static bool wants_input(const struct bridge *bridge)
{
    if (bridge->is_input_over || bridge->in.len > 0)
        return false;
    return bridge->has_opened || bridge->options->terminal != NULL;
}

/* What is known of it once it has opened. */
static bool is_command(const struct bridge *bridge)
{
    return bridge->has_opened && bridge->status.kind == SESSION_COMMAND &&
           bridge->options->terminal == NULL;
}

static void take_input(struct bridge *bridge)
{
    if (is_command(bridge))
        leave_input(bridge);
    else
        read_input(bridge);
}

/* A port is told of no end, and may be about to answer, or the agent to say why it cannot. */
static void finish_when_silent(void *arg)
{
    struct bridge *bridge = arg;
    int64_t left_ms = bridge->heard_ms + ANSWER_MS - clock_mono_ms();

    if (left_ms > 0)
        run_after(RUN_UI, left_ms, bridge->scope, finish_when_silent, NULL, bridge);
    else
        channel_finish(bridge->channel);
}

/* Once everything before it was taken and the node is there. A terminal takes ctrl-d for an end at
 * the beginning of a line alone; elsewhere the first one ends the line. */
static void tell_end_of_input(struct bridge *bridge)
{
    bool is_ready = bridge->is_input_over && bridge->in.len == 0 && !bridge->is_end_told &&
                    bridge->status.state == CHANNEL_OPEN;

    if (!is_ready)
        return;
    bridge->is_end_told = true;
    if (bridge->options->ends_with_input) {
        channel_finish(bridge->channel);
    } else if (bridge->status.kind == SESSION_PORT) {
        bridge->heard_ms = clock_mono_ms();
        finish_when_silent(bridge);
    } else if (bridge->status.kind == SESSION_SHELL) {
        if (bridge->last_in != '\n' && bridge->last_in != '\0')
            channel_write(bridge->channel, SV(CTRL_D));
        channel_write(bridge->channel, SV(CTRL_D));
    }
}

/* --- signals ---------------------------------------------------------------------------------- */

static void take_signals(struct bridge *bridge)
{
    unsigned columns, rows;

    if (!signals_clear())
        return;
    if (signals_take(SIGWINCH) && bridge->options->request.columns != 0) {
        raw_terminal_size(&columns, &rows);
        channel_resize(bridge->channel, columns, rows);
    }
    if (signals_take(SIGTSTP) && bridge->options->terminal == NULL)
        signals_stop_process();
    if (signals_end() != 0 && !bridge->is_interrupted) {
        bridge->is_interrupted = true;
        channel_write(bridge->channel, SV(CTRL_C));
        channel_end(bridge->channel);
    }
}

/* --- the loop --------------------------------------------------------------------------------- */

static bool is_over(const struct bridge *bridge)
{
    if (bridge->is_interrupted || bridge->is_output_broken || bridge->is_refused)
        return true;
    return bridge->status.state == CHANNEL_ENDED && n_unwritten(bridge) == 0;
}

static void turn(struct bridge *bridge)
{
    enum { UI, SIGNALS, IN, OUT, ERROR, N };
    struct pollfd fds[N] = {
        [UI] = {.fd = run_ui_fd(), .events = POLLIN},
        [SIGNALS] = {.fd = signals_fd(), .events = POLLIN},
        [IN] = {.fd = wants_input(bridge) ? STDIN_FILENO : -1, .events = POLLIN},
        [OUT] = {.fd = sink_waiting(&bridge->out) > 0 ? STDOUT_FILENO : -1, .events = POLLOUT},
        [ERROR] = {.fd = sink_waiting(&bridge->err) > 0 ? STDERR_FILENO : -1, .events = POLLOUT},
    };

    if (poll(fds, N, run_ui_timeout_ms()) < 0 && errno != EINTR)
        return;
    run_ui_turn(UI_BUDGET_US);
    take_signals(bridge);
    if (fds[IN].revents != 0)
        take_input(bridge);
    if (sink_is_ready(&bridge->out))
        write_output(bridge); /* what has come in this turn, too */
    if (fds[ERROR].revents != 0 && !sink_write(&bridge->err))
        sink_drop(&bridge->err);
    tell_end_of_input(bridge);
    hold_or_release(bridge);
}

/* As a shell has it: a byte. What is no success does not become one by that. */
static int status_of_code(int exit_code)
{
    int byte = exit_code & 0xff;

    return exit_code != 0 && byte == 0 ? NODE_STATUS_ERROR : byte;
}

/* Nobody knows whether the command has come to its end. */
static int ended_without_code(struct bridge *bridge)
{
    AUTO(buf_done) struct buf line = BUF_NONE;

    buf_addf(&line,
             "the session has ended without the command's exit status: somebody has terminated it, "
             "or the node's agent%s%s gives none",
             bridge->status.agent_version[0] != '\0' ? " " : "", bridge->status.agent_version);
    say(bridge, buf_cstr(&line));
    return NODE_STATUS_ERROR;
}

static int status_of(struct bridge *bridge)
{
    const struct channel_status *status = &bridge->status;
    int interrupted;

    if (node_program_is_interrupted(&interrupted))
        return interrupted;
    if (status->state != CHANNEL_ENDED)
        return NODE_STATUS_ERROR; /* nobody reads what it says */
    if (status->err.code != OK)
        return node_program_fail(bridge->place, &status->err);
    if (status->has_exit_code)
        return status_of_code(status->exit_code);
    return bridge->options->gives_exit_code ? ended_without_code(bridge) : 0;
}

/* Terminals are as they were, and what follows begins a line of its own. */
static void leave_screens(struct bridge *bridge)
{
    sink_leave(&bridge->out);
    sink_leave(&bridge->err);
    raw_terminal_close(bridge->options->terminal);
    if (bridge->options->terminal != NULL && !bridge->is_column_0)
        os_write_all(STDOUT_FILENO, SV("\r\n"), "terminal", NULL);
}

int bridge_run(const struct node_place *place, const struct bridge_options *options)
{
    struct bridge bridge = {.place = place, .options = options, .is_column_0 = true};
    const struct channel_handlers handlers = {.on_status = on_status,
                                              .on_output = on_output,
                                              .on_stderr = on_stderr,
                                              .on_notice = on_notice,
                                              .on_room = on_room,
                                              .arg = &bridge};

    sink_init(&bridge.out, STDOUT_FILENO);
    sink_init(&bridge.err, STDERR_FILENO);
    bridge.scope = scope_new(NULL, "bridge");
    bridge.channel = channel_open(place->client, bridge.scope, &options->request, &handlers);
    while (!is_over(&bridge))
        turn(&bridge);
    if (is_command(&bridge) && !bridge.is_input_over)
        leave_input(&bridge); /* it was over before its input was looked at */
    leave_screens(&bridge);
    int status = status_of(&bridge);
    scope_close(bridge.scope);
    scope_unref(bridge.scope);
    sink_done(&bridge.out);
    sink_done(&bridge.err);
    buf_done(&bridge.in);
    return status;
}
