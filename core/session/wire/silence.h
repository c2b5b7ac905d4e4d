/*
 * silence: a node that is there and says nothing.
 *
 * A session of one stream without encryption has no handshake: it is there with the node's first
 * output. A program that writes nothing by itself, `cat`, leaves open whether there will be a
 * handshake, and nothing that the agent does tells: it acknowledges what comes before a handshake,
 * and throws it away. So all that is said here is that the node has answered, and then kept silent
 * for a while; whether that is enough is known elsewhere (core/session/terms.h). Pure.
 */
#ifndef CORE_SESSION_SILENCE_H
#define CORE_SESSION_SILENCE_H

#include <stdbool.h>
#include <stdint.h>

#define SILENCE_MS     3000 /* a prompt comes after one second, a handshake at once */
#define SILENCE_ASK_MS 1000 /* so soon something is sent to a node that owes nothing */

struct silence {
    int64_t since_us;
    bool has_answered; /* acknowledged something since it began */
};

enum silence_step {
    SILENCE_WAIT,
    SILENCE_ASK, /* nothing is owed: something is to be sent that is acknowledged */
    SILENCE_TELL /* it has been silent for SILENCE_MS, again or for the first time */
};

/* There is a new socket, or the node has gone: what was heard before says nothing. */
void silence_begin(struct silence *silence, int64_t now_us);
/* The node has acknowledged something. */
void silence_answered(struct silence *silence, int64_t now_us);
/* What is to be done now; TELL once in SILENCE_MS. is_owing: an acknowledgement of the
 * node's is still to come. */
enum silence_step silence_look(struct silence *silence, bool is_owing, int64_t now_us);
/* When to look again, at the latest. */
int64_t silence_due_us(const struct silence *silence);

#endif
