/*
 * Any bytes as a message of the data channel, as a handshake, as smux: what is read is written as
 * the same bytes, and nothing is read beyond the end.
 */
#include <string.h>

#include "core/base/mem.h"
#include "core/session/wire/handshake.h"
#include "core/session/wire/inbound.h"
#include "core/session/wire/smux.h"
#include "tests/fuzz/fuzz.h"

static void check_message(struct sv bytes)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    struct message message, again;
    struct err err;

    if (message_read(bytes, &message, &err) != OK || message.type == MESSAGE_OTHER)
        return;
    message_write(&message, &out);
    PROMISE(message_read(buf_sv(&out), &again, &err) == OK);
    PROMISE(again.type == message.type && again.sequence == message.sequence);
    PROMISE(sv_eq(again.payload, message.payload));
}

static void check_inbound(struct sv bytes)
{
    struct inbound *inbound = inbound_new();
    struct message message;
    struct err err;

    if (inbound_take(inbound, bytes, &message, &err) == INBOUND_NEXT) {
        inbound_accept(inbound);
        PROMISE(inbound_take(inbound, bytes, &message, &err) == INBOUND_SEEN);
    }
    inbound_free(inbound);
}

static void check_handshake(struct sv bytes)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    struct handshake handshake;
    struct err err;

    if (handshake_read(bytes, &handshake, &err) == OK)
        handshake_response(&handshake, NULL, &out);
}

static void check_smux(struct sv bytes)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    struct smux_frame frame;
    size_t used = 0;

    while (smux_read(bytes, &frame, &used) == SMUX_FRAME) {
        PROMISE(used <= bytes.len);
        bytes = (struct sv){bytes.ptr + used, bytes.len - used};
        smux_write_data(frame.stream, frame.data, &out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv bytes = {(const char *)data, size};

    check_message(bytes);
    check_inbound(bytes);
    check_handshake(bytes);
    check_smux(bytes);
    return 0;
}
