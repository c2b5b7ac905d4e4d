/*
 * Any bytes as messages of the data channel, as they are and with the digest that makes them whole:
 * what is read is written as the same message, nothing is read beyond the end, and each is taken
 * once, whatever the order.
 */
#include <string.h>

#include "core/base/digest.h"
#include "core/base/mem.h"
#include "core/session/wire/inbound.h"
#include "tests/fuzz/fuzz.h"

#define AT_DIGEST      80
#define PAYLOAD_AT_MIN 116

static void check_message(struct sv bytes)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    struct message message, again;
    struct err err;

    if (message_read(bytes, &message, &err) != OK || message.type == MESSAGE_OTHER)
        return;
    PROMISE(message.payload.ptr + message.payload.len == bytes.ptr + bytes.len);
    message_write(&message, &out);
    PROMISE(message_read(buf_sv(&out), &again, &err) == OK);
    PROMISE(again.type == message.type && again.sequence == message.sequence);
    PROMISE(again.created_at_ms == message.created_at_ms && again.flags == message.flags);
    PROMISE(again.payload_type == message.payload_type);
    PROMISE(memcmp(again.id, message.id, sizeof again.id) == 0);
    PROMISE(sv_eq(again.payload, message.payload));
}

/* What is taken is taken once; the next follows when it was accepted. */
static void take(struct inbound *inbound, struct sv bytes)
{
    struct message message;
    struct err err;
    enum inbound_verdict verdict = inbound_take(inbound, bytes, &message, &err);

    if (verdict == INBOUND_KEPT)
        PROMISE(inbound_take(inbound, bytes, &message, &err) == INBOUND_SEEN);
    if (verdict != INBOUND_NEXT)
        return;
    int64_t sequence = message.sequence;
    inbound_accept(inbound);
    PROMISE(inbound_take(inbound, bytes, &message, &err) == INBOUND_SEEN);
    while (inbound_next(inbound, &message)) {
        PROMISE(message.sequence == ++sequence);
        inbound_accept(inbound);
    }
}

/* Puts the digest in its place that a header of that length has. */
static void make_whole(char *bytes, size_t len)
{
    size_t payload_at = PAYLOAD_AT_MIN + (bytes[3] == 116 ? 4 : 0);

    if (len > payload_at)
        sha256((struct sv){bytes + payload_at, len - payload_at}, (uint8_t *)bytes + AT_DIGEST);
}

/* Messages one behind the other, each behind two bytes that say how long it is. */
static void check_stream(struct sv bytes)
{
    struct inbound *inbound = inbound_new();

    while (bytes.len > 2) {
        size_t n = (size_t)(unsigned char)bytes.ptr[0] << 8 | (unsigned char)bytes.ptr[1];
        bytes = (struct sv){bytes.ptr + 2, bytes.len - 2};
        n = n < bytes.len ? n : bytes.len;
        char *part = mem_copy(bytes.ptr, n); /* of its own: reading beyond is seen */
        if (n >= PAYLOAD_AT_MIN)
            make_whole(part, n);
        check_message((struct sv){part, n});
        take(inbound, (struct sv){part, n});
        mem_free(part);
        bytes = (struct sv){bytes.ptr + n, bytes.len - n};
    }
    inbound_free(inbound);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv bytes = {(const char *)data, size};

    check_message(bytes);
    check_stream(bytes);
    return 0;
}
