#include "tests/sandbox/session/passage.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/vec.h"
#include "tests/sandbox/sandbox.h"
#include "tests/sandbox/session/agent.h"
#include "tests/sandbox/session/broker.h"
#include "tests/sandbox/session/line.h"

#define BACKLOG_MAX ((size_t)8 << 20) /* a client that does not read misses what comes beyond */

#define PAUSED_MS   1000 /* how often a client is told that the node is gone */
#define FOR_EVER    INT64_MAX

/* A message that others overtake. */
struct late {
    bool is_down;
    int64_t due_ms;
    struct buf bytes;
};

struct passage {
    struct session *session;
    VEC(struct late) late;
    int64_t gone_until_ms; /* monotonic; 0: the node is there */
    int64_t told_ms;       /* INT64_MAX: nobody says so */
};

struct passage *passage_new(struct session *session)
{
    struct passage *passage = mem_new(struct passage);
    passage->session = session;
    return passage;
}

void passage_free(struct passage *passage)
{
    if (!passage)
        return;
    for (size_t i = 0; i < passage->late.len; i++)
        buf_done(&passage->late.ptr[i].bytes);
    vec_free(&passage->late);
    mem_free(passage);
}

/* --- what the service says -------------------------------------------------------------------- */

static void say(struct passage *passage, const char *type, struct sv payload)
{
    AUTO(buf_done) struct buf bytes = BUF_NONE;
    struct packet m = {.header_len = 112,
                       .schema = 1,
                       .created_ms = (uint64_t)clock_wall_ms(),
                       .flags = MESSAGE_SYN | MESSAGE_FIN,
                       .payload = payload};
    str_copy(m.type, type);
    os_uuid4(m.id);
    packet_write(&bytes, &m);
    if (passage->session->line)
        line_send(passage->session->line, buf_sv(&bytes));
}

void passage_say_closed(struct passage *passage, const char *output)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct json_writer w = {.out = &text};
    char id[OS_UUID_SIZE], created[24];
    os_uuid4(id);
    snprintf(created, sizeof created, "%lld", (long long)clock_wall_ms());
    jw_object(&w);
    jw_string_at(&w, "MessageId", sv_of(id));
    jw_string_at(&w, "CreatedDate", sv_of(created));
    jw_string_at(&w, "DestinationId", sv_of(passage->session->id));
    jw_string_at(&w, "SessionId", sv_of(passage->session->id));
    jw_string_at(&w, "MessageType", SV(MESSAGE_CLOSED));
    jw_i64_at(&w, "SchemaVersion", 1);
    jw_string_at(&w, "Output", sv_of(output));
    jw_object_end(&w);
    say(passage, MESSAGE_CLOSED, buf_sv(&text));
}

void passage_open(struct passage *passage)
{
    if (passage->gone_until_ms)
        return;
    say(passage, MESSAGE_START, SV(MESSAGE_START));
    agent_attend(passage->session->agent, true);
}

/* --- the way ---------------------------------------------------------------------------------- */

static void deliver_down(struct passage *passage, struct sv bytes)
{
    struct line *line = passage->session->line;
    if (line && line_backlog(line) < BACKLOG_MAX)
        line_send(line, bytes);
}

static void deliver_up(struct passage *passage, struct sv bytes)
{
    struct packet message;
    if (passage->session->agent && packet_read(bytes, &message))
        agent_hear(passage->session->agent, &message);
}

static void deliver(struct passage *passage, bool is_down, struct sv bytes)
{
    if (passage->gone_until_ms)
        return;
    if (is_down)
        deliver_down(passage, bytes);
    else
        deliver_up(passage, bytes);
}

/* --- what goes wrong on it -------------------------------------------------------------------- */

void passage_lose_node(struct passage *passage, int64_t ms, bool silently)
{
    passage->gone_until_ms = ms == 0 ? FOR_EVER : clock_mono_ms() + ms;
    passage->told_ms = silently ? FOR_EVER : 0;
    agent_attend(passage->session->agent, false);
}

static void delay(struct passage *passage, bool is_down, struct sv bytes, int64_t ms)
{
    struct late late = {.is_down = is_down, .due_ms = clock_mono_ms() + ms};
    buf_add(&late.bytes, bytes);
    vec_push(&passage->late, late);
}

/* One bit of the payload is another one; the digest stays. */
static void deliver_spoilt(struct passage *passage, const struct packet *message, struct sv bytes)
{
    AUTO(buf_done) struct buf copy = BUF_NONE;
    buf_add(&copy, bytes);
    if (message->payload.len > 0)
        copy.ptr[message->payload.ptr - bytes.ptr] ^= 1;
    deliver(passage, true, buf_sv(&copy));
}

/* What ends the message's way, or takes it out of the order. False: nothing of that. */
static bool is_stopped(struct passage *passage, const struct fate *fate, bool is_down,
                       struct sv bytes)
{
    struct line *line = passage->session->line;
    const struct fault *gone =
        fate->of[FAULT_PAUSE] ? fate->of[FAULT_PAUSE] : fate->of[FAULT_VANISH];
    if (gone)
        passage_lose_node(passage, gone->ms, !fate->of[FAULT_PAUSE]);
    else if (fate->of[FAULT_BYE] && line)
        line_close(line, WS_NORMAL, "Bye");
    else if (fate->of[FAULT_DROP] && line)
        line_drop(line);
    else if (!fate->of[FAULT_LOSE] && fate->of[FAULT_LATE])
        delay(passage, is_down, bytes, fate->of[FAULT_LATE]->ms);
    else
        return fate->of[FAULT_LOSE] != NULL;
    return true;
}

static void pass(struct passage *passage, bool is_down, struct sv bytes)
{
    struct faults *faults = broker_sandbox(passage->session->broker)->faults;
    struct packet message;
    struct fate fate;
    if (passage->gone_until_ms || !packet_read(bytes, &message))
        return;
    faults_choose(faults,
                  &(struct fault_target){"ssmmessages", message.type, passage->session->account_id,
                                         -1, is_down ? "down" : "up"},
                  &fate);
    if (is_stopped(passage, &fate, is_down, bytes))
        return;
    if (fate.of[FAULT_DIGEST])
        deliver_spoilt(passage, &message, bytes);
    else
        deliver(passage, is_down, bytes);
    if (fate.of[FAULT_DOUBLE])
        deliver(passage, is_down, bytes);
}

void passage_down(struct passage *passage, struct sv bytes)
{
    if (faults_reach_messages(broker_sandbox(passage->session->broker)->faults))
        pass(passage, true, bytes);
    else
        deliver(passage, true, bytes);
}

void passage_up(struct passage *passage, struct sv bytes)
{
    struct session *session = passage->session;
    struct packet message;
    if (packet_read(bytes, &message) && strcmp(message.type, MESSAGE_INPUT) == 0)
        session->active_ms = sandbox_clock_ms(broker_sandbox(session->broker));
    if (faults_reach_messages(broker_sandbox(session->broker)->faults))
        pass(passage, false, bytes);
    else
        deliver(passage, false, bytes);
}

/* --- time ------------------------------------------------------------------------------------- */

/* What is delivered may call forth more that is late: it comes behind. */
static void deliver_late(struct passage *passage, int64_t now_ms)
{
    size_t n = passage->late.len, kept = 0;
    for (size_t i = 0; i < n; i++) {
        struct late late = passage->late.ptr[i];
        if (late.due_ms > now_ms)
            continue;
        passage->late.ptr[i].bytes = BUF_NONE;
        deliver(passage, late.is_down, buf_sv(&late.bytes));
        buf_done(&late.bytes);
    }
    for (size_t i = 0; i < passage->late.len; i++)
        if (passage->late.ptr[i].bytes.ptr)
            passage->late.ptr[kept++] = passage->late.ptr[i];
    passage->late.len = kept;
}

void passage_find_node(struct passage *passage)
{
    if (!passage->gone_until_ms)
        return;
    passage->gone_until_ms = 0;
    if (passage->session->line)
        passage_open(passage);
}

bool passage_has_lost_node(const struct passage *passage)
{
    return passage->gone_until_ms != 0;
}

void passage_turn(struct passage *passage, int64_t now_ms)
{
    deliver_late(passage, now_ms);
    if (!passage->gone_until_ms)
        return;
    if (now_ms >= passage->gone_until_ms) {
        passage_find_node(passage);
    } else if (passage->told_ms != FOR_EVER && now_ms - passage->told_ms >= PAUSED_MS) {
        passage->told_ms = now_ms;
        say(passage, MESSAGE_PAUSE, SV(MESSAGE_PAUSE));
    }
}

int64_t passage_due_ms(const struct passage *passage)
{
    int64_t due_ms = -1;
    if (passage->gone_until_ms) {
        bool is_silent = passage->told_ms == FOR_EVER;
        int64_t tell_ms = is_silent ? FOR_EVER : passage->told_ms + PAUSED_MS;
        due_ms = tell_ms < passage->gone_until_ms ? tell_ms : passage->gone_until_ms;
    }
    for (size_t i = 0; i < passage->late.len; i++)
        if (due_ms < 0 || passage->late.ptr[i].due_ms < due_ms)
            due_ms = passage->late.ptr[i].due_ms;
    return due_ms;
}
