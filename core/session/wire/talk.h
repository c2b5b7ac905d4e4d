/*
 * talk: what is said on a data channel, from the first message to channel_closed.
 *
 * Pure: the frames that come and the time go in, frames to be sent and events come out. It
 * acknowledges, puts in order, sends again, agrees with the node on what the session is, and
 * encrypts. Whose socket it is, and whether there is one, is known elsewhere (link.h): one talk
 * goes on over as many sockets as it takes.
 */
#ifndef CORE_SESSION_WIRE_TALK_H
#define CORE_SESSION_WIRE_TALK_H

#include "core/base/secret.h"
#include "core/session/wire/handshake.h"
#include "core/session/wire/message.h"

#define TALK_SLOW_MS 10000           /* then the node counts as away */
#define TALK_LOST_MS (5 * 60 * 1000) /* then it is given up */

enum talk_event_kind {
    TALK_WANTS_KEY, /* a data key for talk_handshake's kms_key_id: answer with talk_take_key */
    TALK_SILENT,    /* the node answers, and neither asks for a handshake nor writes anything: told
                       every SILENCE_MS; answer with talk_begin when it will not ask */
    TALK_OPENED,    /* both sides have agreed: what it is, is in talk_handshake */
    TALK_OUTPUT,    /* bytes of the stream */
    TALK_STDERR,
    TALK_EXIT_CODE, /* number */
    TALK_FLAG,      /* number, of enum session_flag */
    TALK_NOTICE,    /* bytes: a text for the person, raw */
    TALK_CLOSED,    /* bytes: why, raw; "" at a normal end. Nothing comes after it */
    TALK_FAILED     /* err: it cannot go on. Nothing comes after it */
};

struct talk_event {
    enum talk_event_kind kind;
    struct sv bytes; /* borrowed */
    int number;
    const struct err *err;
};

/* Called from within the functions below that take frames, keys and the time. */
struct talk_handlers {
    void (*on_send)(void *arg, struct sv frame); /* one binary message of the socket */
    void (*on_event)(void *arg, const struct talk_event *event);
    void *arg;
};

struct talk;

/* messages_per_s as outbound_new has it. */
struct talk *talk_new(unsigned messages_per_s, const struct talk_handlers *handlers);
void talk_free(struct talk *talk); /* NULL is allowed */

/* A message has come. Damaged ones are dropped: they come again. */
void talk_take(struct talk *talk, struct sv frame, int64_t now_us);

/*
 * The answer to TALK_WANTS_KEY: the data key (64 bytes; a reference is taken), KMS's CiphertextBlob
 * of it, raw, and whether the handshake's challenge is part of its encryption context; or failure,
 * which is told to the node.
 */
void talk_take_key(struct talk *talk, struct secret *data_key, struct sv ciphertext,
                   bool has_bound_challenge, const char *failure);

/*
 * There will be no handshake: the stream is open, before the node has written anything (TALK_OPENED
 * follows). A handshake that comes all the same is made as long as nothing was written to the node;
 * after that it is TALK_FAILED with ERR_INTEGRITY, for what was sent has not been encrypted, and
 * the node has thrown it away. Does nothing once the node has asked, or written something.
 */
void talk_begin(struct talk *talk);

/* Queues bytes of the stream and returns how many: as much as there is room for, nothing before
 * TALK_OPENED. They go out with talk_send. */
size_t talk_write(struct talk *talk, struct sv bytes);
/* The size of the terminal, told now and again after each talk_reopen. */
void talk_resize(struct talk *talk, unsigned columns, unsigned rows);
void talk_flag(struct talk *talk, enum session_flag flag);

/* Sends what is due. Returns when to call it again, at the latest; INT64_MAX: when something has
 * come or was queued. */
int64_t talk_send(struct talk *talk, int64_t now_us);
/* There is a new socket: what is not acknowledged goes out again. */
void talk_reopen(struct talk *talk, int64_t now_us);

/* Both sides have agreed, and it is not over. */
bool talk_is_open(const struct talk *talk);
/* What was agreed upon; all zero (a shell) without a handshake. Borrowed. */
const struct handshake *talk_handshake(const struct talk *talk);
/* Everything that was queued was acknowledged. */
bool talk_is_idle(const struct talk *talk);
/* For how long the node has owed us an answer, or was said to be away; 0: it is there. */
int64_t talk_away_ms(const struct talk *talk, int64_t now_us);
/* When something last came of the node itself, or there was a new socket; 0: never. */
int64_t talk_heard_us(const struct talk *talk);

#endif
