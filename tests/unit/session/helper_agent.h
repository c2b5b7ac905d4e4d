/*
 * helper_agent: the node's side of a data channel, for tests: pure as talk is, and written after
 * what is known of the real agent, not after talk. It numbers and acknowledges, sends the oldest
 * unacknowledged message again and no other, and gives what it was sent to the test.
 */
#ifndef TESTS_UNIT_SESSION_HELPER_AGENT_H
#define TESTS_UNIT_SESSION_HELPER_AGENT_H

#include "core/session/wire/message.h"

struct agent_handlers {
    void (*on_send)(void *arg, struct sv frame);
    /* Each payload of the client, in order, once. */
    void (*on_payload)(void *arg, uint32_t type, struct sv payload);
    void *arg;
};

struct agent;

/* What is unacknowledged for resend_us is sent again; the real agent begins with 200 ms. */
struct agent *agent_new(const struct agent_handlers *handlers, int64_t resend_us);
void agent_free(struct agent *agent);

/* Queues one message to the client and sends it; tick sends what is due again. */
void agent_say(struct agent *agent, enum payload_type type, struct sv payload, int64_t now_us);
/* The same in messages of 1024 bytes. */
void agent_stream(struct agent *agent, struct sv bytes, int64_t now_us);
/* A message of the service: no number, a header of 112 bytes. */
void agent_control(struct agent *agent, enum message_type type, struct sv payload);
void agent_take(struct agent *agent, struct sv frame, int64_t now_us);
void agent_tick(struct agent *agent, int64_t now_us);
/* Everything was acknowledged. */
bool agent_is_idle(const struct agent *agent);
size_t agent_n_unacknowledged(const struct agent *agent);
size_t agent_n_resent(const struct agent *agent);
/* It answers nothing and takes nothing from now on, or again. */
void agent_mute(struct agent *agent, bool is_mute);

#endif
