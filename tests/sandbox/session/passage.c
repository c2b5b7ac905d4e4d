#include "tests/sandbox/session/passage.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/sandbox.h"
#include "tests/sandbox/session/broker.h"
#include "tests/sandbox/session/channel.h"

#define BACKLOG_MAX ((size_t)8 << 20) /* a client that does not read misses what comes beyond */

struct passage {
    struct session *session;
};

struct passage *passage_new(struct session *session)
{
    struct passage *passage = mem_new(struct passage);
    passage->session = session;
    return passage;
}

void passage_free(struct passage *passage)
{
    mem_free(passage);
}

/* --- what the service says -------------------------------------------------------------------- */

static void say(struct passage *passage, const char *type, struct sv payload)
{
    AUTO(buf_done) struct buf bytes = BUF_NONE;
    struct message m = {.header_len = 112,
                        .schema = 1,
                        .created_ms = (uint64_t)clock_wall_ms(),
                        .flags = MESSAGE_SYN | MESSAGE_FIN,
                        .payload = payload};
    str_copy(m.type, type);
    os_uuid4(m.id);
    message_write(&bytes, &m);
    if (passage->session->channel)
        channel_send(passage->session->channel, buf_sv(&bytes));
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
    say(passage, MESSAGE_START, SV(MESSAGE_START));
    agent_attend(passage->session->agent, true);
}

/* --- the way ---------------------------------------------------------------------------------- */

void passage_down(struct passage *passage, struct sv bytes)
{
    struct channel *channel = passage->session->channel;
    if (channel && channel_backlog(channel) < BACKLOG_MAX)
        channel_send(channel, bytes);
}

void passage_up(struct passage *passage, struct sv bytes)
{
    struct session *session = passage->session;
    struct message message;
    if (!message_read(bytes, &message))
        return;
    if (strcmp(message.type, MESSAGE_INPUT) == 0)
        session->active_ms = sandbox_clock_ms(broker_sandbox(session->broker));
    if (session->agent)
        agent_hear(session->agent, &message);
}

void passage_turn(struct passage *passage, int64_t now_ms)
{
    (void)passage, (void)now_ms;
}

int64_t passage_due_ms(const struct passage *passage)
{
    (void)passage;
    return -1;
}
