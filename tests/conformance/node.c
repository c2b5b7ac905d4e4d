/*
 * node-messages, node-ws FILE: the sandbox's own reading of Session Manager's messages and of
 * WebSockets against the same values as the console's. The frames are those of servers, so they are
 * read as a client reads them.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/conformance/case_line.h"
#include "tests/conformance/driver.h"
#include "tests/sandbox/session/carrier.h"
#include "tests/sandbox/session/crypt.h"
#include "tests/sandbox/session/ws.h"

/* --- messages --------------------------------------------------------------------------------- */

static const char *compare(const struct packet *packet, const cJSON *fields)
{
    AUTO(buf_done) struct buf payload = BUF_NONE;
    case_hex(json_sv(fields, "payload_hex"), &payload);
    if (!sv_eq_cstr(json_sv(fields, "message_type"), packet->type))
        return "another type";
    if (json_i64(fields, "created_date_ms", -1) != (int64_t)packet->created_ms ||
        json_i64(fields, "sequence_number", -1) != packet->sequence ||
        json_i64(fields, "flags", -1) != (int64_t)packet->flags ||
        json_i64(fields, "schema_version", -1) != packet->schema ||
        json_i64(fields, "payload_length", -1) != packet->payload_len ||
        json_i64(fields, "payload_type", -1) != packet->payload_type)
        return "a number is another one";
    if (!sv_eq_cstr(json_sv(fields, "message_id"), packet->id))
        return "another id";
    return sv_eq(buf_sv(&payload), packet->payload) ? NULL : "another payload";
}

static const char *check_message(const cJSON *item)
{
    AUTO(buf_done) struct buf wire = BUF_NONE, again = BUF_NONE;
    struct packet packet;
    if (!case_hex(json_sv(item, "wire_hex"), &wire) || !packet_read(buf_sv(&wire), &packet))
        return "it cannot be read";
    const char *wrong = compare(&packet, json_get(item, "fields"));
    if (!wrong && !packet_is_sound(&packet))
        wrong = "the digest is another one";
    packet_write(&again, &packet);
    return wrong || sv_eq(buf_sv(&wire), buf_sv(&again)) ? wrong : "we would write it otherwise";
}

/* What the service itself says: it is written alike, its digests are not reliable. */
static const char *check_of_service(const cJSON *item)
{
    AUTO(buf_done) struct buf wire = BUF_NONE, again = BUF_NONE;
    struct packet packet;
    if (!case_hex(json_sv(item, "wire_hex"), &wire) || !packet_read(buf_sv(&wire), &packet))
        return "it cannot be read";
    if (!sv_eq_cstr(json_sv(item, "reference_parsed_message_type"), packet.type) ||
        !sv_eq(json_sv(item, "reference_parsed_payload_text"), packet.payload))
        return "another type or payload";
    packet_write(&again, &packet);
    return again.len == wire.len && memcmp(again.ptr, wire.ptr, 80) == 0
               ? NULL
               : "we would write it otherwise";
}

static const char *check_encryption(const cJSON *item)
{
    AUTO(buf_done) struct buf sealed = BUF_NONE, plain = BUF_NONE, opened = BUF_NONE;
    AUTO(buf_done) struct buf again = BUF_NONE;
    uint8_t key[CRYPT_KEY_BYTES], nonce[CRYPT_NONCE_BYTES];
    if (!hex_decode(json_sv(item, "key_hex"), key, sizeof key) ||
        !hex_decode(json_sv(item, "nonce_hex"), nonce, sizeof nonce) ||
        !case_hex(json_sv(item, "payload_hex"), &sealed) ||
        !case_hex(json_sv(item, "plaintext_hex"), &plain))
        return "it cannot be read";
    if (!crypt_open(key, SV_NONE, buf_sv(&sealed), &opened) ||
        !sv_eq(buf_sv(&opened), buf_sv(&plain)))
        return "it does not open to that";
    crypt_seal(key, nonce, SV_NONE, buf_sv(&plain), &again);
    return sv_eq(buf_sv(&again), buf_sv(&sealed)) ? NULL : "we would seal it otherwise";
}

static void check_trace(const cJSON *steps, struct tally *tally)
{
    struct rto rto = RTO_START;
    int number = 0;
    for (const cJSON *step = steps; step; step = step->next) {
        char id[32];
        snprintf(id, sizeof id, "rto %d", ++number);
        carrier_rto_sample(&rto, json_double(step, "rtt_sample_ns", 0) / 1e6);
        if (fabs(rto.rto_ms * 1e6 - json_double(step, "rto_ns", 0)) < 2 &&
            fabs(rto.srtt_ms * 1e6 - json_double(step, "srtt_ns", 0)) < 2)
            case_ok(tally, id);
        else
            case_fail(tally, id, "rto %f ms, srtt %f ms", rto.rto_ms, rto.srtt_ms);
    }
}

void driver_node_messages(const char *path, struct tally *tally)
{
    static const struct {
        const char *section;
        const char *(*check)(const cJSON *item);
    } sections[] = {{"messages", check_message},
                    {"header112", check_of_service},
                    {"kms.vectors", check_encryption}};
    AUTO(buf_done) struct buf text = BUF_NONE;
    AUTO(json_free_at) cJSON *tree = NULL;
    if (!case_read_file(tally, path, &text))
        return;
    if (json_parse(buf_sv(&text), path, &tree, NULL) != OK) {
        case_fail(tally, path, "no JSON");
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
        const cJSON *list = json_path(tree, sections[i].section);
        for (const cJSON *item = list ? list->child : NULL; item; item = item->next)
            case_named(tally, sections[i].section, item, sections[i].check(item));
    }
    check_trace(json_items(json_get(tree, "rto"), "steps"), tally);
}

/* --- WebSockets ------------------------------------------------------------------------------- */

/* What came of the frames: "message:ab", "message-len:2", "pong:p" for what a ping wants, ... */
struct outcome {
    struct buf said;
    size_t n_pings;
    bool is_over;
};

static void note(struct outcome *outcome, const struct ws_item *item, enum ws_event event)
{
    struct buf *said = &outcome->said;
    buf_add_cstr(said, "\n");
    if (event == WS_MESSAGE)
        buf_addf(said, "message-len:%zu\nmessage:" SV_FMT, item->data.len, SV_ARG(item->data));
    else if (event == WS_FAILED)
        buf_addf(said, "fail:%u", item->status);
    else if (item->kind == WS_CLOSE)
        buf_addf(said, "close:%u", item->status);
    else if (item->kind == WS_PING && outcome->n_pings++ == 0)
        buf_addf(said, "pong:" SV_FMT, SV_ARG(item->data));
    outcome->is_over = event == WS_FAILED || (event == WS_CONTROL && item->kind == WS_CLOSE);
}

static void feed(struct sv bytes, size_t step, struct outcome *outcome)
{
    struct ws_reader reader = {.is_client = true};
    struct ws_item item;
    for (size_t at = 0; at < bytes.len && !outcome->is_over; at += step) {
        size_t len = bytes.len - at < step ? bytes.len - at : step;
        ws_feed(&reader, (struct sv){bytes.ptr + at, len});
        enum ws_event event;
        while (!outcome->is_over && (event = ws_next(&reader, &item)) != WS_MORE)
            note(outcome, &item, event);
    }
    ws_reader_done(&reader);
    buf_add_char(&outcome->said, '\n');
}

static bool said(const struct outcome *outcome, struct sv what)
{
    AUTO(buf_done) struct buf line = BUF_NONE;
    buf_addf(&line, "\n" SV_FMT "\n", SV_ARG(what));
    return sv_contains(buf_sv(&outcome->said), buf_sv(&line));
}

/* One part of what is expected: "close:1000", "fail:1002-or-1009", "ignore", "pongs". */
static bool part_holds(const struct outcome *outcome, struct sv part)
{
    struct sv rest = part, word = sv_split(&rest, ':');
    if (sv_eq_cstr(word, "pongs"))
        return outcome->n_pings > 0 && !outcome->is_over;
    if (sv_eq_cstr(word, "ignore") || sv_eq_cstr(word, "eof-error") ||
        sv_eq_cstr(word, "timeout") || sv_eq_cstr(part, "close:1006"))
        return sv_eq_cstr(sv_trim(buf_sv(&outcome->said)), "");
    if (!sv_eq_cstr(word, "fail"))
        return said(outcome, part);
    while (rest.len > 0) {
        char line[32];
        struct sv status = sv_split(&rest, '-');
        snprintf(line, sizeof line, "fail:" SV_FMT, SV_ARG(status));
        if (said(outcome, sv_of(line)))
            return true;
    }
    return false;
}

/* Alternatives with " or " between, of parts with commas between. */
static bool holds(const struct outcome *outcome, const char *expect)
{
    for (const char *at = expect; at;) {
        const char *end = strstr(at, " or ");
        struct sv parts = {at, end ? (size_t)(end - at) : strlen(at)};
        parts = sv_split(&parts, ' ');
        bool all = true;
        while (parts.ptr)
            all = part_holds(outcome, sv_split(&parts, ',')) && all;
        if (all)
            return true;
        at = end ? end + strlen(" or ") : NULL;
    }
    return false;
}

static void run_line(const struct case_line *line, struct tally *tally)
{
    static const size_t steps[] = {SIZE_MAX / 2, 1};
    if (!sv_eq_cstr(json_sv(line->json, "kind"), "frame"))
        return; /* answers to an upgrade, which the sandbox does not read */
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        struct outcome outcome = {0};
        feed(line->bytes, steps[i], &outcome);
        bool fits = holds(&outcome, line->expect);
        if (!fits)
            case_fail(tally, line->id, "expected %s, came %.60s", line->expect,
                      buf_cstr(&outcome.said));
        buf_done(&outcome.said);
        if (!fits)
            return;
    }
    case_ok(tally, line->id);
}

void driver_node_ws(const char *path, struct tally *tally)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    if (!case_read_file(tally, path, &text))
        return;
    case_lines_each(tally, buf_sv(&text), CASE_EXPECTS, run_line);
}
