#include "tests/sandbox/session/ws.h"

#include <string.h>

#include "core/base/digest.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "tests/sandbox/session/cut.h"

#define CONTROL_MAX 125 /* bytes of a control frame (5.5) */

bool ws_accept(struct sv key, struct buf *accept)
{
    AUTO(buf_done) struct buf text = BUF_NONE, nonce = BUF_NONE;
    char hex[SHA1_HEX_SIZE];
    uint8_t digest[(SHA1_HEX_SIZE - 1) / 2];
    if (!base64_decode(&nonce, key) || nonce.len != 16)
        return false;
    buf_add(&text, key);
    buf_add_cstr(&text, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    sha1_hex(buf_sv(&text), hex);
    hex_decode(sv_of(hex), digest, sizeof digest);
    base64_encode(accept, (struct sv){(const char *)digest, sizeof digest});
    return true;
}

/* --- reading ---------------------------------------------------------------------------------- */

void ws_reader_done(struct ws_reader *reader)
{
    buf_done(&reader->in);
    buf_done(&reader->message);
}

void ws_feed(struct ws_reader *reader, struct sv bytes)
{
    struct buf *in = &reader->in;
    buf_cut(in, reader->at);
    reader->at = 0;
    buf_add(in, bytes);
}

/* The head of a frame (5.2), and where its data lies. */
struct frame {
    bool is_final;
    enum ws_opcode opcode;
    uint64_t len;
    size_t head_len; /* the mask included */
    const uint8_t *mask;
};

static enum ws_event fail(struct ws_item *item, enum ws_status status)
{
    item->status = status;
    return WS_FAILED;
}

static bool is_control(enum ws_opcode opcode)
{
    return opcode >= WS_CLOSE;
}

/* The two bytes that every frame begins with: reserved bits, opcodes and masks as they must be. */
static bool begins_well(const struct ws_reader *reader, const uint8_t *b)
{
    static const bool known[16] = {[WS_CONTINUATION] = true, [WS_TEXT] = true, [WS_BINARY] = true,
                                   [WS_CLOSE] = true,        [WS_PING] = true, [WS_PONG] = true};
    unsigned opcode = b[0] & 15u;
    bool is_final = b[0] >> 7, has_mask = b[1] >> 7;
    if ((b[0] & 0x70) || !known[opcode] || has_mask == reader->is_client)
        return false;
    if (opcode >= WS_CLOSE)
        return is_final && (b[1] & 127) <= CONTROL_MAX;
    return (opcode == WS_CONTINUATION) == (reader->kind != WS_CONTINUATION);
}

static uint64_t big_endian(const uint8_t *bytes, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | bytes[i];
    return value;
}

static enum ws_event read_head(const struct ws_reader *reader, struct sv rest, struct frame *f,
                               struct ws_item *item)
{
    const uint8_t *b = (const uint8_t *)rest.ptr;
    if (rest.len < 2)
        return WS_MORE;
    if (!begins_well(reader, b))
        return fail(item, WS_PROTOCOL);
    unsigned size = b[1] & 127u;
    size_t n = size == 126 ? 2 : size == 127 ? 8 : 0;
    f->head_len = 2 + n + (reader->is_client ? 0 : 4);
    if (rest.len < f->head_len)
        return WS_MORE;
    f->len = n ? big_endian(b + 2, n) : size;
    f->mask = reader->is_client ? NULL : b + 2 + n;
    f->is_final = b[0] >> 7;
    f->opcode = (enum ws_opcode)(b[0] & 15);
    if ((n == 2 && f->len < 126) || (n == 8 && (f->len < 65536 || f->len >> 63)))
        return fail(item, WS_PROTOCOL);
    if (f->len > WS_MESSAGE_MAX - reader->message.len)
        return fail(item, WS_TOO_BIG);
    return rest.len - f->head_len < f->len ? WS_MORE : WS_MESSAGE;
}

static void unmask(char *data, size_t len, const uint8_t *mask)
{
    uint8_t copy[4];
    if (!mask)
        return;
    memcpy(copy, mask, sizeof copy);
    for (size_t i = 0; i < len; i++)
        data[i] = (char)((uint8_t)data[i] ^ copy[i & 3]);
}

static bool is_utf8(struct sv text)
{
    uint32_t codepoint = 0;
    while (text.len > 0 && codepoint != UINT32_MAX) {
        size_t n = utf8_decode(text, &codepoint);
        text = (struct sv){text.ptr + n, text.len - n};
    }
    return codepoint != UINT32_MAX;
}

/* 7.4.1 and 7.4.2: those that may stand in a frame. */
static bool is_status(unsigned status)
{
    return (status >= 1000 && status <= 1003) || (status >= 1007 && status <= 1014) ||
           (status >= 3000 && status <= 4999);
}

static enum ws_event control(struct ws_item *item)
{
    if (item->kind != WS_CLOSE)
        return WS_CONTROL;
    item->status = WS_NO_STATUS;
    if (item->data.len == 0)
        return WS_CONTROL;
    if (item->data.len < 2)
        return fail(item, WS_PROTOCOL);
    unsigned status = (unsigned)big_endian((const uint8_t *)item->data.ptr, 2);
    item->data = (struct sv){item->data.ptr + 2, item->data.len - 2};
    if (!is_status(status))
        return fail(item, WS_PROTOCOL);
    if (!is_utf8(item->data))
        return fail(item, WS_NOT_UTF8);
    item->status = status;
    return WS_CONTROL;
}

/* A part of a message, or all of it. */
static enum ws_event data(struct ws_reader *reader, const struct frame *f, struct ws_item *item)
{
    bool is_whole = f->is_final && f->opcode != WS_CONTINUATION;
    if (f->opcode == WS_CONTINUATION)
        item->kind = reader->kind;
    if (!is_whole) {
        if (f->opcode != WS_CONTINUATION)
            buf_clear(&reader->message);
        buf_add(&reader->message, item->data);
        reader->kind = f->is_final ? WS_CONTINUATION : item->kind;
        item->data = buf_sv(&reader->message);
    }
    if (!f->is_final)
        return WS_MORE;
    return item->kind == WS_TEXT && !is_utf8(item->data) ? fail(item, WS_NOT_UTF8) : WS_MESSAGE;
}

enum ws_event ws_next(struct ws_reader *reader, struct ws_item *item)
{
    enum ws_event event = WS_MORE;
    do {
        struct frame f;
        if (reader->kind == WS_CONTINUATION)
            buf_clear(&reader->message);
        *item = (struct ws_item){.status = WS_NORMAL};
        struct sv rest = {reader->in.ptr + reader->at, reader->in.len - reader->at};
        event = read_head(reader, rest, &f, item);
        if (event != WS_MESSAGE)
            return event;
        char *at = reader->in.ptr + reader->at + f.head_len;
        unmask(at, (size_t)f.len, f.mask);
        reader->at += f.head_len + (size_t)f.len;
        item->kind = f.opcode;
        item->data = (struct sv){at, (size_t)f.len};
        event = is_control(f.opcode) ? control(item) : data(reader, &f, item);
    } while (event == WS_MORE);
    return event;
}

/* --- writing ---------------------------------------------------------------------------------- */

void ws_write(struct buf *out, enum ws_opcode kind, struct sv data)
{
    size_t n = data.len < 126 ? 0 : data.len < 65536 ? 2 : 8;
    buf_add_char(out, (char)(0x80 | kind));
    buf_add_char(out, (char)(n == 0 ? data.len : n == 2 ? 126 : 127));
    for (size_t i = n; i-- > 0;)
        buf_add_char(out, (char)(data.len >> (8 * i)));
    buf_add(out, data);
}

void ws_write_close(struct buf *out, enum ws_status status, const char *reason)
{
    AUTO(buf_done) struct buf data = BUF_NONE;
    buf_add_char(&data, (char)(status >> 8));
    buf_add_char(&data, (char)status);
    buf_add_cstr(&data, reason);
    ws_write(out, WS_CLOSE, buf_sv(&data));
}
