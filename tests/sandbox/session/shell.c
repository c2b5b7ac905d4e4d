/* A shell or a command behind a terminal: worker_shell. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/session/agent.h"
#include "tests/sandbox/session/cut.h"
#include "tests/sandbox/session/process.h"

#define TYPED_MAX   ((size_t)1 << 16) /* what the terminal has not taken yet */
#define BURST       ((size_t)65536)   /* read before others get their turn */
#define CARRIED_MAX 3                 /* of a character that is not whole */
#define REAP_MS     5

struct shell {
    struct worker worker;
    struct source source;
    struct process process;
    uint32_t watched; /* events; 0: not at all */
    struct buf typed;
    char carried[CARRIED_MAX];
    size_t n_carried;
    int64_t reads_from_ms;
    bool is_hung_up;
};

static struct shell *shell_of(struct source *source)
{
    return (struct shell *)((char *)source - offsetof(struct shell, source));
}

/* --- output ----------------------------------------------------------------------------------- */

/* How many bytes at the end begin a character of UTF-8 and do not end it. */
static size_t unfinished(const char *text, size_t len)
{
    for (size_t back = 1; back <= CARRIED_MAX && back <= len; back++) {
        uint8_t byte = (uint8_t)text[len - back];
        size_t need = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
        if (byte >= 0xC0 || byte < 0x80)
            return need > back ? back : 0;
    }
    return 0;
}

static void say(struct shell *shell, char *text, size_t len, bool is_last)
{
    size_t rest = is_last ? 0 : unfinished(text, len);
    agent_say(shell->worker.agent, PAYLOAD_OUTPUT, (struct sv){text, len - rest});
    for (size_t i = 0; i < rest; i++)
        shell->carried[i] = text[len - rest + i];
    shell->n_carried = rest;
}

/* One read of the terminal, behind what was carried. False: nothing came. */
static bool read_some(struct shell *shell)
{
    char text[CARRIER_CHUNK];
    size_t kept = shell->n_carried;
    for (size_t i = 0; i < kept; i++)
        text[i] = shell->carried[i];
    ssize_t n = read(shell->process.out, text + kept, sizeof text - kept);
    if (n > 0)
        say(shell, text, kept + (size_t)n, false);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        shell->is_hung_up = true;
        say(shell, text, kept, true);
    }
    return n > 0;
}

static void read_terminal(struct shell *shell)
{
    for (size_t n = 0; n < BURST && agent_has_room(shell->worker.agent); n += CARRIER_CHUNK)
        if (!read_some(shell))
            return;
}

/* --- input ------------------------------------------------------------------------------------ */

static void write_terminal(struct shell *shell)
{
    struct buf *typed = &shell->typed;
    size_t done = 0;
    while (done < typed->len) {
        ssize_t n = write(shell->process.in, typed->ptr + done, typed->len - done);
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    buf_cut(typed, done);
}

static void resize(struct shell *shell, struct sv data)
{
    AUTO(json_free_at) cJSON *tree = NULL;
    if (json_parse(data, "size", &tree, NULL) != OK)
        return;
    int64_t cols = json_i64(tree, "cols", 0), rows = json_i64(tree, "rows", 0);
    if (cols > 0 && cols <= 65535 && rows > 0 && rows <= 65535)
        process_resize(&shell->process, (unsigned)cols, (unsigned)rows);
}

static bool take(struct worker *worker, enum payload_type type, struct sv data)
{
    struct shell *shell = (struct shell *)worker;
    if (type == PAYLOAD_SIZE)
        resize(shell, data);
    if (type != PAYLOAD_OUTPUT)
        return true;
    if (shell->typed.len > 0 && shell->typed.len + data.len > TYPED_MAX)
        return false;
    buf_add(&shell->typed, data);
    write_terminal(shell);
    return true;
}

/* --- events ----------------------------------------------------------------------------------- */

/* A descriptor that is watched for nothing still tells of hanging up, again and again: so it is
 * not watched at all then. */
static void watch(struct shell *shell, int64_t now_ms)
{
    uint32_t events = 0;
    if (!shell->is_hung_up && now_ms >= shell->reads_from_ms && agent_has_room(shell->worker.agent))
        events = EPOLLIN | (shell->typed.len > 0 ? EPOLLOUT : 0u);
    struct loop *loop = shell->worker.agent->loop;
    if (events == shell->watched)
        return;
    if (shell->watched == 0)
        loop_watch(loop, &shell->source, events);
    else if (events == 0)
        loop_forget(loop, &shell->source);
    else
        loop_change(loop, &shell->source, events);
    shell->watched = events;
}

static void ready(struct source *source, uint32_t events)
{
    struct shell *shell = shell_of(source);
    if (shell->watched == 0 || shell->worker.agent->phase != AGENT_WORKS)
        return;
    if (events & EPOLLOUT)
        write_terminal(shell);
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        read_terminal(shell);
}

static void turn(struct worker *worker, int64_t now_ms)
{
    struct shell *shell = (struct shell *)worker;
    int status;
    watch(shell, now_ms);
    if (shell->is_hung_up && process_has_ended(&shell->process, &status))
        agent_finish(worker->agent);
}

static int64_t due_ms(const struct worker *worker)
{
    const struct shell *shell = (const struct shell *)worker;
    if (shell->is_hung_up)
        return clock_mono_ms() + REAP_MS;
    return shell->reads_from_ms > clock_mono_ms() ? shell->reads_from_ms : -1;
}

/* --- beginning and end ------------------------------------------------------------------------ */

static void shell_free(struct worker *worker)
{
    struct shell *shell = (struct shell *)worker;
    if (shell->watched)
        loop_forget(worker->agent->loop, &shell->source);
    process_signal(&shell->process, SIGHUP);
    process_done(&shell->process);
    buf_done(&shell->typed);
    mem_free(shell);
}

/* What the preferences want to be typed first. */
static void type_profile(struct shell *shell, struct sv profile)
{
    if (profile.len == 0)
        return;
    buf_add(&shell->typed, profile);
    buf_add_char(&shell->typed, '\n');
    write_terminal(shell);
}

static bool start(struct agent *agent, struct worker **worker, struct buf *why)
{
    struct shell *shell = mem_new(struct shell);
    struct sv command = json_sv(agent->plan.properties, "command");
    struct err err = ERR_NONE;
    const struct process_options options = {
        .command = command.len > 0 ? command.ptr : NULL,
        .home = agent->plan.home,
        .has_terminal = true,
        .cols = 80,
        .rows = 24,
    };
    shell->worker = (struct worker){&worker_shell, agent};
    *worker = &shell->worker;
    if (process_start(&options, &shell->process, &err) != OK) {
        buf_add_cstr(why, err.message);
        return false;
    }
    shell->source = (struct source){shell->process.out, ready};
    type_profile(shell, json_sv(agent->plan.properties, "profile"));
    shell->reads_from_ms = clock_mono_ms() + agent->plan.prompt_ms;
    return true;
}

const struct worker_kind worker_shell = {start, shell_free, take, turn, due_ms};
