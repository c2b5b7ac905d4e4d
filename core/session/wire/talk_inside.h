/*
 * talk_inside: what the files of talk share. Not for anybody else.
 *
 *   talk.c             what comes and what goes, from the first message to the last
 *   talk_handshake.c   agreeing with the node on what the session is, and on its key
 */
#ifndef CORE_SESSION_WIRE_TALK_INSIDE_H
#define CORE_SESSION_WIRE_TALK_INSIDE_H

#include "core/session/wire/cipher.h"
#include "core/session/wire/inbound.h"
#include "core/session/wire/outbound.h"
#include "core/session/wire/silence.h"
#include "core/session/wire/talk.h"

enum phase {
    PHASE_FIRST,     /* the node has said nothing yet */
    PHASE_HANDSHAKE, /* it has asked for something; perhaps a key is being fetched */
    PHASE_OPEN,
    PHASE_OVER
};

struct talk {
    struct talk_handlers handlers;
    struct inbound *inbound;
    struct outbound *outbound;
    struct cipher *cipher; /* NULL: in the clear */
    struct handshake handshake;
    enum phase phase;
    unsigned columns, rows; /* 0: there is no terminal */
    struct silence silence; /* PHASE_FIRST */
    bool is_assumed;        /* open without a handshake, and nothing has come that says so */
    bool has_written;
    bool is_paused;
    int64_t paused_us, heard_us;
    struct buf opened, sealed; /* one payload each */
};

/* --- talk.c ----------------------------------------------------------------------------------- */

/* Tells who uses it, from within. */
void talk_tell(struct talk *talk, enum talk_event_kind kind, struct sv bytes, int number);
/* It cannot go on: TALK_FAILED is told. */
void talk_fail(struct talk *talk, const struct err *err);
/* Both sides have agreed: TALK_OPENED is told. */
void talk_open_up(struct talk *talk);
/* Queues the size of the terminal, if there is one. */
void talk_send_size(struct talk *talk);

/* --- talk_handshake.c ------------------------------------------------------------------------- */

/* Payloads of the node: PAYLOAD_HANDSHAKE_REQUEST, PAYLOAD_CHALLENGE_REQUEST and
 * PAYLOAD_HANDSHAKE_COMPLETE. One that is not its turn is ignored. */
void talk_take_request(struct talk *talk, struct sv payload);
void talk_take_challenge(struct talk *talk, struct sv payload);
void talk_take_complete(struct talk *talk, struct sv payload);

#endif
