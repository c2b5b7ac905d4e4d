#include "helper_agent.h"

#include <string.h>

#include "core/base/json.h"
#include "core/base/vec.h"
#include "tests/unit/unit.h"

struct said {
    char *frame;
    size_t len;
    int64_t last_us;
    bool is_acknowledged;
};

struct heard {
    uint32_t type;
    char *payload;
    size_t len;
};

struct agent {
    struct agent_handlers handlers;
    VEC(struct said) said;
    size_t oldest;           /* that is not acknowledged */
    VEC(struct heard) heard; /* by number; payload NULL: it has not come */
    size_t expected;
    size_t n_resent;
    int64_t resend_us;
    bool is_mute;
};

struct agent *agent_new(const struct agent_handlers *handlers, int64_t resend_us)
{
    struct agent *agent = mem_new(struct agent);

    agent->handlers = *handlers;
    agent->resend_us = resend_us;
    return agent;
}

void agent_free(struct agent *agent)
{
    for (size_t i = 0; i < agent->said.len; i++)
        mem_free(agent->said.ptr[i].frame);
    for (size_t i = 0; i < agent->heard.len; i++)
        mem_free(agent->heard.ptr[i].payload);
    vec_free(&agent->said);
    vec_free(&agent->heard);
    mem_free(agent);
}

void agent_mute(struct agent *agent, bool is_mute)
{
    agent->is_mute = is_mute;
}

/* --- to the client --------------------------------------------------------------------------- */

static void send_frame(struct agent *agent, struct sv frame)
{
    if (!agent->is_mute)
        agent->handlers.on_send(agent->handlers.arg, frame);
}

void agent_say(struct agent *agent, enum payload_type type, struct sv payload, int64_t now_us)
{
    struct buf frame = BUF_NONE;
    struct message message = {.type = MESSAGE_OUTPUT,
                              .created_at_ms = 1767225600000,
                              .sequence = (int64_t)agent->said.len,
                              .flags = agent->said.len == 0 ? MESSAGE_SYN : 0,
                              .payload_type = type,
                              .payload = payload};

    message_id_random(message.id);
    message_write(&message, &frame);
    size_t len = frame.len;
    vec_push(&agent->said, ((struct said){buf_take(&frame), len, now_us, false}));
    send_frame(agent, (struct sv){vec_last(&agent->said).frame, len});
}

void agent_stream(struct agent *agent, struct sv bytes, int64_t now_us)
{
    while (bytes.len > 0) {
        size_t n = bytes.len < 1024 ? bytes.len : 1024;
        agent_say(agent, PAYLOAD_OUTPUT, (struct sv){bytes.ptr, n}, now_us);
        bytes = (struct sv){bytes.ptr + n, bytes.len - n};
    }
}

void agent_control(struct agent *agent, enum message_type type, struct sv payload)
{
    AUTO(buf_done) struct buf frame = BUF_NONE;
    const struct message message = {
        .type = type, .created_at_ms = 1767225600000, .payload = payload};

    message_write(&message, &frame);
    frame.ptr[3] = 112; /* the payload type is cut out, the digest stays */
    memmove(frame.ptr + 112, frame.ptr + 116, frame.len - 116);
    frame.len -= 4;
    send_frame(agent, buf_sv(&frame));
}

void agent_tick(struct agent *agent, int64_t now_us)
{
    if (agent->oldest == agent->said.len)
        return;
    struct said *head = &agent->said.ptr[agent->oldest];
    if (now_us - head->last_us < agent->resend_us)
        return;
    head->last_us = now_us;
    agent->n_resent++;
    send_frame(agent, (struct sv){head->frame, head->len});
}

bool agent_is_idle(const struct agent *agent)
{
    return agent->oldest == agent->said.len;
}

size_t agent_n_unacknowledged(const struct agent *agent)
{
    return agent->said.len - agent->oldest;
}

size_t agent_n_resent(const struct agent *agent)
{
    return agent->n_resent;
}

/* --- from the client ------------------------------------------------------------------------- */

static void acknowledge(struct agent *agent, const struct message *heard)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    AUTO(buf_done) struct buf frame = BUF_NONE;
    struct message message = {.type = MESSAGE_ACKNOWLEDGE,
                              .created_at_ms = 1767225600000,
                              .flags = MESSAGE_SYN | MESSAGE_FIN};

    message_ack_text(heard, &text);
    message.payload = buf_sv(&text);
    message_id_random(message.id);
    message_write(&message, &frame);
    send_frame(agent, buf_sv(&frame));
}

static void take_acknowledgement(struct agent *agent, struct sv payload)
{
    int64_t sequence = -1;

    assert_int_equal(message_ack_read(payload, &sequence, NULL), OK);
    assert_in_range(sequence, 0, agent->said.len - 1);
    agent->said.ptr[sequence].is_acknowledged = true;
    while (agent->oldest < agent->said.len && agent->said.ptr[agent->oldest].is_acknowledged)
        agent->oldest++;
}

static void keep(struct agent *agent, const struct message *message)
{
    size_t i = (size_t)message->sequence;

    while (agent->heard.len <= i)
        vec_push(&agent->heard, (struct heard){0});
    if (agent->heard.ptr[i].payload != NULL)
        return;
    agent->heard.ptr[i] =
        (struct heard){message->payload_type, mem_copy(message->payload.ptr, message->payload.len),
                       message->payload.len};
}

void agent_take(struct agent *agent, struct sv frame, int64_t now_us)
{
    struct message message;

    (void)now_us;
    if (agent->is_mute)
        return;
    assert_int_equal(message_read(frame, &message, NULL), OK);
    if (message.type == MESSAGE_ACKNOWLEDGE) {
        assert_int_equal(message.flags, MESSAGE_SYN | MESSAGE_FIN);
        take_acknowledgement(agent, message.payload);
        return;
    }
    assert_int_equal(message.type, MESSAGE_INPUT);
    assert_in_range(message.sequence, 0, 1000000);
    keep(agent, &message);
    acknowledge(agent, &message);
    while (agent->expected < agent->heard.len &&
           agent->heard.ptr[agent->expected].payload != NULL) {
        const struct heard *heard = &agent->heard.ptr[agent->expected++];
        agent->handlers.on_payload(agent->handlers.arg, heard->type,
                                   (struct sv){heard->payload, heard->len});
    }
}
