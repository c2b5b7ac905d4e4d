/*
 * agent-messages FILE: the codec of the Session Manager data channel against values of the
 * reference client; or, for a file of one JSON line a case, what is made of hostile messages.
 */
#include <stdio.h>

#include "core/base/digest.h"
#include "core/base/mem.h"
#include "core/session/wire/handshake.h"
#include "core/session/wire/message.h"
#include "tests/conformance/agent_values.h"
#include "tests/conformance/case_line.h"
#include "tests/conformance/driver.h"
#include "tests/conformance/hostile_messages.h"

/* --- helpers --------------------------------------------------------------------------------- */

static bool number_is(const cJSON *fields, const char *key, int64_t value)
{
    return json_i64(fields, key, INT64_MIN) == value;
}

/* --- messages -------------------------------------------------------------------------------- */

/* Whether wire has there what is written in hex. */
static bool part_is(struct sv wire, size_t at, size_t len, struct sv hex)
{
    AUTO(buf_done) struct buf bytes = BUF_NONE;

    return wire.len >= at + len && case_hex(hex, &bytes) &&
           sv_eq(buf_sv(&bytes), (struct sv){wire.ptr + at, len});
}

static bool id_is(const struct message *message, struct sv expected)
{
    char text[MESSAGE_UUID_SIZE];

    message_id_text(message->id, text);
    return sv_eq_cstr(expected, text);
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
    if (json_get(fields, "payload_text") != NULL &&
        !sv_eq(json_sv(fields, "payload_text"), message->payload))
        return "another text";
    return NULL;
}

/* What else may be said of the bytes as they stand. */
static const char *compare_wire(struct sv wire, const cJSON *item)
{
    static const struct {
        const char *member;
        size_t at, len;
        bool is_number;
    } parts[] = {
        {"header_length", 0, 4, true},          {"schema_version", 36, 4, true},
        {"message_id_wire_hex", 64, 16, false}, {"payload_digest_hex", 80, 32, false},
        {"payload_length", 116, 4, true},
    };
    const cJSON *fields = json_get(item, "fields");

    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        AUTO(buf_done) struct buf bytes = BUF_NONE;
        const cJSON *said = json_get(fields, parts[i].member);
        if (parts[i].is_number)
            buf_addf(&bytes, "%08llx", (unsigned long long)json_i64(fields, parts[i].member, -1));
        else
            buf_add(&bytes, json_string(said));
        if (said != NULL && !part_is(wire, parts[i].at, parts[i].len, buf_sv(&bytes)))
            return parts[i].member;
    }
    return json_get(item, "wire_length") == NULL ||
                   number_is(item, "wire_length", (int64_t)wire.len)
               ? NULL
               : "another length";
}

/* RFC 9562, 36 characters. */
static bool id_parse(struct sv text, uint8_t id[MESSAGE_ID_BYTES])
{
    char hex[2 * MESSAGE_ID_BYTES];
    size_t n = 0;

    if (text.len != MESSAGE_UUID_SIZE - 1)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_hyphen != (text.ptr[i] == '-'))
            return false;
        if (!is_hyphen)
            hex[n++] = text.ptr[i];
    }
    return hex_decode((struct sv){hex, n}, id, MESSAGE_ID_BYTES);
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
        !id_parse(json_sv(ack, "AcknowledgedMessageId"), acknowledged.id))
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
    char text[32];
    int status;

    if (!message_exit_code_read(message->payload, &status))
        return "no exit code is read";
    snprintf(text, sizeof text, "EXIT_CODE: %d", status);
    return sv_eq_cstr(message->payload, text) ? NULL : "another exit code";
}

/* Of the action of that type, what is asked for; NULL: there is no such action. */
static const cJSON *action_of(const cJSON *request, const char *type)
{
    for (const cJSON *item = json_items(request, "RequestedClientActions"); item != NULL;
         item = item->next) {
        if (sv_eq_cstr(json_sv(item, "ActionType"), type))
            return json_get(item, "ActionParameters");
    }
    return NULL;
}

static enum session_kind kind_of(struct sv type)
{
    if (sv_eq_cstr(type, "Port"))
        return SESSION_PORT;
    return sv_eq_cstr(type, "NonInteractiveCommands") ? SESSION_COMMAND : SESSION_SHELL;
}

static const char *check_request(const struct message *message)
{
    AUTO(json_free_at) cJSON *request = NULL;
    struct handshake handshake;
    struct err err;

    if (json_parse(message->payload, "request", &request, NULL) != OK ||
        handshake_read(message->payload, &handshake, &err) != OK)
        return "the request cannot be read";
    const cJSON *type = action_of(request, "SessionType"), *port = json_get(type, "Properties");
    const cJSON *kms = action_of(request, "KMSEncryption");
    if (!sv_eq_cstr(json_sv(request, "AgentVersion"), handshake.agent_version))
        return "another version";
    if (handshake.kind != kind_of(json_sv(type, "SessionType")) ||
        handshake.is_forward != sv_eq_cstr(json_sv(port, "type"), "LocalPortForwarding"))
        return "another kind of session";
    if (!sv_eq_cstr(json_sv(port, "portNumber"), handshake.port) ||
        !sv_eq_cstr(json_sv(port, "localPortNumber"), handshake.local_port) ||
        !sv_eq_cstr(json_sv(port, "host"), handshake.host))
        return "another port or host";
    if (handshake.is_encrypted != (kms != NULL) ||
        !sv_eq_cstr(json_sv(kms, "KMSKeyId"), handshake.kms_key_id) ||
        !sv_eq_cstr(json_sv(kms, "Challenge"), handshake.challenge))
        return "another key or challenge";
    return NULL;
}

/* As the response names them, and what became of the encryption. */
static void take_actions(const cJSON *response, struct handshake *handshake,
                         struct handshake_kms *kms, struct buf *key)
{
    for (const cJSON *item = json_items(response, "ProcessedClientActions");
         item != NULL && handshake->n_actions < HANDSHAKE_ACTIONS_MAX; item = item->next) {
        struct sv type = json_sv(item, "ActionType");
        const cJSON *result = json_get(item, "ActionResult");
        size_t at = handshake->n_actions++;
        base64_decode(key, json_sv(result, "KMSCipherTextKey"));
        kms->has_bound_challenge |= json_bool(result, "ChallengeAcknowledgement", false);
        handshake->actions[at].action = sv_eq_cstr(type, "KMSEncryption") ? ACTION_KMS_ENCRYPTION
                                        : sv_eq_cstr(type, "SessionType") ? ACTION_SESSION_TYPE
                                                                          : ACTION_UNKNOWN;
        sv_copy(type, handshake->actions[at].type, sizeof handshake->actions[at].type);
    }
    kms->ciphertext_key = buf_sv(key);
}

/* Behind the version, which is everybody's own. */
static struct sv behind_version(struct sv response)
{
    if (sv_starts(response, SV("{\"ClientVersion\":\"")))
        sv_split(&response, ',');
    return response;
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
    take_actions(response, &handshake, &kms, &key);
    sv_copy(json_string(json_items(response, "Errors")), failure, sizeof failure);
    kms.failure = failure[0] != '\0' ? failure : NULL;
    handshake_response(&handshake, &kms, &again);
    return sv_eq(behind_version(buf_sv(&again)), behind_version(message->payload))
               ? NULL
               : "we would answer otherwise";
}

static const char *check_complete(const struct message *message)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    AUTO(json_free_at) cJSON *complete = NULL;

    if (json_parse(message->payload, "complete", &complete, NULL) != OK ||
        handshake_complete_read(message->payload, &text, NULL) != OK)
        return "it cannot be read";
    return sv_eq(buf_sv(&text), json_sv(complete, "CustomerMessage")) ? NULL : "another message";
}

static const char *check_closed(const struct message *message)
{
    AUTO(buf_done) struct buf output = BUF_NONE;
    AUTO(json_free_at) cJSON *closed = NULL;

    if (json_parse(message->payload, "closed", &closed, NULL) != OK ||
        message_closed_read(message->payload, &output, NULL) != OK)
        return "it cannot be read";
    return sv_eq(buf_sv(&output), json_sv(closed, "Output")) ? NULL : "another text";
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

/* The message of wire_hex. A damaged one is right when the vector says of it, by sound, that the
 * reference refuses it: *message has no type then. */
static const char *read_wire(const cJSON *item, const char *sound, struct buf *wire,
                             struct message *message)
{
    struct err err;

    if (!case_hex(json_sv(item, "wire_hex"), wire))
        return "the case cannot be read";
    bool is_read = message_read(buf_sv(wire), message, &err) == OK;
    if (!json_bool(item, sound, true)) {
        *message = (struct message){0};
        return is_read ? "a damaged message is taken" : NULL;
    }
    return is_read ? NULL : "it cannot be read";
}

static const char *check_message(const cJSON *item)
{
    AUTO(buf_done) struct buf wire = BUF_NONE, again = BUF_NONE;
    struct message message;

    const char *unread = read_wire(item, "reference_deserialize_and_validate_ok", &wire, &message);
    if (unread != NULL || message.type == MESSAGE_OTHER)
        return unread;
    const char *wrong = compare_fields(&message, json_get(item, "fields"));
    if (wrong == NULL)
        wrong = compare_wire(buf_sv(&wire), item);
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

    const char *unread = read_wire(item, "reference_validate_ok", &wire, &message);
    if (unread != NULL || message.type == MESSAGE_OTHER)
        return unread;
    if (!sv_eq_cstr(json_sv(item, "reference_parsed_message_type"),
                    message_type_name(message.type)))
        return "another type";
    if (message.payload_type != PAYLOAD_NONE)
        return "a payload type where there is none";
    if (!sv_eq(json_sv(item, "reference_parsed_payload_text"), message.payload))
        return "another payload";
    return NULL;
}

/* --- all ------------------------------------------------------------------------------------- */

/* A file may have some of the sections only. */
static bool has_sections(const cJSON *all)
{
    static const char *const sections[] = {"messages", "header112", "kms",
                                           "rto",      "smux",      "agent_version_gates"};

    for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
        if (json_get(all, sections[i]) != NULL)
            return true;
    }
    return false;
}

static void run_all(const cJSON *all, struct tally *tally)
{
    for (const cJSON *item = json_items(all, "messages"); item != NULL; item = item->next)
        case_named(tally, "message", item, check_message(item));
    for (const cJSON *item = json_items(all, "header112"); item != NULL; item = item->next)
        case_named(tally, "short header", item, check_short_header(item));
    agent_encryption(json_get(all, "kms"), tally);
    agent_rto(json_get(all, "rto"), tally);
    agent_smux(json_get(all, "smux"), tally);
    agent_versions(json_items(all, "agent_version_gates"), tally);
}

void driver_agent_messages(const char *path, struct tally *tally)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    AUTO(json_free_at) cJSON *all = NULL;

    if (!case_read_file(tally, path, &text))
        return;
    if (json_parse(buf_sv(&text), path, &all, NULL) == OK && has_sections(all)) {
        run_all(all, tally);
        return;
    }
    case_lines_each(tally, buf_sv(&text), CASE_EXPECTS, hostile_message_run);
}
