/* The node's requests before the stream, and what is answered: handshake.h says what stands in
 * them. */
#include "core/base/mem.h"
#include "core/session/wire/talk_inside.h"

#define WHERE "data channel"

static void respond(struct talk *talk, const struct handshake_kms *kms)
{
    AUTO(buf_done) struct buf response = BUF_NONE;

    handshake_response(&talk->handshake, kms, &response);
    outbound_add(talk->outbound, PAYLOAD_HANDSHAKE_RESPONSE, buf_sv(&response));
}

/* What was sent is not encrypted, and the node has not taken it. */
static void refuse_late_request(struct talk *talk)
{
    struct err err;

    err_set(&err, ERR_INTEGRITY, WHERE,
            "the node asks for a handshake after it was written to: what was written is lost, and "
            "was not encrypted by the session's key");
    talk_fail(talk, &err);
}

void talk_take_request(struct talk *talk, struct sv payload)
{
    struct err err;

    if (talk->phase != PHASE_FIRST && !talk->is_assumed)
        return; /* of one session there is one handshake */
    if (talk->has_written) {
        refuse_late_request(talk);
        return;
    }
    talk->is_assumed = false;
    talk->phase = PHASE_HANDSHAKE;
    if (handshake_read(payload, &talk->handshake, &err) != OK)
        talk_fail(talk, &err);
    else if (talk->handshake.is_encrypted)
        talk_tell(talk, TALK_WANTS_KEY, SV_NONE, 0);
    else
        respond(talk, NULL);
}

void talk_take_key(struct talk *talk, struct secret *data_key, struct sv ciphertext,
                   bool has_bound_challenge, const char *failure)
{
    struct handshake_kms kms = {.ciphertext_key = ciphertext,
                                .has_bound_challenge = has_bound_challenge,
                                .failure = failure};

    if (talk->phase != PHASE_HANDSHAKE || talk->cipher != NULL)
        return;
    if (failure == NULL && (talk->cipher = cipher_new(data_key)) == NULL)
        kms.failure = "the data key has another length";
    respond(talk, &kms);
}

void talk_take_challenge(struct talk *talk, struct sv payload)
{
    AUTO(buf_done) struct buf answer = BUF_NONE;
    struct err err;

    if (talk->phase != PHASE_HANDSHAKE || talk->cipher == NULL)
        return;
    if (cipher_answer(talk->cipher, payload, &answer, &err) != OK)
        talk_fail(talk, &err);
    else
        outbound_add(talk->outbound, PAYLOAD_CHALLENGE_RESPONSE, buf_sv(&answer));
}

void talk_take_complete(struct talk *talk, struct sv payload)
{
    AUTO(buf_done) struct buf message = BUF_NONE;
    struct err err;

    if (talk->phase != PHASE_HANDSHAKE)
        return;
    if (handshake_complete_read(payload, &message, &err) != OK) {
        talk_fail(talk, &err);
        return;
    }
    if (talk->handshake.kind == SESSION_SHELL)
        talk_send_size(talk); /* what was told before has been thrown away */
    talk_open_up(talk);
    if (message.len > 0)
        talk_tell(talk, TALK_NOTICE, buf_sv(&message), 0);
}
