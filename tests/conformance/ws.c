/*
 * ws FILE: what a WebSocket client makes of frames and of answers to its upgrade. Every case is fed
 * whole and byte by byte: both must come to the same.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/base/text.h"
#include "core/net/ws_frames.h"
#include "core/net/ws_upgrade.h"
#include "tests/conformance/case_line.h"
#include "tests/conformance/driver.h"

#define MESSAGE_MAX ((size_t)1 << 20)
#define PREFIXES_OF 4096 /* of answers up to that long every prefix is read */
#define KEY         "dGhlIHNhbXBsZSBub25jZQ=="

/* What came of it. */
struct result {
    enum ws_state state;
    int code;
    size_t n_messages;
    struct buf message; /* the last one */
    struct buf sent, reason;
    long taken_kib;
};

static void result_done(struct result *result)
{
    buf_done(&result->message);
    buf_done(&result->sent);
    buf_done(&result->reason);
}

static void keep_message(void *arg, bool is_text, struct sv message)
{
    struct result *result = arg;

    (void)is_text;
    result->n_messages++;
    buf_clear(&result->message);
    buf_add(&result->message, message);
}

static void feed(struct sv bytes, size_t step, struct result *result)
{
    long before_kib = os_rss_kib();
    struct ws_frames *frames = ws_frames_new(MESSAGE_MAX, keep_message, result);

    for (size_t at = 0; at < bytes.len; at += step)
        ws_frames_feed(frames,
                       (struct sv){bytes.ptr + at, bytes.len - at < step ? bytes.len - at : step});
    result->taken_kib = os_rss_kib() - before_kib;
    result->state = ws_frames_state(frames, &result->code);
    buf_add(&result->sent, ws_frames_unsent(frames));
    buf_add(&result->reason, ws_frames_reason(frames));
    ws_frames_free(frames);
}

/* --- frames: what was expected --------------------------------------------------------------- */

/* The payload of the first pong among what was sent (RFC 6455 5.2: masked). */
static bool first_pong(struct sv sent, struct buf *payload)
{
    while (sent.len >= 6) {
        size_t len = (unsigned char)sent.ptr[1] & 0x7f;
        if (len > 125 || sent.len < 6 + len)
            return false;
        if ((unsigned char)sent.ptr[0] == 0x8a) {
            for (size_t i = 0; i < len; i++)
                buf_add_char(payload, (char)(sent.ptr[6 + i] ^ sent.ptr[2 + i % 4]));
            return true;
        }
        sent = (struct sv){sent.ptr + 6 + len, sent.len - 6 - len};
    }
    return false;
}

static bool is_message(const struct result *result, struct sv value)
{
    return result->n_messages == 1 && sv_eq(buf_sv(&result->message), value);
}

static bool is_message_len(const struct result *result, struct sv value)
{
    int64_t len;
    return sv_to_i64(value, &len) && result->n_messages == 1 && result->message.len == (size_t)len;
}

static bool is_pong(const struct result *result, struct sv value)
{
    AUTO(buf_done) struct buf payload = BUF_NONE;
    return first_pong(buf_sv(&result->sent), &payload) && sv_eq(buf_sv(&payload), value);
}

static bool is_one_of(int code, struct sv codes)
{
    while (codes.len > 0) {
        int64_t one;
        struct sv word = sv_split(&codes, '-'); /* "1002-or-1009" */
        if (sv_to_i64(word, &one) && one == code)
            return true;
    }
    return false;
}

/* A peer that goes without a close frame is a close, too, with a code of its own. */
static bool is_close(const struct result *result, struct sv value)
{
    if (result->state == WS_OPEN)
        return is_one_of(WS_ABNORMAL, value);
    return result->state == WS_CLOSED && (value.len == 0 || is_one_of(result->code, value));
}

static bool is_fail(const struct result *result, struct sv value)
{
    return result->state == WS_FAILED && (value.len == 0 || is_one_of(result->code, value));
}

/* Something is missing: the connection's end, or its time-out, will say so. */
static bool is_unfinished(const struct result *result, struct sv value)
{
    (void)value;
    return result->state == WS_OPEN && result->n_messages == 0;
}

static bool is_pongs(const struct result *result, struct sv value)
{
    (void)value;
    return result->state == WS_OPEN && result->sent.len > 0;
}

static bool is_ignored(const struct result *result, struct sv value)
{
    return is_unfinished(result, value) && result->sent.len == 0;
}

/* A message, or a control frame that was understood: a ping has its pong, a close its answer. */
static bool is_accepted(const struct result *result, struct sv value)
{
    return result->state == WS_CLOSED ||
           (result->state == WS_OPEN && (result->n_messages > 0 || is_pongs(result, value)));
}

static bool is_rejected(const struct result *result, struct sv value)
{
    (void)value;
    return result->state == WS_FAILED;
}

static const struct {
    const char *word;
    bool (*holds)(const struct result *result, struct sv value);
} outcomes[] = {
    {"message", is_message},    {"message-len", is_message_len},
    {"pong", is_pong},          {"close", is_close},
    {"fail", is_fail},          {"eof-error", is_unfinished},
    {"timeout", is_unfinished}, {"pongs", is_pongs},
    {"accept", is_accepted},    {"reject", is_rejected},
    {"ignore", is_ignored},     {"buffer", is_ignored},
    {"ack", is_pongs},
};

static int find_outcome(struct sv word)
{
    for (size_t i = 0; i < ARRAY_LEN(outcomes); i++) {
        if (sv_eq_nocase(word, sv_of(outcomes[i].word)))
            return (int)i;
    }
    return -1;
}

/* One alternative: "pong:p,message:ab", all of which must hold. What is no outcome, and what stands
 * behind, is added to *more: it is looked at elsewhere. */
static bool alternative_holds(const struct result *result, struct sv text, struct buf *more)
{
    struct sv parts = case_outcome(&text);
    size_t n_outcomes = 0, n_held = 0;

    while (parts.ptr != NULL) {
        struct sv part = sv_split(&parts, ','), value = part;
        int outcome = find_outcome(sv_split(&value, ':'));
        if (outcome < 0) {
            buf_addf(more, " " SV_FMT, SV_ARG(part));
            continue;
        }
        n_outcomes++;
        n_held += outcomes[outcome].holds(result, value);
    }
    buf_addf(more, " " SV_FMT, SV_ARG(text));
    return n_outcomes > 0 && n_held == n_outcomes;
}

/* Whether one of the alternatives holds. */
static bool outcome_holds(const struct result *result, const char *expect, struct buf *more)
{
    struct sv rest = sv_of(expect), one;
    bool holds = false;

    while (case_alternative(&rest, &one))
        holds |= alternative_holds(result, one, more);
    return holds;
}

static bool is_harmless(struct sv raw)
{
    AUTO(buf_done) struct buf safe = BUF_NONE;

    text_safe(&safe, raw, TEXT_LINE);
    for (size_t i = 0; i < safe.len; i++) {
        if ((unsigned char)safe.ptr[i] < 0x20 || safe.ptr[i] == 0x7f)
            return false;
    }
    return true;
}

static const char *is_sanitised(const void *subject)
{
    const struct result *result = subject;

    return is_harmless(buf_sv(&result->reason)) ? NULL : "the reason is not harmless";
}

static const char *has_none_late(const void *subject)
{
    return ((const struct result *)subject)->n_messages > 0 ? "a message after the close frame"
                                                            : NULL;
}

static const char *is_bounded(const void *subject)
{
    return ((const struct result *)subject)->taken_kib > CASE_BOUND_KIB
               ? "takes memory without bound"
               : NULL;
}

static const char *comes_once(const void *subject)
{
    return ((const struct result *)subject)->n_messages > 1 ? "more than one message" : NULL;
}

static const struct case_rule frame_rules[] = {
    {"sanitised", is_sanitised}, {"sanitized", is_sanitised}, {"no late", has_none_late},
    {"no alloc", is_bounded},    {"bounded", is_bounded},     {"bounded memory", is_bounded},
    {"once", comes_once},        {"cleanly", NULL},           {"no crash", NULL},
};

/* What is wrong, NULL: nothing is. */
static const char *judge(const struct case_line *line, const struct result *result,
                         struct buf *unknown)
{
    AUTO(buf_done) struct buf more = BUF_NONE;

    if (!outcome_holds(result, line->expect, &more))
        return "another outcome";
    buf_clear(unknown);
    return case_check(buf_sv(&more), frame_rules, ARRAY_LEN(frame_rules), result, unknown);
}

static void run_frames(const struct case_line *line, struct tally *tally)
{
    static const size_t steps[] = {SIZE_MAX / 2, 1};
    AUTO(buf_done) struct buf unknown = BUF_NONE, why = BUF_NONE;

    for (size_t i = 0; i < ARRAY_LEN(steps) && why.len == 0; i++) {
        struct result result = {0};
        feed(line->bytes, steps[i], &result);
        const char *wrong = judge(line, &result, &unknown);
        if (wrong != NULL)
            buf_addf(&why, "%s: expected %s, state %d code %d, %zu messages", wrong, line->expect,
                     (int)result.state, result.code, result.n_messages);
        result_done(&result);
    }
    case_report(tally, line->id, why.len > 0 ? buf_cstr(&why) : NULL, &unknown);
}

/* --- upgrades -------------------------------------------------------------------------------- */

/* The answer with the right Accept in the place of %ACCEPT%. */
static void fill_in(struct sv bytes, struct buf *out)
{
    static const char mark[] = "%ACCEPT%";
    const char *at = bytes.len > 0 ? memmem(bytes.ptr, bytes.len, mark, strlen(mark)) : NULL;

    if (at == NULL) {
        buf_add(out, bytes);
        return;
    }
    size_t before = (size_t)(at - bytes.ptr);
    buf_add(out, (struct sv){bytes.ptr, before});
    ws_upgrade_accept(KEY, out);
    fill_in((struct sv){at + strlen(mark), bytes.len - before - strlen(mark)}, out);
}

struct upgrade {
    enum ws_upgrade outcome;
    struct err err;
    size_t used;
};

static struct upgrade read_upgrade(struct sv answer)
{
    struct upgrade upgrade = {.err = ERR_NONE};

    upgrade.outcome = ws_upgrade_read(answer, KEY, &upgrade.used, &upgrade.err);
    return upgrade;
}

/* Read as it grows, it must say nothing before it can, and then always the same. */
static bool prefixes_agree(struct sv answer, const struct upgrade *whole)
{
    size_t longest = answer.len < PREFIXES_OF ? answer.len : PREFIXES_OF;

    for (size_t len = 0; len < longest; len++) {
        char *prefix = mem_copy(answer.ptr, len); /* of its own, so that reading beyond is seen */
        struct upgrade part = read_upgrade((struct sv){prefix, len});
        mem_free(prefix);
        if (part.outcome == WS_UPGRADE_OPEN &&
            (whole->outcome != WS_UPGRADE_OPEN || part.used != whole->used))
            return false;
        if (part.outcome == WS_UPGRADE_FAILED && whole->outcome == WS_UPGRADE_OPEN)
            return false;
    }
    return true;
}

static bool opens(const struct upgrade *upgrade)
{
    return upgrade->outcome == WS_UPGRADE_OPEN;
}

/* An answer that has no end fails when the connection ends. */
static bool fails(const struct upgrade *upgrade)
{
    return upgrade->outcome != WS_UPGRADE_OPEN;
}

static bool may_be_tried_again(const struct upgrade *upgrade)
{
    return upgrade->outcome == WS_UPGRADE_FAILED &&
           (upgrade->err.code == ERR_THROTTLED || upgrade->err.code == ERR_SERVICE);
}

static bool waits(const struct upgrade *upgrade)
{
    return upgrade->outcome == WS_UPGRADE_MORE;
}

static bool ends_cleanly(const struct upgrade *upgrade)
{
    return upgrade->outcome != WS_UPGRADE_FAILED || upgrade->err.message[0] != '\0';
}

static const struct {
    const char *word;
    bool (*holds)(const struct upgrade *upgrade);
} upgrades[] = {
    {"open", opens},
    {"accept", opens},
    {"fail", fails},
    {"reject", fails},
    {"retry", may_be_tried_again},
    {"timeout", waits},
    {"buffer", waits},
    {"ignore", waits},
    {"fail-or-open", ends_cleanly},
    {"open-or-fail", ends_cleanly},
};

static bool is_upgrade(const struct upgrade *upgrade, struct sv word)
{
    for (size_t i = 0; i < ARRAY_LEN(upgrades); i++) {
        if (sv_eq_nocase(word, sv_of(upgrades[i].word)))
            return upgrades[i].holds(upgrade);
    }
    return false;
}

/* Whether one of the alternatives holds; what stands behind them is added to *more. */
static bool upgrade_holds(const struct upgrade *upgrade, struct sv expect, struct buf *more)
{
    bool holds = false;

    for (struct sv one; case_alternative(&expect, &one);) {
        holds |= is_upgrade(upgrade, case_outcome(&one));
        buf_addf(more, " " SV_FMT, SV_ARG(one));
    }
    return holds;
}

static const char *is_about_authentication(const void *subject)
{
    return ((const struct upgrade *)subject)->err.code != ERR_EXPIRED
               ? "is not told apart as a matter of authentication"
               : NULL;
}

static const char *says_it_harmlessly(const void *subject)
{
    return is_harmless(sv_of(((const struct upgrade *)subject)->err.message))
               ? NULL
               : "the message is not harmless";
}

/* What is read here goes no further: nothing is said to any host behind an answer that fails. */
static const char *stays_here(const void *subject)
{
    return fails(subject) ? NULL : "it is taken for an open connection";
}

static const struct case_rule upgrade_rules[] = {
    {"auth", is_about_authentication},
    {"sanitised", says_it_harmlessly},
    {"sanitized", says_it_harmlessly},
    {"no token sent to new host", stays_here},
    {"bounded", NULL}, /* answers have a longest length, which decides the outcome */
    {"preferred", NULL},
    {"cleanly", NULL},
    {"no crash", NULL},
};

#define THEN_MESSAGE "then message:"

/* "open then message:early": what stood behind the answer is the first frame. */
static bool early_message_comes(const struct case_line *line, struct sv answer, size_t used)
{
    const char *expected = strstr(line->expect, THEN_MESSAGE);
    struct result result = {0};

    if (expected == NULL)
        return true;
    feed((struct sv){answer.ptr + used, answer.len - used}, SIZE_MAX / 2, &result);
    bool holds = is_message(&result, sv_of(expected + strlen(THEN_MESSAGE)));
    result_done(&result);
    return holds;
}

static const char *judge_upgrade(const struct case_line *line, struct sv answer,
                                 const struct upgrade *upgrade, struct buf *unknown)
{
    AUTO(buf_done) struct buf more = BUF_NONE;
    struct sv expect = sv_of(line->expect);
    const char *then = strstr(line->expect, THEN_MESSAGE);

    if (then != NULL)
        expect.len = (size_t)(then - expect.ptr);
    if (!upgrade_holds(upgrade, expect, &more))
        return "another outcome";
    if (!prefixes_agree(answer, upgrade))
        return "it depends on how the bytes arrive";
    if (!early_message_comes(line, answer, upgrade->used))
        return "the frame behind the answer is lost";
    return case_check(buf_sv(&more), upgrade_rules, ARRAY_LEN(upgrade_rules), upgrade, unknown);
}

static void run_upgrade(const struct case_line *line, struct tally *tally)
{
    AUTO(buf_done) struct buf answer = BUF_NONE, unknown = BUF_NONE, why = BUF_NONE;

    fill_in(line->bytes, &answer);
    struct upgrade upgrade = read_upgrade(buf_sv(&answer));
    const char *wrong = judge_upgrade(line, buf_sv(&answer), &upgrade, &unknown);
    if (wrong != NULL)
        buf_addf(&why, "%s: expected %s, outcome %d, %s", wrong, line->expect, (int)upgrade.outcome,
                 upgrade.err.message);
    case_report(tally, line->id, wrong != NULL ? buf_cstr(&why) : NULL, &unknown);
}

/* --- all ------------------------------------------------------------------------------------- */

/* A case may leave out its kind: an answer to an upgrade can be no frame, for H has a reserved bit.
 */
static void run_line(const struct case_line *line, struct tally *tally)
{
    struct sv kind = json_sv(line->json, "kind");
    bool is_answer =
        kind.len > 0 ? sv_eq_cstr(kind, "handshake") : sv_starts(line->bytes, SV("HTTP/"));
    (is_answer ? run_upgrade : run_frames)(line, tally);
}

void driver_ws(const char *path, struct tally *tally)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    if (!case_read_file(tally, path, &text))
        return;
    case_lines_each(tally, buf_sv(&text), CASE_EXPECTS, run_line);
}
