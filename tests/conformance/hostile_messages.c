#include "tests/conformance/hostile_messages.h"

#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/base/text.h"
#include "core/session/wire/cipher.h"
#include "core/session/wire/inbound.h"
#include "core/session/wire/talk.h"
#include "core/session/wire/vt_filter.h"

#define NOW_US INT64_C(1000000)

/* --- a talk that hears it -------------------------------------------------------------------- */

/* What a talk has done since it was last looked at. */
struct heard {
    struct talk *talk;
    size_t n_acknowledged, n_sent, n_told;
    bool has_failed;
    struct buf output; /* of the node, raw */
    struct buf text;   /* for the person, raw: notices, last words, why it has failed */
};

static void on_send(void *arg, struct sv frame)
{
    struct heard *heard = arg;
    struct message message;

    if (message_read(frame, &message, NULL) == OK && message.type == MESSAGE_ACKNOWLEDGE)
        heard->n_acknowledged++;
    else
        heard->n_sent++;
}

static void on_event(void *arg, const struct talk_event *event)
{
    struct heard *heard = arg;
    bool is_output = event->kind == TALK_OUTPUT || event->kind == TALK_STDERR;

    heard->n_told++;
    heard->has_failed |= event->kind == TALK_FAILED;
    buf_add(is_output ? &heard->output : &heard->text, event->bytes);
    if (event->err != NULL)
        buf_add_cstr(&heard->text, event->err->message);
}

/* Whose terminal's size is on its way: the one message that the node may acknowledge. */
static void heard_init(struct heard *heard)
{
    const struct talk_handlers handlers = {.on_send = on_send, .on_event = on_event, .arg = heard};

    *heard = (struct heard){.talk = talk_new(0, &handlers)};
    talk_resize(heard->talk, 80, 24);
    talk_send(heard->talk, NOW_US);
    heard->n_sent = 0;
}

static void heard_done(struct heard *heard)
{
    talk_free(heard->talk);
    buf_done(&heard->output);
    buf_done(&heard->text);
}

static void hear(struct heard *heard, struct sv frame)
{
    heard->n_acknowledged = heard->n_sent = heard->n_told = 0;
    talk_take(heard->talk, frame, NOW_US);
    talk_send(heard->talk, NOW_US);
}

static void hear_payload(struct heard *heard, int64_t sequence, uint32_t type, struct sv payload)
{
    AUTO(buf_done) struct buf frame = BUF_NONE;
    const struct message message = {.type = MESSAGE_OUTPUT,
                                    .created_at_ms = 1,
                                    .sequence = sequence,
                                    .payload_type = type,
                                    .payload = payload};

    message_write(&message, &frame);
    hear(heard, buf_sv(&frame));
}

/* In a handshake: of a command, or with encryption. */
static void begin_handshake(struct heard *heard, bool is_encrypted)
{
    static const char key[CIPHER_KEY_BYTES] = "0123456789";
    const char *request =
        is_encrypted ? "{\"AgentVersion\":\"3.3.987.0\",\"RequestedClientActions\":["
                       "{\"ActionType\":\"SessionType\",\"ActionParameters\":{\"SessionType\":"
                       "\"Standard_Stream\"}},{\"ActionType\":\"KMSEncryption\","
                       "\"ActionParameters\":{\"KMSKeyId\":\"key\"}}]}"
                     : "{\"AgentVersion\":\"3.3.987.0\",\"RequestedClientActions\":["
                       "{\"ActionType\":\"SessionType\",\"ActionParameters\":{\"SessionType\":"
                       "\"NonInteractiveCommands\"}}]}";

    hear_payload(heard, 0, PAYLOAD_HANDSHAKE_REQUEST, sv_of(request));
    if (!is_encrypted)
        return;
    struct secret *secret = secret_new((struct sv){key, sizeof key});
    talk_take_key(heard->talk, secret, SV("sealed"), false, NULL);
    secret_unref(secret);
}

/* --- the outcome ----------------------------------------------------------------------------- */

/* A message, what comes of it, and by which words that can be called. */
struct subject {
    struct sv frame;
    struct message message;
    struct err err;
    enum inbound_verdict verdict;
    struct heard *heard, *in_place; /* in_place: in a handshake; NULL: it does not belong there */
    size_t n_acknowledged;          /* when it was heard first */
    long taken_kib;
};

enum outcome { REJECT = 1, IGNORE = 2, ACCEPT = 4, BUFFER = 8, ACK = 16 };

static const struct {
    const char *word;
    unsigned outcome;
} words[] = {
    {"reject", REJECT}, {"ignore", IGNORE}, {"accept", ACCEPT}, {"buffer", BUFFER}, {"ack", ACK},
};

static unsigned outcome_of_control(const struct subject *subject)
{
    int64_t sequence;

    if (subject->message.type != MESSAGE_ACKNOWLEDGE)
        return ACCEPT;
    if (message_ack_read(subject->message.payload, &sequence, NULL) != OK)
        return REJECT;
    return talk_is_idle(subject->heard->talk) ? ACCEPT : ACCEPT | IGNORE;
}

static unsigned outcome_of_next(const struct heard *heard)
{
    unsigned outcome = heard->n_told + heard->n_sent > 0 ? ACCEPT : ACCEPT | IGNORE;

    if (heard->has_failed)
        return REJECT;
    return heard->n_acknowledged > 0 ? outcome | ACK : outcome;
}

static unsigned outcomes(const struct subject *subject)
{
    static const unsigned simple[] = {[INBOUND_REJECTED] = REJECT,
                                      [INBOUND_IGNORED] = IGNORE,
                                      [INBOUND_KEPT] = BUFFER,
                                      [INBOUND_SEEN] = ACK};

    if (subject->verdict == INBOUND_CONTROL)
        return outcome_of_control(subject);
    if (subject->verdict != INBOUND_NEXT)
        return simple[subject->verdict];
    if (subject->in_place != NULL) /* out of its place nothing comes of it */
        return IGNORE | outcome_of_next(subject->in_place);
    return outcome_of_next(subject->heard);
}

static void name_outcomes(unsigned outcome, struct buf *out)
{
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if ((outcome & words[i].outcome) != 0)
            buf_addf(out, "%s%s", out->len > 0 ? "|" : "", words[i].word);
    }
}

static bool is_outcome(struct sv word, unsigned outcome)
{
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (sv_eq_nocase(word, sv_of(words[i].word)))
            return (outcome & words[i].outcome) != 0;
    }
    return false;
}

/* Whether one of the alternatives holds. What stands behind them, "accept,once" or "accept once",
 * is added to *more. */
static bool outcome_holds(const char *expect, unsigned outcome, struct buf *more)
{
    struct sv rest = sv_of(expect);
    bool holds = false;

    for (struct sv one; case_alternative(&rest, &one);) {
        struct sv first = case_outcome(&one);
        holds |= is_outcome(sv_split(&first, ','), outcome);
        buf_addf(more, " " SV_FMT " " SV_FMT, SV_ARG(first), SV_ARG(one));
    }
    return holds;
}

/* --- what is said behind it ------------------------------------------------------------------ */

static bool has_controls(struct sv text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f)
            return true;
    }
    return false;
}

/* The byte that ends a control sequence, CSI in front (ECMA-48 5.4); NUL: it has no end. */
static char final_of(struct sv sequence)
{
    for (size_t i = 2; i < sequence.len; i++) {
        if (sequence.ptr[i] >= 0x40)
            return sequence.ptr[i];
    }
    return '\0';
}

/* Whether a terminal would answer, or take a string for its title or its clipboard: an opinion that
 * owes nothing to the filter's tables. */
static bool has_strings_or_questions(struct sv output)
{
    for (; output.len >= 2; output.ptr++, output.len--) {
        uint8_t first = (uint8_t)output.ptr[0], second = (uint8_t)output.ptr[1];
        bool is_c1 = first == 0xc2 && second < 0xa0;
        bool is_string = first == 0x1b && memchr("]PX^_Z", second, 6) != NULL;
        bool is_question =
            first == 0x1b && second == '[' && memchr("cnt", final_of(output), 3) != NULL;
        if (is_c1 || is_string || is_question)
            return true;
    }
    return false;
}

/* What a person would get to see: output as `session` shows it, texts and errors by the text door.
 */
static bool shows_harmlessly(const struct heard *heard, const char *error)
{
    AUTO(buf_done) struct buf safe = BUF_NONE, output = BUF_NONE;
    struct vt_filter filter = {0};

    vt_filter_take(&filter, buf_sv(&heard->output), &output);
    text_safe(&safe, buf_sv(&heard->text), TEXT_LINE);
    buf_add_cstr(&safe, error);
    return !has_controls(buf_sv(&safe)) && !has_strings_or_questions(buf_sv(&output));
}

static const char *is_sanitised(const void *arg)
{
    const struct subject *subject = arg;

    bool is_harmless = shows_harmlessly(subject->heard, subject->err.message) &&
                       (subject->in_place == NULL || shows_harmlessly(subject->in_place, ""));
    return is_harmless ? NULL : "what is shown of it is not harmless";
}

static const char *is_bounded(const void *subject)
{
    return ((const struct subject *)subject)->taken_kib > CASE_BOUND_KIB
               ? "takes memory without bound"
               : NULL;
}

/* The same message once more says nothing, and calls forth no second answer. */
static const char *counts_once(const void *arg)
{
    const struct subject *subject = arg;

    hear(subject->heard, subject->frame);
    return subject->heard->n_told + subject->heard->n_sent > 0 ? "is processed twice" : NULL;
}

/* Whoever sends it again has not heard the first acknowledgement. */
static const char *is_acknowledged_again(const void *arg)
{
    const struct subject *subject = arg;

    hear(subject->heard, subject->frame);
    return subject->heard->n_acknowledged == 0 ? "is not acknowledged again" : NULL;
}

static const char *is_acknowledged(const void *arg)
{
    return ((const struct subject *)arg)->n_acknowledged == 0 ? "is not acknowledged" : NULL;
}

static const char *is_unacknowledged(const void *arg)
{
    return ((const struct subject *)arg)->n_acknowledged > 0 ? "is acknowledged" : NULL;
}

static const struct case_rule rules[] = {
    {"sanitised", is_sanitised},
    {"sanitized", is_sanitised},
    {"once", counts_once},
    {"bounded", is_bounded},
    {"bounded memory", is_bounded},
    {"no alloc", is_bounded},
    {"ack", is_acknowledged},
    {"acked", is_acknowledged},
    {"acknowledged", is_acknowledged},
    {"again", is_acknowledged_again},
    {"ack again", is_acknowledged_again},
    {"acked again", is_acknowledged_again},
    {"acknowledged again", is_acknowledged_again},
    {"no ack", is_unacknowledged},
    {"not acked", is_unacknowledged},
    {"unacknowledged", is_unacknowledged},
    {"cleanly", NULL},
    {"no crash", NULL},
    {"no over read", NULL},
};

/* --- a case ---------------------------------------------------------------------------------- */

/* Where a payload belongs that a session without a handshake does not expect. */
static void hear_in_place(const struct subject *subject, struct heard *in_place)
{
    begin_handshake(in_place, subject->message.payload_type == PAYLOAD_CHALLENGE_REQUEST);
    hear_payload(in_place, 1, subject->message.payload_type, subject->message.payload);
}

static bool has_a_place(const struct subject *subject)
{
    uint32_t type = subject->message.payload_type;

    return subject->verdict == INBOUND_NEXT &&
           (type == PAYLOAD_HANDSHAKE_COMPLETE || type == PAYLOAD_CHALLENGE_REQUEST);
}

static void take(struct subject *subject)
{
    struct inbound *inbound = inbound_new();
    long before_kib = os_rss_kib();

    subject->verdict = inbound_take(inbound, subject->frame, &subject->message, &subject->err);
    inbound_free(inbound);
    hear(subject->heard, subject->frame);
    subject->n_acknowledged = subject->heard->n_acknowledged;
    subject->taken_kib = os_rss_kib() - before_kib;
}

static void judge(const struct case_line *line, const struct subject *subject, struct tally *tally)
{
    AUTO(buf_done) struct buf unknown = BUF_NONE, did = BUF_NONE, more = BUF_NONE;
    unsigned outcome = outcomes(subject);

    if (!outcome_holds(line->expect, outcome, &more)) {
        name_outcomes(outcome, &did);
        case_fail(tally, line->id, "expected %s, did %s: %s", line->expect, buf_cstr(&did),
                  subject->err.message);
        return;
    }
    const char *wrong = case_check(buf_sv(&more), rules, ARRAY_LEN(rules), subject, &unknown);
    case_report(tally, line->id, wrong, &unknown);
}

void hostile_message_run(const struct case_line *line, struct tally *tally)
{
    char *frame = mem_copy(line->bytes.ptr, line->bytes.len); /* reading beyond it is seen */
    struct heard heard, in_place;
    struct subject subject = {.frame = {frame, line->bytes.len}, .heard = &heard};

    heard_init(&heard);
    heard_init(&in_place);
    take(&subject);
    if (has_a_place(&subject)) {
        hear_in_place(&subject, &in_place);
        subject.in_place = &in_place;
    }
    judge(line, &subject, tally);
    heard_done(&heard);
    heard_done(&in_place);
    mem_free(frame);
}
