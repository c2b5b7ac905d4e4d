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
    return result->state == WS_CLOSED && is_one_of(result->code, value);
}

static bool is_fail(const struct result *result, struct sv value)
{
    return result->state == WS_FAILED && is_one_of(result->code, value);
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

static bool is_accepted(const struct result *result, struct sv value)
{
    (void)value;
    return result->state == WS_OPEN && result->n_messages > 0;
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
    {"ignore", is_ignored},
};

static bool part_holds(const struct result *result, struct sv value)
{
    struct sv word = sv_split(&value, ':');

    for (size_t i = 0; i < ARRAY_LEN(outcomes); i++) {
        if (sv_eq_cstr(word, outcomes[i].word))
            return outcomes[i].holds(result, value);
    }
    return false;
}

/* One alternative: "pong:p,message:ab", all of which must hold; the words behind it are looked at
 * elsewhere. */
static bool alternative_holds(const struct result *result, struct sv text)
{
    struct sv parts = sv_split(&text, ' ');

    while (parts.ptr != NULL) {
        if (!part_holds(result, sv_split(&parts, ',')))
            return false;
    }
    return true;
}

static bool outcome_holds(const struct result *result, const char *expect)
{
    for (const char *at = expect; at != NULL;) {
        const char *end = strstr(at, " or ");
        size_t len = end != NULL ? (size_t)(end - at) : strlen(at);
        if (alternative_holds(result, (struct sv){at, len}))
            return true;
        at = end != NULL ? end + strlen(" or ") : NULL;
    }
    return false;
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

/* What is wrong, NULL: nothing is. */
static const char *judge(const struct case_line *line, const struct result *result)
{
    if (!outcome_holds(result, line->expect))
        return "another outcome";
    if (case_line_says(line, "sanitised") && !is_harmless(buf_sv(&result->reason)))
        return "the reason is not harmless";
    if (case_line_says(line, "late") && result->n_messages > 0)
        return "a message after the close frame";
    if ((case_line_says(line, "alloc") || case_line_says(line, "bounded")) &&
        result->taken_kib > CASE_BOUND_KIB)
        return "takes memory without bound";
    return NULL;
}

static void run_frames(const struct case_line *line, struct tally *tally)
{
    static const size_t steps[] = {SIZE_MAX / 2, 1};
    const char *wrong = NULL;
    struct result result;

    for (size_t i = 0; i < ARRAY_LEN(steps) && wrong == NULL; i++) {
        result = (struct result){0};
        feed(line->bytes, steps[i], &result);
        wrong = judge(line, &result);
        if (wrong != NULL)
            case_fail(tally, line->id, "%s: expected %s, state %d code %d, %zu messages", wrong,
                      line->expect, (int)result.state, result.code, result.n_messages);
        result_done(&result);
    }
    if (wrong == NULL)
        case_ok(tally, line->id);
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
    {"fail-or-open", ends_cleanly},
    {"open-or-fail", ends_cleanly},
};

static bool upgrade_holds(const struct upgrade *upgrade, const char *expect)
{
    struct sv rest = sv_of(expect), word = sv_split(&rest, ' ');

    for (size_t i = 0; i < ARRAY_LEN(upgrades); i++) {
        if (sv_eq_cstr(word, upgrades[i].word))
            return upgrades[i].holds(upgrade);
    }
    return false;
}

/* "open then message:early": what stood behind the answer is the first frame. */
static bool early_message_comes(const struct case_line *line, struct sv answer, size_t used)
{
    const char *expected = strstr(line->expect, "then message:");
    struct result result = {0};

    if (expected == NULL)
        return true;
    feed((struct sv){answer.ptr + used, answer.len - used}, SIZE_MAX / 2, &result);
    bool holds = is_message(&result, sv_of(expected + strlen("then message:")));
    result_done(&result);
    return holds;
}

static const char *judge_upgrade(const struct case_line *line, struct sv answer,
                                 const struct upgrade *upgrade)
{
    if (!upgrade_holds(upgrade, line->expect))
        return "another outcome";
    if (!prefixes_agree(answer, upgrade))
        return "it depends on how the bytes arrive";
    if (case_line_says(line, "auth") && upgrade->err.code != ERR_EXPIRED)
        return "is not told apart as a matter of authentication";
    if (case_line_says(line, "sanitised") && !is_harmless(sv_of(upgrade->err.message)))
        return "the message is not harmless";
    if (!early_message_comes(line, answer, upgrade->used))
        return "the frame behind the answer is lost";
    return NULL;
}

static void run_upgrade(const struct case_line *line, struct tally *tally)
{
    AUTO(buf_done) struct buf answer = BUF_NONE;

    fill_in(line->bytes, &answer);
    struct upgrade upgrade = read_upgrade(buf_sv(&answer));
    const char *wrong = judge_upgrade(line, buf_sv(&answer), &upgrade);
    if (wrong == NULL)
        case_ok(tally, line->id);
    else
        case_fail(tally, line->id, "%s: expected %s, outcome %d, %s", wrong, line->expect,
                  (int)upgrade.outcome, upgrade.err.message);
}

/* --- all ------------------------------------------------------------------------------------- */

static void run_line(const struct case_line *line, void *arg)
{
    bool is_upgrade = sv_eq_cstr(json_sv(line->json, "kind"), "handshake");
    (is_upgrade ? run_upgrade : run_frames)(line, arg);
}

void driver_ws(const char *path, struct tally *tally)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    size_t bad_line;

    if (!case_read_file(tally, path, &text))
        return;
    case_lines_each(buf_sv(&text), run_line, tally, &bad_line);
    if (bad_line > 0)
        case_fail(tally, path, "line %zu is no case", bad_line);
}
