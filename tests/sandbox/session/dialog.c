#include "tests/sandbox/session/dialog.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"

#define LOOK_MS      100
#define RTO_MAX_MS   1000.0
#define RESEND_BURST 200

struct sent_message {
    struct buf bytes;
    int64_t sent_ms;
    unsigned n_times;
    bool is_acked;
};

struct held_message {
    int64_t sequence;
    struct buf bytes;
};

void rto_sample(struct rto *rto, double sample_ms)
{
    double off = rto->srtt_ms > sample_ms ? rto->srtt_ms - sample_ms : sample_ms - rto->srtt_ms;
    rto->rttvar_ms = 0.75 * rto->rttvar_ms + 0.25 * off;
    rto->srtt_ms = 0.875 * rto->srtt_ms + 0.125 * sample_ms;
    double margin = 4 * rto->rttvar_ms > 10 ? 4 * rto->rttvar_ms : 10;
    rto->rto_ms = rto->srtt_ms + margin < RTO_MAX_MS ? rto->srtt_ms + margin : RTO_MAX_MS;
}

void dialog_init(struct dialog *dialog, void *arg)
{
    *dialog = (struct dialog){.arg = arg, .rto = RTO_START, .is_paused = true};
}

void dialog_done(struct dialog *dialog)
{
    for (size_t i = 0; i < dialog->sent.len; i++)
        buf_done(&dialog->sent.ptr[i].bytes);
    for (size_t i = 0; i < dialog->held.len; i++)
        buf_done(&dialog->held.ptr[i].bytes);
    vec_free(&dialog->sent);
    vec_free(&dialog->held);
}

/* --- saying ----------------------------------------------------------------------------------- */

size_t dialog_unacked(const struct dialog *dialog)
{
    return dialog->sent.len - dialog->first;
}

static void put(struct dialog *dialog, struct sent_message *m, int64_t now_ms)
{
    m->sent_ms = now_ms;
    m->n_times++;
    dialog->emit(dialog->arg, buf_sv(&m->bytes));
}

/* How many may go out now for the first time. */
static size_t allowance(struct dialog *dialog, int64_t now_ms)
{
    if (dialog->pace == 0)
        return SIZE_MAX;
    int64_t n = (now_ms - dialog->paced_ms) * dialog->pace / 1000;
    if (n <= 0)
        return 0;
    dialog->paced_ms += n * 1000 / dialog->pace;
    if (now_ms - dialog->paced_ms > 1000 || n > (int64_t)dialog->pace)
        dialog->paced_ms = now_ms;
    return (size_t)(n < (int64_t)dialog->pace ? n : dialog->pace);
}

static void send_new(struct dialog *dialog, int64_t now_ms)
{
    if (dialog->is_paused || dialog->first + dialog->n_on_way == dialog->sent.len)
        return;
    for (size_t n = allowance(dialog, now_ms);
         n > 0 && dialog->first + dialog->n_on_way < dialog->sent.len; n--)
        put(dialog, &dialog->sent.ptr[dialog->first + dialog->n_on_way++], now_ms);
}

void dialog_send(struct dialog *dialog, enum payload_type type, struct sv payload, int64_t now_ms)
{
    struct message m = {
        .type = MESSAGE_OUTPUT,
        .header_len = 116,
        .schema = 1,
        .created_ms = (uint64_t)clock_wall_ms(),
        .sequence = dialog->next_out,
        .flags = dialog->next_out == 0 ? MESSAGE_SYN : 0,
        .payload_type = type,
        .payload = payload,
    };
    struct sent_message sent = {0};
    os_uuid4(m.id);
    message_write(&sent.bytes, &m);
    dialog->next_out++;
    vec_push(&dialog->sent, sent);
    send_new(dialog, now_ms);
}

static void forget_acked(struct dialog *dialog)
{
    while (dialog->first < dialog->sent.len && dialog->sent.ptr[dialog->first].is_acked) {
        dialog->first++;
        dialog->n_on_way--;
    }
    if (dialog->first == dialog->sent.len) {
        vec_clear(&dialog->sent);
        dialog->first = 0;
    } else if (dialog->first > 1024 && dialog->first > dialog->sent.len / 2) {
        memmove(dialog->sent.ptr, dialog->sent.ptr + dialog->first,
                (dialog->sent.len - dialog->first) * sizeof *dialog->sent.ptr);
        dialog->sent.len -= dialog->first;
        dialog->first = 0;
    }
}

/* A message that was sent again gives no sample: nobody knows which one was meant (Karn). */
static void take_ack(struct dialog *dialog, int64_t sequence, int64_t now_ms)
{
    int64_t oldest = dialog->next_out - (int64_t)dialog_unacked(dialog);
    if (sequence < oldest || sequence >= oldest + (int64_t)dialog->n_on_way)
        return;
    struct sent_message *m = &dialog->sent.ptr[dialog->first + (size_t)(sequence - oldest)];
    if (m->is_acked)
        return;
    if (m->n_times == 1)
        rto_sample(&dialog->rto, (double)(now_ms - m->sent_ms));
    m->is_acked = true;
    buf_done(&m->bytes);
    forget_acked(dialog);
}

static void resend(struct dialog *dialog, int64_t now_ms)
{
    size_t n = dialog->resends_all ? dialog->n_on_way : dialog->n_on_way > 0 ? 1 : 0, done = 0;
    for (size_t i = 0; i < n && done < RESEND_BURST; i++) {
        struct sent_message *m = &dialog->sent.ptr[dialog->first + i];
        if (m->is_acked || (double)(now_ms - m->sent_ms) <= dialog->rto.rto_ms)
            continue;
        put(dialog, m, now_ms);
        dialog->n_resent++;
        done++;
    }
}

/* --- hearing ---------------------------------------------------------------------------------- */

static void acknowledge(struct dialog *dialog, const struct message *message)
{
    AUTO(buf_done) struct buf payload = BUF_NONE, bytes = BUF_NONE;
    ack_write(&payload, message);
    struct message m = {.type = MESSAGE_ACK,
                        .header_len = 116,
                        .schema = 1,
                        .created_ms = (uint64_t)clock_wall_ms(),
                        .flags = MESSAGE_SYN | MESSAGE_FIN,
                        .payload = buf_sv(&payload)};
    os_uuid4(m.id);
    message_write(&bytes, &m);
    dialog->emit(dialog->arg, buf_sv(&bytes));
}

/* Keeps what came early. False: there is no room, so it has to come again. */
static bool hold(struct dialog *dialog, const struct message *message, struct sv bytes)
{
    size_t at = dialog->held.len;
    while (at > 0 && dialog->held.ptr[at - 1].sequence > message->sequence)
        at--;
    if (at > 0 && dialog->held.ptr[at - 1].sequence == message->sequence)
        return true;
    if (dialog->held.len == DIALOG_HELD_MAX)
        return false;
    struct held_message held = {.sequence = message->sequence};
    buf_add(&held.bytes, bytes);
    vec_push(&dialog->held, held);
    memmove(dialog->held.ptr + at + 1, dialog->held.ptr + at,
            (dialog->held.len - 1 - at) * sizeof held);
    dialog->held.ptr[at] = held;
    return true;
}

/* What was held and is now next; it was acknowledged when it came. */
static void take_held(struct dialog *dialog)
{
    size_t n = 0;
    while (n < dialog->held.len && dialog->held.ptr[n].sequence == dialog->expected_in) {
        struct message m;
        message_read(buf_sv(&dialog->held.ptr[n].bytes), &m);
        if (!dialog->take(dialog->arg, &m))
            break;
        dialog->expected_in++;
        buf_done(&dialog->held.ptr[n++].bytes);
    }
    if (n == 0)
        return;
    memmove(dialog->held.ptr, dialog->held.ptr + n,
            (dialog->held.len - n) * sizeof *dialog->held.ptr);
    dialog->held.len -= n;
}

static void take_input(struct dialog *dialog, const struct message *message)
{
    if (message->sequence < dialog->expected_in) {
        acknowledge(dialog, message);
    } else if (message->sequence > dialog->expected_in) {
        struct sv bytes = {message->payload.ptr - message->header_len - 4,
                           message->payload.len + message->header_len + 4};
        if (hold(dialog, message, bytes))
            acknowledge(dialog, message);
    } else if (dialog->take(dialog->arg, message)) {
        acknowledge(dialog, message);
        dialog->expected_in++;
        take_held(dialog);
    }
}

void dialog_receive(struct dialog *dialog, const struct message *message, int64_t now_ms)
{
    struct ack ack;
    if (strcmp(message->type, MESSAGE_INPUT) == 0)
        take_input(dialog, message);
    else if (strcmp(message->type, MESSAGE_ACK) == 0 && ack_read(message->payload, &ack))
        take_ack(dialog, ack.sequence, now_ms);
}

/* --- time ------------------------------------------------------------------------------------- */

void dialog_turn(struct dialog *dialog, int64_t now_ms)
{
    take_held(dialog);
    if (dialog->is_paused)
        return;
    if (now_ms - dialog->looked_at_ms >= LOOK_MS) {
        dialog->looked_at_ms = now_ms;
        resend(dialog, now_ms);
    }
    send_new(dialog, now_ms);
}

int64_t dialog_due_ms(const struct dialog *dialog)
{
    if (dialog->held.len > 0 && dialog->held.ptr[0].sequence == dialog->expected_in)
        return dialog->looked_at_ms + LOOK_MS;
    if (dialog->is_paused || dialog_unacked(dialog) == 0)
        return -1;
    int64_t look_ms = dialog->looked_at_ms + LOOK_MS;
    if (dialog->first + dialog->n_on_way == dialog->sent.len || dialog->pace == 0)
        return look_ms;
    int64_t paced_ms = dialog->paced_ms + 1000 / dialog->pace + 1;
    return paced_ms < look_ms ? paced_ms : look_ms;
}
