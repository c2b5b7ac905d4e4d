/* A command behind pipes, with its exit status: worker_command. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/session/agent.h"
#include "tests/sandbox/session/process.h"

#define BURST   ((size_t)65536)
#define REAP_MS 5

struct command;

/* One of its two outputs. */
struct outlet {
    struct source source;
    struct command *command;
    enum payload_type type;
    struct sv prefix; /* of each message */
    bool is_watched, is_over;
};

struct command {
    struct worker worker;
    struct process process;
    struct outlet outlets[2];
    bool is_split; /* outputs apart, and an exit status */
};

static void say(struct outlet *outlet, struct sv data)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    buf_add(&text, outlet->prefix);
    buf_add(&text, data);
    agent_say(outlet->command->worker.agent, outlet->type, buf_sv(&text));
}

static void ready(struct source *source, uint32_t events)
{
    struct outlet *outlet = (struct outlet *)source;
    struct agent *agent = outlet->command->worker.agent;
    char text[CARRIER_CHUNK];
    (void)events;
    for (size_t n = 0; n < BURST && outlet->is_watched && agent_has_room(agent); n += sizeof text) {
        ssize_t got = read(source->fd, text, sizeof text - outlet->prefix.len);
        if (got > 0)
            say(outlet, (struct sv){text, (size_t)got});
        else if (got == 0 || (errno != EAGAIN && errno != EINTR))
            outlet->is_over = true;
        if (got <= 0)
            return;
    }
}

static void watch(struct outlet *outlet)
{
    struct agent *agent = outlet->command->worker.agent;
    bool wanted = !outlet->is_over && agent_has_room(agent);
    if (wanted == outlet->is_watched)
        return;
    outlet->is_watched = wanted;
    if (wanted)
        loop_watch(agent->loop, &outlet->source, EPOLLIN);
    else
        loop_forget(agent->loop, &outlet->source);
}

static bool is_over(const struct command *command)
{
    return command->outlets[0].is_over && command->outlets[1].is_over;
}

static void turn(struct worker *worker, int64_t now_ms)
{
    struct command *command = (struct command *)worker;
    AUTO(buf_done) struct buf text = BUF_NONE;
    int status;
    (void)now_ms;
    for (size_t i = 0; i < ARRAY_LEN(command->outlets); i++)
        watch(&command->outlets[i]);
    if (!is_over(command) || !process_has_ended(&command->process, &status))
        return;
    buf_addf(&text, "EXIT_CODE: %d", status);
    if (command->is_split)
        agent_say(worker->agent, PAYLOAD_EXIT_CODE, buf_sv(&text));
    agent_finish(worker->agent);
}

static int64_t due_ms(const struct worker *worker)
{
    return is_over((const struct command *)worker) ? clock_mono_ms() + REAP_MS : -1;
}

/* All that it hears are the keys that interrupt. */
static bool take(struct worker *worker, enum payload_type type, struct sv data)
{
    const struct command *command = (const struct command *)worker;
    if (type == PAYLOAD_OUTPUT && data.len > 0 && memchr(data.ptr, 3, data.len))
        process_signal(&command->process, SIGINT);
    if (type == PAYLOAD_OUTPUT && data.len > 0 && memchr(data.ptr, 0x1c, data.len))
        process_signal(&command->process, SIGQUIT);
    return true;
}

static void command_free(struct worker *worker)
{
    struct command *command = (struct command *)worker;
    for (size_t i = 0; i < ARRAY_LEN(command->outlets); i++)
        if (command->outlets[i].is_watched)
            loop_forget(worker->agent->loop, &command->outlets[i].source);
    process_done(&command->process);
    mem_free(command);
}

static void open_outlet(struct command *command, size_t i, int fd, const char *prefix)
{
    const cJSON *properties = command->worker.agent->plan.properties;
    command->outlets[i] = (struct outlet){
        .source = {fd, ready},
        .command = command,
        .type = i == 1 && command->is_split ? PAYLOAD_STDERR : PAYLOAD_OUTPUT,
        .prefix = command->is_split ? json_sv(properties, prefix) : SV_NONE,
    };
}

static bool start(struct agent *agent, struct worker **worker, struct buf *why)
{
    struct command *command = mem_new(struct command);
    struct err err = ERR_NONE;
    const cJSON *properties = agent->plan.properties;
    const struct process_options options = {.command = json_sv(properties, "command").ptr,
                                            .home = agent->plan.home};
    command->worker = (struct worker){&worker_command, agent};
    command->is_split = json_bool(properties, "separateOutputStream", false);
    *worker = &command->worker;
    if (process_start(&options, &command->process, &err) != OK) {
        buf_add_cstr(why, err.message);
        return false;
    }
    open_outlet(command, 0, command->process.out, "stdOutSeparatorPrefix");
    open_outlet(command, 1, command->process.err, "stdErrSeparatorPrefix");
    return true;
}

const struct worker_kind worker_command = {start, command_free, take, turn, due_ms};
