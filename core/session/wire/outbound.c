#include "core/session/wire/outbound.h"

#include <math.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/session/wire/rto.h"

#define BURST_S        0.02 /* so much of the pace may go at once */
#define OVERTAKEN_BY   3    /* acknowledged ones that were sent later: it was lost */
#define TIMEOUT_MAX_US 1000000.0
#define FIRST_SIZE     64

/* A message from when it is added until it and all before it are acknowledged. */
struct sent {
    struct buf frame;          /* empty once it was acknowledged */
    int64_t first_us, last_us; /* when it was sent */
    unsigned times;            /* that it was sent */
    unsigned overtaken;        /* since it was sent last */
    bool is_acknowledged;
};

/* The oldest first, in a ring of `size` (a power of two). The first n_sent of them have been sent
 * on this socket. */
struct outbound {
    struct sent *ring;
    size_t first, count, size, n_sent;
    int64_t first_sequence, next_sequence;
    struct rto rto;
    double per_s, tokens; /* per_s 0: unpaced */
    int64_t filled_us;
    int64_t resend_at_us; /* not before it is one of the sent messages due again */
    bool is_paused;
    int64_t probe_at_us;
};

struct outbound *outbound_new(unsigned messages_per_s)
{
    struct outbound *outbound = mem_new(struct outbound);

    outbound->rto = rto_initial;
    outbound->per_s = messages_per_s;
    outbound->tokens = 1;
    outbound->resend_at_us = INT64_MAX;
    return outbound;
}

static struct sent *at(const struct outbound *outbound, size_t i)
{
    return &outbound->ring[(outbound->first + i) & (outbound->size - 1)];
}

void outbound_free(struct outbound *outbound)
{
    if (outbound == NULL)
        return;
    for (size_t i = 0; i < outbound->count; i++)
        buf_done(&at(outbound, i)->frame);
    mem_free(outbound->ring);
    mem_free(outbound);
}

/* --- adding ---------------------------------------------------------------------------------- */

static void grow(struct outbound *outbound)
{
    size_t size = outbound->size == 0 ? FIRST_SIZE : outbound->size * 2;
    struct sent *ring = mem_alloc(size * sizeof *ring);

    for (size_t i = 0; i < outbound->count; i++)
        ring[i] = *at(outbound, i);
    mem_free(outbound->ring);
    outbound->ring = ring;
    outbound->size = size;
    outbound->first = 0;
}

void outbound_add(struct outbound *outbound, enum payload_type type, struct sv payload)
{
    struct message message = {.type = MESSAGE_INPUT,
                              .created_at_ms = clock_wall_ms(),
                              .sequence = outbound->next_sequence++,
                              .payload_type = type,
                              .payload = payload};

    if (outbound->count == outbound->size)
        grow(outbound);
    message_id_random(message.id);
    struct sent *sent = at(outbound, outbound->count++);
    *sent = (struct sent){0};
    message_write(&message, &sent->frame);
}

size_t outbound_room(const struct outbound *outbound)
{
    return outbound->count < OUTBOUND_QUEUED_MAX ? OUTBOUND_QUEUED_MAX - outbound->count : 0;
}

bool outbound_is_empty(const struct outbound *outbound)
{
    return outbound->count == 0;
}

/* --- the pace -------------------------------------------------------------------------------- */

static double burst(const struct outbound *outbound)
{
    return fmax(1, outbound->per_s * BURST_S);
}

static bool has_token(struct outbound *outbound, int64_t now_us)
{
    double passed_s = (double)(now_us - outbound->filled_us) / 1e6;

    if (outbound->per_s == 0)
        return true;
    outbound->filled_us = now_us;
    outbound->tokens =
        fmin(burst(outbound), outbound->tokens + fmax(0, passed_s) * outbound->per_s);
    return outbound->tokens >= 1;
}

static int64_t token_due_us(const struct outbound *outbound, int64_t now_us)
{
    if (outbound->per_s == 0 || outbound->tokens >= 1)
        return now_us;
    return outbound->filled_us + (int64_t)ceil((1 - outbound->tokens) / outbound->per_s * 1e6);
}

/* --- what is due ----------------------------------------------------------------------------- */

/* Each further time it waits twice as long, up to the limit. */
static int64_t due_again_us(const struct outbound *outbound, const struct sent *sent)
{
    double timeout_us = outbound->rto.timeout_ms * 1000;

    if (sent->overtaken >= OVERTAKEN_BY)
        return sent->last_us;
    for (unsigned i = 1; i < sent->times && timeout_us < TIMEOUT_MAX_US; i++)
        timeout_us *= 2;
    return sent->last_us + (int64_t)fmin(timeout_us, TIMEOUT_MAX_US);
}

/* The first of the sent messages that is due again. Sets resend_at_us when there is none. */
static struct sent *find_due(struct outbound *outbound, int64_t now_us)
{
    int64_t earliest_us = INT64_MAX;

    if (now_us < outbound->resend_at_us)
        return NULL;
    for (size_t i = 0; i < outbound->n_sent; i++) {
        struct sent *sent = at(outbound, i);
        if (sent->is_acknowledged)
            continue;
        int64_t due_us = due_again_us(outbound, sent);
        if (due_us <= now_us)
            return sent;
        if (due_us < earliest_us)
            earliest_us = due_us;
    }
    outbound->resend_at_us = earliest_us;
    return NULL;
}

static void note_sent(struct outbound *outbound, struct sent *sent, int64_t now_us)
{
    if (sent->times++ == 0)
        sent->first_us = now_us;
    sent->last_us = now_us;
    sent->overtaken = 0;
    if (outbound->per_s != 0)
        outbound->tokens--;
    int64_t due_us = due_again_us(outbound, sent);
    if (due_us < outbound->resend_at_us)
        outbound->resend_at_us = due_us;
}

/* While the node is away: the oldest message, once a second. */
static struct sent *find_probe(struct outbound *outbound, int64_t now_us)
{
    if (outbound->count == 0 || now_us < outbound->probe_at_us)
        return NULL;
    outbound->probe_at_us = now_us + OUTBOUND_PROBE_MS * 1000;
    if (outbound->n_sent == 0)
        outbound->n_sent = 1;
    return at(outbound, 0);
}

/* The first that was not sent on this socket. Those that were acknowledged meanwhile are passed
 * over. */
static struct sent *find_new(struct outbound *outbound)
{
    while (outbound->n_sent < outbound->count) {
        struct sent *sent = at(outbound, outbound->n_sent++);
        if (!sent->is_acknowledged)
            return sent;
    }
    return NULL;
}

bool outbound_next(struct outbound *outbound, int64_t now_us, struct sv *frame)
{
    struct sent *sent = NULL;

    if (outbound->count == 0 || !has_token(outbound, now_us))
        return false;
    if (outbound->is_paused) {
        sent = find_probe(outbound, now_us);
    } else {
        sent = find_due(outbound, now_us);
        if (sent == NULL)
            sent = find_new(outbound);
    }
    if (sent == NULL)
        return false;
    note_sent(outbound, sent, now_us);
    *frame = buf_sv(&sent->frame);
    return true;
}

int64_t outbound_due_us(const struct outbound *outbound, int64_t now_us)
{
    int64_t due_us = outbound->resend_at_us, token_us = token_due_us(outbound, now_us);

    if (outbound->count == 0)
        return INT64_MAX;
    if (outbound->is_paused)
        due_us = outbound->probe_at_us;
    else if (outbound->n_sent < outbound->count)
        due_us = now_us;
    return due_us > token_us ? due_us : token_us;
}

/* --- acknowledgements ------------------------------------------------------------------------ */

/* Those before it that were sent earlier may have been lost. */
static void note_overtaken(struct outbound *outbound, size_t i)
{
    int64_t sent_us = at(outbound, i)->last_us;

    for (size_t k = 0; k < i && k < outbound->n_sent; k++) {
        struct sent *sent = at(outbound, k);
        if (!sent->is_acknowledged && sent->last_us <= sent_us && sent->overtaken < OVERTAKEN_BY &&
            ++sent->overtaken == OVERTAKEN_BY)
            outbound->resend_at_us = 0;
    }
}

static void drop_acknowledged(struct outbound *outbound)
{
    while (outbound->count > 0 && at(outbound, 0)->is_acknowledged) {
        outbound->first = (outbound->first + 1) & (outbound->size - 1);
        outbound->first_sequence++;
        outbound->count--;
        if (outbound->n_sent > 0)
            outbound->n_sent--;
    }
    if (outbound->count == 0)
        outbound->resend_at_us = INT64_MAX;
}

void outbound_acknowledged(struct outbound *outbound, int64_t sequence, int64_t now_us)
{
    if (sequence < outbound->first_sequence || sequence >= outbound->next_sequence)
        return;
    size_t i = (size_t)(sequence - outbound->first_sequence);
    struct sent *sent = at(outbound, i);
    if (sent->is_acknowledged || sent->times == 0)
        return;
    if (sent->times == 1)
        rto_sample(&outbound->rto, (double)(now_us - sent->last_us) / 1000);
    note_overtaken(outbound, i);
    sent->is_acknowledged = true;
    buf_done(&sent->frame);
    drop_acknowledged(outbound);
}

/* --- the node, the socket -------------------------------------------------------------------- */

void outbound_again(struct outbound *outbound, int64_t now_us)
{
    outbound->n_sent = 0;
    outbound->resend_at_us = INT64_MAX;
    for (size_t i = 0; i < outbound->count; i++)
        at(outbound, i)->first_us = now_us;
}

void outbound_pause(struct outbound *outbound, bool is_paused, int64_t now_us)
{
    if (outbound->is_paused == is_paused)
        return;
    outbound->is_paused = is_paused;
    outbound->probe_at_us = now_us + OUTBOUND_PROBE_MS * 1000;
    if (!is_paused)
        outbound_again(outbound, now_us);
}

int64_t outbound_owed_ms(const struct outbound *outbound, int64_t now_us)
{
    if (outbound->count == 0 || at(outbound, 0)->times == 0)
        return 0;
    return (now_us - at(outbound, 0)->first_us) / 1000;
}
