#include "core/session/wire/talk.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/session/wire/talk_inside.h"

/* What is said to a node of a session without a terminal, to see whether it is there: what its
 * programs take for granted anyway. */
#define COLUMNS_USUAL 80
#define ROWS_USUAL    24

struct talk *talk_new(unsigned messages_per_s, const struct talk_handlers *handlers)
{
    struct talk *talk = mem_new(struct talk);

    talk->handlers = *handlers;
    talk->inbound = inbound_new();
    talk->outbound = outbound_new(messages_per_s);
    return talk;
}

void talk_free(struct talk *talk)
{
    if (talk == NULL)
        return;
    inbound_free(talk->inbound);
    outbound_free(talk->outbound);
    cipher_free(talk->cipher);
    buf_done(&talk->opened);
    buf_done(&talk->sealed);
    mem_free(talk);
}

/* --- telling --------------------------------------------------------------------------------- */

void talk_tell(struct talk *talk, enum talk_event_kind kind, struct sv bytes, int number)
{
    const struct talk_event event = {.kind = kind, .bytes = bytes, .number = number};

    talk->handlers.on_event(talk->handlers.arg, &event);
}

void talk_fail(struct talk *talk, const struct err *err)
{
    const struct talk_event event = {.kind = TALK_FAILED, .err = err};

    talk->phase = PHASE_OVER;
    talk->handlers.on_event(talk->handlers.arg, &event);
}

void talk_open_up(struct talk *talk)
{
    talk->phase = PHASE_OPEN;
    talk_tell(talk, TALK_OPENED, SV_NONE, 0);
}

static void send_size_of(struct talk *talk, unsigned columns, unsigned rows)
{
    AUTO(buf_done) struct buf size = BUF_NONE;

    message_size_text(columns, rows, &size);
    outbound_add(talk->outbound, PAYLOAD_SIZE, buf_sv(&size));
}

void talk_send_size(struct talk *talk)
{
    if (talk->columns > 0 && talk->rows > 0)
        send_size_of(talk, talk->columns, talk->rows);
}

/* --- none ------------------------------------------------------------------------------------ */

void talk_begin(struct talk *talk)
{
    if (talk->phase != PHASE_FIRST)
        return;
    talk->is_assumed = true;
    talk_open_up(talk);
}

/* As long as the node has said nothing. */
static void look_at_silence(struct talk *talk, int64_t now_us)
{
    bool is_owing = !outbound_is_empty(talk->outbound);

    switch (silence_look(&talk->silence, is_owing, now_us)) {
    case SILENCE_WAIT:
        break;
    case SILENCE_ASK:
        send_size_of(talk, talk->columns > 0 ? talk->columns : COLUMNS_USUAL,
                     talk->rows > 0 ? talk->rows : ROWS_USUAL);
        break;
    case SILENCE_TELL:
        talk_tell(talk, TALK_SILENT, SV_NONE, 0);
        break;
    }
}

/* --- the stream ------------------------------------------------------------------------------ */

/* What the payload says in the clear: *plain is borrowed. False, and over, when it was tampered
 * with. */
static bool decrypt(struct talk *talk, struct sv payload, struct sv *plain)
{
    struct err err;

    *plain = payload;
    if (talk->cipher == NULL)
        return true;
    buf_clear(&talk->opened);
    if (cipher_open(talk->cipher, payload, &talk->opened, &err) != OK) {
        talk_fail(talk, &err);
        return false;
    }
    *plain = buf_sv(&talk->opened);
    return true;
}

static void take_bytes(struct talk *talk, enum talk_event_kind kind, struct sv payload)
{
    struct sv plain;

    talk->is_assumed = false;
    if (talk->phase == PHASE_FIRST)
        talk_open_up(talk); /* no handshake: it is a shell, and this is its first output */
    if (decrypt(talk, payload, &plain))
        talk_tell(talk, kind, plain, 0);
}

static void take_output(struct talk *talk, struct sv payload)
{
    take_bytes(talk, TALK_OUTPUT, payload);
}

static void take_stderr(struct talk *talk, struct sv payload)
{
    take_bytes(talk, TALK_STDERR, payload);
}

static void take_exit_code(struct talk *talk, struct sv payload)
{
    struct sv plain;
    int status;

    if (decrypt(talk, payload, &plain) && message_exit_code_read(plain, &status))
        talk_tell(talk, TALK_EXIT_CODE, SV_NONE, status);
}

static void take_flag(struct talk *talk, struct sv payload)
{
    uint32_t flag = message_flag_read(payload);

    if (flag >= FLAG_DISCONNECT_TO_PORT && flag <= FLAG_CONNECT_TO_PORT_ERROR)
        talk_tell(talk, TALK_FLAG, SV_NONE, (int)flag);
}

static void take_error(struct talk *talk, struct sv payload)
{
    talk_tell(talk, TALK_NOTICE, payload, 0);
}

static void (*const takers[])(struct talk *talk, struct sv payload) = {
    [PAYLOAD_OUTPUT] = take_output,
    [PAYLOAD_ERROR] = take_error,
    [PAYLOAD_HANDSHAKE_REQUEST] = talk_take_request,
    [PAYLOAD_HANDSHAKE_COMPLETE] = talk_take_complete,
    [PAYLOAD_CHALLENGE_REQUEST] = talk_take_challenge,
    [PAYLOAD_FLAG] = take_flag,
    [PAYLOAD_STDERR] = take_stderr,
    [PAYLOAD_EXIT_CODE] = take_exit_code,
};

static void process(struct talk *talk, const struct message *message)
{
    uint32_t type = message->payload_type;

    if (type < ARRAY_LEN(takers) && takers[type] != NULL)
        takers[type](talk, message->payload);
}

/* --- what comes ------------------------------------------------------------------------------ */

static void acknowledge(struct talk *talk, const struct message *acknowledged)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    AUTO(buf_done) struct buf frame = BUF_NONE;
    struct message message = {.type = MESSAGE_ACKNOWLEDGE,
                              .created_at_ms = clock_wall_ms(),
                              .flags = MESSAGE_SYN | MESSAGE_FIN};

    message_ack_text(acknowledged, &text);
    message.payload = buf_sv(&text);
    message_id_random(message.id);
    message_write(&message, &frame);
    talk->handlers.on_send(talk->handlers.arg, buf_sv(&frame));
}

static void set_paused(struct talk *talk, bool is_paused, int64_t now_us)
{
    if (is_paused && !talk->is_paused) {
        talk->paused_us = now_us;
        silence_begin(&talk->silence, now_us);
    }
    talk->is_paused = is_paused;
    outbound_pause(talk->outbound, is_paused, now_us);
}

/* Whatever comes of the stream says that the node is there. */
static void hear(struct talk *talk, int64_t now_us)
{
    talk->heard_us = now_us;
    set_paused(talk, false, now_us);
}

static void take_closed(struct talk *talk, const struct message *message)
{
    AUTO(buf_done) struct buf output = BUF_NONE;

    message_closed_read(message->payload, &output, NULL); /* closed, whatever it says */
    talk->phase = PHASE_OVER;
    talk_tell(talk, TALK_CLOSED, buf_sv(&output), 0);
}

static void take_acknowledgement(struct talk *talk, const struct message *message, int64_t now_us)
{
    int64_t sequence;

    if (message_ack_read(message->payload, &sequence, NULL) != OK)
        return;
    outbound_acknowledged(talk->outbound, sequence, now_us);
    hear(talk, now_us);
    silence_answered(&talk->silence, now_us);
}

static void take_control(struct talk *talk, const struct message *message, int64_t now_us)
{
    if (message->type == MESSAGE_ACKNOWLEDGE)
        take_acknowledgement(talk, message, now_us);
    else if (message->type == MESSAGE_CHANNEL_CLOSED)
        take_closed(talk, message);
    else
        set_paused(talk, message->type == MESSAGE_PAUSE_PUBLICATION, now_us);
}

/* Acknowledged before it is processed: a handshake may take its time. */
static void take_next(struct talk *talk, struct message *message)
{
    acknowledge(talk, message);
    do {
        process(talk, message);
        inbound_accept(talk->inbound);
    } while (talk->phase != PHASE_OVER && inbound_next(talk->inbound, message));
}

void talk_take(struct talk *talk, struct sv frame, int64_t now_us)
{
    struct message message;
    struct err err;

    if (talk->phase == PHASE_OVER)
        return;
    enum inbound_verdict verdict = inbound_take(talk->inbound, frame, &message, &err);
    switch (verdict) {
    case INBOUND_REJECTED:
        log_debug("session", "a message was not taken: %s", err.message);
        return;
    case INBOUND_IGNORED:
        return;
    case INBOUND_CONTROL:
        take_control(talk, &message, now_us);
        return;
    default:
        break;
    }
    hear(talk, now_us);
    if (verdict == INBOUND_NEXT)
        take_next(talk, &message);
    else
        acknowledge(talk, &message);
}

/* --- what goes ------------------------------------------------------------------------------- */

static void add_chunk(struct talk *talk, struct sv chunk)
{
    if (talk->cipher == NULL) {
        outbound_add(talk->outbound, PAYLOAD_OUTPUT, chunk);
        return;
    }
    buf_clear(&talk->sealed);
    cipher_seal(talk->cipher, chunk, &talk->sealed);
    outbound_add(talk->outbound, PAYLOAD_OUTPUT, buf_sv(&talk->sealed));
}

size_t talk_write(struct talk *talk, struct sv bytes)
{
    size_t n_taken = 0;

    if (talk->phase != PHASE_OPEN)
        return 0;
    while (n_taken < bytes.len && outbound_room(talk->outbound) > 0) {
        size_t n = bytes.len - n_taken;
        n = n < MESSAGE_CHUNK_BYTES ? n : MESSAGE_CHUNK_BYTES;
        add_chunk(talk, (struct sv){bytes.ptr + n_taken, n});
        n_taken += n;
        talk->has_written = true;
    }
    return n_taken;
}

/* A node that has not asked for a handshake so far keeps the size until its terminal is there; one
 * that does asks throws it away and is told again. */
void talk_resize(struct talk *talk, unsigned columns, unsigned rows)
{
    if (talk->columns == columns && talk->rows == rows)
        return;
    talk->columns = columns;
    talk->rows = rows;
    if (talk->phase == PHASE_FIRST || talk->phase == PHASE_OPEN)
        talk_send_size(talk);
}

void talk_flag(struct talk *talk, enum session_flag flag)
{
    AUTO(buf_done) struct buf bytes = BUF_NONE;

    if (talk->phase != PHASE_OPEN)
        return;
    message_flag_bytes(flag, &bytes);
    outbound_add(talk->outbound, PAYLOAD_FLAG, buf_sv(&bytes));
}

int64_t talk_send(struct talk *talk, int64_t now_us)
{
    struct sv frame;

    if (talk->phase == PHASE_FIRST)
        look_at_silence(talk, now_us);
    if (talk->phase == PHASE_OVER)
        return INT64_MAX;
    while (outbound_next(talk->outbound, now_us, &frame))
        talk->handlers.on_send(talk->handlers.arg, frame);
    int64_t due_us = outbound_due_us(talk->outbound, now_us);
    if (talk->phase == PHASE_FIRST && silence_due_us(&talk->silence) < due_us)
        due_us = silence_due_us(&talk->silence);
    return due_us;
}

void talk_reopen(struct talk *talk, int64_t now_us)
{
    hear(talk, now_us);
    silence_begin(&talk->silence, now_us);
    if (talk->phase == PHASE_OPEN && talk->handshake.kind == SESSION_SHELL)
        talk_send_size(talk);
    outbound_again(talk->outbound, now_us);
}

/* --- looking --------------------------------------------------------------------------------- */

bool talk_is_open(const struct talk *talk)
{
    return talk->phase == PHASE_OPEN;
}

const struct handshake *talk_handshake(const struct talk *talk)
{
    return &talk->handshake;
}

bool talk_is_idle(const struct talk *talk)
{
    return outbound_is_empty(talk->outbound);
}

int64_t talk_heard_us(const struct talk *talk)
{
    return talk->heard_us;
}

int64_t talk_away_ms(const struct talk *talk, int64_t now_us)
{
    int64_t owed_ms = outbound_owed_ms(talk->outbound, now_us);
    int64_t paused_ms = talk->is_paused ? (now_us - talk->paused_us) / 1000 : 0;

    if (paused_ms > 0)
        return owed_ms > paused_ms ? owed_ms : paused_ms;
    return owed_ms >= TALK_SLOW_MS ? owed_ms : 0;
}
