#include "core/session/wire/message.h"

#include <string.h>

#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/os.h"

/* Where the header's fields are. */
enum {
    AT_TYPE = 4,
    AT_SCHEMA = 36,
    AT_CREATED = 40,
    AT_SEQUENCE = 48,
    AT_FLAGS = 56,
    AT_ID = 64,
    AT_DIGEST = 80,
    AT_PAYLOAD_TYPE = 112,
    TYPE_BYTES = 32,
    HEADER_LENGTH = 116,
    HEADER_LENGTH_SHORT = 112, /* of the service: there is no payload type */
    LENGTH_BYTES = 4
};

#define SCHEMA 1
#define WHERE  "data channel"

static const char *const type_names[MESSAGE_TYPES] = {
    [MESSAGE_OTHER] = "",
    [MESSAGE_INPUT] = "input_stream_data",
    [MESSAGE_OUTPUT] = "output_stream_data",
    [MESSAGE_ACKNOWLEDGE] = "acknowledge",
    [MESSAGE_CHANNEL_CLOSED] = "channel_closed",
    [MESSAGE_START_PUBLICATION] = "start_publication",
    [MESSAGE_PAUSE_PUBLICATION] = "pause_publication",
};

const char *message_type_name(enum message_type type)
{
    return type_names[type];
}

/* --- integers -------------------------------------------------------------------------------- */

static uint64_t read_big_endian(const char *bytes, size_t len)
{
    uint64_t value = 0;

    for (size_t i = 0; i < len; i++)
        value = value << 8 | (unsigned char)bytes[i];
    return value;
}

static void write_big_endian(char *bytes, size_t len, uint64_t value)
{
    for (size_t i = len; i > 0; i--, value >>= 8)
        bytes[i - 1] = (char)(value & 0xff);
}

/* --- ids ------------------------------------------------------------------------------------- */

/* On the wire the second half of a UUID stands before the first. */
static void swap_halves(const void *from, void *to)
{
    memcpy(to, (const char *)from + MESSAGE_ID_BYTES / 2, MESSAGE_ID_BYTES / 2);
    memcpy((char *)to + MESSAGE_ID_BYTES / 2, from, MESSAGE_ID_BYTES / 2);
}

void message_id_random(uint8_t id[MESSAGE_ID_BYTES])
{
    os_random_many(id, MESSAGE_ID_BYTES);
    id[6] = (uint8_t)((id[6] & 0x0f) | 0x40);
    id[8] = (uint8_t)((id[8] & 0x3f) | 0x80);
}

void message_id_text(const uint8_t id[MESSAGE_ID_BYTES], char text[MESSAGE_UUID_SIZE])
{
    static const size_t groups[] = {4, 2, 2, 2, 6};
    char *at = text;

    for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
        if (i > 0)
            *at++ = '-';
        hex_encode(id, groups[i], at);
        id += groups[i];
        at += 2 * groups[i];
    }
}

/* --- reading --------------------------------------------------------------------------------- */

static bool is_padding(char c)
{
    return memchr(" \t\n\v\f\r", c, sizeof " \t\n\v\f\r") != NULL; /* NUL, too */
}

/* Padded with blanks by agents and clients, with NUL by the service, on either side; any other
 * white space is taken for padding as well, as the plugin does. */
static struct sv trim_type(struct sv field)
{
    while (field.len > 0 && is_padding(field.ptr[0]))
        field = (struct sv){field.ptr + 1, field.len - 1};
    while (field.len > 0 && is_padding(field.ptr[field.len - 1]))
        field.len--;
    return field;
}

static enum message_type type_of(struct sv name)
{
    for (size_t i = 1; i < MESSAGE_TYPES; i++) {
        if (sv_eq_cstr(name, type_names[i]))
            return (enum message_type)i;
    }
    return MESSAGE_OTHER;
}

static bool is_about_publication(enum message_type type)
{
    return type == MESSAGE_START_PUBLICATION || type == MESSAGE_PAUSE_PUBLICATION;
}

/* Without a payload there need be none, unless the header knows of one. */
static bool digest_is_right(struct sv frame, struct sv payload)
{
    size_t length_at = (size_t)(payload.ptr - frame.ptr) - LENGTH_BYTES;
    uint8_t digest[SHA256_BYTES];

    if (payload.len == 0 && read_big_endian(frame.ptr + length_at, LENGTH_BYTES) == 0)
        return true;
    sha256(payload, digest);
    return memcmp(frame.ptr + AT_DIGEST, digest, sizeof digest) == 0;
}

static enum err_code check(struct sv frame, struct sv type, const struct message *message,
                           struct err *err)
{
    if (is_about_publication(message->type))
        return OK;
    if (type.len == 0)
        return err_set(err, ERR_PARSE, WHERE, "a message without a type");
    if (read_big_endian(frame.ptr + AT_SCHEMA, 4) != SCHEMA)
        return err_set(err, ERR_PARSE, WHERE, "a message of another schema");
    if (message->created_at_ms == 0)
        return err_set(err, ERR_PARSE, WHERE, "a message without a date");
    if (!digest_is_right(frame, message->payload))
        return err_set(err, ERR_PARSE, WHERE, "a message whose digest is not its payload's");
    return OK;
}

enum err_code message_read(struct sv frame, struct message *message, struct err *err)
{
    if (frame.len < HEADER_LENGTH_SHORT + LENGTH_BYTES)
        return err_set(err, ERR_PARSE, WHERE, "a message of %zu bytes has no header", frame.len);
    uint64_t header = read_big_endian(frame.ptr, 4);
    if (header != HEADER_LENGTH && header != HEADER_LENGTH_SHORT)
        return err_set(err, ERR_PARSE, WHERE, "a message with a header of %llu bytes",
                       (unsigned long long)header);
    size_t payload_at = (size_t)header + LENGTH_BYTES;
    if (frame.len < payload_at)
        return err_set(err, ERR_PARSE, WHERE, "a message that ends in its header");
    struct sv type = trim_type((struct sv){frame.ptr + AT_TYPE, TYPE_BYTES});
    *message = (struct message){
        .type = type_of(type),
        .created_at_ms = (int64_t)read_big_endian(frame.ptr + AT_CREATED, 8),
        .sequence = (int64_t)read_big_endian(frame.ptr + AT_SEQUENCE, 8),
        .flags = read_big_endian(frame.ptr + AT_FLAGS, 8),
        .payload = {frame.ptr + payload_at, frame.len - payload_at},
    };
    if (header == HEADER_LENGTH)
        message->payload_type = (uint32_t)read_big_endian(frame.ptr + AT_PAYLOAD_TYPE, 4);
    swap_halves(frame.ptr + AT_ID, message->id);
    return check(frame, type, message, err);
}

/* --- writing --------------------------------------------------------------------------------- */

void message_write(const struct message *message, struct buf *out)
{
    char header[MESSAGE_HEADER_BYTES] = {0};
    struct sv type = sv_of(message_type_name(message->type));

    write_big_endian(header, 4, HEADER_LENGTH);
    memset(header + AT_TYPE, ' ', TYPE_BYTES);
    memcpy(header + AT_TYPE, type.ptr, type.len);
    write_big_endian(header + AT_SCHEMA, 4, SCHEMA);
    write_big_endian(header + AT_CREATED, 8, (uint64_t)message->created_at_ms);
    write_big_endian(header + AT_SEQUENCE, 8, (uint64_t)message->sequence);
    write_big_endian(header + AT_FLAGS, 8, message->flags);
    swap_halves(message->id, header + AT_ID);
    sha256(message->payload, (uint8_t *)header + AT_DIGEST);
    write_big_endian(header + AT_PAYLOAD_TYPE, 4, message->payload_type);
    write_big_endian(header + HEADER_LENGTH, LENGTH_BYTES, message->payload.len);
    buf_add(out, (struct sv){header, sizeof header});
    buf_add(out, message->payload);
}

/* --- payloads -------------------------------------------------------------------------------- */

void message_ack_text(const struct message *acknowledged, struct buf *out)
{
    char id[MESSAGE_UUID_SIZE];
    struct json_writer w = {.out = out};

    message_id_text(acknowledged->id, id);
    jw_object(&w);
    jw_string_at(&w, "AcknowledgedMessageType", sv_of(message_type_name(acknowledged->type)));
    jw_string_at(&w, "AcknowledgedMessageId", sv_of(id));
    jw_i64_at(&w, "AcknowledgedMessageSequenceNumber", acknowledged->sequence);
    jw_bool_at(&w, "IsSequentialMessage", true);
    jw_object_end(&w);
}

enum err_code message_ack_read(struct sv payload, int64_t *sequence, struct err *err)
{
    AUTO(json_free_at) cJSON *ack = NULL;
    enum err_code code = json_parse(payload, WHERE, &ack, err);

    if (code != OK)
        return code;
    *sequence = json_i64(ack, "AcknowledgedMessageSequenceNumber", -1);
    if (*sequence < 0)
        return err_set(err, ERR_PARSE, WHERE, "an acknowledgement of no message");
    return OK;
}

void message_size_text(unsigned cols, unsigned rows, struct buf *out)
{
    buf_addf(out, "{\"cols\":%u,\"rows\":%u}", cols, rows);
}

void message_flag_bytes(enum session_flag flag, struct buf *out)
{
    char bytes[4];

    write_big_endian(bytes, sizeof bytes, flag);
    buf_add(out, (struct sv){bytes, sizeof bytes});
}

uint32_t message_flag_read(struct sv payload)
{
    return payload.len == 4 ? (uint32_t)read_big_endian(payload.ptr, 4) : 0;
}

bool message_exit_code_read(struct sv payload, int *status)
{
    static const struct sv label = {"EXIT_CODE:", 10};
    int64_t value;

    if (!sv_starts(payload, label))
        return false;
    struct sv number = sv_trim((struct sv){payload.ptr + label.len, payload.len - label.len});
    if (!sv_to_i64(number, &value) || value < INT32_MIN || value > INT32_MAX)
        return false;
    *status = (int)value;
    return true;
}

enum err_code message_closed_read(struct sv payload, struct buf *output, struct err *err)
{
    AUTO(json_free_at) cJSON *closed = NULL;
    enum err_code code = json_parse(payload, WHERE, &closed, err);

    if (code == OK)
        buf_add(output, json_sv(closed, "Output"));
    return code;
}
