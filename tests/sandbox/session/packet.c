#include "tests/sandbox/session/packet.h"

#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"

enum {
    AT_TYPE = 4,
    AT_SCHEMA = 36,
    AT_CREATED = 40,
    AT_SEQUENCE = 48,
    AT_FLAGS = 56,
    AT_ID = 64,
    AT_DIGEST = 80,
    HEADER_OF_SERVICE = 112,
    HEADER_OF_NODE = 116,
    TYPE_LEN = 32
};

static uint64_t get(struct sv bytes, size_t at, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | (uint8_t)bytes.ptr[at + i];
    return value;
}

static void put(struct buf *out, uint64_t value, size_t n)
{
    for (size_t i = n; i-- > 0;)
        buf_add_char(out, (char)(value >> (8 * i)));
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Blanks or NULs may stand on either side. */
static struct sv trim_type(struct sv type)
{
    while (type.len > 0 && (unsigned char)type.ptr[0] <= ' ')
        type = (struct sv){type.ptr + 1, type.len - 1};
    while (type.len > 0 && (unsigned char)type.ptr[type.len - 1] <= ' ')
        type.len--;
    return type;
}

/* On the wire the second half comes first. */
static void read_id(const char *wire, char id[OS_UUID_SIZE])
{
    char hex[33];
    uint8_t bytes[16];
    memcpy(bytes, wire + 8, 8);
    memcpy(bytes + 8, wire, 8);
    hex_encode(bytes, sizeof bytes, hex);
    size_t to = 0;
    for (size_t i = 0; i < 32; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20)
            id[to++] = '-';
        id[to++] = hex[i];
    }
    id[to] = '\0';
}

bool packet_read(struct sv bytes, struct packet *message)
{
    if (bytes.len < HEADER_OF_SERVICE + 4)
        return false;
    uint32_t header_len = (uint32_t)get(bytes, 0, 4);
    if ((header_len != HEADER_OF_SERVICE && header_len != HEADER_OF_NODE) ||
        bytes.len < header_len + 4)
        return false;
    *message = (struct packet){
        .header_len = header_len,
        .schema = (uint32_t)get(bytes, AT_SCHEMA, 4),
        .created_ms = get(bytes, AT_CREATED, 8),
        .sequence = (int64_t)get(bytes, AT_SEQUENCE, 8),
        .flags = get(bytes, AT_FLAGS, 8),
        .payload_type = header_len == HEADER_OF_NODE ? (uint32_t)get(bytes, 112, 4) : 0,
        .payload_len = (uint32_t)get(bytes, header_len, 4),
        .payload = {bytes.ptr + header_len + 4, bytes.len - header_len - 4},
    };
    struct sv type = trim_type((struct sv){bytes.ptr + AT_TYPE, TYPE_LEN});
    sv_copy(type, message->type, sizeof message->type);
    read_id(bytes.ptr + AT_ID, message->id);
    memcpy(message->digest, bytes.ptr + AT_DIGEST, SHA256_BYTES);
    return type.len > 0 && !memchr(type.ptr, '\0', type.len) && message->created_ms != 0;
}

bool packet_is_sound(const struct packet *message)
{
    uint8_t digest[SHA256_BYTES];
    sha256(message->payload, digest);
    return memcmp(digest, message->digest, sizeof digest) == 0;
}

/* --- writing ---------------------------------------------------------------------------------- */

static void write_id(struct buf *out, const char *id)
{
    char hex[33];
    uint8_t bytes[16] = {0};
    size_t n = 0;
    for (const char *c = id; *c && n < 32; c++)
        if (*c != '-')
            hex[n++] = *c;
    hex_decode((struct sv){hex, n}, bytes, sizeof bytes);
    buf_add(out, (struct sv){(const char *)bytes + 8, 8});
    buf_add(out, (struct sv){(const char *)bytes, 8});
}

void packet_write(struct buf *out, const struct packet *message)
{
    bool of_node = message->header_len == HEADER_OF_NODE;
    uint8_t digest[SHA256_BYTES];
    sha256(message->payload, digest);
    buf_reserve(out, message->header_len + 4 + message->payload.len);
    put(out, message->header_len, 4);
    buf_add_cstr(out, message->type);
    for (size_t i = strlen(message->type); i < TYPE_LEN; i++)
        buf_add_char(out, of_node ? ' ' : '\0');
    put(out, message->schema, 4);
    put(out, message->created_ms, 8);
    put(out, (uint64_t)message->sequence, 8);
    put(out, message->flags, 8);
    write_id(out, message->id);
    buf_add(out, (struct sv){(const char *)digest, sizeof digest});
    if (of_node)
        put(out, message->payload_type, 4);
    put(out, message->payload.len, 4);
    buf_add(out, message->payload);
}

/* --- acknowledgements ------------------------------------------------------------------------- */

bool ack_read(struct sv payload, struct ack *ack)
{
    AUTO(json_free_at) cJSON *tree = NULL;
    if (json_parse(payload, "acknowledge", &tree, NULL) != OK)
        return false;
    struct sv type = json_sv(tree, "AcknowledgedMessageType");
    sv_copy(type, ack->type, sizeof ack->type);
    sv_copy(json_sv(tree, "AcknowledgedMessageId"), ack->id, sizeof ack->id);
    ack->sequence = json_i64(tree, "AcknowledgedMessageSequenceNumber", -1);
    return type.len > 0 && ack->sequence >= 0;
}

void ack_write(struct buf *out, const struct packet *message)
{
    struct json_writer w = {.out = out};
    jw_object(&w);
    jw_string_at(&w, "AcknowledgedMessageType", sv_of(message->type));
    jw_string_at(&w, "AcknowledgedMessageId", sv_of(message->id));
    jw_i64_at(&w, "AcknowledgedMessageSequenceNumber", message->sequence);
    jw_bool_at(&w, "IsSequentialMessage", true);
    jw_object_end(&w);
}
