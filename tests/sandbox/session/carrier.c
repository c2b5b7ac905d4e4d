#include "tests/sandbox/session/carrier.h"

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

void carrier_rto_sample(struct rto *rto, double sample_ms)
{
    double off = rto->srtt_ms > sample_ms ? rto->srtt_ms - sample_ms : sample_ms - rto->srtt_ms;
    rto->rttvar_ms = 0.75 * rto->rttvar_ms + 0.25 * off;
    rto->srtt_ms = 0.875 * rto->srtt_ms + 0.125 * sample_ms;
    double margin = 4 * rto->rttvar_ms > 10 ? 4 * rto->rttvar_ms : 10;
    rto->rto_ms = rto->srtt_ms + margin < RTO_MAX_MS ? rto->srtt_ms + margin : RTO_MAX_MS;
}

void carrier_init(struct carrier *carrier, void *arg)
{
    *carrier = (struct carrier){.arg = arg, .rto = RTO_START, .is_paused = true};
}

void carrier_done(struct carrier *carrier)
{
    for (size_t i = 0; i < carrier->sent.len; i++)
        buf_done(&carrier->sent.ptr[i].bytes);
    for (size_t i = 0; i < carrier->held.len; i++)
        buf_done(&carrier->held.ptr[i].bytes);
    vec_free(&carrier->sent);
    vec_free(&carrier->held);
}

/* --- saying ----------------------------------------------------------------------------------- */

size_t carrier_unacked(const struct carrier *carrier)
{
    return carrier->sent.len - carrier->first;
}

static void put(struct carrier *carrier, struct sent_message *m, int64_t now_ms)
{
    m->sent_ms = now_ms;
    m->n_times++;
    carrier->emit(carrier->arg, buf_sv(&m->bytes));
}

/* How many may go out now for the first time. */
static size_t allowance(struct carrier *carrier, int64_t now_ms)
{
    if (carrier->pace == 0)
        return SIZE_MAX;
    int64_t n = (now_ms - carrier->paced_ms) * carrier->pace / 1000;
    if (n <= 0)
        return 0;
    carrier->paced_ms += n * 1000 / carrier->pace;
    if (now_ms - carrier->paced_ms > 1000 || n > (int64_t)carrier->pace)
        carrier->paced_ms = now_ms;
    return (size_t)(n < (int64_t)carrier->pace ? n : carrier->pace);
}

static void send_new(struct carrier *carrier, int64_t now_ms)
{
    if (carrier->is_paused || carrier->first + carrier->n_on_way == carrier->sent.len)
        return;
    for (size_t n = allowance(carrier, now_ms);
         n > 0 && carrier->first + carrier->n_on_way < carrier->sent.len; n--)
        put(carrier, &carrier->sent.ptr[carrier->first + carrier->n_on_way++], now_ms);
}

void carrier_send(struct carrier *carrier, enum payload_type type, struct sv payload,
                  int64_t now_ms)
{
    struct packet m = {
        .type = MESSAGE_OUTPUT,
        .header_len = 116,
        .schema = 1,
        .created_ms = (uint64_t)clock_wall_ms(),
        .sequence = carrier->next_out,
        .flags = carrier->next_out == 0 ? MESSAGE_SYN : 0,
        .payload_type = type,
        .payload = payload,
    };
    struct sent_message sent = {0};
    os_uuid4(m.id);
    packet_write(&sent.bytes, &m);
    carrier->next_out++;
    vec_push(&carrier->sent, sent);
    send_new(carrier, now_ms);
}

static void forget_acked(struct carrier *carrier)
{
    while (carrier->first < carrier->sent.len && carrier->sent.ptr[carrier->first].is_acked) {
        carrier->first++;
        carrier->n_on_way--;
    }
    if (carrier->first == carrier->sent.len) {
        vec_clear(&carrier->sent);
        carrier->first = 0;
    } else if (carrier->first > 1024 && carrier->first > carrier->sent.len / 2) {
        memmove(carrier->sent.ptr, carrier->sent.ptr + carrier->first,
                (carrier->sent.len - carrier->first) * sizeof *carrier->sent.ptr);
        carrier->sent.len -= carrier->first;
        carrier->first = 0;
    }
}

/* A message that was sent again gives no sample: nobody knows which one was meant (Karn). */
static void take_ack(struct carrier *carrier, int64_t sequence, int64_t now_ms)
{
    int64_t oldest = carrier->next_out - (int64_t)carrier_unacked(carrier);
    if (sequence < oldest || sequence >= oldest + (int64_t)carrier->n_on_way)
        return;
    struct sent_message *m = &carrier->sent.ptr[carrier->first + (size_t)(sequence - oldest)];
    if (m->is_acked)
        return;
    if (m->n_times == 1)
        carrier_rto_sample(&carrier->rto, (double)(now_ms - m->sent_ms));
    m->is_acked = true;
    buf_done(&m->bytes);
    forget_acked(carrier);
}

static void resend(struct carrier *carrier, int64_t now_ms)
{
    size_t n = carrier->resends_all ? carrier->n_on_way : carrier->n_on_way > 0 ? 1 : 0, done = 0;
    for (size_t i = 0; i < n && done < RESEND_BURST; i++) {
        struct sent_message *m = &carrier->sent.ptr[carrier->first + i];
        if (m->is_acked || (double)(now_ms - m->sent_ms) <= carrier->rto.rto_ms)
            continue;
        put(carrier, m, now_ms);
        carrier->n_resent++;
        done++;
    }
}

/* --- hearing ---------------------------------------------------------------------------------- */

static void acknowledge(struct carrier *carrier, const struct packet *message)
{
    AUTO(buf_done) struct buf payload = BUF_NONE, bytes = BUF_NONE;
    ack_write(&payload, message);
    struct packet m = {.type = MESSAGE_ACK,
                       .header_len = 116,
                       .schema = 1,
                       .created_ms = (uint64_t)clock_wall_ms(),
                       .flags = MESSAGE_SYN | MESSAGE_FIN,
                       .payload = buf_sv(&payload)};
    os_uuid4(m.id);
    packet_write(&bytes, &m);
    carrier->emit(carrier->arg, buf_sv(&bytes));
}

/* Keeps what came early. False: there is no room, so it has to come again. */
static bool hold(struct carrier *carrier, const struct packet *message, struct sv bytes)
{
    size_t at = carrier->held.len;
    while (at > 0 && carrier->held.ptr[at - 1].sequence > message->sequence)
        at--;
    if (at > 0 && carrier->held.ptr[at - 1].sequence == message->sequence)
        return true;
    if (carrier->held.len == CARRIER_HELD_MAX ||
        carrier->held_bytes + bytes.len > CARRIER_HELD_BYTES_MAX)
        return false;
    struct held_message held = {.sequence = message->sequence};
    buf_add(&held.bytes, bytes);
    carrier->held_bytes += bytes.len;
    vec_push(&carrier->held, held);
    memmove(carrier->held.ptr + at + 1, carrier->held.ptr + at,
            (carrier->held.len - 1 - at) * sizeof held);
    carrier->held.ptr[at] = held;
    return true;
}

/* What was held and is now next; it was acknowledged when it came. */
static void take_held(struct carrier *carrier)
{
    size_t n = 0;
    while (n < carrier->held.len && carrier->held.ptr[n].sequence == carrier->expected_in) {
        struct packet m;
        packet_read(buf_sv(&carrier->held.ptr[n].bytes), &m);
        if (!carrier->take(carrier->arg, &m))
            break;
        carrier->expected_in++;
        carrier->held_bytes -= carrier->held.ptr[n].bytes.len;
        buf_done(&carrier->held.ptr[n++].bytes);
    }
    if (n == 0)
        return;
    memmove(carrier->held.ptr, carrier->held.ptr + n,
            (carrier->held.len - n) * sizeof *carrier->held.ptr);
    carrier->held.len -= n;
}

static void take_input(struct carrier *carrier, const struct packet *message)
{
    if (message->sequence < carrier->expected_in) {
        acknowledge(carrier, message);
    } else if (message->sequence > carrier->expected_in) {
        struct sv bytes = {message->payload.ptr - message->header_len - 4,
                           message->payload.len + message->header_len + 4};
        if (hold(carrier, message, bytes))
            acknowledge(carrier, message);
    } else if (carrier->take(carrier->arg, message)) {
        acknowledge(carrier, message);
        carrier->expected_in++;
        take_held(carrier);
    }
}

void carrier_receive(struct carrier *carrier, const struct packet *message, int64_t now_ms)
{
    struct ack ack;
    if (strcmp(message->type, MESSAGE_INPUT) == 0)
        take_input(carrier, message);
    else if (strcmp(message->type, MESSAGE_ACK) == 0 && ack_read(message->payload, &ack))
        take_ack(carrier, ack.sequence, now_ms);
}

/* --- time ------------------------------------------------------------------------------------- */

void carrier_turn(struct carrier *carrier, int64_t now_ms)
{
    take_held(carrier);
    if (carrier->is_paused)
        return;
    if (now_ms - carrier->looked_at_ms >= LOOK_MS) {
        carrier->looked_at_ms = now_ms;
        resend(carrier, now_ms);
    }
    send_new(carrier, now_ms);
}

int64_t carrier_due_ms(const struct carrier *carrier)
{
    if (carrier->held.len > 0 && carrier->held.ptr[0].sequence == carrier->expected_in)
        return carrier->looked_at_ms + LOOK_MS;
    if (carrier->is_paused || carrier_unacked(carrier) == 0)
        return -1;
    int64_t look_ms = carrier->looked_at_ms + LOOK_MS;
    if (carrier->first + carrier->n_on_way == carrier->sent.len || carrier->pace == 0)
        return look_ms;
    int64_t paced_ms = carrier->paced_ms + 1000 / carrier->pace + 1;
    return paced_ms < look_ms ? paced_ms : look_ms;
}
