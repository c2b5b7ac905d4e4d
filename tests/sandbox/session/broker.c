#include "tests/sandbox/session/broker.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/secret.h"
#include "tests/sandbox/sandbox.h"
#include "tests/sandbox/session/homes.h"
#include "tests/sandbox/session/line.h"
#include "tests/sandbox/session/passage.h"
#include "tests/sandbox/session/session_log.h"

#define SESSIONS_MAX 4096 /* that are remembered */
#define TOKEN_BYTES  120
#define MINUTE_MS    INT64_C(60000)
#define PATIENCE_US  1000
#define EXPIRY_MS    1000 /* how often ages are looked at */
#define ERROR_HEAD   "\n----------ERROR-------\n"
#define AGENT_USER   "ssm-user"
#define OWNER_PART   64 /* of an id: the rest of the name is cut off */

const char *const session_status_names[] = {
    [SESSION_CONNECTING] = "Connecting",
    [SESSION_CONNECTED] = "Connected",
    [SESSION_DISCONNECTED] = "Disconnected",
    [SESSION_TERMINATED] = "Terminated",
    [SESSION_FAILED] = "Failed",
};

struct broker {
    struct loop_user user;
    struct session_options options;
    struct sandbox *sandbox;
    int64_t turned_us;
    struct loop *loop; /* NULL before broker_attach and after broker_detach */
    struct session *newest;
    size_t n_sessions;
    struct line *lines;
    struct homes homes;
};

/* --- the sessions that there are -------------------------------------------------------------- */

bool session_is_live(const struct session *session)
{
    return session->status < SESSION_TERMINATED;
}

struct session *broker_sessions(const struct broker *broker)
{
    return broker->newest;
}

struct session *broker_find(const struct broker *broker, const char *account_id, const char *region,
                            const char *id)
{
    for (struct session *s = broker->newest; s; s = s->next)
        if (strcmp(s->id, id) == 0 && strcmp(s->account_id, account_id) == 0 &&
            strcmp(s->region, region) == 0)
            return s;
    return NULL;
}

struct session *broker_of_token(struct broker *broker, struct sv token)
{
    int64_t now_ms = sandbox_clock_ms(broker->sandbox);
    for (struct session *s = broker->newest; s && token.len > 0; s = s->next)
        if (session_is_live(s) && strlen(s->token) == token.len &&
            bytes_equal(s->token, token.ptr, token.len))
            return now_ms < s->token_until_ms ? s : NULL;
    return NULL;
}

static void session_free(struct session *session)
{
    agent_free(session->agent);
    passage_free(session->passage);
    json_free(session->properties);
    mem_free(session->reason);
    buf_done(&session->heard);
    secret_wipe(session->token, sizeof session->token);
    mem_free(session);
}

/* The oldest that are over go. */
static void forget_some(struct broker *broker)
{
    struct session **oldest = NULL;
    if (broker->n_sessions < SESSIONS_MAX)
        return;
    for (struct session **s = &broker->newest; *s; s = &(*s)->next)
        if (!session_is_live(*s) && !(*s)->agent)
            oldest = s;
    if (!oldest)
        return;
    struct session *gone = *oldest;
    *oldest = gone->next;
    broker->n_sessions--;
    session_free(gone);
}

/* --- beginning -------------------------------------------------------------------------------- */

void session_renew_token(struct session *session)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    char bytes[TOKEN_BYTES];
    os_random(bytes, sizeof bytes);
    base64_encode(&text, (struct sv){bytes, sizeof bytes});
    sv_copy(buf_sv(&text), session->token, sizeof session->token);
    session->token_until_ms =
        sandbox_clock_ms(session->broker->sandbox) + session->broker->options.token_s * 1000;
    secret_wipe(text.ptr, text.len);
}

/* NAME-17 letters and digits, as the service makes them of the user's or the session's name. */
static void make_id(const char *name, char id[SESSION_ID_SIZE])
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    const char *slash = strrchr(name, '/');
    uint8_t bytes[17];
    char tail[18] = "";
    os_random(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        tail[i] = digits[bytes[i] % (sizeof digits - 1)];
    snprintf(id, SESSION_ID_SIZE, "%.*s-%s", OWNER_PART, slash ? slash + 1 : name, tail);
}

/* The caller's tag SSMSessionRunAs goes before the preferences' default; blanks are nobody. */
static const char *run_as_user(const struct session_options *options,
                               const struct session_shape *shape)
{
    const char *user = *options->run_as ? options->run_as : shape->run_as;
    return sv_trim(sv_of(user)).len > 0 ? user : "";
}

/* What --session says goes before what documents say. */
static void take_shape(struct session *s, struct session_shape *shape)
{
    const struct session_options *options = &s->broker->options;
    s->type = shape->type;
    s->properties = shape->properties;
    shape->properties = NULL;
    str_copy(s->kms_key_id, *options->kms_key_id ? options->kms_key_id : shape->kms_key_id);
    s->idle_min = shape->idle_min > 0 ? shape->idle_min : options->idle_min;
    s->max_min = options->max_min > 0 ? options->max_min : shape->max_min;
    str_copy(s->bucket, shape->bucket);
    str_copy(s->prefix, shape->prefix);
    str_copy(s->log_group, shape->log_group);
    s->log_is_encrypted = shape->log_is_encrypted;
    s->log_is_streamed = shape->log_is_streamed;
    s->runs_as = shape->runs_as;
    str_copy(s->run_as, s->runs_as ? run_as_user(options, shape) : AGENT_USER);
}

struct session *broker_start(struct broker *broker, const struct session_wish *wish)
{
    struct session *s = mem_new(struct session);
    const struct session_options *options = &broker->options;
    forget_some(broker);
    s->broker = broker;
    s->next = broker->newest;
    broker->newest = s;
    broker->n_sessions++;
    make_id(wish->name, s->id);
    str_copy(s->account_id, wish->account_id);
    str_copy(s->region, wish->region);
    str_copy(s->node_id, wish->node_id);
    str_copy(s->owner, wish->owner);
    s->reason = *wish->reason ? mem_strdup(wish->reason) : NULL;
    str_copy(s->document, wish->document);
    take_shape(s, wish->shape);
    str_copy(s->version, *options->version ? options->version : wish->version);
    s->started_ms = world_now_ms(broker->sandbox->world);
    s->begun_ms = s->active_ms = sandbox_clock_ms(broker->sandbox);
    s->passage = passage_new(s);
    session_renew_token(s);
    return s;
}

/* --- clients ---------------------------------------------------------------------------------- */

static void agent_says(void *arg, struct sv bytes)
{
    struct session *session = arg;
    passage_down(session->passage, bytes);
}

static void agent_ends(void *arg, const char *output)
{
    struct session *session = arg;
    session_end(session, *output ? SESSION_FAILED : SESSION_TERMINATED, output,
                *output ? "The agent on the target ended the session." : "");
}

static void agent_shows(void *arg, struct sv shown)
{
    session_log_hear(arg, shown);
}

/* Users are those of this machine, and the one that the agent makes. */
static bool user_is_there(const char *user)
{
    return strcmp(user, AGENT_USER) == 0 || getpwnam(user) != NULL;
}

/* Whether the preferences let a shell or a command begin; why is what the client is told. Streams
 * to a port run as nobody. */
static bool may_begin(const struct session *s, struct buf *why)
{
    const char *what = s->type == SESSION_SHELL ? "shell" : "command";
    if (s->type != SESSION_PORT && !*s->run_as)
        buf_addf(why,
                 "Unable to start %s: Invalid RunAs username. Set default username in Session "
                 "Manager Preferences page.",
                 what);
    else if (s->type != SESSION_PORT && !user_is_there(s->run_as))
        buf_addf(why, "Unable to start %s: failed to start pty since RunAs user %s does not exist",
                 what, s->run_as);
    return why->len == strlen(ERROR_HEAD) && session_log_check(s, why);
}

static void begin_agent(struct session *s)
{
    const struct session_options *options = &s->broker->options;
    const struct agent_events events = {agent_says, agent_shows, agent_ends, s};
    const struct agent_plan plan = {
        .world = s->broker->sandbox->world,
        .session_id = s->id,
        .node_id = s->node_id,
        .account_id = s->account_id,
        .region = s->region,
        .version = s->version,
        .type = s->type,
        .properties = s->properties,
        .kms_key_id = s->kms_key_id,
        .home = s->home,
        .ports = options->ports,
        .n_ports = options->n_ports,
        .prompt_ms = options->prompt_ms,
        .late_ms = options->late_ms,
        .pace = (unsigned)options->pace,
        .resends_all = options->resends_all,
        .needs_challenge = options->needs_challenge,
    };
    s->agent = agent_new(&plan, &events, s->broker->loop);
}

/* The client that was there before is let go: a session has one. */
void session_join(struct session *s, struct line *line)
{
    AUTO(buf_done) struct buf why = BUF_NONE;
    struct line *before = s->line;
    *s->token = '\0';
    s->line = line;
    if (before)
        line_close(before, WS_NORMAL, "Bye");
    s->status = SESSION_CONNECTED;
    buf_add_cstr(&why, ERROR_HEAD);
    if (!s->agent && !may_begin(s, &why)) {
        session_end(s, SESSION_FAILED, buf_cstr(&why), "The session could not begin.");
        return;
    }
    if (!s->agent &&
        homes_of_node(&s->broker->homes, s->node_id, s->home, sizeof s->home, NULL) == OK)
        begin_agent(s);
    if (s->agent)
        passage_open(s->passage);
    else
        session_end(s, SESSION_FAILED, ERROR_HEAD "The node has no room for a session.",
                    "The target has no room for a session.");
}

void session_leave(struct session *s, struct line *line)
{
    if (s->line != line)
        return;
    s->line = NULL;
    if (!session_is_live(s))
        return;
    s->status = SESSION_DISCONNECTED;
    if (s->agent)
        agent_attend(s->agent, false);
}

bool broker_has_lost(const struct broker *broker, const char *account_id, const char *region,
                     const char *node_id)
{
    for (const struct session *s = broker_sessions(broker); s; s = s->next)
        if (s->agent && passage_has_lost_node(s->passage) && strcmp(s->node_id, node_id) == 0 &&
            strcmp(s->region, region) == 0 && strcmp(s->account_id, account_id) == 0)
            return true;
    return false;
}

void session_end(struct session *s, enum session_status how, const char *output,
                 const char *details)
{
    struct line *line = s->line;
    if (!session_is_live(s))
        return;
    session_log_end(s);
    passage_say_closed(s->passage, output);
    s->status = how;
    s->ended_ms = world_now_ms(s->broker->sandbox->world);
    str_copy(s->details, details);
    *s->token = '\0';
    s->line = NULL;
    if (line)
        line_close(line, WS_NORMAL, "");
}

/* --- time ------------------------------------------------------------------------------------- */

static void expire(struct session *s)
{
    int64_t now_ms = sandbox_clock_ms(s->broker->sandbox);
    if (now_ms - s->active_ms >= s->idle_min * MINUTE_MS)
        session_end(s, SESSION_TERMINATED, "", "Session timed out: it was idle.");
    else if (s->max_min > 0 && now_ms - s->begun_ms >= s->max_min * MINUTE_MS)
        session_end(s, SESSION_TERMINATED, "", "Session timed out: its maximum duration is over.");
}

static void turn_session(struct session *s, int64_t now_ms)
{
    if (session_is_live(s))
        expire(s);
    if (s->agent && session_is_live(s)) {
        agent_turn(s->agent);
        passage_turn(s->passage, now_ms);
    }
    if (s->agent && !session_is_live(s)) {
        agent_free(s->agent);
        s->agent = NULL;
    }
}

static void turn(struct loop_user *user)
{
    struct broker *broker = (struct broker *)user;
    int64_t now_ms = clock_mono_ms();
    for (struct session *s = broker->newest; s; s = s->next)
        turn_session(s, now_ms);
    lines_turn(&broker->lines, now_ms);
    broker->turned_us = clock_mono_us();
}

static int64_t sooner(int64_t a_ms, int64_t b_ms)
{
    return a_ms < 0 || (b_ms >= 0 && b_ms < a_ms) ? b_ms : a_ms;
}

static int timeout_ms(struct loop_user *user)
{
    struct broker *broker = (struct broker *)user;
    int64_t now_ms = clock_mono_ms(), due_ms = lines_due_ms(broker->lines);
    for (const struct session *s = broker->newest; s; s = s->next) {
        if (session_is_live(s))
            due_ms = sooner(due_ms, now_ms + EXPIRY_MS);
        if (s->agent)
            due_ms = sooner(due_ms, session_is_live(s) ? agent_due_ms(s->agent) : 0);
        if (s->agent)
            due_ms = sooner(due_ms, passage_due_ms(s->passage));
    }
    return due_ms < 0 ? -1 : due_ms <= now_ms ? 0 : (int)(due_ms - now_ms);
}

/* --- the broker ------------------------------------------------------------------------------- */

struct broker *broker_new(const struct session_options *options, struct sandbox *sandbox)
{
    struct broker *broker = mem_new(struct broker);
    broker->user = (struct loop_user){.timeout_ms = timeout_ms, .turn = turn};
    broker->options = *options;
    broker->sandbox = sandbox;
    return broker;
}

void broker_attach(struct broker *broker, struct loop *loop)
{
    broker->loop = loop;
    loop_join(loop, &broker->user);
}

void broker_go_on(struct broker *broker)
{
    if (broker->loop && clock_mono_us() - broker->turned_us >= PATIENCE_US)
        loop_turn_now(broker->loop);
}

void broker_detach(struct broker *broker)
{
    for (struct session *s = broker->newest; s; s = s->next) {
        agent_free(s->agent);
        s->agent = NULL;
        s->line = NULL;
    }
    lines_free(&broker->lines);
    broker->loop = NULL;
}

void broker_free(struct broker *broker)
{
    if (!broker)
        return;
    while (broker->newest) {
        struct session *gone = broker->newest;
        broker->newest = gone->next;
        session_free(gone);
    }
    homes_done(&broker->homes);
    mem_free(broker);
}

struct session_options *broker_options(struct broker *broker)
{
    return &broker->options;
}

struct loop *broker_loop(const struct broker *broker)
{
    return broker->loop;
}

struct sandbox *broker_sandbox(const struct broker *broker)
{
    return broker->sandbox;
}

struct line **broker_lines(struct broker *broker)
{
    return &broker->lines;
}
