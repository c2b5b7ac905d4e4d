#include "tests/sandbox/session/agent.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/secret.h"

#define UNACKED_MAX 2048  /* messages; more is not said before some of them have arrived */
#define DRAIN_MS    30000 /* how long the last of it may take to arrive */

const char *const session_type_names[] = {
    [SESSION_SHELL] = "Standard_Stream",
    [SESSION_INTERACTIVE] = "InteractiveCommands",
    [SESSION_NON_INTERACTIVE] = "NonInteractiveCommands",
    [SESSION_PORT] = "Port",
};

/* --- versions --------------------------------------------------------------------------------- */

static bool read_version(const char *text, int64_t parts[4])
{
    struct sv rest = sv_of(text);
    size_t n = 0;
    while (rest.ptr && n < 4)
        if (!sv_to_i64(sv_split(&rest, '.'), &parts[n++]))
            return false;
    return n == 4 && !rest.ptr;
}

bool version_is_at_least(const char *version, const char *least)
{
    int64_t is[4], wanted[4];
    if (!read_version(version, is) || !read_version(least, wanted))
        return false;
    for (size_t i = 0; i < 4; i++)
        if (is[i] != wanted[i])
            return is[i] > wanted[i];
    return true;
}

/* --- saying ----------------------------------------------------------------------------------- */

/* Nonces count from a random one, the first byte counting fastest. */
static void seal(struct agent *agent, struct sv plain, struct buf *out)
{
    struct session_keys *keys = &agent->keys;
    crypt_seal(keys->out, keys->nonce, SV_NONE, plain, out);
    for (size_t i = 0; i < sizeof keys->nonce && ++keys->nonce[i] == 0; i++)
        ;
}

void agent_say_plain(struct agent *agent, enum payload_type type, struct sv data)
{
    carrier_send(&agent->carrier, type, data, clock_mono_ms());
}

void agent_say(struct agent *agent, enum payload_type type, struct sv data)
{
    if (type == PAYLOAD_OUTPUT || type == PAYLOAD_STDERR)
        agent->events.show(agent->events.arg, data);
    while (data.len > 0) {
        AUTO(buf_done) struct buf sealed = BUF_NONE;
        struct sv part = {data.ptr, data.len < CARRIER_CHUNK ? data.len : CARRIER_CHUNK};
        data = (struct sv){data.ptr + part.len, data.len - part.len};
        if (agent->is_encrypted)
            seal(agent, part, &sealed);
        agent_say_plain(agent, type, agent->is_encrypted ? buf_sv(&sealed) : part);
    }
}

bool agent_has_room(const struct agent *agent)
{
    return carrier_unacked(&agent->carrier) < UNACKED_MAX && !agent->carrier.is_paused;
}

/* --- ending ----------------------------------------------------------------------------------- */

static void stop_work(struct agent *agent)
{
    if (agent->worker)
        agent->worker->kind->free(agent->worker);
    agent->worker = NULL;
}

static void end(struct agent *agent)
{
    if (agent->phase == AGENT_OVER)
        return;
    agent->phase = AGENT_OVER;
    agent->deadline_ms = -1;
    agent->events.end(agent->events.arg, buf_cstr(&agent->last_words));
}

void agent_finish(struct agent *agent)
{
    if (agent->phase >= AGENT_DRAINS)
        return;
    agent->phase = AGENT_DRAINS;
    agent->deadline_ms = clock_mono_ms() + DRAIN_MS;
}

void agent_fail(struct agent *agent, const char *text)
{
    if (agent->phase >= AGENT_DRAINS)
        return;
    buf_clear(&agent->last_words);
    buf_addf(&agent->last_words, "\n----------ERROR-------\n%s", text);
    agent->phase = AGENT_DRAINS;
    agent->deadline_ms = clock_mono_ms(); /* at the next turn: whoever calls may still look at it */
}

/* --- hearing ---------------------------------------------------------------------------------- */

static bool decrypt_and_take(struct agent *agent, const struct packet *message)
{
    AUTO(buf_done) struct buf plain = BUF_NONE;
    if (!crypt_open(agent->keys.in, SV_NONE, message->payload, &plain)) {
        agent_fail(agent, "Unable to decrypt the data that the client has sent.");
        return true;
    }
    return agent->worker->kind->take(agent->worker, PAYLOAD_OUTPUT, buf_sv(&plain));
}

static bool is_terminate(const struct packet *message)
{
    return message->payload_type == PAYLOAD_FLAG && message->payload.len == 4 &&
           memcmp(message->payload.ptr, "\0\0\0\2", 4) == 0;
}

static bool take_at_work(struct agent *agent, const struct packet *message)
{
    switch (message->payload_type) {
    case PAYLOAD_OUTPUT:
        if (agent->is_encrypted)
            return decrypt_and_take(agent, message);
        break;
    case PAYLOAD_FLAG:
        if (is_terminate(message)) {
            agent_finish(agent);
            return true;
        }
        break;
    case PAYLOAD_SIZE:
        break;
    default:
        return true; /* nothing that a node is told */
    }
    return agent->worker->kind->take(agent->worker, message->payload_type, message->payload);
}

/* What comes before the handshake is over, and is no part of it, is taken and forgotten. */
static bool take(void *arg, const struct packet *message)
{
    struct agent *agent = arg;
    if (agent->phase == AGENT_WORKS)
        return take_at_work(agent, message);
    if (agent->phase == AGENT_ASKED || agent->phase == AGENT_CHALLENGED)
        handshake_take(agent, message);
    return true;
}

static void emit(void *arg, struct sv bytes)
{
    struct agent *agent = arg;
    agent->events.say(agent->events.arg, bytes);
}

void agent_hear(struct agent *agent, const struct packet *message)
{
    if (agent->phase != AGENT_OVER)
        carrier_receive(&agent->carrier, message, clock_mono_ms());
}

/* --- life ------------------------------------------------------------------------------------- */

struct agent *agent_new(const struct agent_plan *plan, const struct agent_events *events,
                        struct loop *loop)
{
    struct agent *agent = mem_new(struct agent);
    agent->plan = *plan;
    agent->events = *events;
    agent->loop = loop;
    agent->begin_ms = agent->deadline_ms = -1;
    carrier_init(&agent->carrier, agent);
    agent->carrier.emit = emit;
    agent->carrier.take = take;
    agent->carrier.pace = plan->pace;
    agent->carrier.resends_all = plan->resends_all;
    return agent;
}

void agent_free(struct agent *agent)
{
    if (!agent)
        return;
    stop_work(agent);
    carrier_done(&agent->carrier);
    buf_done(&agent->last_words);
    secret_wipe(&agent->keys, sizeof agent->keys);
    mem_free(agent);
}

static bool wants_mux(const struct agent *agent)
{
    return sv_eq_cstr(json_sv(agent->plan.properties, "type"), "LocalPortForwarding") &&
           version_is_at_least(agent->plan.version, "3.0.196.1") &&
           version_is_at_least(agent->client_version, "1.1.70.0");
}

static const struct worker_kind *choose_worker(const struct agent *agent)
{
    if (agent->plan.type == SESSION_PORT)
        return wants_mux(agent) ? &worker_mux : &worker_port;
    return agent->plan.type == SESSION_NON_INTERACTIVE ? &worker_command : &worker_shell;
}

void agent_begin_work(struct agent *agent)
{
    AUTO(buf_done) struct buf why = BUF_NONE;
    agent->phase = AGENT_WORKS;
    agent->deadline_ms = -1;
    if (!choose_worker(agent)->start(agent, &agent->worker, &why)) {
        stop_work(agent);
        agent_fail(agent, buf_cstr(&why));
    }
}

void agent_attend(struct agent *agent, bool is_there)
{
    agent->carrier.is_paused = !is_there;
    if (!is_there || agent->phase != AGENT_WAITS || agent->begin_ms >= 0)
        return;
    if (!handshake_is_needed(&agent->plan))
        agent_begin_work(agent);
    else if (agent->plan.late_ms > 0)
        agent->begin_ms = clock_mono_ms() + agent->plan.late_ms;
    else
        handshake_begin(agent);
}

static void pass_deadline(struct agent *agent)
{
    if (agent->phase == AGENT_DRAINS)
        end(agent);
    else
        agent_fail(agent, "Handshake timed out. Please ensure that you have the latest version of "
                          "the session manager plugin.");
}

void agent_turn(struct agent *agent)
{
    int64_t now_ms = clock_mono_ms();
    carrier_turn(&agent->carrier, now_ms);
    if (agent->begin_ms >= 0 && now_ms >= agent->begin_ms) {
        agent->begin_ms = -1;
        handshake_begin(agent);
    }
    if (agent->worker && agent->phase == AGENT_WORKS)
        agent->worker->kind->turn(agent->worker, now_ms);
    if (agent->phase >= AGENT_DRAINS)
        stop_work(agent);
    if (agent->phase == AGENT_DRAINS && carrier_unacked(&agent->carrier) == 0)
        end(agent);
    else if (agent->deadline_ms >= 0 && now_ms >= agent->deadline_ms)
        pass_deadline(agent);
}

static int64_t sooner(int64_t a_ms, int64_t b_ms)
{
    return a_ms < 0 || (b_ms >= 0 && b_ms < a_ms) ? b_ms : a_ms;
}

int64_t agent_due_ms(const struct agent *agent)
{
    if (agent->phase == AGENT_OVER)
        return -1;
    if (agent->phase == AGENT_DRAINS && carrier_unacked(&agent->carrier) == 0)
        return 0;
    int64_t due_ms = sooner(carrier_due_ms(&agent->carrier), agent->deadline_ms);
    due_ms = sooner(due_ms, agent->begin_ms);
    if (agent->worker && agent->phase == AGENT_WORKS)
        due_ms = sooner(due_ms, agent->worker->kind->due_ms(agent->worker));
    return due_ms;
}

uint64_t agent_n_resent(const struct agent *agent)
{
    return agent->carrier.n_resent;
}

uint16_t agent_port(const struct agent *agent, uint16_t port)
{
    for (size_t i = 0; i < agent->plan.n_ports; i++)
        if (agent->plan.ports[i].from == port)
            return agent->plan.ports[i].to;
    return port;
}
