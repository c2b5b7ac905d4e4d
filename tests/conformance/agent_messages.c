/*
 * agent-messages FILE: the codec of the Session Manager data channel against values of the
 * reference client; or, for a file of one JSON line a case, what is made of hostile messages.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/mem.h"
#include "core/session/wire/agent_version.h"
#include "core/session/wire/cipher.h"
#include "core/session/wire/handshake.h"
#include "core/session/wire/message.h"
#include "core/session/wire/rto.h"
#include "core/session/wire/smux.h"
#include "tests/conformance/case_line.h"
#include "tests/conformance/driver.h"
#include "tests/conformance/hostile_messages.h"

/* --- helpers --------------------------------------------------------------------------------- */

static bool number_is(const cJSON *fields, const char *key, int64_t value)
{
    return json_i64(fields, key, INT64_MIN) == value;
}

/* --- messages -------------------------------------------------------------------------------- */

static bool id_is(const struct message *message, struct sv expected)
{
    char text[MESSAGE_UUID_SIZE];
    uint8_t back[MESSAGE_ID_BYTES];

    message_id_text(message->id, text);
    return sv_eq_cstr(expected, text) && message_id_parse(sv_of(text), back) &&
           memcmp(back, message->id, sizeof back) == 0;
}

static const char *compare_fields(const struct message *message, const cJSON *fields)
{
    AUTO(buf_done) struct buf payload = BUF_NONE;

    if (!sv_eq_cstr(json_sv(fields, "message_type"), message_type_name(message->type)))
        return "another type";
    if (!number_is(fields, "created_date_ms", message->created_at_ms) ||
        !number_is(fields, "sequence_number", message->sequence) ||
        !number_is(fields, "flags", (int64_t)message->flags) ||
        !number_is(fields, "payload_type", message->payload_type))
        return "a number is another one";
    if (!id_is(message, json_sv(fields, "message_id")))
        return "another id";
    if (!case_hex(json_sv(fields, "payload_hex"), &payload) ||
        !sv_eq(buf_sv(&payload), message->payload))
        return "another payload";
    return NULL;
}

/* The acknowledged message, as the acknowledgement names it. */
static const char *check_ack(const struct message *message)
{
    AUTO(buf_done) struct buf again = BUF_NONE;
    AUTO(json_free_at) cJSON *ack = NULL;
    struct message acknowledged = {0};
    int64_t sequence;

    if (message_ack_read(message->payload, &sequence, NULL) != OK ||
        json_parse(message->payload, "ack", &ack, NULL) != OK ||
        !message_id_parse(json_sv(ack, "AcknowledgedMessageId"), acknowledged.id))
        return "the acknowledgement cannot be read";
    acknowledged.sequence = sequence;
    acknowledged.type = sv_eq_cstr(json_sv(ack, "AcknowledgedMessageType"), "input_stream_data")
                            ? MESSAGE_INPUT
                            : MESSAGE_OUTPUT;
    message_ack_text(&acknowledged, &again);
    return sv_eq(buf_sv(&again), message->payload) ? NULL : "we would acknowledge otherwise";
}

static const char *check_size(const struct message *message)
{
    AUTO(buf_done) struct buf again = BUF_NONE;
    AUTO(json_free_at) cJSON *size = NULL;

    if (json_parse(message->payload, "size", &size, NULL) != OK)
        return "the size cannot be read";
    message_size_text((unsigned)json_i64(size, "cols", 0), (unsigned)json_i64(size, "rows", 0),
                      &again);
    return sv_eq(buf_sv(&again), message->payload) ? NULL : "we would write another size";
}

static const char *check_flag(const struct message *message)
{
    AUTO(buf_done) struct buf again = BUF_NONE;

    message_flag_bytes((enum session_flag)message_flag_read(message->payload), &again);
    return sv_eq(buf_sv(&again), message->payload) ? NULL : "we would write another flag";
}

static const char *check_exit_code(const struct message *message)
{
    int status;
    return message_exit_code_read(message->payload, &status) ? NULL : "no exit code is read";
}

static const char *check_request(const struct message *message)
{
    struct handshake handshake;
    struct err err;

    if (handshake_read(message->payload, &handshake, &err) != OK)
        return "the request cannot be read";
    if (handshake.kind == SESSION_PORT && (!handshake.is_forward || handshake.port[0] == '\0'))
        return "the port is lost";
    if (handshake.is_encrypted && handshake.kms_key_id[0] == '\0')
        return "the key is lost";
    return NULL;
}

/* What we would answer, were it asked for the actions that the response names. */
static const char *check_response(const struct message *message)
{
    AUTO(json_free_at) cJSON *response = NULL;
    AUTO(buf_done) struct buf again = BUF_NONE, key = BUF_NONE;
    struct handshake handshake = {0};
    struct handshake_kms kms = {0};
    char failure[256] = "";

    if (json_parse(message->payload, "response", &response, NULL) != OK)
        return "the response cannot be read";
    for (const cJSON *item = json_items(response, "ProcessedClientActions"); item != NULL;
         item = item->next) {
        struct sv type = json_sv(item, "ActionType");
        bool is_kms = sv_eq_cstr(type, "KMSEncryption");
        base64_decode(&key, json_sv(json_get(item, "ActionResult"), "KMSCipherTextKey"));
        handshake.actions[handshake.n_actions].action =
            is_kms ? ACTION_KMS_ENCRYPTION : ACTION_SESSION_TYPE;
        sv_copy(type, handshake.actions[handshake.n_actions++].type,
                sizeof handshake.actions[0].type);
    }
    sv_copy(json_string(json_items(response, "Errors")), failure, sizeof failure);
    kms.ciphertext_key = buf_sv(&key);
    kms.failure = failure[0] != '\0' ? failure : NULL;
    handshake_response(&handshake, &kms, &again);
    return sv_eq(buf_sv(&again), message->payload) ? NULL : "we would answer otherwise";
}

static const char *check_complete(const struct message *message)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    return handshake_complete_read(message->payload, &text, NULL) == OK ? NULL
                                                                        : "it cannot be read";
}

static const char *check_closed(const struct message *message)
{
    AUTO(buf_done) struct buf output = BUF_NONE;
    return message_closed_read(message->payload, &output, NULL) == OK ? NULL : "it cannot be read";
}

static const char *check_payload(const struct message *message)
{
    static const struct {
        uint32_t payload_type;
        const char *(*check)(const struct message *message);
    } checks[] = {
        {PAYLOAD_SIZE, check_size},
        {PAYLOAD_FLAG, check_flag},
        {PAYLOAD_EXIT_CODE, check_exit_code},
        {PAYLOAD_HANDSHAKE_REQUEST, check_request},
        {PAYLOAD_HANDSHAKE_RESPONSE, check_response},
        {PAYLOAD_HANDSHAKE_COMPLETE, check_complete},
    };

    if (message->type == MESSAGE_ACKNOWLEDGE)
        return check_ack(message);
    if (message->type == MESSAGE_CHANNEL_CLOSED)
        return check_closed(message);
    for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
        if (checks[i].payload_type == message->payload_type)
            return checks[i].check(message);
    }
    return NULL;
}

static const char *check_message(const cJSON *item)
{
    AUTO(buf_done) struct buf wire = BUF_NONE, again = BUF_NONE;
    struct message message;
    struct err err;

    if (!case_hex(json_sv(item, "wire_hex"), &wire) ||
        message_read(buf_sv(&wire), &message, &err) != OK)
        return "it cannot be read";
    const char *wrong = compare_fields(&message, json_get(item, "fields"));
    if (wrong != NULL)
        return wrong;
    message_write(&message, &again);
    if (!sv_eq(buf_sv(&again), buf_sv(&wire)))
        return "we would write other bytes";
    return check_payload(&message);
}

static const char *check_short_header(const cJSON *item)
{
    AUTO(buf_done) struct buf wire = BUF_NONE;
    struct message message;
    struct err err;

    if (!case_hex(json_sv(item, "wire_hex"), &wire) ||
        message_read(buf_sv(&wire), &message, &err) != OK)
        return "it cannot be read";
    if (!sv_eq_cstr(json_sv(item, "reference_parsed_message_type"),
                    message_type_name(message.type)))
        return "another type";
    if (message.payload_type != PAYLOAD_NONE)
        return "a payload type where there is none";
    if (!sv_eq(json_sv(item, "reference_parsed_payload_text"), message.payload))
        return "another payload";
    return NULL;
}

/* --- encryption ------------------------------------------------------------------------------ */

static struct cipher *make_cipher(const cJSON *kms)
{
    AUTO(buf_done) struct buf bytes = BUF_NONE;

    if (!case_hex(json_sv(kms, "plaintext_data_key_hex"), &bytes))
        return NULL;
    struct secret *key = secret_new(buf_sv(&bytes));
    struct cipher *cipher = cipher_new(key);
    secret_unref(key);
    return cipher;
}

static const char *check_encryption(struct cipher *cipher, const cJSON *item)
{
    AUTO(buf_done) struct buf nonce = BUF_NONE, plain = BUF_NONE, payload = BUF_NONE;
    AUTO(buf_done) struct buf sealed = BUF_NONE, opened = BUF_NONE;
    bool as_agent = sv_eq_cstr(json_sv(item, "direction"), "agent_to_client");
    struct err err;

    if (!case_hex(json_sv(item, "nonce_hex"), &nonce) || nonce.len != CIPHER_NONCE_BYTES ||
        !case_hex(json_sv(item, "plaintext_hex"), &plain) ||
        !case_hex(json_sv(item, "payload_hex"), &payload))
        return "the case cannot be read";
    cipher_seal_as(cipher, as_agent, (const uint8_t *)nonce.ptr, buf_sv(&plain), &sealed);
    if (!sv_eq(buf_sv(&sealed), buf_sv(&payload)))
        return "we would encrypt to other bytes";
    if (cipher_open_as(cipher, as_agent, buf_sv(&payload), &opened, &err) != OK ||
        !sv_eq(buf_sv(&opened), buf_sv(&plain)))
        return "we would decrypt to other bytes";
    if (cipher_open_as(cipher, !as_agent, buf_sv(&payload), &opened, &err) == OK)
        return "the other half of the key opens it too";
    payload.ptr[payload.len - 1] ^= 1;
    if (cipher_open_as(cipher, as_agent, buf_sv(&payload), &opened, &err) == OK)
        return "a changed tag is not seen";
    return NULL;
}

static void run_encryption(const cJSON *kms, struct tally *tally)
{
    struct cipher *cipher = make_cipher(kms);

    if (cipher == NULL)
        case_fail(tally, "kms", "there is no key");
    for (const cJSON *item = json_items(kms, "vectors"); item != NULL && cipher != NULL;
         item = item->next)
        case_named(tally, "kms", item, check_encryption(cipher, item));
    cipher_free(cipher);
}

/* --- time-outs ------------------------------------------------------------------------------- */

static bool is_near(double ms, const cJSON *step, const char *key)
{
    return fabs(ms - json_double(step, key, -1) / 1e6) < 1e-5; /* whole nanoseconds there */
}

static void run_rto(const cJSON *trace, struct tally *tally)
{
    struct rto rto = rto_initial;
    const cJSON *initial = json_get(trace, "initial");
    int number = 0;

    if (!is_near(rto.timeout_ms, initial, "rto_ns") ||
        !is_near(rto.smoothed_ms, initial, "srtt_ns"))
        case_fail(tally, "rto", "begins otherwise");
    for (const cJSON *step = json_items(trace, "steps"); step != NULL; step = step->next) {
        char id[32];
        rto_sample(&rto, json_double(step, "rtt_sample_ns", 0) / 1e6);
        snprintf(id, sizeof id, "rto step %d", ++number);
        if (is_near(rto.timeout_ms, step, "rto_ns") && is_near(rto.smoothed_ms, step, "srtt_ns") &&
            is_near(rto.variation_ms, step, "rttvar_ns"))
            case_ok(tally, id);
        else
            case_fail(tally, id, "%f ms", rto.timeout_ms);
    }
}

/* --- smux ------------------------------------------------------------------------------------ */

static const char *check_frame(const cJSON *item)
{
    AUTO(buf_done) struct buf bytes = BUF_NONE, again = BUF_NONE;
    struct smux_frame frame;
    size_t used = 0;

    if (!case_hex(json_sv(item, "hex"), &bytes) ||
        smux_read(buf_sv(&bytes), &frame, &used) != SMUX_FRAME || used != bytes.len)
        return "it cannot be read";
    for (size_t len = 0; len < bytes.len; len++) {
        if (smux_read((struct sv){bytes.ptr, len}, &frame, &used) != SMUX_MORE)
            return "its beginning is taken for a whole frame";
    }
    smux_read(buf_sv(&bytes), &frame, &used);
    if (frame.command == SMUX_PSH)
        smux_write_data(frame.stream, frame.data, &again);
    else
        smux_write(frame.command, frame.stream, &again);
    return sv_eq(buf_sv(&again), buf_sv(&bytes)) ? NULL : "we would write other bytes";
}

/* One write of many bytes: the headers of the frames that it becomes. */
static const char *check_split(const cJSON *item)
{
    AUTO(buf_done) struct buf first = BUF_NONE, second = BUF_NONE, out = BUF_NONE;
    size_t total = (size_t)json_i64(item, "total_len", 0);
    struct smux_frame frame;
    size_t used = 0;

    if (!case_hex(json_sv(item, "frame1_header_hex"), &first) ||
        !case_hex(json_sv(item, "frame2_header_hex"), &second))
        return "the case cannot be read";
    size_t n_data = total - first.len - second.len;
    char *data = mem_alloc(n_data);
    smux_write_data(5, (struct sv){data, n_data}, &out);
    mem_free(data);
    if (out.len != total || !sv_starts(buf_sv(&out), buf_sv(&first)) ||
        smux_read(buf_sv(&out), &frame, &used) != SMUX_FRAME ||
        !sv_starts((struct sv){out.ptr + used, out.len - used}, buf_sv(&second)))
        return "it is cut otherwise";
    return NULL;
}

static void run_smux(const cJSON *smux, struct tally *tally)
{
    for (const cJSON *item = json_items(smux, "vectors"); item != NULL; item = item->next) {
        if (json_get(item, "hex") != NULL)
            case_named(tally, "smux", item, check_frame(item));
        else if (json_get(item, "frame1_header_hex") != NULL)
            case_named(tally, "smux", item, check_split(item));
        else
            case_named(tally, "smux", item,
                       number_is(item, "id", SMUX_FIRST_STREAM - 1)
                           ? NULL
                           : "streams of both sides could have one number");
    }
}

/* --- versions -------------------------------------------------------------------------------- */

static void run_versions(const cJSON *gates, struct tally *tally)
{
    static const struct {
        const char *member;
        enum agent_feature feature;
    } features[] = {
        {"mux", AGENT_MULTIPLEXES},
        {"smux_keepalive_off", AGENT_SENDS_NO_KEEPALIVE},
        {"terminate_flag", AGENT_TAKES_TERMINATE},
    };

    for (; gates != NULL; gates = gates->next) {
        struct sv version = json_sv(gates, "agent_version");
        const char *wrong = NULL;
        char id[64];
        for (size_t i = 0; i < ARRAY_LEN(features); i++) {
            if (agent_has(version, features[i].feature) !=
                json_bool(gates, features[i].member, false))
                wrong = features[i].member;
        }
        snprintf(id, sizeof id, "agent version \"" SV_FMT "\"", SV_ARG(version));
        if (wrong == NULL)
            case_ok(tally, id);
        else
            case_fail(tally, id, "%s", wrong);
    }
}

/* --- all ------------------------------------------------------------------------------------- */

static void run_all(const cJSON *all, struct tally *tally)
{
    for (const cJSON *item = json_items(all, "messages"); item != NULL; item = item->next)
        case_named(tally, "message", item, check_message(item));
    for (const cJSON *item = json_items(all, "header112"); item != NULL; item = item->next)
        case_named(tally, "short header", item, check_short_header(item));
    run_encryption(json_get(all, "kms"), tally);
    run_rto(json_get(all, "rto"), tally);
    run_smux(json_get(all, "smux"), tally);
    run_versions(json_items(all, "agent_version_gates"), tally);
}

void driver_agent_messages(const char *path, struct tally *tally)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    AUTO(json_free_at) cJSON *all = NULL;

    if (!case_read_file(tally, path, &text))
        return;
    if (json_parse(buf_sv(&text), path, &all, NULL) == OK && json_get(all, "messages") != NULL) {
        run_all(all, tally);
        return;
    }
    case_lines_each(tally, buf_sv(&text), CASE_EXPECTS, hostile_message_run);
}
